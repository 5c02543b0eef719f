"""``clinigait doctor`` says which models are here, and which of them cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigait.cli import doctor
from support import bundles


def test_models_are_listed_with_what_they_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("safetensors", reason="models are not installed")
    bundles.know_toy(monkeypatch)
    bundles.seeing(tmp_path / "good")
    bundles.seeing(tmp_path / "harmed")
    (tmp_path / "harmed" / "weights.safetensors").write_bytes(b"")
    names = (str(tmp_path / "good"), str(tmp_path / "harmed"))
    monkeypatch.setattr("clinigait.io.bundle.shipped_bundles", lambda: names)
    doctor._bundles()
    good, harmed = capsys.readouterr().out.splitlines()
    assert good.endswith("1.0, learned from synthetic walkers only")
    assert "not usable -> The weights of harmed are not those" in harmed
