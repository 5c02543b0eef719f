"""What a Dask worker runs: a plain function of a walk and the plan. It imports little itself."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from clinigait.cohort.pieces import Piece, Pieces, Status, key_of, status_of
from clinigait.cohort.plan import Plan, sha256_of_text
from clinigait.cohort.walks import CohortWalk
from clinigait.core import BadInputError
from clinigait.io.hashes import sha256_of, sha256_of_all
from clinigait.sandbox import DiedError, Sandbox

#: A walk that kills the process that scores it is tried so often.
TRIES = 2
_HERE = threading.local()


@dataclass(frozen=True)
class Outcome:
    """What became of a walk.

    Parameters
    ----------
    how
        ``kept``: it was there already; ``made``: now; ``lost``: it could not be kept, the next
        run tries again; ``full``: a disk is full; ``stop``: the run makes no sense.
    key
        Name of what is kept; None where nothing is.
    status, code, reason
        As in :class:`clinigait.cohort.pieces.Piece`.
    """

    how: Literal["kept", "made", "lost", "full", "stop"]
    key: str | None = None
    status: Status = "failed"
    code: str | None = None
    reason: str | None = None


def score_walk(walk: CohortWalk, plan: Plan) -> Outcome:
    """Score a walk and keep what came of it, unless that is there already.

    Whatever a recording does, the answer is an :class:`Outcome`.
    """
    try:
        content = input_sha256(walk)
    except OSError as error:
        reason = f"A recording cannot be read: {error.strerror or error}."
        return Outcome("lost", code="unreadable", reason=reason)
    key, pieces = key_of(plan.sha256(walk), content), Pieces(Path(plan.kept))
    report = report_folder(walk, plan, key)
    there = pieces.read(key)
    if there is not None and _suffices(there, plan, report):
        return Outcome("kept", key, there.status, there.code, there.reason)
    answer = _asked(walk, plan, report)
    if "stop" in answer or "full" in answer:
        how: Literal["stop", "full"] = "stop" if "stop" in answer else "full"
        return Outcome(how, reason=answer[how])
    facts = {**_base_facts(plan), **answer["facts"], "input_sha256": content}
    if report is not None and answer["status"] != "failed":
        facts["report"] = report.name
    piece = replace(
        Piece(status_of(answer["status"]), answer["code"], answer["reason"]),
        facts=facts, parameters=answer["parameters"],
    )  # fmt: skip
    try:
        pieces.keep(key, piece)
    except BadInputError as error:
        return Outcome("full", reason=str(error))
    return Outcome("made", key, piece.status, piece.code, piece.reason)


def score_walks(walks: Sequence[CohortWalk], plan: Plan) -> list[Outcome]:
    """Score walks one after the other; the answers end early with a fault that is no walk's."""
    outcomes: list[Outcome] = []
    for walk in walks:
        outcomes.append(score_walk(walk, plan))
        if outcomes[-1].how in {"full", "stop"}:
            break
    return outcomes


@lru_cache(maxsize=4)
def _facts_of(plan: Plan) -> dict[str, Any]:
    return asdict(plan)


def _base_facts(plan: Plan) -> dict[str, Any]:
    return {"protocol": Path(plan.protocol).stem, **_facts_of(plan)["made"]}


def _suffices(there: Piece, plan: Plan, report: Path | None) -> bool:
    if there.status == "failed":
        return not plan.again
    return report is None or (report / "assessment.json").is_file()


def _asked(walk: CohortWalk, plan: Plan, report: Path | None) -> dict[str, Any]:
    """Ask the process of this thread; who kills it every time has failed."""
    order = {
        "walk": {**vars(walk), "covariates": {}},
        "plan": _facts_of(plan),
        "report": None if report is None else str(report),
    }
    died = DiedError("crashed", "It was never tried.")
    for _ in range(TRIES):
        try:
            if report is not None:
                report.parent.mkdir(parents=True, exist_ok=True)
            return sandbox(plan.command).ask(order, plan.limit_s, plan.memory_bytes)
        except DiedError as error:
            died = error
        except OSError as error:
            return {"full": f"A folder cannot be written: {error.strerror or error}."}
    return {
        "status": "failed", "code": died.code, "parameters": [], "facts": {},
        "reason": f"{died.reason} So it went {TRIES} times.",
    }  # fmt: skip


def sandbox(command: tuple[str, ...]) -> Sandbox:
    """Return the process of this thread, which keeps its models from walk to walk."""
    found: tuple[tuple[str, ...], Sandbox] | None = getattr(_HERE, "sandbox", None)
    if found is None or found[0] != command:
        close_sandbox()
        found = _HERE.sandbox = (command, Sandbox(command))
    return found[1]


def close_sandbox() -> None:
    """End the process of this thread."""
    found = getattr(_HERE, "sandbox", None)
    if found is not None:
        found[1].close()
        _HERE.sandbox = None


def input_sha256(walk: CohortWalk) -> str:
    """Return the hash of all recordings of a walk.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    return sha256_of_text(" ".join(_sha256(Path(path)) for path in walk.paths))


def _sha256(path: Path) -> str:
    if path.is_dir():
        return sha256_of_all((file for file in path.rglob("*") if file.is_file()), path)
    return sha256_of(path)


def report_folder(walk: CohortWalk, plan: Plan, key: str) -> Path | None:
    """Return where the report of a walk goes; the name tells the walk, and is no other's."""
    if plan.reports is None:
        return None
    words = (re.sub(r"[^A-Za-z0-9.]+", "-", w).strip("-.")[:40] for w in (walk.subject, walk.visit))
    return Path(plan.reports, "_".join((*words, sha256_of_text(key)[:12])))
