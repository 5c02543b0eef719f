"""What an assessment rests on, read from its files: recordings with walk, film and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from clinigait.core import (
    Assessment,
    BadInputError,
    Correction,
    Measurement,
    Protocol,
    SwapLegs,
    Walk,
)
from clinigait.gait.edited import with_swapped_legs
from clinigait.gait.merge import shifts_s
from clinigait.io.assessment import read_assessment
from clinigait.io.protocol import load_protocol, shipped_protocols
from clinigait.io.walk import read_walk
from clinigait.pipeline import MARKER

#: Names of the files of a version: single recordings have ``walk.npz``, ``film.mp4`` (or
#: ``film.webm``), ``frames/N.jpg``, ``frames/person-N.jpg``, ``saliency-N.png``; of several, each
#: has its own as ``pass-N/walk.npz``, ``pass-N/film.mp4``, ``pass-N/assessment.json``.
WALK, FILMS = "walk.npz", ("film.mp4", "film.webm")


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
        On its own clock; None where it was refused and nobody can correct it: nobody was followed,
        or it is one of several.
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


def passes_of(assessment: Assessment, files: Mapping[str, Path]) -> tuple[OpenedPass, ...]:
    """Return the recordings of an assessment.

    Parameters
    ----------
    assessment
        The whole one.
    files
        Where its files lie, by name.

    Raises
    ------
    BadInputError
        If a file is damaged.
    """
    if not any(name.startswith("pass-") for name in files):
        return (_pass(1, assessment, files, ""),)
    found: list[OpenedPass] = []
    while (name := f"pass-{len(found) + 1}/{MARKER}") in files:
        own = read_assessment(files[name])
        found.append(_pass(len(found) + 1, own, files, f"pass-{len(found) + 1}/"))
    walks = [one.walk for one in found if one.walk is not None]
    shifts = iter(shifts_s(walks))
    why = _left_out(assessment.measurement)
    return tuple(
        replace(
            one,
            shift_s=next(shifts) if one.walk is not None else 0.0,
            left_out=why.get(one.number),
        )
        for one in found
    )


def _pass(number: int, assessment: Assessment, files: Mapping[str, Path], begin: str) -> OpenedPass:
    walk = files.get(f"{begin}{WALK}")
    return OpenedPass(
        number=number,
        shift_s=0.0,
        left_out=None,
        assessment=assessment,
        walk=None if walk is None else read_walk(walk),
        film=next((files[begin + name] for name in FILMS if begin + name in files), None),
        film_start_s=assessment.recording.start_s if assessment.recording else 0.0,
    )


def _left_out(measurement: Measurement | None) -> dict[int, str]:
    checks = measurement.quality if measurement else ()
    return {
        int(check.name.split()[-1]): check.message or ""
        for check in checks
        if check.code == "pass_left_out"
    }


def protocol_of(assessment: Assessment) -> Protocol:
    """Return the protocol that an assessment was made by.

    Raises
    ------
    BadInputError
        If this version has another of that name: the numbers would not be comparable.
    """
    name = assessment.protocol.name
    found = load_protocol(name) if name in shipped_protocols() else None
    if found is None or found.sha256 != assessment.protocol.sha256:
        raise BadInputError(
            f"The protocol {name} is not the one of this assessment any more.",
            "Assess the recordings again, then correct that.",
        )
    return found


def swaps_in(one: OpenedPass, corrections: Sequence[Correction]) -> tuple[SwapLegs, ...]:
    """Return the exchanges of legs that lie in a recording, on its own clock."""
    if one.walk is None or not len(one.walk):
        return ()
    first_s, last_s = one.walk.time_s[0], one.walk.time_s[-1]
    swaps = (
        SwapLegs(swap.from_s - one.shift_s, swap.to_s - one.shift_s)
        for swap in corrections
        if isinstance(swap, SwapLegs)
    )
    return tuple(swap for swap in swaps if swap.from_s <= last_s and swap.to_s >= first_s)


def corrected_walks(passes: Sequence[OpenedPass], corrections: Sequence[Correction]) -> list[Walk]:
    """Return the walks of an assessment, each on its own clock, legs exchanged as corrected.

    Raises
    ------
    BadInputError
        If there is no frame between the two times of an exchange.
    """
    return [
        with_swapped_legs(one.walk, swaps_in(one, corrections))
        for one in passes
        if one.walk is not None
    ]
