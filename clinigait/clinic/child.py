"""The process that assesses the recordings of a visit: ``python -m clinigait.clinic.child``.

It reads one order and answers with one line; before, it tells how far it is. What a recording does
to it (a crash, a hang, a full memory) happens to no worker; see :mod:`clinigait.sandbox`.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from clinigait.clinic.probing import PROBE, probe_order
from clinigait.clinic.viewing import write_copy
from clinigait.core import Assessment, BadInputError, RefusedError, Subject
from clinigait.io.assessment import write_assessment
from clinigait.io.protocol import load_protocol
from clinigait.passes import merge_passes, refused_as_a_whole, with_left_out
from clinigait.pipeline import MARKER, assess, with_findings, with_narration
from clinigait.request import Request
from clinigait.sandbox import PROGRESS, taken_answers

#: As :mod:`clinigait.clinic.confined` has it, which this process does without.
ASK = "ask_models"
#: Who started it ends it at the limit; it ends itself so much later, should that one be gone.
_GRACE_S = 30
#: Share of the work that is done when a stage begins, and how long it is; others are quick.
_STAGES = {
    "Looking for people": (0.0, 0.4),
    "Following the walker": (0.4, 0.3),
    "Drawing the overlay": (0.7, 0.27),
}
_MEASURED = 0.97
_COPYING = "Making a copy for browsers"

Tell = Callable[[float, str], None]


def assess_order(order: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Assess what an order names, into its folder ``out``; return how it went.

    A single recording is written into the folder itself, each of several into ``pass-N``: those
    that were measured first. Copies for browsers come into the folders ``copies/N`` beside it, by
    the order of the recordings.
    """
    out = Path(order["out"])
    tried = []
    recordings = order["recordings"]
    for number, recording in enumerate(recordings):
        folder = out if len(recordings) == 1 else out / f"tried-{number}"
        tried.append((folder, _assessed(recording, folder, order, number, tell)))
    if len(recordings) > 1:
        tell(_MEASURED, "Merging")
        _merge(out, tried, order["protocol"])
    return {"done": True}


def _assessed(
    recording: dict[str, Any], folder: Path, order: dict[str, Any], number: int, tell: Tell
) -> Assessment:
    n_recordings = len(order["recordings"])
    reached = 0.0

    def progress(stage: str, fraction: float) -> None:
        nonlocal reached
        begin, length = _STAGES.get(stage, (reached, 0.0))
        reached = max(reached, begin + length * fraction)
        tell((number + reached) / n_recordings, stage)

    source = Path(recording["path"])
    request = Request(
        protocol=order["protocol"],
        subject=Subject(**order["subject"]),
        person=recording["person"],
        pose=order["pose"],
        documents=False,
        film=True,
        keep_refused=n_recordings == 1,
    )
    found = assess(source, folder, request, progress=progress)
    shown = recording.get("film")
    if shown is not None and (folder / "walk.npz").is_file():
        shutil.copyfile(shown, folder / "film.mp4")
    if recording.get("copied") is False and found.recording is not None:
        copy = Path(order["out"]).parent / "copies" / str(number)
        write_copy(source, found.recording, copy, lambda _: progress(_COPYING, 0.0))
    return found


def _merge(out: Path, tried: list[tuple[Path, Assessment]], protocol: str) -> None:
    """Put the measured ones together, those first; a refused one is left out with a warning."""
    tried = sorted(tried, key=lambda one: one[1].status != "assessed")
    folders = []
    for number, (folder, _) in enumerate(tried, 1):
        folders.append(out / f"pass-{number}")
        folder.rename(folders[-1])
    good = [f for f, (_, found) in zip(folders, tried, strict=True) if found.status == "assessed"]
    refused = {n: found.refusal for n, (_, found) in enumerate(tried, 1) if found.refusal}
    if len(good) > 1:
        try:
            whole = merge_passes(good, out / "whole", protocol, documents=False)
        except RefusedError as error:
            whole = refused_as_a_whole(tried[0][1], error)
    else:
        whole = tried[0][1]
        shutil.copytree(folders[0], out / "whole")
    if whole.measurement is not None and refused:
        whole = replace(whole, measurement=with_left_out(whole.measurement, refused))
        chosen = load_protocol(protocol)
        whole = with_narration(with_findings(whole, chosen.parameters), chosen.narration)
    write_assessment(whole, out / MARKER)
    pictures = out / "whole" / "frames"
    if pictures.is_dir():
        pictures.rename(out / "frames")
    shutil.rmtree(out / "whole", ignore_errors=True)


def answer_of(order: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Return the answer to an order: whatever happens is one."""
    try:
        if order["kind"] == "sample":
            from clinigait.clinic.sample import film_order  # noqa: PLC0415  seldom wanted

            return film_order(order, tell)
        if order["kind"] == ASK:
            from clinigait.clinic.answering import ask_order  # noqa: PLC0415  seldom wanted

            return ask_order(order, tell)
        if order["kind"] == PROBE:
            return probe_order(order)
        return assess_order(order, tell)
    except BadInputError as error:
        return {"bad_input": [error.message, error.remedy]}
    except MemoryError:
        return {"died": "memory_limit"}
    except Exception as error:  # noqa: BLE001  the edge of a process
        # The kind of error only: its words may hold a patient's.
        return {"died": type(error).__name__}


def main() -> None:
    """Answer one order."""
    answers = taken_answers()
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_listen, args=(sys.stdin,), daemon=True).start()
    signal.alarm(math.ceil(order["limit_s"]) + _GRACE_S)

    def say(told: dict[str, Any]) -> None:
        answers.write(json.dumps(told, allow_nan=False) + "\n")
        answers.flush()

    say(answer_of(order, lambda share, stage: say({PROGRESS: share, "stage": stage})))


def _listen(orders: TextIO) -> None:
    """End with who asked: a killed worker leaves nobody at work."""
    while orders.readline():
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
