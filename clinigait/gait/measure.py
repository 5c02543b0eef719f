"""From a walk to its measurement: the whole stage in the order of its steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    BadInputError,
    Bout,
    Event,
    Limit,
    Measurement,
    Protocol,
    QualityCheck,
    RefusedError,
    Scale,
    Stride,
    Walk,
    assumed_focal_px,
)
from clinigait.gait import quality
from clinigait.gait.bouts import find_bouts
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.events import agreement_s, detect_events
from clinigait.gait.filtering import EvenWalk, evened, mean_rate_hz
from clinigait.gait.kinematics import CURVES, joint_curves, stride_angles
from clinigait.gait.parameters import parameters_of, with_scale
from clinigait.gait.stature import KnownLength, lengths_scale, stature_px
from clinigait.gait.strides import Ground, build_strides
from clinigait.gait.view import Viewed, facing, viewed


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
    """

    camera_shift_pxps: float | None = None
    variable_rate: bool = False
    repeated_s: tuple[float, ...] = ()
    notes: tuple[QualityCheck, ...] = ()


def check_names(protocol: Protocol) -> None:
    """Refuse a protocol that asks for what does not exist.

    Raises
    ------
    BadInputError
        If a parameter, curve or limit of the protocol is unknown; it is named.
    """
    if protocol.kind != "clinical" or protocol.view != "sagittal":
        raise BadInputError(
            f"No film can be assessed by the protocol {protocol.name}.",
            "Choose one of kind clinical and view sagittal.",
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
) -> Measurement:
    """Measure a walk by a protocol.

    Parameters
    ----------
    walk
        One person's walk with image keypoints.
    protocol
        What to check and what to report.
    film
        What the film tells of quality.
    known_length
        A known length in the walking plane, in place of the body height.

    Raises
    ------
    RefusedError
        If a check refuses: no honest measurement can be made.
    """
    film = film or FilmFacts()
    checks = quality.of_the_film(walk.duration_s, mean_rate_hz(walk.time_s), protocol.limits)
    quality.raise_refusal(checks)
    even = evened(walk)
    height_px = stature_px(even)
    view = viewed(walk, even, height_px)
    checks += _of_the_view(walk, view, height_px, film, protocol)
    quality.raise_refusal(checks)
    bouts = find_bouts(even, height_px)
    _refuse_backwards(even, bouts)
    checks = _with_new_pictures_only(checks, walk, film, bouts, protocol)
    quality.raise_refusal(checks)
    scale, px_per_unit = lengths_scale(walk, height_px, known_length)
    ground = _ground(walk, even, scale, px_per_unit)
    events, strides = _cycles(even, bouts, ground)
    checks += _of_the_strides(events, strides, protocol)
    quality.raise_refusal(checks)
    checks += quality.plausibility(strides, float(np.median(px_per_unit / height_px)))
    near_side = view.near_side if len({b.direction for b in bouts}) == 1 else None
    return Measurement(
        view=view.name,
        view_angle_deg=view.angle_deg,
        near_side=near_side,
        rate_hz=even.rate_hz,
        scale=scale,
        bouts=bouts,
        events=events,
        strides=strides,
        parameters=parameters_of(
            strides,
            with_scale(protocol.parameters, scale.unit),
            rate_hz=even.rate_hz,
            scale_error=scale.relative_uncertainty,
            near_side=near_side,
            subject=walk.subject,
        ),
        curves=joint_curves(even, bouts, strides, protocol.curves),
        quality=tuple(checks),
    )


def _of_the_view(
    walk: Walk,
    view: Viewed,
    height_px: NDArray[np.float64],
    film: FilmFacts,
    protocol: Protocol,
) -> list[QualityCheck]:
    limits = protocol.limits
    tall_px = float(np.median(height_px))
    shift = None if film.camera_shift_pxps is None else film.camera_shift_pxps / tall_px
    checks = [
        quality.check("camera_motion_bhps", shift, limits),
        quality.check("person_height_px", tall_px, limits),
        quality.check("border_cut_pct", quality.border_cut_pct(walk), limits),
        quality.check("view_angle_deg", view.angle_deg, limits),
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


def _refuse_backwards(even: EvenWalk, bouts: tuple[Bout, ...]) -> None:
    for bout in bouts:
        if facing(even.cut(bout.start_s, bout.end_s)) == -bout.forward:
            raise RefusedError(
                "walks_backwards",
                "The feet point against the direction of the walk.",
                "Film forward walking; check that the video is not played in reverse.",
            )


def _ground(walk: Walk, even: EvenWalk, scale: Scale, px_per_unit: NDArray[np.float64]) -> Ground:
    size_px = walk.image_size_px or (0, 0)
    return Ground(
        even=even,
        px_per_unit=px_per_unit,
        centre_px=size_px[0] / 2,
        focal_px=assumed_focal_px(size_px),
        unit=scale.unit,
    )


def _cycles(
    even: EvenWalk, bouts: tuple[Bout, ...], ground: Ground
) -> tuple[tuple[Event, ...], tuple[Stride, ...]]:
    events: list[Event] = []
    strides: list[Stride] = []
    for bout in bouts:
        found = detect_events(even, bout)
        events += found
        strides += build_strides(found, ground, first_number=len(strides) + 1)
    with_angles = [
        replace(s, values={**s.values, **stride_angles(even, bouts, s)}) if s.used else s
        for s in strides
    ]
    return tuple(events), tuple(with_angles)


def _of_the_strides(
    events: tuple[Event, ...], strides: tuple[Stride, ...], protocol: Protocol
) -> list[QualityCheck]:
    limits = protocol.limits
    used = [stride for stride in strides if stride.used]
    if not used:  # whatever the protocol's limits: without a stride there is nothing to report
        limits = {**limits, "strides": Limit(1, 1)}
    weaker = min(sum(s.side == side for s in used) for side in ("left", "right"))
    return [
        quality.check("strides", float(len(used)), limits),
        quality.check("strides_per_side", float(weaker), limits),
        quality.check("event_agreement_s", agreement_s(events), limits),
    ]
