"""Agreement of inferred forces of the floor with force plates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, Side, Walk
from clinigait.datasets import bmc_walk
from clinigait.datasets.bmc_walk import PlateStep, PlateWalk
from clinigait.datasets.people import chosen_people
from clinigait.gait.events import detect_events
from clinigait.gait.filtering import evened, with_seen_points
from clinigait.gait.loads.floor import Stance, shared_by_steps, shared_by_stillness, stances_of
from clinigait.gait.loads.moved import GRAVITY_MPS2, moved_body
from clinigait.gait.oriented import Oriented, walking_speed
from clinigait.gait.scene import scene_of
from clinigait.training.validate import Progress, Row, Validation, summarised, written

Array = NDArray[np.float64]
LOADS = "bmc-walk-loads"
_PERSON = "bmc"
#: A plate that is loaded this near to the end of the record was left after it.
_AT_THE_END_S = 0.01
#: Other rules for how the force under the trailing foot fades: half a cosine, and the smooth
#: transition of Ren 2008 (doi 10.1016/j.jbiomech.2008.06.001).
_FADES: dict[str, Callable[[Array], Array]] = {
    "plates, half a cosine": lambda left: (1 - np.cos(np.pi * left)) / 2,
    "plates, Ren 2008": lambda left: np.exp(-((2 * (1 - left)) ** 3)),
}
#: How it is known who stands: by events that were found, by the plates, by the stillness of feet.
WAYS = ("events", "plates", "stillness", *_FADES)


@dataclass(frozen=True)
class StanceError:
    """How far the inferred force of one stance is from the plate's.

    Parameters
    ----------
    trial, side, start_s
        Which stance.
    way
        One of :data:`WAYS`.
    rmse_pct, r
        Root mean square error of the vertical force over the stance, in per cent of the range of
        the plate's, and correlation.
    forward_rmse_pct, forward_r
        The same of the force along the way.
    """

    trial: str
    side: Side
    start_s: float
    way: str
    rmse_pct: float
    r: float
    forward_rmse_pct: float
    forward_r: float


def validate_loads(
    root: Path, out: Path, subjects: str | None = None, progress: Progress | None = None
) -> Validation:
    """Hold inferred forces of the floor against the plates of the two BMC walks.

    Two walks of one person, five whole stances: no interval over people can be had. Only pelvis
    and legs carry markers there; trunk, head and arms are taken to move with the pelvis.

    Parameters
    ----------
    root, out, subjects, progress
        As for :func:`clinigait.training.validate_events.validate_plates`.

    Raises
    ------
    BadInputError
        If the data set or the folder cannot be used; nothing is left behind.
    """
    if not root.is_dir():
        raise BadInputError(f"There is no folder {root.name[:80]}.", "Give the data set's folder.")
    chosen_people([_PERSON], subjects)
    walks = bmc_walk.plate_walks(root)
    rows: list[Row] = []
    errors: list[StanceError] = []
    for number, measured in enumerate(walks):
        own = stance_forces(measured, measured.walk)
        errors += [error_of(measured, force) for force in own]
        rows += [row for force in own if force.way == "events" for row in _rows(measured, force)]
        if progress is not None:
            progress(number + 1, len(walks))
    result = summarised(tuple(rows), len(walks), {})
    more = {"stances": [vars(error) for error in errors], **_means(errors)}
    return written(replace(result, more=more, lines=_lines(errors)), out)


@dataclass(frozen=True, eq=False)
class StanceForce:
    """Inferred and measured force of one whole stance, in body weights, on the walk's clock.

    Parameters
    ----------
    step, side, way
        Which stance, and how it was known who stands.
    time_s
        (T,) times.
    inferred, measured
        (T, 2) along the way and up.
    """

    step: PlateStep
    side: Side
    way: str
    time_s: Array
    inferred: Array
    measured: Array


def stance_forces(measured: PlateWalk, walk: Walk) -> list[StanceForce]:
    """Return what is inferred of every whole stance on a plate.

    Parameters
    ----------
    measured
        What the plates say.
    walk
        The joints: the markers themselves, or what a camera would make of them.
    """
    seen = with_seen_points(walk)
    scene = scene_of(seen, evened(seen), None, "overground")
    part = scene.oriented(scene.bouts(steady=True)[0])
    body = moved_body(part)
    stances = stances_of(detect_events(part))
    sides = {step: side_of(step, stances) for step in measured.steps}
    plates = [Stance(sides[step], step.start_s, step.end_s) for step in measured.steps]
    soft = shared_by_stillness(part, body.floor_npkg, walking_speed(part))
    known = _with_unmeasured(plates, stances, measured)
    feet = {
        "events": shared_by_steps(body.floor_npkg, part.time_s, stances),
        "plates": shared_by_steps(body.floor_npkg, part.time_s, known),
        "stillness": {side: soft[:, column] for column, side in enumerate(SIDES)},
        **{
            name: shared_by_steps(body.floor_npkg, part.time_s, known, fade)
            for name, fade in _FADES.items()
        },
    }
    weight_n = measured.weight_n()
    return [
        _stance_force(part, feet[way][sides[step]], step, weight_n, (sides[step], way))
        for way in WAYS
        for step in measured.steps
        if step.is_whole
    ]


def side_of(step: PlateStep, stances: tuple[Stance, ...]) -> Side:
    """Return which foot stood on a plate: that of the stance that overlaps most with it."""

    def overlap(stance: Stance) -> float:
        return min(stance.off_s, step.end_s) - max(stance.contact_s, step.start_s)

    return max(stances, key=overlap).side


def _with_unmeasured(
    plates: list[Stance], stances: tuple[Stance, ...], measured: PlateWalk
) -> list[Stance]:
    """Add the stances that no plate saw, as they were found."""
    last_s = float(measured.steps[0].time_s[-1])
    ends = [replace(p, off_s=np.inf) if last_s - p.off_s < _AT_THE_END_S else p for p in plates]
    return ends + [
        s
        for s in stances
        if not any(
            p.side == s.side and p.contact_s < s.off_s and s.contact_s < p.off_s for p in ends
        )
    ]


def _stance_force(
    part: Oriented, foot_npkg: Array, step: PlateStep, weight_n: float, which: tuple[Side, str]
) -> StanceForce:
    during = (part.time_s >= step.start_s) & (part.time_s <= step.end_s)
    time_s = part.time_s[during]
    inferred = np.nan_to_num(foot_npkg[during][:, [0, 2]]) / GRAVITY_MPS2
    measured = np.stack(
        [np.interp(time_s, step.time_s, f) / weight_n for f in (step.forward_n, step.up_n)], axis=1
    )
    return StanceForce(step, *which, time_s, inferred, measured)


def error_of(measured: PlateWalk, force: StanceForce) -> StanceError:
    """Return how far an inferred force is from the plate's."""
    gap = force.inferred - force.measured
    rmse_pct = 100 * np.sqrt((gap**2).mean(axis=0)) / np.ptp(force.measured, axis=0)
    r = [float(np.corrcoef(force.inferred[:, k], force.measured[:, k])[0, 1]) for k in (0, 1)]
    start_s = round(force.step.start_s, 3)
    return StanceError(
        measured.name, force.side, start_s, force.way,
        float(rmse_pct[1]), r[1], float(rmse_pct[0]), r[0],
    )  # fmt: skip


def _rows(measured: PlateWalk, force: StanceForce) -> list[Row]:
    """Return what a clinician would read from a stance: peaks and impulses."""
    span_s = float(force.time_s[-1] - force.time_s[0])
    trial = f"{measured.name} at {force.step.start_s:.2f} s"

    def row(name: str, inferred: float, plate: float) -> Row:
        return Row(trial, _PERSON, name, force.side, float(inferred), float(plate))

    (brake, up), (plate_brake, plate_up) = force.inferred.T, force.measured.T
    return [
        row("vertical_peak_bw", up.max(), plate_up.max()),
        row("vertical_impulse_bws", up.mean() * span_s, plate_up.mean() * span_s),
        row("forward_brake_bw", brake.min(), plate_brake.min()),
        row("forward_push_bw", brake.max(), plate_brake.max()),
    ]


def _means(errors: list[StanceError]) -> dict[str, object]:
    found: dict[str, object] = {}
    for way in WAYS:
        own = [e for e in errors if e.way == way]
        for name in ("rmse_pct", "r", "forward_rmse_pct", "forward_r"):
            found[f"{way}_{name}"] = float(np.mean([getattr(e, name) for e in own]))
    return found


def _lines(errors: list[StanceError]) -> tuple[str, ...]:
    head = (
        "Force in stance, error in % of the plate's range (worst) and r (worst), by how it is "
        "known who stands:"
    )
    lines = [head]
    for way in WAYS:
        own = [e for e in errors if e.way == way]
        up = _told([e.rmse_pct for e in own], [e.r for e in own])
        forward = _told([e.forward_rmse_pct for e in own], [e.forward_r for e in own])
        lines.append(f"  {way}: vertical {up}; forward {forward}; n = {len(own)} stances")
    return tuple(lines)


def _told(rmse_pct: list[float], r: list[float]) -> str:
    return f"{np.mean(rmse_pct):.1f} % ({max(rmse_pct):.1f} %), r {np.mean(r):.3f} ({min(r):.3f})"
