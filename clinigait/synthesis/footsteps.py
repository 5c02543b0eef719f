"""Where and when the feet touch the floor: what of a walk is kept above all else."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, Event, EventKind, Side, opposite
from clinigait.synthesis.motion import Step
from clinigait.synthesis.prescription import Pace, Prescription
from clinigait.synthesis.rotations import Array

#: Lengths and times of the first steps from standing, and of the last ones backwards, as shares
#: of those in full gait: full speed is reached within about three steps (Jian 1993,
#: doi 10.1016/0966-6362(93)90038-3).
_STARTING_LENGTH = (0.55, 0.85, 0.97)
_STARTING_TIME = (1.25, 1.1, 1.0)
#: A step of a turn moves the middle of the body on by this share of a straight step.
_TURNING_LENGTH = 0.45
_TURNING_WIDTH_M = 0.14
#: Noise of one step shows in the next by this much: strides are not independent of each other.
_MEMORY = 0.4
#: Least double support and least swing, as shares of the stride.
_LEAST_SHARE = 0.02
#: Steps before and behind a walk that begins or ends in full gait: nobody sees them.
_UNSEEN = 3
#: What a prescription may ask for: wider than what people do, narrow enough to show a wrong unit.
LIMITS: dict[str, tuple[float, float]] = {
    "cadence_spm": (20, 220),
    "step_width_m": (0.0, 0.5),
    "pelvis_obliquity_deg": (0, 30),
    "pelvis_rotation_deg": (0, 50),
    "trunk_sway_deg": (0, 40),
    "trunk_rotation_deg": (0, 60),
    "step_length_share": (0.05, 0.95),
    "step_time_share": (0.2, 0.8),
    "stance_pct": (40, 95),
    "knee_peak_flexion_deg": (5, 120),
    "hip_range_deg": (5, 100),
    "arm_swing_deg": (0, 120),
    "elbow_flexion_deg": (0, 130),
    "foot_clearance_m": (0.0, 0.3),
    "foot_drop_deg": (-15, 60),
    "foot_progression_deg": (-45, 60),
    "circumduction_m": (0.0, 0.4),
    "hip_hike_deg": (0, 25),
    "trendelenburg_deg": (0, 25),
    "trunk_lurch_deg": (0, 40),
    "trunk_back_deg": (0, 40),
    "load_share": (0.0, 0.9),
    "tremor_deg": (0, 40),
    "tremor_hz": (0.5, 15),
    "stride_time_cv_pct": (0, 30),
    "stride_length_cv_pct": (0, 30),
    "step_width_cv_pct": (0, 100),
    "drift_pct": (-50, 50),
    "steps": (1, 2000),
    "turns": (0, 200),
    "steps_per_turn": (2, 30),  # nobody turns about in one step
    "stand_s": (0.0, 60.0),
}
_SPINE_LIMITS = {
    "lateral_deg": (-90, 90),
    "apex": (0.2, 0.8),
    "rotation_deg": (-45, 45),
    "shoulder_tilt_deg": (-30, 30),
    "pelvis_tilt_deg": (-25, 25),
    "lean_deg": (-25, 75),
    "kyphosis_deg": (-25, 75),
}
_FREEZE_LIMITS = {"duration_s": (0.1, 120), "trembling_hz": (0.5, 15)}
#: More steps in one walk, all ways and turns together, are a slip of the pen.
_MOST_STEPS = 10_000
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Footsteps:
    """The plan of a walk.

    Parameters
    ----------
    steps
        All stays of feet on the floor, in order of contact; the first and last may lie out of
        sight.
    begin_s, end_s
        The part of the walk that is filmed.
    holds_s
        Begin and end of the freezing episodes.
    cycle_s
        Usual stride time.
    """

    steps: tuple[Step, ...]
    begin_s: float
    end_s: float
    holds_s: tuple[tuple[float, float], ...]
    cycle_s: float

    def of(self, side: Side) -> tuple[Step, ...]:
        """Return the stays of one foot."""
        return tuple(step for step in self.steps if step.side == side)

    def events(self) -> tuple[Event, ...]:
        """Return contacts and foot offs within the filmed part, in order of time."""
        events = []
        for step in self.steps:
            for kind, time_s in (
                (EventKind.INITIAL_CONTACT, step.contact_s),
                (EventKind.FOOT_OFF, step.off_s),
            ):
                if self.begin_s < time_s < self.end_s:
                    events.append(Event(kind, step.side, float(time_s), 0.0, 1.0))
        return tuple(sorted(events, key=lambda event: event.time_s))


@dataclass
class _Plan:
    """Contacts in the making: the lists grow together."""

    sides: list[Side]
    contact_s: list[float]
    length_m: list[float]
    turn_deg: list[float]
    width_m: list[float]
    steady: list[bool]


def check(prescription: Prescription) -> Pace:
    """Return the pace of a prescription that can be walked.

    Raises
    ------
    BadInputError
        If its parameters contradict each other.
    """
    pace = prescription.resolved()
    _check_ranges(prescription)
    left, right = prescription.left, prescription.right
    for name in ("step_length_share", "step_time_share"):
        both = getattr(left, name) + getattr(right, name)
        if abs(both - 1) > 1e-6:
            raise BadInputError(
                f"{name} of left and right add up to {both:g}, not to 1: two steps are a stride.",
                "Give shares that add up to 1.",
            )
    implied = left.stance_pct + right.stance_pct - 100
    wanted = prescription.double_support_pct
    if wanted is not None and not abs(wanted - implied) <= 0.2:
        raise BadInputError(
            f"A stance of {left.stance_pct:g} % left and {right.stance_pct:g} % right makes "
            f"{implied:.1f} % double support, not {wanted:g}.",
            "Leave out double_support_pct, or change the stance.",
        )
    for side in SIDES:
        _check_side(prescription, side)
    return pace


def _check_ranges(prescription: Prescription) -> None:
    """Refuse what no body does, and numbers in a wrong unit."""
    whole = vars(prescription) | vars(prescription.variability) | vars(prescription.course)
    for name, limits in LIMITS.items():
        if name in whole:
            _check_range(name, whole[name], limits)
        for side in SIDES:
            own = vars(prescription.side(side))
            if name in own:
                _check_range(f"{name} of the {side}", own[name], limits)
    for freeze in prescription.freezes:
        for name, limits in _FREEZE_LIMITS.items():
            _check_range(f"{name} of a freeze", getattr(freeze, name), limits)
    course = prescription.course
    total = (course.turns + 1) * course.steps + course.turns * course.steps_per_turn
    if total > _MOST_STEPS:
        raise BadInputError(
            f"A walk of {total} steps is too long; {_MOST_STEPS} is the most.",
            "Give fewer steps or turns.",
        )
    for name, value in vars(prescription.spine).items():
        _check_range(name, value, _SPINE_LIMITS[name])


def _check_range(name: str, value: float | None, limits: tuple[float, float]) -> None:
    if value is not None and not limits[0] <= value <= limits[1]:
        raise BadInputError(
            f"{name} is {value:g}; a synthetic gait has {limits[0]:g} to {limits[1]:g}.",
            "Give a value in between, in the unit that the name ends with.",
        )


def _check_side(prescription: Prescription, side: Side) -> None:
    own, other = prescription.side(side), prescription.side(opposite(side))
    swing = 1 - own.stance_pct / 100
    # The other foot leaves after this one lands, and lands before this one leaves.
    support = other.stance_pct / 100 - own.step_time_share
    if swing < 0.1:
        raise BadInputError(
            f"A stance of {own.stance_pct:g} % leaves the {side} foot no time to swing.",
            "Give a stance of at most 90 %.",
        )
    if support < _LEAST_SHARE:
        raise BadInputError(
            f"The {opposite(side)} foot leaves the floor before the {side} one lands: that is "
            "running, or a step time that its stance does not allow.",
            "Give a longer stance, or more even step times.",
        )


def footsteps(prescription: Prescription, rng: np.random.Generator) -> Footsteps:
    """Plan the steps of a walk that starts along x at the origin.

    Raises
    ------
    BadInputError
        If the prescription contradicts itself, or its variability leaves a step no time.
    """
    pace = check(prescription)
    plan = _contacts(prescription, pace, rng)
    placed = _placed(plan, prescription)
    offs = _offs(plan, prescription)
    steps = [
        Step(side, contact, off, (float(x), float(y)), float(heading), steady)
        for side, contact, off, (x, y, heading), steady in zip(
            plan.sides, plan.contact_s, offs, placed, plan.steady, strict=True
        )
    ]
    steps, holds = _frozen(steps, prescription)
    return _filmed(steps, holds, prescription)


def _contacts(prescription: Prescription, pace: Pace, rng: np.random.Generator) -> _Plan:
    course = prescription.course
    before = 0 if course.standing_start else _UNSEEN
    after = 0 if course.standing_stop else _UNSEEN
    kinds: list[str] = []
    for way in range(course.turns + 1):
        extra = (before if way == 0 else 0) + (after if way == course.turns else 0)
        kinds += ["straight"] * (course.steps + extra)
        if way < course.turns:
            kinds += ["turn"] * course.steps_per_turn
    n = len(kinds)
    first: Side = "left" if rng.random() < 0.5 else "right"
    sides = [first if k % 2 == 0 else opposite(first) for k in range(n)]
    is_straight = np.array([kind == "straight" for kind in kinds])
    seen = is_straight & (np.arange(n) >= before) & (np.arange(n) < n - after)
    lengths, times, widths = _varied(prescription, pace, (is_straight, seen), rng)
    own = [prescription.side(side) for side in sides]
    lengths *= [gait.step_length_share for gait in own]
    times *= [gait.step_time_share for gait in own]
    steady = is_straight.copy()
    if course.standing_start:
        _fade(lengths, times, slice(0, 3))
        steady[:2] = False
    if course.standing_stop:
        _fade(lengths, times, slice(-1, -4, -1))
        steady[-2:] = False
    return _Plan(
        sides,
        list(np.cumsum(times)),
        list(lengths),
        _turning(kinds, course.steps_per_turn, rng),
        list(np.where(is_straight, widths, _TURNING_WIDTH_M)),
        list(steady),
    )


def _fade(lengths: Array, times: Array, where: slice) -> None:
    n = min(3, len(lengths))
    lengths[where][:n] *= _STARTING_LENGTH[:n]
    times[where][:n] *= _STARTING_TIME[:n]


def _varied(
    prescription: Prescription, pace: Pace, shown: tuple[Mask, Mask], rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Return stride length, stride time and step width of every step, with their noise.

    The noise of the seen straight steps has mean 0, so that a walk has the commanded means.
    """
    is_straight, seen = shown
    n = len(is_straight)
    spread = prescription.variability
    drift = np.zeros(n)
    drift[seen] = np.linspace(-0.5, 0.5, int(seen.sum())) * spread.drift_pct / 100
    noise = [_noise(n, seen, rng) for _ in range(3)]
    length_cv, time_cv = spread.stride_length_cv_pct / 100, spread.stride_time_cv_pct / 100
    lengths = pace.stride_length * (1 + drift + length_cv * noise[0])
    times = 120 / pace.cadence * (1 - 0.3 * drift + time_cv * noise[1])
    widths = prescription.step_width_m * (1 + spread.step_width_cv_pct / 100 * noise[2])
    lengths = np.where(is_straight, lengths, lengths * _TURNING_LENGTH)
    if lengths.min() < 0.3 * lengths.mean() or times.min() < 0.4 * times.mean():
        raise BadInputError(
            "The variability is so large that a step has next to no length or time.",
            "Give smaller coefficients of variation.",
        )
    return lengths, times, widths


def _noise(n: int, seen: Mask, rng: np.random.Generator) -> Array:
    """Return steps' noise such that strides, the means of two steps, have a deviation of 1."""
    white = rng.standard_normal(n + 20)
    coloured = np.zeros_like(white)
    for k in range(1, len(white)):
        coloured[k] = _MEMORY * coloured[k - 1] + white[k]
    coloured = coloured[20:] * np.sqrt(1 - _MEMORY**2)
    coloured *= np.sqrt(2 / (1 + _MEMORY))
    if seen.sum() > 1:
        coloured -= coloured[seen].mean()
    return np.asarray(coloured)


def _turning(kinds: list[str], per_turn: int, rng: np.random.Generator) -> list[float]:
    """Return by how much the way turns with each step; all of a walk's turns go one way round."""
    direction = 1.0 if rng.random() < 0.5 else -1.0
    return [direction * 180 / per_turn if kind == "turn" else 0.0 for kind in kinds]


def _placed(plan: _Plan, prescription: Prescription) -> Array:
    """Return (N, 3) x, y of the heels in m and the heading in degrees.

    The middle line goes on by each step's length; a heel lies half a step width beside it.
    """
    heading = np.cumsum(plan.turn_deg)
    start = heading - np.array(plan.turn_deg) / 2
    lengths = np.array(plan.length_m)
    way = np.column_stack([np.cos(np.radians(start)), np.sin(np.radians(start))])
    middle = np.cumsum(lengths[:, None] * way, axis=0)
    outwards = np.array([1.0 if side == "left" else -1.0 for side in plan.sides])
    across = np.column_stack([-np.sin(np.radians(heading)), np.cos(np.radians(heading))])
    heels = middle + (outwards * np.array(plan.width_m) / 2)[:, None] * across
    if prescription.course.standing_stop and len(heels) > 1:
        # The last foot comes to stand beside the other one.
        along = np.array([np.cos(np.radians(heading[-1])), np.sin(np.radians(heading[-1]))])
        heels[-1] -= ((heels[-1] - heels[-2]) @ along) * along
    return np.column_stack([heels, heading])


def _offs(plan: _Plan, prescription: Prescription) -> list[float]:
    contacts = np.array(plan.contact_s)
    usual = prescription.stride_time_s
    offs = []
    for k, side in enumerate(plan.sides):
        stride = contacts[k + 2] - contacts[k] if k + 2 < len(contacts) else usual
        share = prescription.side(side).stance_pct / 100
        off = contacts[k] + share * stride
        if k + 1 < len(contacts):
            off = max(off, contacts[k + 1] + _LEAST_SHARE * stride)
        if k + 2 < len(contacts):  # there is always some double support, and some swing
            low = contacts[k + 1] + _LEAST_SHARE * stride
            high = contacts[k + 2] - 0.08 * stride
            off = float(np.clip(off, low, high))
        offs.append(off)
    return offs


def _frozen(
    steps: list[Step], prescription: Prescription
) -> tuple[list[Step], list[tuple[float, float]]]:
    """Insert the freezing episodes: all that comes after the middle of a double support waits."""
    holds: list[tuple[float, float]] = []
    course = prescription.course
    first = 0 if course.standing_start else _UNSEEN
    last = len(steps) - (0 if course.standing_stop else _UNSEEN)
    straight = [k for k in range(first, last) if k and steps[k].steady]
    after = [freeze.after_step for freeze in prescription.freezes]
    if len(set(after)) < len(after):
        raise BadInputError(
            "Two freezing episodes follow the same step.", "Give each its own after_step."
        )
    for freeze in sorted(prescription.freezes, key=lambda f: -f.after_step):
        if not 1 <= freeze.after_step < len(straight):
            raise BadInputError(
                f"There is no step {freeze.after_step} to freeze after: the walk has "
                f"{len(straight)} steps in full gait.",
                "Give a smaller after_step.",
            )
        k = straight[freeze.after_step - 1]
        middle = (steps[k].contact_s + steps[k - 1].off_s) / 2
        pause = freeze.duration_s
        steps = [
            replace(
                step,
                contact_s=step.contact_s + pause * (step.contact_s > middle),
                off_s=step.off_s + pause * (step.off_s > middle),
                steady=step.steady and abs(n - k) > 1,
            )
            for n, step in enumerate(steps)
        ]
        holds = [(a + pause, b + pause) for a, b in holds]
        holds.insert(0, (middle, middle + pause))
    return steps, holds


def _filmed(
    steps: list[Step], holds: list[tuple[float, float]], prescription: Prescription
) -> Footsteps:
    """Cut the walk to what is filmed, with standing before and after where it is wanted."""
    course = prescription.course
    if course.standing_start:
        begin = steps[0].contact_s - prescription.stride_time_s / 2 - course.stand_s
        steps = _standing_before(steps, begin, prescription)
    else:
        begin = steps[_UNSEEN].contact_s - 0.2
    if course.standing_stop:
        end = steps[-1].contact_s + prescription.stride_time_s / 2 + course.stand_s
        steps = [
            *steps[:-2],
            *(replace(step, off_s=end + 10) for step in steps[-2:]),
        ]
    else:
        end = steps[-1 - _UNSEEN].contact_s + 0.2
    shift = -begin
    steps = [
        replace(step, contact_s=step.contact_s + shift, off_s=step.off_s + shift) for step in steps
    ]
    moved = tuple((a + shift, b + shift) for a, b in holds)
    return Footsteps(tuple(steps), 0.0, end + shift, moved, prescription.stride_time_s)


def _standing_before(steps: list[Step], begin: float, prescription: Prescription) -> list[Step]:
    """Put both feet side by side at the origin before the first step."""
    first = steps[0]
    share = prescription.side(opposite(first.side)).stance_pct / 100 - 0.5
    support = max(share, _LEAST_SHARE) * prescription.stride_time_s
    half = prescription.step_width_m / 2
    lift_off = first.contact_s - prescription.stride_time_s * (
        1 - prescription.side(first.side).stance_pct / 100
    )
    feet = []
    for side, off in ((first.side, lift_off), (opposite(first.side), first.contact_s + support)):
        y = half if side == "left" else -half
        feet.append(Step(side, begin - 10, off, (0.0, y), 0.0, False))
    return [*feet, *steps]
