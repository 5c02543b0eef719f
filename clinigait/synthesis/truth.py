"""What is true of a solved walk, by the toolkit's definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side
from clinigait.synthesis.motion import Motion, Step, Truth
from clinigait.synthesis.rotations import Array
from clinigait.synthesis.skeleton import joint

if TYPE_CHECKING:
    from clinigait.synthesis.walking import Solver

Parameters = dict[tuple[str, Side | None], float]
Add = Callable[[str, Side | None, float], None]


def truth_of(solver: Solver) -> Truth:
    """Return events, steps, parameters and joint angles of a walk."""
    plan = solver.plan
    angles = _angles(solver)
    parameters = _parameters(plan.steps, (plan.begin_s, plan.end_s))
    residuals = _residuals(solver, angles)
    return Truth(solver.prescription, plan.events(), plan.steps, parameters, angles, residuals)


# ---------------------------------------------------------------- from the steps
def _parameters(steps: tuple[Step, ...], seen_s: tuple[float, float]) -> Parameters:
    """Return means over the steady strides and steps whose contacts are seen."""
    rows: dict[tuple[str, Side | None], list[float]] = {}

    def add(name: str, side: Side | None, value: float) -> None:
        rows.setdefault((name, side), []).append(value)

    for k, first in enumerate(steps):
        if k + 2 >= len(steps) or not all(_shown(s, seen_s) for s in steps[k : k + 3]):
            continue
        _stride(steps[k : k + 3], add)
        previous = steps[k - 1] if k else None
        _step(steps[k + 1], first, add)
        if previous is not None and previous.off_s > first.contact_s:
            both = (previous.off_s - first.contact_s) + (first.off_s - steps[k + 1].contact_s)
            add("double_support_time_s", first.side, both)
            stride = steps[k + 2].contact_s - first.contact_s
            add("double_support_pct", first.side, 100 * both / stride)
    parameters: Parameters = {key: float(np.mean(values)) for key, values in rows.items()}
    for name in sorted({name for name, _ in rows}):
        both_sides = [parameters[name, side] for side in SIDES if (name, side) in parameters]
        parameters[name, None] = float(np.mean(both_sides))
    if ("step_time_s", None) in parameters:
        parameters["cadence_spm", None] = 60 / parameters["step_time_s", None]
    for side in SIDES:
        times = rows.get(("stride_time_s", side), [])
        if len(times) > 1:
            parameters["stride_time_cv_pct", side] = float(
                100 * np.std(times, ddof=1) / np.mean(times)
            )
    return parameters


def _shown(step: Step, seen_s: tuple[float, float]) -> bool:
    return step.steady and seen_s[0] < step.contact_s < seen_s[1]


def _stride(three: tuple[Step, ...], add: Add) -> None:
    first, _, last = three
    time_s = last.contact_s - first.contact_s
    length_m = float(np.linalg.norm(np.subtract(last.heel_m, first.heel_m)))
    stance_s = first.off_s - first.contact_s
    for name, value in (
        ("stride_time_s", time_s),
        ("stride_length_m", length_m),
        ("speed_mps", length_m / time_s),
        ("stance_time_s", stance_s),
        ("swing_time_s", time_s - stance_s),
        ("stance_pct", 100 * stance_s / time_s),
        ("swing_pct", 100 - 100 * stance_s / time_s),
    ):
        add(name, first.side, value)


def _step(landing: Step, standing: Step, add: Add) -> None:
    heading = np.radians(landing.heading_deg)
    way = np.subtract(landing.heel_m, standing.heel_m)
    along = way @ [np.cos(heading), np.sin(heading)]
    across = way @ [-np.sin(heading), np.cos(heading)]
    add("step_time_s", landing.side, landing.contact_s - standing.contact_s)
    add("step_length_m", landing.side, float(along))
    add("step_width_m", landing.side, abs(float(across)))


# ---------------------------------------------------------------- from the joints
def _angles(solver: Solver) -> dict[tuple[str, Side | None], Array]:
    pieces: dict[tuple[str, Side | None], list[Array]] = {}
    for motion in solver.pieces():
        heading = solver.pelvis.heading_rad(motion.time_s)
        for key, values in angles_of(motion, heading).items():
            pieces.setdefault(key, []).append(values)
    return {key: np.concatenate(values) for key, values in pieces.items()}


def angles_of(motion: Motion, heading_rad: Array) -> dict[tuple[str, Side | None], Array]:
    """Return (T,) angles on joint centres, by the definitions of ``gait.kinematics``.

    The trunk line goes from the middle of the hips to that of the shoulders; angles of the legs
    lie in the plane of the way.
    """
    cosine, sine = np.cos(heading_rad), np.sin(heading_rad)

    def oriented(name: str, side: Side) -> Array:
        point = motion.joint_m(joint(name, side))
        ahead = point[:, 0] * cosine + point[:, 1] * sine
        left = -point[:, 0] * sine + point[:, 1] * cosine
        return np.column_stack([ahead, left, point[:, 2]])

    points = {
        (n, s): oriented(n, s) for n in ("hip", "knee", "ankle", "shoulder", "elbow") for s in SIDES
    }
    hips = (points["hip", "left"] + points["hip", "right"]) / 2
    shoulders = (points["shoulder", "left"] + points["shoulder", "right"]) / 2
    trunk = shoulders - hips
    angles: dict[tuple[str, Side | None], Array] = {
        ("trunk_lean_deg", None): np.degrees(np.arctan2(trunk[:, 0], trunk[:, 2])),
        ("trunk_sway_deg", "left"): np.degrees(np.arctan2(trunk[:, 1], trunk[:, 2])),
        ("pelvis_tilt_deg", None): _tilt_deg(points["hip", "left"] - points["hip", "right"]),
        ("shoulder_tilt_deg", None): _tilt_deg(
            points["shoulder", "left"] - points["shoulder", "right"]
        ),
    }
    for side in SIDES:
        thigh = points["knee", side] - points["hip", side]
        shank = points["ankle", side] - points["knee", side]
        arm = points["elbow", side] - points["shoulder", side]
        angles["hip_flexion_deg", side] = _turn_deg(-trunk, thigh)
        angles["thigh_deg", side] = np.degrees(np.arctan2(thigh[:, 0], -thigh[:, 2]))
        angles["knee_flexion_deg", side] = _turn_deg(shank, thigh)
        angles["arm_swing_deg", side] = _turn_deg(-trunk, arm)
    return angles


def _turn_deg(first: Array, second: Array) -> Array:
    cross = first[:, 0] * second[:, 2] - first[:, 2] * second[:, 0]
    return np.asarray(
        np.degrees(np.arctan2(cross, first[:, 0] * second[:, 0] + first[:, 2] * second[:, 2]))
    )


def _tilt_deg(line: Array) -> Array:
    """Rise of a line from right to left against the level."""
    return np.asarray(np.degrees(np.arctan2(line[:, 2], np.hypot(line[:, 0], line[:, 1]))))


def _residuals(solver: Solver, angles: dict[tuple[str, Side | None], Array]) -> dict[str, float]:
    """Return by how much ranges miss what was commanded, and curves what is published."""
    time_s = solver.time_s
    steady = solver.pelvis.vigour(time_s) > 0.999
    residuals: dict[str, float] = {}
    if not steady.any():  # a few steps between standing and standing
        return residuals
    for side in SIDES:
        phase = solver.cycles.phase(side, time_s)
        gait = solver.prescription.side(side)
        for name in ("knee_flexion_deg", "thigh_deg"):
            wanted = solver.curves["knee_flexion_deg"].at(phase)
            if name == "thigh_deg":
                wanted = solver.curves["hip_flexion_deg"].at(phase) - solver.curves[
                    "pelvis_anterior_tilt_deg"
                ].at(phase)
            gap = (angles[name, side] - wanted)[steady]
            residuals[f"{side}_{name}_rms"] = float(np.sqrt((gap**2).mean()))
        peaks = _by_cycle(angles["knee_flexion_deg", side], phase, steady)
        if gait.knee_peak_flexion_deg is not None and peaks:
            mean = float(np.mean([values.max() for values in peaks]))
            residuals[f"{side}_knee_peak_flexion_deg"] = mean - gait.knee_peak_flexion_deg
        if gait.hip_range_deg is not None:
            thighs = _by_cycle(angles["thigh_deg", side], phase, steady)
            ranges = [float(np.ptp(values)) for values in thighs]
            if ranges:
                residuals[f"{side}_hip_range_deg"] = float(np.mean(ranges)) - gait.hip_range_deg
    return residuals


def _by_cycle(values: Array, phase: Array, steady: NDArray[np.bool_]) -> list[Array]:
    """Return the values of every whole cycle in full gait."""
    number = np.floor(phase).astype(int)
    whole = []
    for k in np.unique(number):
        inside = number == k
        part = phase[inside] - k
        if steady[inside].all() and part.min() < 0.1 and part.max() > 0.9:
            whole.append(values[inside])
    return whole
