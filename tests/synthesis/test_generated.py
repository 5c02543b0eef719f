"""Walks that a generator makes: a study of the virtual clinic, by seed the same to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from clinigait.cli.app import app
from clinigait.core import BadInputError, Space, is_synthetic
from clinigait.datasets.registry import open_study
from clinigait.io.protocol import parse_protocol, shipped_protocols
from clinigait.representations.skeletons import skeleton
from clinigait.synthesis.clinic import Outcome
from clinigait.synthesis.generated import (
    GeneratorOrder,
    GeneratorProtocol,
    generate,
    generator_protocol,
)
from support.generated import card, windows

PROTOCOL = GeneratorProtocol(
    "tiny_walks", "1", "generator", "Tiny", "tiny", {"normal": 1, "lurch": 1}, draws=3
)


def _drawn(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw well, for a generator that has learned all it should."""
    made, known = windows()
    return np.stack([made[rng.choice(np.flatnonzero(known == k))] for k in labels])


def _upright(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw upright walkers whatever was asked for."""
    return _drawn(0 * labels, rng)


def _made(out: Path, draw: Callable = _drawn, walkers: int = 6, seed: int = 1) -> Outcome:
    return generate(GeneratorOrder(PROTOCOL, card(), draw, out, walkers, seed))


def _content(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*")) if path.is_file()
    }  # fmt: skip


def test_the_same_seed_gives_the_same_bytes_and_a_run_goes_on(tmp_path: Path) -> None:
    assert _made(tmp_path / "a", walkers=2).made == 2
    assert _made(tmp_path / "a") == Outcome(4, 2, 0, 6)
    _made(tmp_path / "b")
    assert _content(tmp_path / "a") == _content(tmp_path / "b")
    _made(tmp_path / "c", seed=2)
    names = [f"walkers/P0000{n}/visit_1/walk_1/walk_3d.npz" for n in (1, 2)]
    assert all(_content(tmp_path / "c")[n] != _content(tmp_path / "a")[n] for n in names)


def test_what_was_made_is_a_study_of_walks_in_the_room(tmp_path: Path) -> None:
    _made(tmp_path / "a", walkers=8)
    study = open_study(tmp_path / "a")
    assert study.kind == "synthetic"
    assert {sample.label for sample in study.samples} == {"normal", "lurch"}
    for sample in study.samples:
        walk = sample.read()
        assert is_synthetic(walk)
        assert walk.space is Space.WORLD_M
        assert walk.provenance["generator"] == card().id
        assert np.ptp(walk.keypoints[:, 0, 0]) > 1  # it gets on
        assert skeleton(walk).size_m == pytest.approx(
            float(sample.covariates["body_size_m"]), rel=0.15
        )
        sides = {"none"} if sample.label == "normal" else {"left", "right"}
        assert sample.covariates["affected_side"] in sides
        assert str(sample.covariates["gates_passed"]).lower() == "true"


def test_what_does_not_show_its_gait_is_drawn_again_so_often_and_says_so(tmp_path: Path) -> None:
    outcome = _made(tmp_path / "a", _upright)
    rows = [s.covariates for s in open_study(tmp_path / "a").samples if s.label == "lurch"]
    assert rows
    assert {row["draws"] for row in rows} == {3}
    assert {str(row["gates_passed"]).lower() for row in rows} == {"false"}
    assert (outcome.redrawn, outcome.failed) == (2 * len(rows), len(rows))


def test_another_generator_or_label_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    _made(tmp_path / "a", walkers=1)
    other = card(title="Another")
    with pytest.raises(BadInputError, match="another study"):
        generate(GeneratorOrder(PROTOCOL, other, _drawn, tmp_path / "a", 1, 1))
    martian = GeneratorProtocol("m", "1", "generator", "M", "tiny", {"martian": 1})
    with pytest.raises(BadInputError, match="makes no martian"):
        generate(GeneratorOrder(martian, card(), _drawn, tmp_path / "b", 1, 1))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shares": {}}, "shares"),
        ({"shares": {"normal": -1}}, "shares"),
        ({"shares": {"normal": float("nan")}}, "shares"),
        ({"draws": 0}, "draws"),
        ({"left_share": 2}, "left_share"),
        ({"colour": "red"}, "colour"),
        ({"generator": 3}, "generator"),
    ],
)
def test_a_fault_of_a_protocol_is_named(tmp_path: Path, change: dict, says: str) -> None:
    facts = {"name": "g", "version": "1", "kind": "generator", "title": "G", "generator": "x",
             "shares": {"normal": 1}}  # fmt: skip
    path = tmp_path / "g.yaml"
    path.write_text(yaml.safe_dump({**facts, **change}))
    with pytest.raises(BadInputError, match=says):
        generator_protocol(str(path))


def test_the_shipped_protocol_is_found_and_is_no_protocol_of_a_walk() -> None:
    assert "pathology_generator" in shipped_protocols("generator")
    assert "pathology_generator" not in shipped_protocols()
    assert "pathology_generator" not in shipped_protocols("population")
    found = generator_protocol("pathology_generator")
    assert found is not None
    assert set(found.shares) >= {"normal", "antalgic", "trendelenburg"}
    assert generator_protocol("healthy_population") is None
    with pytest.raises(BadInputError, match="clinigait synthesize"):
        parse_protocol(b"kind: generator", "mine.yaml")


def test_the_command_makes_walks_and_says_what_became_of_the_draws(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from clinigait.models.generator_card import write_generator
    from clinigait.nn.walk_gan import build_decoder

    arrays = {k: v.numpy() for k, v in build_decoder(card().spec).state_dict().items()}
    write_generator(tmp_path / "tiny", card(), arrays)
    path = tmp_path / "g.yaml"
    path.write_text(
        f"{{name: g, version: '1', kind: generator, title: G, generator: {tmp_path / 'tiny'}, "
        "shares: {lurch: 1}, draws: 2}"
    )
    asked = ["synthesize", str(path), "--out", str(tmp_path / "out"), "--walkers", "2"]
    result = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "2 walkers made, 0 were there already; 2 rows in cohort.csv." in result.output
    assert "drawn anew" in result.output
    assert "not patients" in result.output
    assert json.loads((tmp_path / "out" / "study.json").read_text())["synthetic"] is True
    for more in (["--sensors", "film"], ["--views", "a"], ["--prevalence", "lurch=1"]):
        refused = CliRunner().invoke(app, [*asked, *more])
        assert isinstance(refused.exception, BadInputError) or refused.exit_code == 2
