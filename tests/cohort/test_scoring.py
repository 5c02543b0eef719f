"""What is kept of a walk is what the pipeline says of it, and nothing else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinigait.cohort import child, scoring
from clinigait.cohort.child import Scorer
from clinigait.cohort.manifest import read_cohort
from clinigait.cohort.pieces import Pieces
from clinigait.cohort.plan import Plan
from clinigait.cohort.road import plan_of
from clinigait.cohort.scoring import PARAMETER_COLUMNS, opened, piece_of, score
from clinigait.cohort.walks import CohortWalk
from clinigait.cohort.work import close_sandbox, score_walk
from clinigait.core import BadInputError, Subject
from clinigait.io.walk import write_walk
from clinigait.passes import merge_passes
from clinigait.pipeline import assess
from clinigait.report.tidy import tidy_rows
from clinigait.request import Request
from support.assessments import assessed, prediction, refused, with_synthetic_pose
from support.walker import Gait, synthetic_walk

_HEIGHT_M = 1.7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    for name, seconds in {"one": 7.0, "two": 6.0, "short": 1.0}.items():
        write_walk(synthetic_walk(Gait(duration_s=seconds)), folder / f"{name}.npz")
    (folder / "broken.npz").write_text("no walk")
    np.save(folder / "bare.npy", synthetic_walk(Gait()).keypoints)
    return folder


def _walk(folder: Path, file: str) -> CohortWalk:
    manifest = folder / "m.csv"
    manifest.write_text(f"subject,visit,file,height_m\nP1,1,{file},{_HEIGHT_M}\n")
    return read_cohort(manifest).walks[0]


def _plan(folder: Path, walk: CohortWalk, protocol: str = "walk_sagittal") -> Plan:
    cohort = read_cohort(folder / "m.csv")
    assert cohort.walks == (walk,)
    return plan_of(cohort, protocol, folder / "results.csv")


def _score(folder: Path, file: str, scratch: Path) -> Any:
    walk = _walk(folder, file)
    plan = _plan(folder, walk)
    scratch.mkdir(exist_ok=True)
    return score(walk, plan, opened(plan.protocol, None), scratch, None)


def _request() -> Request:
    subject = Subject(code="P1", height_m=_HEIGHT_M)
    return Request("walk_sagittal", subject, documents=False)


def _rows(assessment: Any) -> list[dict[str, Any]]:
    return [{name: row[name] for name in PARAMETER_COLUMNS} for row in tidy_rows(assessment)]


def test_a_walk_gives_what_the_pipeline_gives(folder: Path, tmp_path: Path) -> None:
    piece = _score(folder, "one.npz", tmp_path / "scratch")
    direct = assess(folder / "one.npz", tmp_path / "direct", _request())
    assert piece.status == "measured"
    assert piece.parameters == _rows(direct)
    assert piece.facts["protocol_sha256"] == direct.protocol.sha256
    assert not list(tmp_path.rglob("*.pdf"))


def test_passes_give_what_merging_them_gives(folder: Path, tmp_path: Path) -> None:
    piece = _score(folder, "one.npz;two.npz", tmp_path / "scratch")
    folders = [tmp_path / name for name in ("one", "two")]
    for each in folders:
        assess(folder / f"{each.name}.npz", each, _request())
    assert piece.parameters == _rows(merge_passes(folders, tmp_path / "merged", documents=False))


def test_a_refused_pass_is_left_out_and_a_refused_walk_says_why(folder, tmp_path: Path) -> None:
    alone = _score(folder, "one.npz", tmp_path / "a")
    assert _score(folder, "short.npz;one.npz", tmp_path / "b").parameters == alone.parameters
    refused = _score(folder, "short.npz", tmp_path / "c")
    direct = assess(folder / "short.npz", tmp_path / "direct", _request())
    assert (refused.status, refused.code, refused.reason) == (
        "refused", direct.code, direct.message
    )  # fmt: skip
    assert not refused.parameters


@pytest.mark.parametrize("file", ["broken.npz", "bare.npy"])
def test_a_recording_that_cannot_be_read_fails_with_its_reason(file, folder, tmp_path) -> None:
    piece = _score(folder, file, tmp_path / "scratch")
    assert (piece.status, piece.code) == ("failed", "bad_input")
    assert file in piece.reason


def test_a_full_disk_is_no_fault_of_the_walk(folder, tmp_path, monkeypatch) -> None:
    def full(*_: object) -> None:
        no_room = OSError(28, "No space left on device")
        raise BadInputError("The folder x cannot be written.", "Make room.") from no_room

    monkeypatch.setattr(scoring, "assess", full)
    with pytest.raises(BadInputError, match="cannot be written"):
        _score(folder, "one.npz", tmp_path / "scratch")


def test_what_models_say_is_in_the_rows(folder: Path) -> None:
    plan = _plan(folder, _walk(folder, "one.npz"))
    said = prediction()
    made = replace(assessed(2, with_curves=False), predictions=(said,))
    rows = {row["parameter"]: row for row in piece_of(made, plan).parameters}
    for one in said.classes:
        assert rows[f"p_{said.task}_{one.label}"]["value"] == one.probability


@pytest.mark.parametrize("made", [assessed(2, with_curves=False), refused()])
def test_it_is_kept_that_synthetic_walkers_taught_the_keypoints(folder: Path, made: Any) -> None:
    plan = _plan(folder, _walk(folder, "one.npz"))
    assert piece_of(with_synthetic_pose(made), plan).facts["pose_synthetic"] is True
    assert piece_of(made, plan).facts["pose_synthetic"] is False


# ---------------------------------------------------------------- the process


def _order(folder: Path, scratch: Path, file: str = "one.npz", **changes: Any) -> dict[str, Any]:
    walk = _walk(folder, file)
    plan = replace(_plan(folder, walk), **changes)
    scratch.mkdir(exist_ok=True)
    order = {"walk": vars(walk), "plan": {**vars(plan), "made": vars(plan.made)}}
    return json.loads(json.dumps({**order, "scratch": str(scratch), "report": None}))


def test_what_scores_is_loaded_once_and_kept(folder, tmp_path, monkeypatch) -> None:
    loads = []

    def counted(*asked: Any) -> Any:
        loads.append(asked)
        return opened(*asked)

    monkeypatch.setattr(child, "opened", counted)
    scorer = Scorer()
    for n, file in enumerate(("one.npz", "two.npz", "short.npz", "broken.npz")):
        assert "status" in scorer.answer(_order(folder, tmp_path / str(n), file))
    assert len(loads) == 1


def test_a_worker_that_has_something_else_says_so(folder: Path, tmp_path: Path) -> None:
    order = _order(folder, tmp_path / "scratch")
    for name, words in {"versions": "other versions", "protocol": "another protocol"}.items():
        made = {**order["plan"]["made"], f"{name}_sha256": "0" * 64}
        answer = Scorer().answer({**order, "plan": {**order["plan"], "made": made}})
        assert words in answer["stop"]


@pytest.mark.parametrize(
    ("error", "code"), [(MemoryError(), "memory_limit"), (KeyError(1), "defect")]
)
def test_a_defect_fails_one_walk(error, code, folder, tmp_path) -> None:
    def work(*_: object) -> None:
        raise error

    answer = Scorer(work).answer(_order(folder, tmp_path / "scratch"))
    assert (answer["status"], answer["code"]) == ("failed", code)


@pytest.fixture
def closed() -> Iterator[None]:
    yield
    close_sandbox()


def test_the_real_process_gives_what_the_pipeline_gives(folder, tmp_path, closed) -> None:
    walk = _walk(folder, "one.npz")
    plan = replace(_plan(folder, walk), kept=str(tmp_path / "kept"))
    outcome = score_walk(walk, plan)
    assert outcome.how == "made", outcome.reason
    direct = assess(folder / "one.npz", tmp_path / "direct", _request())
    assert Pieces(tmp_path / "kept").read(outcome.key).parameters == _rows(direct)
    assert score_walk(walk, plan).how == "kept"


@pytest.mark.slow
def test_films_that_share_loaded_models_give_what_each_gives_alone(
    demo_clip: Path, weights: object, tmp_path: Path
) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(f"subject,visit,file,height_m\nP1,1,{demo_clip},{_HEIGHT_M}\n")
    cohort = read_cohort(manifest)
    plan = plan_of(cohort, "walk_sagittal", tmp_path / "results.csv")
    tools = opened(plan.protocol, None)
    pieces = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        pieces.append(score(cohort.walks[0], plan, tools, tmp_path / name, None))
        if name == "a":
            loaded = tools.networks
    assert loaded is not None
    assert tools.networks is loaded
    direct = assess(demo_clip, tmp_path / "direct", replace(_request(), threads=1))
    assert pieces[0].parameters == pieces[1].parameters == _rows(direct)
    assert plan.made.networks_sha256
