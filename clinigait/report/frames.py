"""The annotated pictures of the first page."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image as Picture
from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, Image, Table, TableStyle

from clinigait.core import StoredFrame
from clinigait.io.assessment import is_inside
from clinigait.report.blocks import cell_style, note, paragraph
from clinigait.report.styles import MUTED, PANEL, SIZE_SMALL, TEXT_WIDTH
from clinigait.report.text import number, printable
from clinigait.report.wording import Wording

MAX_PICTURES = 3
MAX_HEIGHT_PT = 104.0
THUMBNAIL_PT = 31.0
MAX_SIDE_PX = 800
MAX_PIXELS = 50_000_000
_GAP = 8.0


def frame_strip(frames: Sequence[StoredFrame], folder: Path, words_: Wording) -> Table | None:
    """Return up to three pictures side by side with their captions; None where there are none.

    Parameters
    ----------
    frames
        Pictures as the assessment names them.
    folder
        The folder that their paths are relative to; nothing outside of it is read.
    words_
        Language of the captions.
    """
    shown = frames[:MAX_PICTURES]
    if not shown:
        return None
    width = (TEXT_WIDTH - _GAP * (MAX_PICTURES - 1)) / MAX_PICTURES
    pictures: list[Flowable | str] = []
    captions: list[Flowable | str] = []
    for frame in shown:
        pictures += [_picture(frame, folder, width, words_), ""]
        time = words_.at_time.format(time=number(frame.time_s, 2))
        captions += [note(f"{printable(frame.caption)}, {time}"), ""]
    columns = range(0, 2 * len(shown), 2)
    return Table(
        [pictures[:-1], captions[:-1]],
        colWidths=([width, _GAP] * len(shown))[:-1],
        hAlign="LEFT",
        style=TableStyle(
            [
                *cell_style(0, 0),
                ("TOPPADDING", (0, 1), (-1, 1), 1.5),
                *(("BACKGROUND", (n, 0), (n, 0), HexColor(PANEL)) for n in columns),
                ("ALIGN", (0, 0), (-1, 0), "CENTER"),
                ("VALIGN", (0, 0), (-1, 0), "MIDDLE"),
                ("VALIGN", (0, 1), (-1, 1), "TOP"),
            ]
        ),
    )


def thumbnail(file: str, folder: Path, words_: Wording) -> Flowable:
    """Return a small picture of a person, as a cell of a table.

    Parameters
    ----------
    file
        Path relative to ``folder``; nothing outside of it is read.
    folder
        The assessment's folder.
    words_
        Language of what is said where there is no picture.
    """
    picture = _read(file, folder)
    if picture is None:
        return paragraph(words_.no_picture, SIZE_SMALL, MUTED)
    scale = min(THUMBNAIL_PT / picture.width, THUMBNAIL_PT / picture.height)
    return Image(_jpeg(picture), picture.width * scale, picture.height * scale, hAlign="LEFT")


def _picture(frame: StoredFrame, folder: Path, width_pt: float, words_: Wording) -> Flowable:
    picture = _read(frame.file, folder)
    if picture is None:
        return paragraph(words_.no_picture, SIZE_SMALL, MUTED, align="center")
    scale = min(width_pt / picture.width, MAX_HEIGHT_PT / picture.height)
    image = Image(_jpeg(picture), picture.width * scale, picture.height * scale)
    image.hAlign = "CENTER"
    return image


def _read(file: str, folder: Path) -> Picture.Image | None:
    """Return the picture, small enough for print; None where there is none that can be read."""
    path = folder / file
    if not is_inside(file) or not path.resolve().is_relative_to(folder.resolve()):
        return None
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        with Picture.open(path, formats=("JPEG",)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return None
            picture.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
            picture.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Picture.DecompressionBombError):
        return None


def _jpeg(picture: Picture.Image) -> BytesIO:
    """Return the picture as JPEG, with nothing of the file's own metadata."""
    content = BytesIO()
    picture.save(content, "JPEG", quality=85)
    content.seek(0)
    return content
