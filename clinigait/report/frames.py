"""The annotated pictures: small on the first page, larger on a page of their own."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image as Picture
from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, Table, TableStyle

from clinigait.core import StoredFrame
from clinigait.io.assessment import is_inside
from clinigait.report.blocks import cell_style, gap, note, paragraph
from clinigait.report.styles import MUTED, PANEL, SIZE_SMALL, TEXT_WIDTH
from clinigait.report.tagging import Layout, TaggedImage
from clinigait.report.text import number, printable
from clinigait.report.wording import Wording

#: Pictures on the first page, and at most on the page of pictures.
IN_SUMMARY = 3
MAX_PICTURES = 12
SUMMARY_HEIGHT_PT = 104.0
LARGE_HEIGHT_PT = 176.0
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
    shown = frames[:IN_SUMMARY]
    return _row(shown, folder, IN_SUMMARY, SUMMARY_HEIGHT_PT, words_) if shown else None


def large_frames(frames: Sequence[StoredFrame], folder: Path, words_: Wording) -> list[Flowable]:
    """Return the pictures two by two, large enough to judge where the points lie."""
    shown = frames[:MAX_PICTURES]
    pairs = [shown[start : start + 2] for start in range(0, len(shown), 2)]
    rows = [_row(pair, folder, 2, LARGE_HEIGHT_PT, words_) for pair in pairs]
    return [part for row in rows for part in (row, gap(8))]


def _row(
    frames: Sequence[StoredFrame], folder: Path, columns: int, height_pt: float, words_: Wording
) -> Table:
    width = (TEXT_WIDTH - _GAP * (columns - 1)) / columns
    pictures: list[Flowable | str] = []
    captions: list[Flowable | str] = []
    for frame in frames:
        time = words_.at_time.format(time=number(frame.time_s, 2))
        caption = f"{printable(frame.caption)}{words_.comma}{time}"
        pictures += [_picture(frame, folder, (width, height_pt), caption, words_), ""]
        captions += [note(caption), ""]
    shaded = range(0, 2 * len(frames), 2)
    return Layout(
        [pictures[:-1], captions[:-1]],
        colWidths=([width, _GAP] * len(frames))[:-1],
        hAlign="LEFT",
        style=TableStyle(
            [
                *cell_style(0, 0),
                ("TOPPADDING", (0, 1), (-1, 1), 1.5),
                *(("BACKGROUND", (n, 0), (n, 0), HexColor(PANEL)) for n in shaded),
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
    return _image(picture, (THUMBNAIL_PT, THUMBNAIL_PT), "LEFT", words_.picture_of_person)


def picture_across(file: str, folder: Path, alt: str) -> Flowable | None:
    """Return a picture as wide as the text; None where there is none.

    Parameters
    ----------
    file
        Path relative to ``folder``; nothing outside of it is read.
    folder
        The assessment's folder.
    alt
        The words that stand for it.
    """
    picture = _read(file, folder, ("PNG",))
    return None if picture is None else _image(picture, (TEXT_WIDTH, LARGE_HEIGHT_PT), "LEFT", alt)


def _picture(
    frame: StoredFrame, folder: Path, room_pt: tuple[float, float], caption: str, words_: Wording
) -> Flowable:
    picture = _read(frame.file, folder)
    if picture is None:
        return paragraph(words_.no_picture, SIZE_SMALL, MUTED, align="center")
    return _image(picture, room_pt, "CENTER", caption)


def _image(
    picture: Picture.Image, room_pt: tuple[float, float], align: str, alt: str
) -> TaggedImage:
    """Return the picture as large as the room allows, with the words that stand for it."""
    scale = min(room_pt[0] / picture.width, room_pt[1] / picture.height)
    size = (picture.width * scale, picture.height * scale)
    image = TaggedImage(_jpeg(picture), *size, hAlign=align)
    image.alt = alt
    return image


def _read(file: str, folder: Path, formats: tuple[str, ...] = ("JPEG",)) -> Picture.Image | None:
    """Return the picture, small enough for print; None where there is none that can be read."""
    path = folder / file
    if not is_inside(file) or not path.resolve().is_relative_to(folder.resolve()):
        return None
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        with Picture.open(path, formats=formats) as picture:
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
