"""What is checked before the numbers are believed: pass, warning or refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Grade, Limit, QualityCheck, RefusedError, Space, Stride, Walk

#: Said where it is not known how far the background moves.
MOTION_UNKNOWN = (
    "Whether the camera moves is not known: too little of the background could be compared."
)
#: Beyond these a walk does not happen at the speed at which the film plays.
_MAX_WALK_RATIO = 0.007
_LONG_STEP_BH = 0.35
_MAX_CADENCE = 160.0
_HEAD = ("nose", "left_ear", "right_ear", "left_eye", "right_eye", "head_top", "head")
#: A body box that comes so near to the border, as a fraction of the longer side, is cut by it.
_BORDER = 0.02


@dataclass(frozen=True)
class Rule:
    """One check: what it measures and what it says when it is not passed.

    Parameters
    ----------
    title, unit
        As printed.
    code
        Code of the warning or refusal.
    too_much
        Whether large values are bad; else small ones are.
    message
        What is wrong, with ``{value}`` to be filled in.
    remedy
        What to do.
    decimals
        Decimal places as printed.
    unknown
        What is said where there is no value.
    """

    title: str
    unit: str
    code: str
    too_much: bool
    message: str
    remedy: str
    decimals: int = 0
    unknown: str = "It was not measured."


#: The checks by name, in the order in which the first refusal is named.
RULES: dict[str, Rule] = {
    "duration_s": Rule(
        "Length of the walk", "s", "too_short", False,
        "The person is followed for {value} s only.",
        "Film at least three strides of each foot, four seconds or more.", 1,
    ),
    "frame_rate_hz": Rule(
        "Frame rate", "Hz", "frame_rate_too_low", False,
        "The video has {value} frames per second.",
        "Film with 60 frames per second; 20 is the least.",
    ),
    "camera_motion_bhps": Rule(
        "Camera motion", "BH/s", "camera_moves", True,
        "The background moves by {value} body heights per second.",
        "Put the camera on a tripod; do not pan, zoom or follow the walker.", 2, MOTION_UNKNOWN,
    ),
    "person_height_px": Rule(
        "Size of the person", "px", "person_too_small", False,
        "The person is {value} pixels tall in the picture.",
        "Go nearer, or film with a higher resolution.",
    ),
    "border_cut_pct": Rule(
        "Body cut by the border", "%", "cut_by_border", True,
        "In {value} % of the frames the border cuts off the head or a foot.",
        "Film from further away, so that the whole body fits with room above and below.",
    ),
    "view_angle_deg": Rule(
        "Angle of the view", "deg", "wrong_view", True,
        "The walk is seen {value} degrees away from a side view.",
        "Film from the side, with the camera's line of sight square to the walkway.",
    ),
    "front_angle_deg": Rule(
        "Angle of the view", "deg", "wrong_view", True,
        "The walk is seen {value} degrees away from a front view.",
        "Film from the front or from behind, with the camera in line with the walkway.",
    ),
    "hidden_pct": Rule(
        "Hidden by other people", "%", "walker_hidden", True,
        "In {value} % of the frames somebody covers the walker, or nobody can be made out.",
        "Film one person alone; a helper walks on the far side of the patient.",
    ),
    "confidence": Rule(
        "Confidence of leg keypoints", "", "legs_not_seen", False,
        "The legs are found with a mean confidence of {value} only.",
        "Film in good light, nothing before the legs, clothes that stand out.", 2,
    ),
    "strides": Rule(
        "Usable strides", "", "too_few_strides", False,
        "Usable strides found: {value}.",
        "Film a longer way, so that at least three strides of each foot are seen.",
    ),
    "strides_per_side": Rule(
        "Usable strides of the weaker side", "", "too_few_strides_of_a_side", False,
        "One side has few usable strides: {value}.",
        "Film a longer way, or passes in both directions.",
    ),
    "event_agreement_s": Rule(
        "Agreement of the event methods", "s", "events_unreliable", True,
        "The two methods for foot contacts differ by {value} s.",
        "Check the events in the overlay; film again with a steady camera and visible feet.", 3,
    ),
}  # fmt: skip


def check(name: str, value: float | None, limits: Mapping[str, Limit]) -> QualityCheck:
    """Hold one value against the protocol's limits.

    Parameters
    ----------
    name
        A key of :data:`RULES`.
    value
        What was found; None (not measured) warns.
    limits
        The protocol's limits by check name; a check without a limit passes.
    """
    rule, limit = RULES[name], limits.get(name, Limit(None, None))
    asked = _asked(rule, limit)
    if value is None:
        return QualityCheck(
            rule.title, Grade.WARNING, None, rule.unit, asked, rule.code, rule.unknown,
            rule.remedy,
        )  # fmt: skip
    grade = _grade(rule, limit, value)
    if grade is Grade.PASS:
        return QualityCheck(rule.title, grade, value, rule.unit, asked)
    message = rule.message.format(value=f"{value:.{rule.decimals}f}")
    return QualityCheck(rule.title, grade, value, rule.unit, asked, rule.code, message, rule.remedy)


def of_the_film(
    duration_s: float, rate_hz: float, limits: Mapping[str, Limit]
) -> list[QualityCheck]:
    """Check what can be checked before anybody is measured: length and frame rate."""
    return [check("duration_s", duration_s, limits), check("frame_rate_hz", rate_hz, limits)]


def warning(title: str, code: str, message: str, remedy: str) -> QualityCheck:
    """Return a warning that is not a number."""
    return QualityCheck(title, Grade.WARNING, None, "", "", code, message, remedy)


def plausibility(strides: tuple[Stride, ...], units_per_height: float) -> list[QualityCheck]:
    """Warn of a walk whose length and pace do not fit each other: a film at the wrong speed.

    Step length over cadence, the walk ratio, stays near 0.0038 body heights per (step/min) over
    all paces of healthy adults (Sekiya 1996: 0.0063 m). Played at half speed a film doubles it
    and more; long steps at a cadence beyond walking are played too fast.

    Parameters
    ----------
    strides
        The stride table.
    units_per_height
        Pixels per unit of length over pixels of body height: 1 for body heights.
    """
    used = [s.values for s in strides if s.used]
    lengths = [v.get("step_length_bh", v.get("step_length_m")) for v in used]
    known = [length for length in lengths if length is not None]
    if not known:
        return []
    length_bh = float(np.median(known)) * units_per_height
    cadence = float(np.median([v["cadence_spm"] for v in used]))
    remedy = "Check that the film plays at its true speed: no slow motion, no time lapse."
    if length_bh / cadence > _MAX_WALK_RATIO:
        message = f"Steps of {length_bh:.2f} body heights at {cadence:.0f} a minute are too slow."
    elif length_bh > _LONG_STEP_BH and cadence > _MAX_CADENCE:
        message = f"Steps of {length_bh:.2f} body heights at {cadence:.0f} a minute are too fast."
    else:
        return []
    return [warning("Pace and length of the steps", "implausible_pace", message, remedy)]


def raise_refusal(checks: list[QualityCheck]) -> None:
    """Raise the first refusal among the checks.

    Raises
    ------
    RefusedError
        If there is one.
    """
    for found in checks:
        if found.grade is Grade.REFUSAL and found.code and found.message and found.remedy:
            raise RefusedError(found.code, found.message, found.remedy)


def border_cut_pct(walk: Walk) -> float:
    """Return in how many percent of the frames the border cuts off the head or a foot."""
    whole = ~_hidden(walk)
    return float(100 * _cut(walk)[whole].mean()) if whole.any() else 0.0


def _cut(walk: Walk) -> NDArray[np.bool_]:
    """Frames in which the head or a foot has no believed point and the body meets the border."""
    if walk.space is not Space.IMAGE_PX:
        return np.zeros(len(walk), bool)
    parts: list[tuple[str, ...]] = [_HEAD]
    parts += [tuple(f"{side}_{point}" for point in ("ankle", "heel", "toe")) for side in SIDES]
    missing = np.zeros(len(walk), bool)
    for names in parts:
        points = [walk.layout.index(name) for name in names if name in walk.layout]
        if not points:  # a layout without a head is not cut off at the head
            continue
        missing |= ~np.isfinite(walk.keypoints[:, points, 0]).any(axis=1)
    if walk.boxes_px is None or walk.image_size_px is None:
        return missing
    size = np.array(walk.image_size_px)
    margin = _BORDER * size.max()
    meets = (walk.boxes_px[:, :2] < margin) | (walk.boxes_px[:, 2:] > size - margin)
    return np.asarray(missing & meets.any(axis=1))


def hidden_pct(walk: Walk) -> float:
    """Return in how many percent of the frames nothing of the person is believed."""
    return float(100 * _hidden(walk).mean()) if len(walk) else 100.0


def leg_confidence(walk: Walk) -> float:
    """Return the mean confidence of knees and feet, 0 for unseen ones.

    Frames that are hidden or cut have checks of their own and are left out.
    """
    points = [
        walk.layout.index(f"{side}_{point}")
        for side in SIDES
        for point in ("knee", "ankle", "heel", "toe")
        if f"{side}_{point}" in walk.layout
    ]
    in_view = ~_hidden(walk) & ~_cut(walk)
    return float(walk.confidence[in_view][:, points].mean()) if in_view.any() else 0.0


def _hidden(walk: Walk) -> NDArray[np.bool_]:
    return np.asarray(~np.isfinite(walk.keypoints[:, :, 0]).any(axis=1))


def _grade(rule: Rule, limit: Limit, value: float) -> Grade:
    def beyond(threshold: float | None) -> bool:
        if threshold is None:
            return False
        return value > threshold if rule.too_much else value < threshold

    if beyond(limit.refuse):
        return Grade.REFUSAL
    return Grade.WARNING if beyond(limit.warn) else Grade.PASS


def _asked(rule: Rule, limit: Limit) -> str:
    word = "at most" if rule.too_much else "at least"
    parts = []
    if limit.warn is not None:
        parts.append(f"{word} {limit.warn:g} {rule.unit}".strip())
    if limit.refuse is not None:
        parts.append(f"refused {'above' if rule.too_much else 'below'} {limit.refuse:g}")
    return ", ".join(parts)
