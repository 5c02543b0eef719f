"""From a walk to its measurement: the whole stage in the order of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    SIDES,
    BadInputError,
    Bout,
    Correction,
    Limit,
    Measurement,
    Parameter,
    Protocol,
    QualityCheck,
    RefusedError,
    Subject,
    Walk,
)
from clinigait.gait import quality
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.edited import check_corrections, with_swapped_legs
from clinigait.gait.events import agreement_s
from clinigait.gait.filtering import evened, in_the_volume, mean_rate_hz, with_seen_points
from clinigait.gait.kinematics import CURVES, joint_curves
from clinigait.gait.parameters import parameters_of, with_scale
from clinigait.gait.plausible import cohort_of, implausible
from clinigait.gait.scene import Scene, scene_of
from clinigait.gait.stature import KnownLength
from clinigait.gait.tasks import task_checks
from clinigait.gait.time_frequency import ASKED_BY, time_frequency
from clinigait.gait.walked import WalkedBouts, walked_bouts

_FLAGS_SHOWN = 3
#: Nobody drifts so far on the belt of a treadmill, in body heights (ours).
_LONGEST_BELT_BH = 2.0


@dataclass(frozen=True)
class FilmFacts:
    """What the film itself, not the walk, tells of quality.

    Parameters
    ----------
    camera_shift_pxps
        Speed of the background in pixels per second; None where it was not measured.
    variable_rate
        Whether the time between frames varies.
    repeated_s
        Times of frames that only repeat the picture before.
    notes
        Warnings of earlier stages.
    from_film
        Whether there was a film at all: else its camera is no one's concern.
    """

    camera_shift_pxps: float | None = None
    variable_rate: bool = False
    repeated_s: tuple[float, ...] = ()
    notes: tuple[QualityCheck, ...] = ()
    from_film: bool = True


def check_names(protocol: Protocol) -> None:
    """Refuse a protocol that asks for what does not exist.

    Raises
    ------
    BadInputError
        If a parameter, curve or limit of the protocol is unknown; it is named.
    """
    if protocol.kind != "clinical":
        raise BadInputError(
            f"Nothing can be assessed by the protocol {protocol.name}, of kind {protocol.kind}.",
            "Choose one of kind clinical.",
        )
    if not protocol.parameters or len(set(protocol.parameters)) < len(protocol.parameters):
        raise BadInputError(
            f"The protocol {protocol.name} names no parameter, or one of them twice.",
            "Correct its list of parameters.",
        )
    for kind, asked, known in (
        ("parameter", protocol.parameters, CATALOGUE),
        ("curve", protocol.curves, CURVES),
        ("limit", protocol.limits, quality.RULES),
    ):
        unknown = [name for name in asked if name not in known]
        if unknown:
            raise BadInputError(
                f"The protocol {protocol.name} names an unknown {kind}: {unknown[0]}.",
                f"Choose from: {', '.join(known)}.",
            )


def measure(
    walk: Walk,
    protocol: Protocol,
    film: FilmFacts | None = None,
    known_length: KnownLength | None = None,
    corrections: Sequence[Correction] = (),
) -> Measurement:
    """Measure a walk by a protocol.

    Parameters
    ----------
    walk
        One person's walk.
    protocol
        What to check and what to report.
    film
        What the film tells of quality.
    known_length
        A known length in the walking plane, in place of the body height.
    corrections
        What a person corrected: legs that were exchanged, events.

    Raises
    ------
    BadInputError
        If a correction is impossible.
    RefusedError
        If a check refuses: no honest measurement can be made.
    """
    found = examined(walk, protocol, film or FilmFacts(), known_length, corrections)
    checks = [*found.checks, *stride_counts(found.walked, protocol), found.agreement]
    return measurement_of(found.walked, checks, protocol)


@dataclass(frozen=True, eq=False)
class Examined:
    """A walk that passed the checks of film and view; its strides are not counted yet.

    Parameters
    ----------
    walked
        Its bouts.
    checks
        What was checked; nothing of it refuses.
    agreement
        How well the two methods for events agree; it may refuse.
    """

    walked: WalkedBouts
    checks: tuple[QualityCheck, ...]
    agreement: QualityCheck


def examined(
    walk: Walk,
    protocol: Protocol,
    film: FilmFacts,
    known_length: KnownLength | None,
    corrections: Sequence[Correction] = (),
) -> Examined:
    """Find the bouts of a walk and check all but the number of its strides.

    Parameters
    ----------
    walk, protocol, film, known_length, corrections
        As for :func:`measure`.

    Raises
    ------
    BadInputError
        If a correction is impossible.
    RefusedError
        If a check of the film, of the view or of the surface refuses.
    """
    check_corrections(corrections)
    walk = with_swapped_legs(walk, corrections)
    walk = in_the_volume(walk)
    checks = quality.of_the_film(walk.duration_s, mean_rate_hz(walk.time_s), protocol.limits)
    quality.raise_refusal(checks)
    walk = with_seen_points(walk)
    scene = scene_of(walk, evened(walk), known_length, protocol.surface)
    if protocol.surface == "treadmill" and scene.travel_bh > _LONGEST_BELT_BH:
        raise RefusedError(
            "not_on_treadmill",
            f"The person travels {scene.travel_bh:.1f} body heights: this is no treadmill.",
            "Choose a protocol for walks over the floor.",
        )
    checks += _of_the_view(scene, film, protocol)
    quality.raise_refusal(checks)
    steady = protocol.strides == "steady"
    walked = walked_bouts(scene, steady=steady, corrections=corrections)
    checks = _with_new_pictures_only(checks, walk, film, walked.bouts, protocol)
    quality.raise_refusal(checks)
    agreement = quality.check("event_agreement_s", agreement_s(walked.events), protocol.limits)
    return Examined(walked, tuple(checks), agreement)


def measurement_of(
    walked: WalkedBouts, checks: list[QualityCheck], protocol: Protocol
) -> Measurement:
    """Measure bouts that were examined.

    Parameters
    ----------
    walked
        The bouts, of one walk or of several joined.
    checks
        What was checked, in the order in which the first refusal is named.
    protocol
        What to report.

    Raises
    ------
    RefusedError
        If a check refuses.
    """
    quality.raise_refusal(checks)
    scene = walked.scene
    per_height = float(np.median(scene.per_unit / scene.height))
    near_side = scene.view.near_side if len({b.direction for b in walked.bouts}) == 1 else None
    names = with_scale(protocol.parameters, scene)
    parameters = parameters_of(walked, names, protocol)
    return Measurement(
        view=scene.view.name,
        view_angle_deg=scene.view.angle_deg,
        near_side=near_side,
        rate_hz=scene.even.rate_hz,
        scale=scene.scale,
        bouts=walked.bouts,
        events=walked.events,
        strides=walked.strides,
        parameters=parameters,
        curves=joint_curves(walked.strides, walked.cycles, protocol.curves),
        quality=(
            *checks,
            *quality.plausibility(walked.strides, per_height),
            *_odd_values(parameters, scene.walk.subject),
            *task_checks(parameters, protocol),
        ),
        time_frequency=time_frequency(walked) if ASKED_BY & set(names) else (),
    )


def _odd_values(parameters: tuple[Parameter, ...], subject: Subject) -> list[QualityCheck]:
    """Warn of values that hardly any walker has; they stay in the report."""
    remedy = "Look at the events and the overlay before you believe them."
    flags = implausible(parameters, cohort_of(subject))
    shown = " ".join(flag.message for flag in flags[:_FLAGS_SHOWN])
    if len(flags) > _FLAGS_SHOWN:
        shown += f" And {len(flags) - _FLAGS_SHOWN} more."
    return (
        [quality.warning("Plausible values", "implausible_value", shown, remedy)] if flags else []
    )


def _of_the_view(scene: Scene, film: FilmFacts, protocol: Protocol) -> list[QualityCheck]:
    limits, walk = protocol.limits, scene.walk
    checks = []
    if scene.in_picture:
        tall_px = float(np.median(scene.height))
        shift = None if film.camera_shift_pxps is None else film.camera_shift_pxps / tall_px
        checks += [
            *([quality.check("camera_motion_bhps", shift, limits)] if film.from_film else []),
            quality.check("person_height_px", tall_px, limits),
            quality.check("border_cut_pct", quality.border_cut_pct(walk), limits),
        ]
        if protocol.view == "sagittal":
            checks.append(quality.check("view_angle_deg", scene.view.angle_deg, limits))
        elif protocol.view == "frontal":
            checks.append(quality.check("front_angle_deg", 90 - scene.view.angle_deg, limits))
    checks += [
        quality.check("hidden_pct", quality.hidden_pct(walk), limits),
        quality.check("confidence", quality.leg_confidence(walk), limits),
        *film.notes,
    ]
    if film.variable_rate:
        checks.append(
            quality.warning(
                "Frame times",
                "variable_frame_rate",
                "The time between frames varies; presentation times were used throughout.",
                "Switch off automatic frame rate in the camera for the best precision.",
            )
        )
    return checks


def _with_new_pictures_only(
    checks: list[QualityCheck],
    walk: Walk,
    film: FilmFacts,
    bouts: tuple[Bout, ...],
    protocol: Protocol,
) -> list[QualityCheck]:
    """Check the frame rate again by the pictures that are new while the person walks."""

    def count(times_s: NDArray[np.float64]) -> int:
        return sum(int(((times_s >= b.start_s) & (times_s <= b.end_s)).sum()) for b in bouts)

    n_frames, n_repeated = count(walk.time_s), count(np.array(film.repeated_s))
    if not n_frames or not n_repeated:
        return checks
    new_share = 1 - n_repeated / n_frames
    again = quality.check("frame_rate_hz", mean_rate_hz(walk.time_s) * new_share, protocol.limits)
    return [again if check.name == again.name else check for check in checks]


def stride_counts(walked: WalkedBouts, protocol: Protocol) -> list[QualityCheck]:
    """Check whether there are strides enough.

    Parameters
    ----------
    walked
        The bouts, of one walk or of several joined.
    protocol
        How many it asks for; it takes one at least.
    """
    limits = protocol.limits
    used = [stride for stride in walked.strides if stride.used]
    if not used:  # whatever the protocol's limits: without a stride there is nothing to report
        limits = {**limits, "strides": Limit(1, 1)}
    weaker = min(sum(s.side == side for s in used) for side in SIDES)
    return [
        quality.check("strides", float(len(used)), limits),
        quality.check("strides_per_side", float(weaker), limits),
    ]
