"""What the programs write to their logs: never the words of an error, which may be a patient's."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from typing import Any

_FORM = "%(asctime)s %(levelname)s %(name)s %(message)s"


def begin() -> None:
    """Let this process log to the terminal; CLINIGAIT_DEBUG=1 adds the words of errors."""
    logging.basicConfig(level=logging.INFO, format=_FORM, stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if not os.environ.get("CLINIGAIT_DEBUG"):
        logging.setLogRecordFactory(_record)


def _record(*arguments: Any, **named: Any) -> logging.LogRecord:  # noqa: ANN401
    """Make a record that names the kind of an error and its place in the code, nothing more."""
    record = logging.LogRecord(*arguments, **named)
    if record.exc_info and record.exc_info[0] is not None:
        kind, _, trace = record.exc_info
        frames = traceback.extract_tb(trace)
        place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
        # What is formatted into the message may be the error itself.
        record.msg, record.args = f"{kind.__name__}{place}", ()
        record.exc_info = None
    text = record.getMessage()
    record.msg, record.args = text.replace("\r", "\\r").replace("\n", "\\n"), ()
    return record
