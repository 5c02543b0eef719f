"""What an upload is, by its content and never by its name: looked at before it is kept.

The look happens in a process of its own, with less time and memory than an assessment has.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from clinigait.core import BadInputError
from clinigait.io.video import open_recording
from clinigait.io.walk import read_walk
from clinigait.sandbox import DiedError, Sandbox

PROBE = "probe"
_LIMIT_S, _MEMORY_BYTES = 120.0, 2 * 1024**3
#: Longest film, and most pixels of a frame: of an hour in 8K nobody assesses a walk.
LONGEST_S, MOST_PIXELS = 1800.0, 4096 * 4096
_ZIP = b"PK\x03\x04"
_REMEDY = "Upload the film as the camera wrote it."


def probed(path: Path) -> dict[str, Any]:
    """Return what a file is: ``kind`` (``film``, ``walk``) and, of a film, its size and length.

    Parameters
    ----------
    path
        The file, in quarantine.

    Raises
    ------
    BadInputError
        If it is neither, cannot be decoded, or is larger or longer than is taken.
    """
    child = Sandbox((sys.executable, "-m", "clinigait.clinic.child"))
    order = {"kind": PROBE, "path": str(path.absolute()), "limit_s": _LIMIT_S}
    try:
        answer = child.ask(order, _LIMIT_S, _MEMORY_BYTES)
    except DiedError as error:
        raise BadInputError("The file cannot be read as a film.", _REMEDY) from error
    finally:
        child.close()
    if "bad_input" in answer:
        raise BadInputError(*answer["bad_input"])
    if "died" in answer:
        raise BadInputError("The file cannot be read as a film.", _REMEDY)
    return dict(answer["facts"])


def probe_order(order: dict[str, Any]) -> dict[str, Any]:
    """Look at the file of an order; the child calls it."""
    path = Path(order["path"])
    with path.open("rb") as file:
        is_archive = file.read(len(_ZIP)) == _ZIP
    if is_archive:
        return {"facts": {"kind": "walk", "frames": len(_walk(path))}}
    try:
        film = open_recording(path)
    except BadInputError as error:  # its words hold the name in the quarantine
        raise BadInputError("The file cannot be read as a film.", _REMEDY) from error
    if film.width_px * film.height_px > MOST_PIXELS:
        raise BadInputError("The picture is too large.", "Film in Full HD.")
    seconds = film.duration_hint_s
    if seconds is not None and seconds > LONGEST_S:
        raise BadInputError(
            f"The film lasts longer than {LONGEST_S / 60:.0f} minutes.", "Cut it to the walk."
        )
    size = {"width_px": film.native_width_px, "height_px": film.native_height_px}
    return {"facts": {"kind": "film", "codec": film.codec, "duration_s": seconds, **size}}


def _walk(path: Path) -> Any:  # noqa: ANN401  only its length is asked
    try:
        return read_walk(path)
    except BadInputError as error:
        raise BadInputError("The file is neither a film nor a walk.", _REMEDY) from error
