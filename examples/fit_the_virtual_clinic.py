"""Fit what the virtual clinic takes from real captures, and show it beside what is shipped.

Run: ``python examples/fit_the_virtual_clinic.py DATA [--write] [--quick]``, with DATA a folder that
holds ``cmu_walk`` and ``pathological_gait``. ``--write`` puts the numbers into
``clinigait/synthesis/*.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import clinigait.synthesis
from clinigait.core import SIDES, Side, Space, Walk
from clinigait.core.layout import KeypointLayout
from clinigait.datasets import cmu_walk, pathological_gait
from clinigait.synthesis.acted import (
    WalkingPoints,
    acted_statistics,
    elbow_deg,
    lean_deg,
    pitch_deg,
    shoulder_deg,
    tilt_deg,
    walking_points,
    yaw_deg,
)

_TARGET = Path(clinigait.synthesis.__file__).parent
_PHASE = np.linspace(0, 1, 101)
_STRIDE_S = (0.7, 1.8)
_CMU_NAMES = {
    "head": "head",
    "head_base": "upperneck",
    **{f"{s}_hip": f"{s[0]}hipjoint" for s in SIDES},
    **{f"{s}_knee": f"{s[0]}femur" for s in SIDES},
    **{f"{s}_ankle": f"{s[0]}tibia" for s in SIDES},
    **{f"{s}_shoulder": f"{s[0]}clavicle" for s in SIDES},
    **{f"{s}_elbow": f"{s[0]}humerus" for s in SIDES},
    **{f"{s}_wrist": f"{s[0]}radius" for s in SIDES},
}
#: Whether the curve of one half cycle repeats (1) or mirrors (-1) in the other; arms do neither.
_SYMMETRY = {
    "shoulder_flexion_deg": 0, "elbow_flexion_deg": 0, "thorax_rotation_deg": -1,
    "trunk_lean_deg": -1, "shoulder_obliquity_deg": -1, "trunk_pitch_deg": 1, "head_pitch_deg": 1,
}  # fmt: skip
#: A depth camera moves hips with shoulders and sees the head roughly: one person's markers count.
_MARKERS_ONLY = ("thorax_rotation_deg", "head_pitch_deg")

Cycles = dict[str, list[NDArray[np.float64]]]


def main() -> int:
    """Fit, print beside what is shipped, and write if asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("data", type=Path)
    options.add_argument("--write", action="store_true")
    options.add_argument("--quick", action="store_true", help="two people, a few walks each")
    asked = options.parse_args()
    walks = _acted(asked.data / "pathological_gait", quick=asked.quick)
    fitted = {
        "curves.json": upper_body(_captured(asked.data / "cmu_walk"), walks),
        "pathologies.json": pathologies(walks),
    }
    for name, numbers in fitted.items():
        _show(name, numbers)
        if asked.write and not asked.quick:
            text = json.dumps(numbers, indent=1) + "\n"
            (_TARGET / name).write_text(text, encoding="utf-8")
    return 0


def _show(name: str, numbers: dict[str, object]) -> None:
    print(f"== {name}")
    path = _TARGET / name
    shipped = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    then = _flat(shipped)
    for key, value in _flat(numbers).items():
        print(f"  {key:<64}{value:10.4f}   shipped {then.get(key, np.nan):10.4f}")


def _flat(tree: object, at: str = "") -> dict[str, float]:
    if isinstance(tree, dict):
        parts = [_flat(v, f"{at}.{k}" if at else str(k)) for k, v in tree.items()]
    elif isinstance(tree, list):
        parts = [_flat(v, f"{at}[{i}]") for i, v in enumerate(tree)]
    else:
        return {at: float(tree)} if isinstance(tree, int | float) else {}
    return {key: value for part in parts for key, value in part.items()}


# ---------------------------------------------------------------- reading


def _captured(root: Path) -> list[WalkingPoints]:
    found = []
    for number in ("01", "02"):
        ends = cmu_walk.read_positions(root / "02.asf", root / f"02_{number}.amc")
        points = np.stack([ends[bone] for bone in _CMU_NAMES.values()], axis=1)
        walk = Walk(
            time_s=np.arange(len(points)) / cmu_walk.RATE_HZ,
            keypoints=points,
            confidence=np.ones(points.shape[:2]),
            layout=KeypointLayout("cmu", tuple(_CMU_NAMES)),
            space=Space.WORLD_M,
        )
        found += [seen for seen in [walking_points(walk)] if seen is not None]
    return found


def _acted(root: Path, *, quick: bool) -> dict[tuple[str, str], list[WalkingPoints]]:
    found: dict[tuple[str, str], list[WalkingPoints]] = {}
    for trial in pathological_gait.trials(root, "1-2" if quick else None):
        if not quick or trial.walk <= 3:
            seen = walking_points(pathological_gait.read_trial(trial))
            if seen is not None:
                found.setdefault((trial.gait, trial.subject), []).append(seen)
    return found


# ---------------------------------------------------------------- upper body


def upper_body(
    captured: list[WalkingPoints], acted: dict[tuple[str, str], list[WalkingPoints]]
) -> dict[str, object]:
    """Return the harmonic series of the upper body's curves."""
    people = [("cmu", _cycles(captured))]
    people += [(who, _cycles(walks)) for (gait, who), walks in acted.items() if gait == "normal"]
    fitted = {}
    for name, symmetry in _SYMMETRY.items():
        of = people[:1] if name in _MARKERS_ONLY else people
        fitted[name] = _harmonics([found[name] for _, found in of if found[name]], symmetry)
        sources = [cmu_walk.SOURCE] + [pathological_gait.SOURCE + ", normal"] * (len(of) > 1)
        fitted[name]["source"] = "; ".join(sources)
    return {"upper_body": fitted}


def _harmonics(people: list[list[NDArray[np.float64]]], symmetry: int) -> dict[str, object]:
    means = [np.mean(cycles, axis=0) for cycles in people]
    ranges = [float(np.ptp(mean)) for mean in means]
    mean = np.mean([(m - m[:-1].mean()) / r for m, r in zip(means, ranges, strict=True)], axis=0)
    weights = np.fft.rfft(mean[:-1])[1:4] * 2 / (len(mean) - 1)
    kept = np.array([True, symmetry == 0, True] if symmetry <= 0 else [False, True, False])
    weights = np.where(kept, weights, 0)
    turns = 2j * np.pi * np.outer(np.linspace(0, 1, 1000), [1, 2, 3])
    weights = weights / np.ptp((np.exp(turns) @ weights).real)
    level = [float(m[:-1].mean()) if symmetry >= 0 else 0.0 for m in means]
    return {
        "mean_deg": round(float(np.mean(level)), 2),
        "range_deg": round(float(np.mean(ranges)), 2),
        "range_sd_deg": round(float(np.std(ranges, ddof=1)) if len(ranges) > 1 else 0.0, 2),
        "cos": [round(float(w.real), 4) for w in weights],
        "sin": [round(float(-w.imag), 4) for w in weights],
        "n_people": len(people),
        "n_strides": sum(len(cycles) for cycles in people),
    }


def _cycles(walks: Iterable[WalkingPoints]) -> Cycles:
    """Return all cycles by curve; those from the right foot on are mirrored."""
    found: Cycles = {name: [] for name in _SYMMETRY}
    for walk in walks:
        for side in SIDES:
            sign = 1.0 if side == "left" else -1.0
            for name, values in _curves(walk, side).items():
                mirrored = values * sign if _SYMMETRY[name] < 0 else values
                found[name] += [np.interp(s, walk.time_s, mirrored) for s in _strides(walk, side)]
    return found


def _strides(walk: WalkingPoints, side: Side) -> list[NDArray[np.float64]]:
    contacts = walk.furthest_ahead_s(side)
    pairs = pairwise(contacts)
    return [a + (b - a) * _PHASE for a, b in pairs if _STRIDE_S[0] < b - a < _STRIDE_S[1]]


def _curves(walk: WalkingPoints, side: Side) -> dict[str, NDArray[np.float64]]:
    found = {
        "thorax_rotation_deg": yaw_deg(walk, "shoulder") - yaw_deg(walk, "hip"),
        "trunk_lean_deg": lean_deg(walk),
        "shoulder_obliquity_deg": tilt_deg(walk, "shoulder"),
        "trunk_pitch_deg": pitch_deg(walk, "pelvis", "neck"),
    }
    if {f"{side}_elbow", f"{side}_wrist"} <= walk.points_m.keys():
        found["shoulder_flexion_deg"] = shoulder_deg(walk, side)
        found["elbow_flexion_deg"] = elbow_deg(walk, side)
    if "head_base" in walk.points_m:
        found["head_pitch_deg"] = pitch_deg(walk, "head_base", "head")
    return found


# ---------------------------------------------------------------- acted gaits


def pathologies(acted: dict[tuple[str, str], list[WalkingPoints]]) -> dict[str, object]:
    """Return mean and spread over people of each gait, and its difference from ``normal``."""
    people = sorted({who for _, who in acted})
    values = {key: _of_person(walks) for key, walks in acted.items()}
    gaits: dict[str, object] = {}
    for gait in pathological_gait.GAITS:
        table = {}
        for name in sorted({name for found in values.values() for name in found}):
            own = np.array([values[gait, who].get(name, np.nan) for who in people])
            usual = np.array([values["normal", who].get(name, np.nan) for who in people])
            table[name] = {
                "mean": round(float(np.nanmean(own)), 3),
                "sd": round(float(np.nanstd(own, ddof=1)), 3),
                "difference_mean": round(float(np.nanmean(own - usual)), 3),
                "difference_sd": round(float(np.nanstd(own - usual, ddof=1)), 3),
            }
        gaits[gait] = table
    return {
        "source": f"{pathological_gait.SOURCE}: {len(people)} healthy adults who acted each gait, "
        "20 walks each before two sensors; median of the walks, mean and SD over people",
        "affected_side": "right",
        "n_people": len(people),
        "n_records": sum(len(walks) for walks in acted.values()),
        "gaits": gaits,
    }


def _of_person(walks: list[WalkingPoints]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for walk in walks:
        for (name, side), value in acted_statistics(walk).items():
            found.setdefault(f"{name}.{side}" if side else name, []).append(value)
    return {name: float(np.median(values)) for name, values in found.items()}


if __name__ == "__main__":
    sys.exit(main())
