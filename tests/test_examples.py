"""Every example runs, in its quick form."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.gait_validation import HERE, ROOT, WHY_NOT

_FOLDER = Path(__file__).parents[1] / "examples"


def _run(example: Path, monkeypatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [str(example), *map(str, arguments), "--quick"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(example), run_name="__main__")
    assert ended.value.code == 0


def test_assess_a_film(demo_clip, weights, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    _run(_FOLDER / "assess_a_film.py", monkeypatch)
    assert "cadence_spm" in capsys.readouterr().out


@pytest.mark.skipif(not HERE, reason=WHY_NOT)
def test_learn_lifted_gait(monkeypatch, capsys) -> None:
    _run(_FOLDER / "learn_lifted_gait.py", monkeypatch, ROOT)
    table = capsys.readouterr().out
    assert "all three" in table
    assert "slow walks guessed too fast" in table


def test_what_a_model_sees(demo_clip, weights, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    _run(_FOLDER / "what_a_model_sees.py", monkeypatch)
    assert "postural asymmetry" in capsys.readouterr().out
    page = Image.open(tmp_path / "out" / "seen" / "what_a_model_sees.png").convert("L")
    assert page.width > 1000
    assert 0.2 < np.mean(np.asarray(page) < 10) < 0.8


def test_every_example_is_run_here() -> None:
    assert {p.stem for p in _FOLDER.glob("*.py")} == {
        "assess_a_film",
        "learn_lifted_gait",
        "what_a_model_sees",
    }
