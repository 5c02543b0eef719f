"""Work that recordings may crash, in a process of its own, and what it leaves kept as files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clinigait.clinic.recordings import LARGEST_BYTES
from clinigait.clinic.worker import Reporter
from clinigait.core import BadInputError
from clinigait.sandbox import PROGRESS, DiedError, Sandbox
from clinigait.store import Store
from clinigait.store.files import Received

#: Kinds of the jobs in the queue.
ASSESS, SAMPLE, ASK = "assess", "sample", "ask_models"
#: Longest time, and most memory, that the work of one job may take.
LIMIT_S, MEMORY_BYTES = 3600.0, 8 * 1024**3
_SMALLER = "Cut the film to the walk, or film with a smaller picture."
_CHUNK = 1 << 20


def work_folder(store: Store) -> TemporaryDirectory[str]:
    """Return a folder to work in, on the disk of the files."""
    return TemporaryDirectory(prefix=".work-", dir=store.files.folder, ignore_cleanup_errors=True)


def ask_child(order: dict[str, Any], report: Reporter) -> None:
    """Have an order done by a process of its own, and pass on how far it is.

    Raises
    ------
    BadInputError
        If a recording cannot be used, or needs more than there is.
    LeaseLostError
        If the job is another's by now: the process is ended.
    """
    told: dict[str, Any] = {PROGRESS: 0.0, "stage": ""}

    def heard(line: dict[str, Any]) -> None:
        told.update(line)
        report(told[PROGRESS], told["stage"])

    child = Sandbox((sys.executable, "-m", "clinigait.clinic.child"))
    try:
        answer = child.ask({**order, "limit_s": LIMIT_S}, LIMIT_S, MEMORY_BYTES, heard)
    except DiedError as error:
        if error.code == "crashed":
            raise
        raise BadInputError(error.reason, _SMALLER) from error
    finally:
        child.close()
    if "bad_input" in answer:
        raise BadInputError(*answer["bad_input"])
    if "died" in answer:
        if answer["died"] == "memory_limit":
            raise BadInputError("The memory did not suffice.", _SMALLER)
        raise DiedError("defect", f"A defect in the process that assessed: {answer['died']}.")


def received(store: Store, report: Reporter, path: Path) -> Received:
    """Copy a file into the store's folder; it stays until the results are kept or given up."""
    return report.until_kept.enter_context(store.files.receiving(_chunks(path), LARGEST_BYTES))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
