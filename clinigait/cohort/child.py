"""The process that scores walks, one after the other: ``python -m clinigait.cohort.child``.

It reads one order a line and answers each with one line. What a recording does to it (a crash, a
hang, a full memory) happens to nobody else; see :mod:`clinigait.sandbox`.
"""

from __future__ import annotations

import json
import math
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from clinigait.cohort.pieces import Piece
from clinigait.cohort.plan import Made, Plan
from clinigait.cohort.scoring import Opened, made_by, opened, score
from clinigait.cohort.walks import CohortWalk
from clinigait.core import BadInputError
from clinigait.sandbox import taken_answers

#: It ends by itself where nothing is asked of it for so long; its models go with it.
IDLE_S = 120.0
#: Who started it ends it at the limit; it ends itself so much later, should that one be gone.
_GRACE_S = 30
#: How an answer that is no result is marked: the fault is not the walk's.
STOP, FULL = "stop", "full"

Score = Callable[[CohortWalk, Plan, Opened, Path, Path | None], Piece]


class Scorer:
    """Answers orders; keeps what is loaded from one to the next.

    Parameters
    ----------
    work
        Scores one walk.
    """

    def __init__(self, work: Score = score) -> None:
        self._work = work
        self._tools: Opened | None = None
        self._asked: tuple[str, str | None] | None = None
        self._checked: set[tuple[Made, bool]] = set()

    def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return what came of a walk, or why the whole run has to stop."""
        walk = CohortWalk(**{**order["walk"], "paths": tuple(order["walk"]["paths"])})
        plan = plan_of(order["plan"])
        try:
            tools = self._opened(plan, walk)
        except BadInputError as error:
            return {STOP: str(error)}
        report = None if order["report"] is None else Path(order["report"])
        try:
            piece = self._work(walk, plan, tools, Path(order["scratch"]), report)
        except BadInputError as error:  # a full disk
            return {FULL: str(error)}
        except MemoryError:
            self._tools = self._asked = None
            return _failed("memory_limit", "The memory did not suffice.")
        except Exception as error:  # noqa: BLE001  the edge of a process: no walk stops the others
            self._tools = self._asked = None
            text = " ".join(str(error).split())[:300]
            return _failed("defect", f"A defect in clinigait: {type(error).__name__}: {text}")
        return {
            "status": piece.status, "code": piece.code, "reason": piece.reason,
            "facts": dict(piece.facts), "parameters": list(piece.parameters),
        }  # fmt: skip

    def _opened(self, plan: Plan, walk: CohortWalk) -> Opened:
        if self._tools is None or self._asked != (plan.protocol, plan.pose):
            self._tools, self._asked = opened(plan.protocol, plan.pose), (plan.protocol, plan.pose)
            self._checked.clear()
        if (plan.made, walk.filmed) not in self._checked:
            _compare(made_by(self._tools, films=walk.filmed), plan.made, films=walk.filmed)
            self._checked.add((plan.made, walk.filmed))
        return self._tools


def plan_of(facts: dict[str, Any]) -> Plan:
    """Return a plan that came as JSON."""
    made, command = Made(**facts["made"]), tuple(facts["command"])
    return Plan(**{**facts, "made": made, "command": command})


def _compare(here: Made, wanted: Made, *, films: bool) -> None:
    """Refuse to score with anything else than the client has: rows would not be comparable."""
    for name, what in {
        "versions_sha256": "other versions of clinigait, Python or packages",
        "protocol_sha256": "another protocol under this name",
        "bundles_sha256": "other models",
        "networks_sha256": "other weights that find people",
    }.items():
        if name == "networks_sha256" and not films:
            continue
        if getattr(here, name) != getattr(wanted, name):
            raise BadInputError(
                f"A worker has {what}.", "Install the same on all machines, and run again."
            )


def _failed(code: str, reason: str) -> dict[str, Any]:
    return {"status": "failed", "code": code, "reason": reason, "facts": {}, "parameters": []}


def serve(work: Score = score, idle_s: float = IDLE_S) -> None:
    """Answer orders until there are no more.

    Parameters
    ----------
    work
        Scores one walk.
    idle_s
        How long to wait for the next order.
    """
    answers = taken_answers()
    orders: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin, orders), daemon=True).start()
    scorer = Scorer(work)
    while True:
        try:
            order = json.loads(orders.get(timeout=idle_s))
        except queue.Empty:
            return
        signal.alarm(math.ceil(order["plan"]["limit_s"]) + _GRACE_S)
        answers.write(json.dumps(scorer.answer(order), allow_nan=False) + "\n")
        answers.flush()
        signal.alarm(0)


def _listen(orders: TextIO, heard: queue.Queue[str]) -> None:
    for line in orders:
        heard.put(line)
    os._exit(0)  # who asked is gone


if __name__ == "__main__":
    serve()
