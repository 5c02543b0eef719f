"""Reviewing an assessment: opened, corrected, recomputed at once, kept with who, when and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from clinigait.clinic import results, signing
from clinigait.clinic.access import Target, acting, looking
from clinigait.clinic.answering import can_ask, kept_answers
from clinigait.clinic.assessing import Choices, order, persons_of
from clinigait.clinic.opening import OpenedPass, corrected_walks, passes_of, protocol_of
from clinigait.clinic.results import Change, Version
from clinigait.clinic.scales import scored
from clinigait.clinic.signing import Signed
from clinigait.core import (
    AddEvent,
    Assessment,
    BadInputError,
    Correction,
    DeleteEvent,
    Measurement,
    MoveEvent,
    QualityCheck,
    RefusedError,
    Review,
    ReviewStep,
    SignOff,
    StoredFrame,
    SwapLegs,
    Walk,
)
from clinigait.filmed import film_of
from clinigait.gait import quality
from clinigait.gait.measure import FilmFacts, examined
from clinigait.gait.merge import measure_passes
from clinigait.io.assessment import parsed_assessment
from clinigait.passes import with_left_out
from clinigait.pipeline import with_findings, with_narration
from clinigait.store import Store
from clinigait.store.accounts import Account
from clinigait.store.ids import checked_text
from clinigait.store.tables import Patient, Recording, User, Visit

_LONGEST_NOTE = 2000
#: Code of the warning of a walk that was refused at first.
_REFUSED_BEFORE = "refused_before"
_LOOK_TWICE = "Look at the events once more before you believe the numbers."

__all__ = [
    "AddEvent",
    "Correction",
    "DeleteEvent",
    "MoveEvent",
    "Opened",
    "OpenedPass",
    "SwapLegs",
    "can_be_mended",
    "choose_person",
    "keep",
    "opened",
    "recomputed",
    "reviewed",
    "unmeasured",
]


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
    copied
        Hashes of the visit's recordings that browsers are shown a copy of.
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
    copied: frozenset[str] = frozenset()
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
    target = Target("assessment", assessment_id)
    with acting(store, account, "see", "view", target) as db:
        version = results.version_of(db, assessment_id)
        visit = db.get_one(Visit, version.visit_id)
        patient = db.get_one(Patient, visit.patient_id)
        signed = signing.signed_of(db, assessment_id)
        files = {name: store.files.find(db, sha256) for name, sha256 in version.files.items()}
        users = {made.made_by for made in version.edits} | ({signed.signed_by} if signed else set())
        names = {one: db.get_one(User, one).name for one in users}
        newest = version.number == results.newest_of(db, visit.id)
        facts = visit.facts
        copied = select(Recording.sha256).where(
            Recording.visit_id == visit.id, Recording.viewing_sha256.is_not(None)
        )
        copies = frozenset(sha256 for sha256 in db.scalars(copied) if sha256)
    assessment = replace(parsed_assessment(version.content), scores=scored(facts))
    return Opened(
        version=version,
        assessment=assessment,
        passes=passes_of(assessment, files),
        signed=signed,
        sign_off=None if signed is None else sign_off_of(signed, names),
        patient_id=patient.id,
        patient_code=patient.code,
        visit_day=visit.day,
        newest=newest,
        copied=copies,
        names=names,
        files=files,
    )


def sign_off_of(signed: Signed, names: Mapping[str, str]) -> SignOff:
    """Return what a report says of a signature."""
    return SignOff(names[signed.signed_by], iso_of(signed.signed_ms), signed.reason)


def iso_of(at_ms: int) -> str:
    """Return milliseconds since 1970 as ISO 8601 with the offset of this machine."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone()
    return at.isoformat(timespec="seconds")


def recomputed(
    opened: Opened, corrections: Sequence[Correction], by: str = "", note: str = ""
) -> Assessment:
    """Return the assessment with corrections on top of those that it has already.

    Pure and quick: from the kept walk alone. Times are those of the measurement (of several
    recordings: of their common clock). Findings and their sentences are made anew, the sentences
    from templates. What models said is kept: as theirs of the corrected walk where the corrections
    change nothing that they look at, else as what they said before, and every page says so.

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
    return _remade(opened, ReviewStep(by, None, tuple(corrections), note))


def _remade(opened: Opened, step: ReviewStep) -> Assessment:
    assessment = opened.assessment
    earlier = assessment.review.steps if assessment.review else ()
    review = Review((*earlier, step))
    if not step.corrections:
        return replace(assessment, review=review)
    protocol = protocol_of(assessment)
    measured = [one for one in opened.passes if one.walk is not None]
    if not measured:
        raise BadInputError("Nothing was measured that could be corrected.", "Film again.")
    measurement = measure_passes(
        [one.walk for one in measured if one.walk is not None],
        protocol,
        [_film(one) for one in measured],
        corrections=review.corrections,
    ).measurement
    remade = replace(
        assessment,
        status="assessed", code=None, message=None, remedy=None,
        measurement=measurement,
        review=review,
        frames=_true_frames(assessment, measurement, review.corrections),
    )  # fmt: skip
    refused = {one.number: one.assessment.refusal for one in opened.passes if one.walk is None}
    known = {number: why for number, why in refused.items() if why is not None}
    measurement = with_left_out(measurement, known)
    mended = (*measurement.quality, *_refused_before(assessment))
    remade = replace(remade, measurement=replace(measurement, quality=mended))
    if remade.predictions:
        walks = corrected_walks(measured, review.corrections)
        remade = replace(remade, predictions=kept_answers(remade, walks, protocol))
    remade = with_findings(remade, protocol.parameters)
    return with_narration(remade, "template")


def _refused_before(assessment: Assessment) -> tuple[QualityCheck, ...]:
    """Return the warning that only corrections made a walk one that can be measured."""
    refusal = assessment.refusal
    if refusal is not None:
        said = f"Before it was corrected, this walk was refused: {refusal.message}"
        return (quality.warning("First answer", _REFUSED_BEFORE, said, _LOOK_TWICE),)
    checks = assessment.measurement.quality if assessment.measurement else ()
    return tuple(check for check in checks if check.code == _REFUSED_BEFORE)


def can_be_mended(opened: Opened) -> bool:
    """Tell whether corrections may make a refused walk one that can be measured.

    Of several recordings that were refused together, each is looked at by itself.
    """
    return opened.assessment.measurement is None and len(opened.passes) == 1 and bool(opened.walk)


def unmeasured(opened: Opened, corrections: Sequence[Correction]) -> Assessment:
    """Return a refused assessment with the events and strides that are seen all the same.

    To look at and to correct, not to believe: nothing but times is in it.

    Parameters
    ----------
    opened
        A refused walk.
    corrections
        What was corrected so far.

    Raises
    ------
    BadInputError
        If a correction is impossible.
    """
    assessment, one = opened.assessment, opened.passes[0]
    if one.walk is None or not can_be_mended(opened):
        return assessment
    try:
        found = examined(one.walk, protocol_of(assessment), _film(one), None, corrections).walked
    except RefusedError:
        return assessment
    view, review = found.scene.view, Review((ReviewStep("", None, tuple(corrections)),))
    seen = Measurement(
        view=view.name, view_angle_deg=view.angle_deg, near_side=None,
        rate_hz=found.scene.even.rate_hz, scale=found.scene.scale, bouts=found.bouts,
        events=found.events, strides=found.strides, parameters=(), curves=(), quality=(),
    )  # fmt: skip
    return replace(
        assessment, status="assessed", code=None, message=None, remedy=None, measurement=seen,
        review=review,
    )  # fmt: skip


def _film(one: OpenedPass) -> FilmFacts:
    recording = one.assessment.recording
    if recording is None or one.walk is None:
        return FilmFacts(from_film=False)
    return film_of(recording, one.walk, one.assessment.perception)


def _true_frames(
    assessment: Assessment, measurement: Measurement, corrections: Sequence[Correction]
) -> tuple[StoredFrame, ...]:
    """Return the pictures that still show what they say: none of exchanged legs or moved events."""
    swaps = [one for one in corrections if isinstance(one, SwapLegs)]
    before = assessment.measurement.events if assessment.measurement else ()
    now = {(e.kind, e.side, round(e.time_s, 3)) for e in measurement.events}
    gone = [e.time_s for e in before if (e.kind, e.side, round(e.time_s, 3)) not in now]
    near_s = 1.5 / measurement.rate_hz
    return tuple(
        frame
        for frame in assessment.frames
        if not any(one.from_s <= frame.time_s <= one.to_s for one in swaps)
        and not any(abs(frame.time_s - time_s) <= near_s for time_s in gone)
    )


def keep(
    store: Store,
    account: Account,
    opened: Opened,
    corrections: Sequence[Correction],
    note: str = "",
) -> str:
    """Keep corrections as the next version; return its id.

    Models whose answers belong to the walk as it was before are asked again by the worker, where
    what they look at is kept: :func:`clinigait.clinic.asking.state` tells how that stands.

    Raises
    ------
    BadInputError
        If nothing was corrected, a correction is impossible, or there is a newer version.
    RefusedError
        If the assessment is not among the user's, the user may not, or nothing honest can be
        measured any more.
    """
    step = ReviewStep(account.name, _now(store), tuple(corrections), _note(note))
    made = _remade(opened, step) if corrections else opened.assessment
    changes = [_change(one) for one in corrections]
    asks = bool(corrections) and can_ask(made, protocol_of(made))
    return results.correct(store, account, opened.version.id, changes, made, asks=asks)


def reviewed(store: Store, account: Account, opened: Opened, note: str = "") -> str:
    """Keep that the events were reviewed and found right, as the next version; return its id.

    Raises
    ------
    BadInputError
        If there is no measurement, or a newer version.
    RefusedError
        As :func:`keep`.
    """
    if opened.assessment.measurement is None:
        raise BadInputError("There are no events to review.", "Film again.")
    step = ReviewStep(account.name, _now(store), (), _note(note))
    change = Change("reviewed", {}, {"note": step.note} if step.note else {})
    return results.correct(store, account, opened.version.id, [change], _remade(opened, step))


def _now(store: Store) -> str:
    return iso_of(store.now_ms())


def _note(note: str) -> str:
    return checked_text(note, "A note", _LONGEST_NOTE) if note.strip() else ""


def _change(one: Correction) -> Change:
    """Return a correction as before and after."""
    if isinstance(one, SwapLegs):
        return Change(one.action, {}, {"from_s": one.from_s, "to_s": one.to_s})
    event = {"kind": one.kind.value, "side": one.side, "time_s": one.time_s}
    if isinstance(one, MoveEvent):
        return Change(one.action, event, {**event, "time_s": one.to_s})
    return Change(one.action, *(({}, event) if isinstance(one, AddEvent) else (event, {})))


def choose_person(
    store: Store, account: Account, opened: Opened, number: int, pass_number: int = 1
) -> str:
    """Ask for the assessment of another person in the same films; return the job's id.

    Parameters
    ----------
    store, account, opened
        Where, who, of which version.
    number
        Of the person, in the film.
    pass_number
        Of the recording, where there are several: whom the others measure stays as it is.

    Raises
    ------
    BadInputError
        If nobody was followed under this number, or the film was removed.
    RefusedError
        As :func:`keep`.
    """
    one = next((one for one in opened.passes if one.number == pass_number), None)
    seen = one.assessment.perception if one is not None else None
    if one is None or seen is None or number not in {person.number for person in seen.people}:
        raise BadInputError("Nobody was followed under this number.", "Choose one of the pictures.")
    request = results.request_of(store, account, opened.version.id)
    filmed = one.assessment.recording
    if request is None or filmed is None:
        raise BadInputError("There is no film of this assessment.", "Assess the recording again.")
    with looking(store, account, "see", Target("assessment", opened.version.id)) as db:
        rows = [db.get(Recording, recording_id) for recording_id in request["recordings"]]
    own = [row.id for row in rows if row is not None and row.sha256 == filmed.sha256]
    if not own:
        raise BadInputError("A film was removed after its time.", "Its results are still there.")
    persons = {**persons_of(request), own[0]: number}
    choices = Choices(request["protocol"], pose=request["pose"], persons=persons)
    return order(store, account, opened.version.visit_id, request["recordings"], choices)
