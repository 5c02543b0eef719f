"""What a report is made of: the assessment, and what is printed beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from numpy.typing import ArrayLike

from clinigait.core import Assessment, SignOff
from clinigait.core.definition import Definition
from clinigait.findings import Compared
from clinigait.report.styles import PAGES, Page
from clinigait.report.values import RowNumbers
from clinigait.report.wording import Wording


class ReferenceCurve(Protocol):
    """A joint curve of other people at the same normalised speed: see ``gait.norms``."""

    @property
    def cycle_pct(self) -> ArrayLike:
        """(N,) places in the gait cycle in percent."""

    @property
    def mean(self) -> ArrayLike:
        """(N,) mean in deg."""

    @property
    def sd(self) -> ArrayLike:
        """(N,) standard deviation in deg."""

    @property
    def shape_only(self) -> bool:
        """Whether it is no reference for this person: only the shape may be looked at."""

    @property
    def population(self) -> str:
        """Who was measured."""

    @property
    def source(self) -> str:
        """The citation."""


@dataclass(frozen=True)
class Beside:
    """What is printed beside an assessment, from lower floors that a report does not import.

    Parameters
    ----------
    curves
        Reference of a joint curve by the curve's name.
    earlier
        An earlier visit, or another condition, of the same person.
    changes
        The assessment held against that one, parameter by parameter.
    sign_off
        Who signed; None where nobody did.
    """

    curves: Mapping[str, ReferenceCurve] = field(default_factory=dict)
    earlier: Assessment | None = None
    changes: Sequence[Compared] = ()
    sign_off: SignOff | None = None


@dataclass(frozen=True)
class Contents:
    """All that the sections of one report share.

    Parameters
    ----------
    assessment
        What is told.
    folder
        The folder that the paths of its pictures are relative to.
    definitions
        What the parameters mean, by name.
    words
        The language.
    page
        The size of paper.
    beside
        What is printed beside the assessment.
    rows
        Number of the row of each parameter.
    """

    assessment: Assessment
    folder: Path
    definitions: Mapping[str, Definition]
    words: Wording
    page: Page = PAGES["a4"]
    beside: Beside = field(default_factory=Beside)
    rows: RowNumbers = field(default_factory=dict)
