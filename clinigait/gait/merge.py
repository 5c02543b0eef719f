"""Passes of one visit: several recordings of one person become one measurement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from clinigait.core import (
    BadInputError,
    Correction,
    Grade,
    Limit,
    Measurement,
    Protocol,
    QualityCheck,
    Refused,
    RefusedError,
    SwapLegs,
    Walk,
)
from clinigait.gait import quality
from clinigait.gait.edited import check_corrections
from clinigait.gait.filtering import even_rate_hz
from clinigait.gait.joined import joined
from clinigait.gait.measure import (
    Examined,
    FilmFacts,
    examined,
    measure,
    measurement_of,
    stride_counts,
)
from clinigait.gait.stature import KnownLength

#: Time between two passes on the common clock: longer than anything that is looked for between
#: two bouts of one recording, as a turn is.
GAP_S = 15.0
_GRADES = (Grade.PASS, Grade.WARNING, Grade.REFUSAL)


@dataclass(frozen=True)
class PassTaken:
    """One recording, and what became of it.

    Parameters
    ----------
    number
        Its place in the order in which the recordings were given, from 1.
    shift_s
        What was added to its own times to bring them to the common clock.
    refused
        Why it was left out; None where it is in the measurement.
    """

    number: int
    shift_s: float
    refused: Refused | None


@dataclass(frozen=True)
class MergedPasses:
    """One measurement of several recordings.

    Parameters
    ----------
    measurement
        Of all strides together; its times are on the common clock, which is that of the first
        recording.
    passes
        Every recording, also those that were left out.
    """

    measurement: Measurement
    passes: tuple[PassTaken, ...]


def measure_passes(
    walks: Sequence[Walk],
    protocol: Protocol,
    films: Sequence[FilmFacts] | None = None,
    known_length: KnownLength | None = None,
    corrections: Sequence[Correction] = (),
) -> MergedPasses:
    """Measure several recordings of one person at one visit as one walk.

    Film, view and events of each recording are checked as if it were alone; one that is refused
    is left out with a warning. The strides of all others are pooled, and only then counted:
    recordings with too few strides each may be enough together. Of every check the worst outcome
    is kept. What depends on strides that follow each other stays within the recordings.

    Parameters
    ----------
    walks
        The recordings, at least one.
    protocol
        What to check and what to report.
    films
        What each film tells of quality; None where nothing is known.
    known_length
        A known length in the walking plane that holds for all recordings: the camera stood still.
    corrections
        What a person corrected, in times of the common clock.

    Raises
    ------
    BadInputError
        If there is no recording, one is given twice, they are not of one person in one
        condition, the protocol's task cannot be put together, or a correction is impossible.
    RefusedError
        If no recording can be used (the reason of the first), if recordings of different kinds
        are mixed, or if all strides together are too few.
    """
    films = [FilmFacts()] * len(walks) if films is None else films
    if len(films) != len(walks):
        raise ValueError(f"{len(films)} films for {len(walks)} walks")
    _check_recordings(walks, protocol)
    if len(walks) == 1:
        measurement = measure(walks[0], protocol, films[0], known_length, corrections)
        return MergedPasses(measurement, (PassTaken(1, 0.0, None),))
    later_s = shifts_s(walks)
    shifted = [
        replace(walk, time_s=walk.time_s + shift_s)
        for walk, shift_s in zip(walks, later_s, strict=True)
    ]
    own = _corrections_of(shifted, corrections)
    found: dict[int, Examined] = {}
    errors: dict[int, RefusedError] = {}
    for number, (walk, film, shift_s) in enumerate(zip(shifted, films, later_s, strict=True), 1):
        later = _later(film, shift_s)
        try:
            found[number] = _usable(walk, protocol, later, known_length, own[number - 1])
        except RefusedError as error:
            errors[number] = error
    if not found:
        raise errors[1]
    refused = {number: error.refused for number, error in errors.items()}
    return MergedPasses(
        _measured(found, refused, protocol),
        tuple(PassTaken(n, shift_s, refused.get(n)) for n, shift_s in enumerate(later_s, 1)),
    )


def _check_recordings(walks: Sequence[Walk], protocol: Protocol) -> None:
    if not walks:
        raise BadInputError("No recording was given.", "Give at least one.")
    if len(walks) > 1 and protocol.task == "timed_up_and_go":
        raise BadInputError(
            "Each timed up and go is a measurement of its own.", "Assess the recordings one by one."
        )
    if any(walk.subject != walks[0].subject for walk in walks):
        raise BadInputError(
            "The recordings are not of one person in one condition.",
            "Put together only passes of one visit, with the same facts about the person.",
        )
    for (i, first), (k, second) in combinations(enumerate(walks, 1), 2):
        is_same = np.array_equal(first.keypoints, second.keypoints, equal_nan=True)
        if is_same and np.isfinite(first.keypoints).any():
            raise BadInputError(
                f"Recording {k} is the same as recording {i}.", "Give every recording once."
            )


def shifts_s(walks: Sequence[Walk]) -> list[float]:
    """Return what brings every walk behind the one before it, in step with the first one's frames.

    Then recordings of one frame rate fit on one even clock as they are.
    """
    found_s: list[float] = []
    timed = [walk.time_s for walk in walks if len(walk) > 1]
    rate_hz = even_rate_hz(timed[0]) if timed else 1.0
    origin_s = end_s = None
    for time_s in (walk.time_s for walk in walks):
        start_s = float(time_s[0]) if len(time_s) else 0.0
        if origin_s is None or end_s is None:
            origin_s = end_s = start_s
            found_s.append(0.0)
        else:
            n_frames = np.ceil((end_s + GAP_S - origin_s) * rate_hz)
            found_s.append(float(origin_s + n_frames / rate_hz - start_s))
        end_s = (float(time_s[-1]) if len(time_s) else start_s) + found_s[-1]
    return found_s


def _later(film: FilmFacts, shift_s: float) -> FilmFacts:
    return replace(film, repeated_s=tuple(time_s + shift_s for time_s in film.repeated_s))


def _corrections_of(
    walks: Sequence[Walk], corrections: Sequence[Correction]
) -> list[list[Correction]]:
    """Share corrections out among recordings by their times.

    Raises
    ------
    BadInputError
        If one lies in no recording.
    """
    check_corrections(corrections)
    own: list[list[Correction]] = [[] for _ in walks]
    for one in corrections:
        at_s = one.from_s if isinstance(one, SwapLegs) else one.time_s
        inside = [w for w, walk in enumerate(walks) if _covers(walk, at_s)]
        if not inside:
            raise BadInputError(
                f"There is no recording at {at_s:.2f} s.", "Choose a time within a recording."
            )
        own[inside[0]].append(one)
    return own


def _covers(walk: Walk, at_s: float) -> bool:
    return len(walk) > 0 and bool(walk.time_s[0] <= at_s <= walk.time_s[-1])


def _usable(
    walk: Walk,
    protocol: Protocol,
    film: FilmFacts,
    known_length: KnownLength | None,
    corrections: Sequence[Correction],
) -> Examined:
    """Examine one recording; it must have one stride at least, and events to be believed.

    Raises
    ------
    RefusedError
        If it cannot be used.
    """
    found = examined(walk, protocol, film, known_length, corrections)
    n_used = float(len(found.walked.used))
    quality.raise_refusal(
        [quality.check("strides", n_used, {"strides": Limit(1, 1)}), found.agreement]
    )
    return found


def _measured(
    found: Mapping[int, Examined], refused: Mapping[int, Refused], protocol: Protocol
) -> Measurement:
    walked = joined([one.walked for one in found.values()])
    checks = [
        *worst_checks({number: one.checks for number, one in found.items()}),
        *(left_out(number, reason) for number, reason in refused.items()),
        *stride_counts(walked, protocol),
        *worst_checks({number: (one.agreement,) for number, one in found.items()}),
    ]
    return measurement_of(walked, checks, protocol)


def left_out(number: int, reason: Refused) -> QualityCheck:
    """Warn that a recording is not in the measurement."""
    return quality.warning(
        f"Recording {number}",
        "pass_left_out",
        f"Recording {number} was left out: {reason.message}",
        reason.remedy,
    )


def worst_checks(checks: Mapping[int, Sequence[QualityCheck]]) -> list[QualityCheck]:
    """Return the worst outcome of every check over several recordings.

    Parameters
    ----------
    checks
        The checks of every recording by its number.

    Returns
    -------
    list of QualityCheck
        In the order in which they first appear. A message that is not true of all recordings
        says of which it is.
    """
    by_name: dict[str, list[tuple[int, QualityCheck]]] = {}
    for number, own in checks.items():
        for check in own:
            by_name.setdefault(check.name, []).append((number, check))
    return [_worst(found, len(checks)) for found in by_name.values()]


def _worst(found: Sequence[tuple[int, QualityCheck]], n_recordings: int) -> QualityCheck:
    worst = max((check for _, check in found), key=_badness)
    numbers = sorted({number for number, check in found if check.grade is worst.grade})
    if worst.message is None or len(numbers) == n_recordings:
        return worst
    which = f"Recording{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
    return replace(worst, message=f"{which}: {worst.message}")


def _badness(check: QualityCheck) -> tuple[int, float]:
    """Return what orders outcomes of one check: the grade, then how far the value goes."""
    grade = _GRADES.index(check.grade)
    if check.value is None:
        return grade, -np.inf
    too_much = any(rule.title == check.name and rule.too_much for rule in quality.RULES.values())
    return grade, check.value if too_much else -check.value
