"""Reviewing an assessment: opened, corrected, recomputed at once, kept with who, when and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from clinigait.clinic.results import Version
from clinigait.clinic.signing import Signed
from clinigait.core import Assessment, Walk
from clinigait.core.review import (
    AddEvent,
    Correction,
    DeleteEvent,
    MoveEvent,
    SignOff,
    SwapLegs,
)
from clinigait.store import Store
from clinigait.store.accounts import Account

__all__ = [
    "AddEvent",
    "Correction",
    "DeleteEvent",
    "MoveEvent",
    "Opened",
    "OpenedPass",
    "SwapLegs",
    "choose_person",
    "keep",
    "opened",
    "recomputed",
    "reviewed",
]


@dataclass(frozen=True, eq=False)
class OpenedPass:
    """One recording of an assessment.

    Parameters
    ----------
    number
        From 1, in the order in which they were given.
    shift_s
        What is added to the times of walk and film to bring them to those of the measurement; 0
        for the first, or where it was left out.
    left_out
        Why the recording is not in the measurement; None where it is.
    assessment
        Of this recording alone; the whole one where there is only one.
    walk
        On its own clock; None where it was refused.
    film
        For browsers, faces blurred, its first frame at 0 s of the film being
        ``film_start_s`` of the walk's clock; None where there is none.
    film_start_s
        Time of the film's first frame on the walk's clock.
    """

    number: int
    shift_s: float
    left_out: str | None
    assessment: Assessment
    walk: Walk | None
    film: Path | None
    film_start_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Opened:
    """A version of an assessment with everything that a clinician looks at.

    Parameters
    ----------
    version
        As it is kept.
    assessment
        What it holds, with the scales that were scored at the visit.
    passes
        Its recordings, one at least unless it comes from elsewhere.
    signed
        Its signature; None where it is not signed.
    sign_off
        The same for the report: name in place of id.
    patient_id, patient_code, visit_day
        Whose it is, and of which day.
    names
        Names of the users that edits and signatures name, by id.
    files
        Where its files lie, by name.
    newest
        Whether it is the newest version of its visit: only that one can be corrected and signed.
    """

    version: Version
    assessment: Assessment
    passes: tuple[OpenedPass, ...]
    signed: Signed | None
    sign_off: SignOff | None
    patient_id: str
    patient_code: str
    visit_day: str
    newest: bool
    names: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)

    @property
    def walk(self) -> Walk | None:
        """The walk of the first recording."""
        return self.passes[0].walk if self.passes else None

    @property
    def film(self) -> Path | None:
        """The film of the first recording."""
        return self.passes[0].film if self.passes else None


def opened(store: Store, account: Account, assessment_id: str) -> Opened:
    """Open a version of an assessment.

    Raises
    ------
    BadInputError
        If a file of it is missing or damaged.
    RefusedError
        If it is not among the user's.
    """
    raise NotImplementedError


def recomputed(
    opened: Opened, corrections: Sequence[Correction], by: str = "", note: str = ""
) -> Assessment:
    """Return the assessment with corrections on top of those that it has already.

    Pure and quick: from the kept walk alone. Times are those of the measurement (of several
    recordings: of their common clock). Findings and their sentences are made anew; what models
    said before is kept and marked so.

    Parameters
    ----------
    opened
        What is corrected.
    corrections
        In the order in which they were made; swaps of legs act before events are looked for, also
        on the sides of events that were corrected earlier.
    by, note
        For the review that the result carries.

    Raises
    ------
    BadInputError
        If a correction is impossible: no such event, a time outside the walk, two events at once.
    RefusedError
        If nothing honest can be measured any more.
    """
    raise NotImplementedError


def keep(
    store: Store,
    account: Account,
    opened: Opened,
    corrections: Sequence[Correction],
    note: str = "",
) -> str:
    """Keep corrections as the next version; return its id.

    Raises
    ------
    BadInputError
        If nothing was corrected, a correction is impossible, or there is a newer version.
    RefusedError
        If the assessment is not among the user's, the user may not, or nothing honest can be
        measured any more.
    """
    raise NotImplementedError


def reviewed(store: Store, account: Account, opened: Opened, note: str = "") -> str:
    """Keep that the events were reviewed and found right, as the next version; return its id.

    Raises
    ------
    BadInputError
        If there is no measurement, or a newer version.
    RefusedError
        As :func:`keep`.
    """
    raise NotImplementedError


def choose_person(store: Store, account: Account, opened: Opened, number: int) -> str:
    """Ask for the assessment of another person in the same film; return the job's id.

    Raises
    ------
    BadInputError
        If nobody was followed under this number, there are several recordings, or the film was
        removed.
    RefusedError
        As :func:`keep`.
    """
    raise NotImplementedError
