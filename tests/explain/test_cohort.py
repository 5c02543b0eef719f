"""A cohort is answered for by what stands its checks, with intervals over people."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from clinigait.cli.app import app
from clinigait.core import (
    BadInputError,
    Refused,
    RefusedError,
    Saliency,
    SaliencyCheck,
    Walk,
)
from clinigait.datasets.study import Sample, Study
from support import planted
from support.walker import Gait, synthetic_walk

pytest.importorskip("torch", reason="models are not installed")
pytest.importorskip("captum", reason="models are not installed")

from clinigait.explain import cohort
from clinigait.explain.cohort import explain_study, saliency_csv, statement
from clinigait.explain.walk import Explained


def _found(lower: float, *, passed: bool = True) -> Saliency:
    check = SaliencyCheck("deletion", passed, 0.0, 0.0, "A sentence.")
    bare = Saliency("occlusion", "frail", "a picture of nobody", 1.0, 2, 5, (check,))
    if not passed:
        return bare
    return replace(
        bare, regions=("trunk", "feet"), phases=("left_single", "unknown"),
        share=((1 - lower, 0.0), (lower / 2, lower / 2)), area=((0.7, 0.0), (0.2, 0.1)),
        net_nats=((0.5, 0.0), (0.3, 0.2)), time_s=(0.0,), frames=((1 - lower, lower),),
    )  # fmt: skip


def _study(n: int, read: Callable[[], Walk] | None = None) -> Study:
    samples = tuple(
        Sample(f"s{i}", f"P{i}", f"w{i}", "frail", read or (lambda: synthetic_walk(Gait())))
        for i in range(n)
    )
    return Study("test set", "made", "CC0", "synthetic", "Make it.", samples)


def _answers(monkeypatch: pytest.MonkeyPatch, *found: Saliency | RefusedError) -> None:
    left = iter(found)

    def explain(*args: object) -> Explained:
        one = next(left)
        if isinstance(one, RefusedError):
            raise one
        return Explained(one, None, {"toy": np.zeros((1, 2, 2))})  # type: ignore[arg-type]

    monkeypatch.setattr(cohort, "explain", explain)


def test_shares_are_means_of_the_maps_that_hold_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = planted.plant(monkeypatch, taught=True)
    refused = RefusedError("too_few", "Too few, =cmd|.", "Film more.")
    _answers(monkeypatch, _found(0.6), _found(0.9, passed=False), _found(0.8), refused)
    told: list[float] = []
    drawn: list[Path] = []
    result = explain_study(
        bundle, _study(4), "occlusion", tmp_path / "out", told.append,
        draw=lambda found, folder: drawn.append(folder),
    )  # fmt: skip
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == result.summary
    summary = result.summary
    assert (summary["walks"], summary["shown"]) == (4, 2)
    assert summary["left_out"] == {"fails deletion": 1, "too_few": 1}
    lower = summary["lower_limbs_and_pelvis"]
    assert lower["share"] == pytest.approx(0.7)
    assert lower["share_ci95"] == [0.6, 0.8]
    assert lower["area"] == pytest.approx(0.3)
    assert lower["excess"] == pytest.approx(0.4)
    assert summary["region_by_phase"]["feet"]["unknown"] == pytest.approx(0.35)
    assert "70 % of the attention" in statement(summary)
    assert "more than their size explains (2 of 4 walks)" in statement(summary)
    rows = list(csv.DictReader((tmp_path / "out" / "saliency.csv").open()))
    assert len(rows) == 4 + 1 + 4 + 1
    assert [row["left_out"] for row in rows if row["left_out"]] == ["fails deletion", "too_few"]
    assert told[-1] == 1
    assert len(drawn) == 1


def test_where_no_map_holds_there_is_no_answer_and_no_number(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = planted.plant(monkeypatch, taught=True)
    _answers(monkeypatch, _found(0.5, passed=False))
    summary = explain_study(bundle, _study(1), "occlusion", tmp_path / "out").summary
    assert "regions" not in summary
    assert statement(summary) == "No map of 1 walks stands the checks: there is no answer."


def test_nothing_is_written_where_no_walk_can_be_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = planted.plant(monkeypatch, taught=True)
    _answers(monkeypatch, *[RefusedError("clip_too_short", "Short.", "Film more.")] * 2)
    with pytest.raises(RefusedError, match="None of 2 walks can be explained"):
        explain_study(bundle, _study(2), "occlusion", tmp_path / "out")
    with pytest.raises(BadInputError, match="no way of explaining"):
        explain_study(bundle, _study(2), "tarot", tmp_path / "out")  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match="holds no walks"):
        explain_study(bundle, _study(0), "occlusion", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_hostile_name_stays_a_text_in_the_table() -> None:
    sample = Sample("=1+1", "@P", "w", None, lambda: synthetic_walk(Gait()))
    text = saliency_csv([cohort.Looked(sample, refused=Refused("x", "y", "z"))])
    assert "\n=1" not in text
    assert "\n'=1" in text


def test_the_command_refuses_an_unknown_method_before_any_work(tmp_path: Path) -> None:
    run = CliRunner().invoke(
        app, ["explain", "no_such_bundle", "--data", str(tmp_path), "--out", str(tmp_path / "o")]
    )
    assert isinstance(run.exception, BadInputError)
