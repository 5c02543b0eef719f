"""How far can inferred loads be believed? Force plates, noisier joints, and the virtual clinic.

Run: ``python examples/inferred_loads.py --out DIR [--plates FOLDER] [--quick] [--seed S]``. It
writes ``inferred_loads.json`` and prints its tables.

The first table holds inferred forces against the plates of two walks of one person (github
demotu/BMC): from markers at 150 Hz, at 30 Hz, and with the error of a pose model laid on at 30 Hz.
The second one asks the virtual clinic, whose forces come from the same masses and the same law but
from the whole body, with another rule for double support: it checks the road, not the physics. The
third asks how often the interval of a side-to-side index holds the true index of such a walker.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Depth, EventKind, Walk
from clinigait.core.layout import WHOLEBODY_23
from clinigait.datasets.bmc_walk import PlateWalk, plate_walks
from clinigait.gait.filtering import evened, with_seen_points
from clinigait.gait.loads.floor import shared_by_steps, stances_of
from clinigait.gait.loads.moved import GRAVITY_MPS2, moved_body
from clinigait.gait.scene import scene_of
from clinigait.gait.symmetry import Absent, symmetry_index_pct
from clinigait.gait.walked import WalkedBouts, walked_bouts
from clinigait.gait.whole.loads import load_indices
from clinigait.synthesis.bodies import Build, body_of
from clinigait.synthesis.forces import Forces, forces_of
from clinigait.synthesis.motion import Step, SyntheticWalk
from clinigait.synthesis.prescription import Course, Prescription, SideGait
from clinigait.synthesis.sensors.keypoint_error import KeypointError, fitted_error
from clinigait.synthesis.sensors.keypoints_3d import keypoints_3d
from clinigait.synthesis.walking import walk_of
from clinigait.training.validate_loads import WAYS, error_of, stance_forces

Array = NDArray[np.float64]
_CAMERA_HZ = 30.0
#: Where the camera stands, seen from the middle of the walk: at its left side.
_CAMERA_M = np.array([0.0, 4.0, 1.0])
#: An event farther from the true one than this is another one.
_SAME_S = 0.15
INDICES = ("early stance", "late stance", "impulse")
#: Stance of the left and of the right foot in per cent of the stride, and share of the stride time
#: that the left step takes.
_GAITS = ((61.0, 61.0, 0.5), (60.0, 63.0, 0.49), (59.0, 65.0, 0.48), (64.0, 60.0, 0.52))


@dataclass(frozen=True)
class Condition:
    """How the joints came to be seen.

    Parameters
    ----------
    title
        As printed.
    rate_hz
        Frames a second; None leaves the rate of the record.
    error
        What a pose model does to them; None leaves them.
    """

    title: str
    rate_hz: float | None = None
    error: KeypointError | None = None


def conditions() -> tuple[Condition, ...]:
    """Return the conditions, from the best to the worst."""
    error = fitted_error()
    return (
        Condition("as recorded"),
        Condition("30 Hz", _CAMERA_HZ),
        Condition("30 Hz, half the error of a pose model", _CAMERA_HZ, error.times(0.5)),
        Condition("30 Hz, error of a pose model", _CAMERA_HZ, error),
    )


def seen(walk: Walk, how: Condition, seed: int) -> Walk:
    """Return the joints of a walk as a camera at its side would have them."""
    if how.rate_hz is not None:
        step = round((len(walk) - 1) / walk.duration_s / how.rate_hz)
        walk = walk.part(slice(None, None, step))
    if how.error is None:
        return walk
    known = with_seen_points(walk)
    middle = np.nanmean(known.keypoints, axis=(0, 1)) * [1, 1, 0]
    eyes = np.tile(middle + _CAMERA_M, (len(known), 1))
    rng = np.random.default_rng(seed)
    points, confidence = how.error.applied(
        known.keypoints, known.layout, _CAMERA_HZ, rng, eyes_m=eyes
    )
    # Measured, not guessed: what is asked is how much noise the loads bear.
    return replace(known, keypoints=points, confidence=confidence, depth=Depth.MEASURED)


# ---------------------------------------------------------------- against plates


def on_plates(walks: tuple[PlateWalk, ...], seeds: int, first: int) -> list[dict[str, object]]:
    """Return a row for every condition and way of knowing who stands."""
    rows: list[dict[str, object]] = []
    for how in conditions():
        errors = []
        for seed in range(first, first + (seeds if how.error else 1)):
            for measured in walks:
                forces = stance_forces(measured, seen(measured.walk, how, seed))
                errors += [error_of(measured, force) for force in forces]
        for way in WAYS[:3]:
            own = [e for e in errors if e.way == way]
            rows.append({
                "joints": how.title, "who stands": way, "stances": len(own),
                **{
                    name: float(np.mean([getattr(e, name) for e in own]))
                    for name in ("rmse_pct", "r", "forward_rmse_pct", "forward_r")
                },
            })  # fmt: skip
    return rows


# ---------------------------------------------------------------- the virtual clinic


def walker(number: int, seed: int) -> SyntheticWalk:
    """Return a walker of the virtual clinic; every fourth one walks evenly."""
    rng = np.random.default_rng([seed, number])
    left, right, share = _GAITS[number % len(_GAITS)]
    sex = "female" if number % 2 else "male"
    stature_m = float(rng.normal(1.63 if number % 2 else 1.76, 0.05))
    body = body_of(Build(float(rng.uniform(25, 75)), sex, stature_m, 24 * stature_m**2))
    gait = Prescription(
        cadence_spm=float(rng.uniform(95, 118)), speed_mps=float(rng.uniform(0.9, 1.3)),
        left=SideGait(stance_pct=left, step_time_share=share),
        right=SideGait(stance_pct=right, step_time_share=1 - share),
        course=Course(steps=14),
    )  # fmt: skip
    return walk_of(body, gait, _CAMERA_HZ, seed + number)


def walked(walk: Walk) -> WalkedBouts:
    """Return the bouts of a walk in metres."""
    known = with_seen_points(walk)
    return walked_bouts(scene_of(known, evened(known), None, "overground"), steady=True)


def whole_steps(made: SyntheticWalk) -> list[Step]:
    """Return the stances of steady walking that the record holds from end to end."""
    last_s = (made.n_frames - 1) / made.rate_hz
    return [s for s in made.truth.steps if s.steady and s.contact_s >= 0 and s.off_s <= last_s]


def force_rows(made: SyntheticWalk, truth: Forces, found: WalkedBouts) -> list[dict[str, float]]:
    """Return how far each stance's contact, foot off and force are from the truth."""
    part = found.parts[0]
    body = moved_body(part, found.scene.walk.subject.sex)
    feet = shared_by_steps(body.floor_npkg, part.time_s, stances_of(found.events))
    rows = []
    for step in whole_steps(made):
        during = (part.time_s >= step.contact_s) & (part.time_s <= step.off_s)
        inferred = feet[step.side][during, 2] / GRAVITY_MPS2
        true = np.interp(part.time_s[during], truth.time_s, truth.feet_n[step.side][:, 2])
        true = true / truth.body_weight_n
        whole = np.interp(part.time_s[during], truth.time_s, truth.total_n[:, 2])
        share = inferred / np.maximum(body.floor_npkg[during, 2] / GRAVITY_MPS2, 0.1)
        true_share = true * truth.body_weight_n / np.maximum(whole, 0.1 * truth.body_weight_n)
        if len(true) < 8 or not np.isfinite(inferred).all():
            continue
        rows.append({
            "rmse_pct": float(100 * np.sqrt(((inferred - true) ** 2).mean()) / np.ptp(true)),
            "r": float(np.corrcoef(inferred, true)[0, 1]),
            "share_error": float(np.abs(share - true_share).mean()),
            "contact_error_s": _nearest(found, step, EventKind.INITIAL_CONTACT, step.contact_s),
            "foot_off_error_s": _nearest(found, step, EventKind.FOOT_OFF, step.off_s),
        })  # fmt: skip
    return rows


def _nearest(found: WalkedBouts, step: Step, kind: EventKind, time_s: float) -> float:
    own = [e.time_s for e in found.events if e.side == step.side and e.kind is kind]
    nearest = min((abs(t - time_s) for t in own), default=np.inf)
    return nearest if nearest < _SAME_S else float("nan")


def true_indices(made: SyntheticWalk, truth: Forces) -> list[float]:
    """Return the three symmetry indices of the true forces of a walk."""
    values: dict[str, list[list[float]]] = {side: [] for side in SIDES}
    for step in whole_steps(made):
        during = (truth.time_s >= step.contact_s) & (truth.time_s <= step.off_s)
        force = truth.feet_n[step.side][during, 2] / truth.body_weight_n
        middle = len(force) // 2
        impulse = float(force.mean()) * (step.off_s - step.contact_s)
        peaks = [float(half.max()) for half in (force[:middle], force[middle:])]
        values[step.side].append([*peaks, impulse])
    means = {side: np.mean(own, axis=0) for side, own in values.items()}
    found = [symmetry_index_pct(*pair) for pair in zip(means["left"], means["right"], strict=True)]
    return [np.nan if isinstance(index, Absent) else index for index in found]


def in_the_clinic(count: int, seed: int) -> dict[str, list[dict[str, object]]]:
    """Return the tables of forces and of indices over walkers, by condition."""
    forces: list[dict[str, object]] = []
    indices: list[dict[str, object]] = []
    made = [walker(number, seed) for number in range(count)]
    truths = [forces_of(walk) for walk in made]
    for how in (c for c in conditions() if c.title != "30 Hz"):
        rows: list[dict[str, float]] = []
        pairs: list[list[tuple[float, float, float]]] = [[] for _ in INDICES]
        for number, (walk, truth) in enumerate(zip(made, truths, strict=True)):
            points = seen(keypoints_3d(walk, WHOLEBODY_23), replace(how, rate_hz=None), number)
            found = walked(points)
            rows += force_rows(walk, truth, found)
            own = load_indices(found)
            if not isinstance(own, Absent):
                for column, (index, true) in enumerate(
                    zip(own, true_indices(walk, truth), strict=True)
                ):
                    pairs[column].append((index.value_pct, index.error_pct, true))
        title = how.title if how.error else "true joints, 30 Hz"
        mean: Callable[[str], float] = lambda name, own=rows: float(  # noqa: E731
            np.nanmean([row[name] for row in own])
        )
        forces.append({"joints": title, "stances": len(rows), **{k: mean(k) for k in rows[0]}})
        indices += [
            _index_row(title, name, np.array(own)) for name, own in zip(INDICES, pairs, strict=True)
        ]
    return {"forces": forces, "indices": indices}


def _index_row(title: str, name: str, own: Array) -> dict[str, object]:
    value, error, true = own.T
    inside = np.abs(value - true) <= 1.96 * error
    told = np.abs(value) > 1.96 * error
    return {
        "joints": title, "index": name, "walkers": len(own),
        "mean_error_pct": float(np.abs(value - true).mean()),
        "half_interval_pct": float(np.median(1.96 * error)),
        "covered": float(inside.mean()),
        "sides_told_apart": int(told.sum()),
        "told_wrongly": int((told & (np.sign(value) != np.sign(true))).sum()),
    }  # fmt: skip


def _print(title: str, rows: list[dict[str, object]]) -> None:
    print(f"\n{title}")
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(names))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of inferred_loads.json")
    parser.add_argument("--plates", type=Path, help="folder of walk1.trc, walk1.forces and so on")
    parser.add_argument("--quick", action="store_true", help="fewer walkers and seeds")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    seeds, count = (2, 4) if chosen.quick else (20, 40)
    found: dict[str, object] = {"seed": chosen.seed, "error": asdict(fitted_error())}
    if chosen.plates is not None:
        rows = on_plates(plate_walks(chosen.plates), seeds, chosen.seed)
        found["plates"] = rows
        _print("Against force plates, two walks of one person", rows)
    tables = in_the_clinic(count, chosen.seed)
    found |= {"clinic": tables}
    _print("Against the virtual clinic's forces", tables["forces"])
    _print("Side-to-side indices of the virtual clinic", tables["indices"])
    chosen.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1)
    (chosen.out / "inferred_loads.json").write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
