"""What a summary is made of, before it becomes HTML or PDF: text, tables, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from matplotlib.figure import Figure

from clinigait.report.wording import ENGLISH

#: Stands on every page of a study of synthetic walkers.
SYNTHETIC_LINE = "SYNTHETIC WALKERS: computed, not people. Nothing here was found in a patient."
#: Stands on every page of a study whose keypoints synthetic walkers taught.
POSE_SYNTHETIC_LINE = f"{ENGLISH.pose_synthetic}."
#: Stands on every page.
RESEARCH_LINE = "For research. A summary of a study is no assessment of a person."


@dataclass(frozen=True)
class Words:
    """A paragraph of plain text.

    Parameters
    ----------
    text
        Nothing in it is read as markup.
    kind
        ``plain``; ``note``, small; ``result``, an answer; ``caution``, what must not be missed.
    """

    text: str
    kind: Literal["plain", "note", "result", "caution"] = "plain"


@dataclass(frozen=True)
class Grid:
    """A table of plain text.

    Parameters
    ----------
    head, rows
        Titles and cells.
    widths
        Shares of the width.
    right
        Columns of numbers.
    """

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    widths: tuple[float, ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure at 72 dots per inch, with what it shows in words."""

    figure: Figure
    words: str


Part: TypeAlias = Words | Grid | Picture


@dataclass(frozen=True, eq=False)
class Chapter:
    """A part of the summary under a heading."""

    key: str
    title: str
    parts: Sequence[Part] = field(default=())


@dataclass(frozen=True, eq=False)
class Story:
    """A whole summary.

    Parameters
    ----------
    title
        Of the study.
    synthetic
        Whether walkers are synthetic.
    pose_synthetic
        Whether keypoints are by a network that learned from synthetic walkers.
    facts
        Label and text, below the title.
    chapters
        In order.
    """

    title: str
    synthetic: bool
    pose_synthetic: bool
    facts: tuple[tuple[str, str], ...]
    chapters: tuple[Chapter, ...]

    @property
    def marks(self) -> tuple[str, ...]:
        """What stands on every page."""
        lines = {SYNTHETIC_LINE: self.synthetic, POSE_SYNTHETIC_LINE: self.pose_synthetic}
        return tuple(line for line, stands in lines.items() if stands)
