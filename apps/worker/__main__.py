"""``python -m clinigait.apps.worker``: one worker, as ``clinigait dashboard`` starts it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from platform import node
from threading import Event

from clinigait.apps import logs
from clinigait.clinic.assessing import TASKS
from clinigait.clinic.worker import work
from clinigait.core import BadInputError
from clinigait.store import open_store

_EXIT_BAD_INPUT = 2


def main() -> int:
    """Work until asked to stop, then finish the job at hand; return the exit code."""
    logs.begin()
    parser = argparse.ArgumentParser(prog="clinigait worker")
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        store = open_store(given.data, os.environ.get("CLINIGAIT_DATABASE_URL") or None)
    except BadInputError as error:
        sys.stderr.write(f"clinigait: {error}\n")
        return _EXIT_BAD_INPUT
    try:
        work(store, TASKS, f"{node()}:{os.getpid()}", stop)
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
