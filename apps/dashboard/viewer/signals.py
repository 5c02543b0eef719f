"""The curves under the film: what feet and joints do, along the clock of the walk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Assessment, BadInputError, RefusedError, Side, Walk
from clinigait.gait.filtering import evened, in_the_volume, with_seen_points
from clinigait.gait.foot_signals import foot_signals
from clinigait.gait.kinematics import Angles
from clinigait.gait.oriented import Oriented
from clinigait.gait.scene import scene_of
from clinigait.io.protocol import load_protocol

#: What is drawn, in the order of the list, with unit and decimals of the printed scale.
CURVES: dict[str, tuple[str, int]] = {
    "foot_height": ("%", 0),
    "foot_speed": ("×", 1),
    "knee_flexion_deg": ("°", 0),
    "hip_flexion_deg": ("°", 0),
    "ankle_dorsiflexion_deg": ("°", 0),
}
_STANDING_PERCENTILE = 5
_DECIMALS = 3

Signal = dict[Side, NDArray[np.float64]]


def curves_of(walk: Walk, assessment: Assessment, shift_s: float = 0.0) -> list[dict[str, Any]]:
    """Return the curves that the walk shows, as plain data.

    Parameters
    ----------
    walk
        The walk, with legs swapped where that was corrected.
    assessment
        What was measured of it, on the clock of the walk.
    shift_s
        What is added to its times.

    Returns
    -------
    list of dict
        ``name``, ``unit``, ``decimals`` and, by side, pairs of time in s and value; a value of
        None parts a curve. Foot height in percent of the leg over its own height in standing,
        foot speed in multiples of the walking speed.
    """
    found: dict[str, dict[Side, list[list[float | None]]]] = {}
    for part in _parts(walk, assessment):
        for name, signal in _signals(part):
            for side in SIDES:
                line = found.setdefault(name, {"left": [], "right": []})[side]
                line += [[None, None]] if line else []
                line += _pairs(part.time_s + shift_s, signal[side])
    return [
        {"name": name, "unit": unit, "decimals": decimals, **_whole(found[name])}
        for name, (unit, decimals) in CURVES.items()
        if name in found
    ]


def _parts(walk: Walk, assessment: Assessment) -> Iterator[Oriented]:
    measurement = assessment.measurement
    if measurement is None:
        return
    try:
        surface = load_protocol(assessment.protocol.name).surface
    except BadInputError:  # a protocol of somebody's own
        surface = "overground"
    seen = with_seen_points(in_the_volume(walk))
    try:
        scene = scene_of(seen, evened(seen), None, surface)
        for bout in measurement.bouts:
            yield scene.oriented(bout)
    except RefusedError:  # the events stand; what they were found by cannot be drawn
        return


def _signals(part: Oriented) -> Iterator[tuple[str, Signal]]:
    feet = foot_signals(part)
    height = {side: 100 * _over_standing(foot.lift) for side, foot in feet.items()}
    angles = Angles(part)
    drawn: list[tuple[str, Signal]] = [
        ("foot_height", height),
        ("foot_speed", {side: foot.heel_speed for side, foot in feet.items()}),
    ]
    for name in CURVES:
        if name.endswith("_deg"):
            sides = {side: angles.of(name, side) for side in SIDES}
            known = {side: values for side, values in sides.items() if values is not None}
            if len(known) == len(SIDES):
                drawn.append((name, known))
    for name, signal in drawn:
        if any(np.isfinite(values).any() for values in signal.values()):
            yield name, signal


def _over_standing(lift: NDArray[np.float64]) -> NDArray[np.float64]:
    known = lift[np.isfinite(lift)]
    return lift - np.percentile(known, _STANDING_PERCENTILE) if len(known) else lift


def _pairs(time_s: NDArray[np.float64], values: NDArray[np.float64]) -> list[list[float | None]]:
    return [
        [round(float(time), _DECIMALS), round(float(value), _DECIMALS)]
        if np.isfinite(value)
        else [round(float(time), _DECIMALS), None]
        for time, value in zip(time_s, values, strict=True)
    ]


def _whole(lines: dict[Side, list[list[float | None]]]) -> dict[str, Any]:
    """Return the lines; a break between two bouts takes the time of the sample before it."""
    for line in lines.values():
        for place, pair in enumerate(line):
            if pair[0] is None:
                pair[0] = line[place - 1][0]
    return {"left": lines["left"], "right": lines["right"]}
