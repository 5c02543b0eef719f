"""``python -m clinigait.apps.dashboard``: the server, as ``clinigait dashboard`` starts it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from clinigait.apps import logs
from clinigait.apps.dashboard.server import run
from clinigait.apps.dashboard.settings import Settings
from clinigait.apps.dashboard.setup import Setup
from clinigait.core import BadInputError
from clinigait.store import open_store

_EXIT_BAD_INPUT = 2


def main() -> int:
    """Serve until asked to stop; return the exit code."""
    logs.begin()
    try:
        settings = _settings()
        store = open_store(settings.data, settings.database_url)
    except BadInputError as error:
        sys.stderr.write(f"clinigait: {error}\n")
        return _EXIT_BAD_INPUT
    setup = Setup(store)
    try:
        sys.stdout.write(f"Open {settings.address} in a browser.\n")
        if setup.is_open():
            sys.stdout.write(f"There is no administrator yet. Setup code: {setup.code}\n")
        sys.stdout.flush()
        run(settings, store, setup)
    finally:
        store.close()
    return 0


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="clinigait dashboard")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--host", default=Settings.host)
    parser.add_argument("--port", type=int, default=Settings.port)
    parser.add_argument("--name", action="append", default=[])
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--behind-proxy")
    given = parser.parse_args()
    return Settings(
        data=given.data,
        host=given.host,
        port=given.port,
        names=tuple(given.name),
        certificate=given.certificate,
        key=given.key,
        proxy=given.behind_proxy,
        database_url=os.environ.get("CLINIGAIT_DATABASE_URL") or None,
    )


if __name__ == "__main__":
    sys.exit(main())
