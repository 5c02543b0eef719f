"""Fit what the virtual clinic takes from real captures, and show it beside what is shipped.

Run: ``python examples/fit_the_virtual_clinic.py DATA [--cmu-only] [--write] [--quick]``, with DATA
a folder that holds ``cmu_walk``, ``pathological_gait`` and ``gait_validation``. ``--cmu-only`` fits
the curves that owe nothing to the other two, and reads ``cmu_walk`` alone. ``--write`` puts the
numbers into ``clinigait/synthesis/*.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

import clinigait.synthesis
from clinigait.core import SIDES, Side, Space, Walk
from clinigait.core.layout import KeypointLayout
from clinigait.datasets import cmu_walk, gait_validation, pathological_gait
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
from clinigait.synthesis.sensors.bone_lengths import (
    BONES,
    BoneLength,
    bone_lengths,
    without_what_repeats,
)
from clinigait.synthesis.sensors.keypoint_error import autoregressive

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
    options.add_argument("--cmu-only", action="store_true", help="fit curves_cmu.json alone")
    options.add_argument("--write", action="store_true")
    options.add_argument("--quick", action="store_true", help="two people, a few walks each")
    asked = options.parse_args()
    captured = _captured(asked.data / "cmu_walk")
    fitted = {"curves_cmu.json": upper_body(captured, {})}
    if not asked.cmu_only:
        walks = _acted(asked.data / "pathological_gait", quick=asked.quick)
        fitted["curves.json"] = upper_body(captured, walks)
        fitted["pathologies.json"] = pathologies(walks)
        fitted["sensors/keypoint_error.json"] = keypoint_error(
            asked.data / "gait_validation", "1-3" if asked.quick else None
        )
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


# ---------------------------------------------------------------- keypoints

_ABOVE_HZ = 8.0
_JOINTS = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist", "head", "thorax", "spine")


def keypoint_error(root: Path, subjects: str | None) -> dict[str, object]:
    """Return how joints that a model lifted from frontal films move against the truth."""
    trials = gait_validation.trials(root, subjects)
    seen = [_seen(trial) for trial in trials]
    bones = {bone: _median([s.bones[bone] for s in seen]) for bone in BONES}
    jitter = {j: np.median([s.jitter_m[j] for s in seen], axis=0) for j in ("body", *_JOINTS)}
    sd_m = _joint_sd_m(bones, {j: float(jitter[j][0]) for j in _JOINTS})
    new_share = 1 - _ABOVE_HZ / (gait_validation.RATE_HZ / 2)
    frame, tenth = (
        float(np.mean([b[f"correlation_{lag}"] for b in bones.values()]))
        for lag in ("frame", "100ms")
    )
    strides = np.median([(s.duration_s, s.stride_s) for s in seen], axis=0)
    memory_s, white_share, shrunk = _memory(frame, tenth, float(strides[0]), float(strides[1]))
    error = {
        "joint_sd_m": {j: round(sd / shrunk, 5) for j, sd in sd_m.items()},
        "depth_ratio": round(float(np.median([jitter[j][2] / jitter[j][0] for j in _JOINTS])), 2),
        "memory_s": round(memory_s, 3),
        "white_share": round(white_share, 3),
        "gait_locked": {limb: round(_locked(bones, limb), 4) for limb in ("leg", "arm")},
        "bias_sd_m": round(
            float(np.std([b.left_less_right_m for s in seen for b in s.bones.values()]) / 2), 5
        ),
        "body_depth_sd_m": round(float(jitter["body"][2]) / new_share**0.5, 5),
        "body_across_sd_m": round(float(jitter["body"][0]) / new_share**0.5, 5),
        **_path(seen),
        "gap_share": round(float(np.mean([s.gap_share for s in seen])), 6),
        "swap_per_min": round(60 * sum(s.swaps for s in seen) / sum(s.duration_s for s in seen), 4),
    }
    return {
        "source": "GaitValidation (github mea-lab/GaitValidation): 3-D joints from frontal films, "
        "60 frames a second, against body-worn sensors",
        "n_people": len({s.subject for s in seen}),
        "n_walks": len(seen),
        "error": error,
        "seen": {bone: {k: round(v, 5) for k, v in row.items()} for bone, row in bones.items()},
    }


@dataclass(frozen=True, eq=False)
class _Seen:
    subject: str
    bones: dict[str, BoneLength]
    jitter_m: dict[str, NDArray[np.float64]]
    path_log: float
    gap_share: float
    swaps: int
    duration_s: float
    stride_s: float


def _seen(trial: gait_validation.Trial) -> _Seen:
    walk = gait_validation.read_trial(trial)
    truth = gait_validation.references(gait_validation.read_report(trial))
    layout, places = walk.layout, walk.keypoints
    gaps = ~np.isfinite(places).all(axis=2)
    places = np.where(gaps[..., None], np.nanmedian(places, axis=0), places)
    pelvis = places[:, layout.index("pelvis")]
    fast = butter(4, _ABOVE_HZ, "high", fs=gait_validation.RATE_HZ, output="sos")
    own = sosfiltfilt(fast, places - pelvis[:, None], axis=0)[10:-10].std(axis=0)
    jitter = {"body": sosfiltfilt(fast, pelvis, axis=0)[10:-10].std(axis=0)}
    for joint in _JOINTS:
        names = [joint] if joint in layout else [f"{side}_{joint}" for side in SIDES]
        jitter[joint] = own[[layout.index(name) for name in names]].mean(axis=0)
    across = places[:, layout.index("hip", "left")] - places[:, layout.index("hip", "right")]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    way_m = float(np.hypot(*(pelvis[-1] - pelvis[0])[[0, 2]]))
    stride_s = truth["stride_time_s", "both"]
    return _Seen(
        trial.subject,
        bone_lengths(places, layout, gait_validation.RATE_HZ, stride_s),
        jitter,
        float(np.log(way_m / walk.duration_s / truth["speed_mps", "both"])),
        float(gaps.mean()),
        int(((across[1:] * across[:-1]).sum(axis=1) < 0).sum() / 2),
        walk.duration_s,
        stride_s,
    )


def _memory(frame: float, tenth: float, duration_s: float, stride_s: float) -> tuple[float, ...]:
    """Return memory, share of new noise, and how much of the noise is seen after what repeats.

    Taking out what repeats takes slow noise along: noise of known memory goes the same way.
    """
    rng = np.random.default_rng(0)
    rate_hz = gait_validation.RATE_HZ
    shape = (round(duration_s * rate_hz), 400)
    white = rng.normal(size=shape)
    best = (np.inf, 0.0, 0.0, 1.0)
    for memory_s in np.geomspace(0.1, 2.0, 25):
        slow = autoregressive(shape, memory_s * rate_hz, np.random.default_rng(1))
        for share in (0.0, 0.02, 0.04, 0.06, 0.08, 0.1):
            noise = np.sqrt(1 - share) * slow + np.sqrt(share) * white
            rest = without_what_repeats(noise, rate_hz, stride_s)
            variance = (rest**2).mean(axis=0)
            seen = [
                float(((rest[lag:] * rest[:-lag]).mean(axis=0) / variance).mean()) for lag in (1, 6)
            ]
            gap = abs(seen[0] - frame) + abs(seen[1] - tenth)
            best = min(best, (gap, float(memory_s), share, float(np.sqrt(variance.mean()))))
    return best[1:]


def _median(rows: list[BoneLength]) -> dict[str, float]:
    return {f.name: float(np.median([getattr(r, f.name) for r in rows])) for f in fields(rows[0])}


def _joint_sd_m(bones: dict[str, dict[str, float]], fast_m: dict[str, float]) -> dict[str, float]:
    """Share out between joints by their fast jitter what the lengths of bones say of two."""
    factors = {}
    for limb in ("leg", "arm"):
        own = [(ends[:2], bones[b]) for b, ends in BONES.items() if ends[2] == limb]
        wanted = np.array([bone["rest_sd_m"] ** 2 for _, bone in own])
        jitter = np.array([fast_m[a] ** 2 + fast_m[b] ** 2 for (a, b), _ in own])
        factors[limb] = float(np.sqrt(jitter @ wanted / (jitter @ jitter)))
    mean = float(np.mean(list(factors.values())))
    of = {j: factors[limb] for a, b, limb in BONES.values() for j in (a, b)}
    return {j: of.get(j, mean) * fast_m[j] for j in fast_m}


def _locked(bones: dict[str, dict[str, float]], limb: str) -> float:
    own = [bones[b] for b, ends in BONES.items() if ends[2] == limb]
    moved = np.array([bone["moved_m"] ** 2 for bone in own])
    wanted = np.array([bone["locked_sd_m"] ** 2 for bone in own])
    return float(np.sqrt(moved @ wanted / (moved @ moved)))


def _path(seen: list[_Seen]) -> dict[str, float]:
    """Return how far paths are out; one person's whose sensors or film failed counts as one."""
    people: dict[str, list[float]] = {}
    for one in seen:
        if np.isfinite(one.path_log):
            people.setdefault(one.subject, []).append(one.path_log)
    means = np.array([np.mean(logs) for logs in people.values()])
    middle = float(np.median(means))
    within = [np.std(logs, ddof=1) for logs in people.values() if len(logs) > 1]
    return {
        "path_log_bias": round(middle, 4),
        "path_log_person_sd": round(1.4826 * float(np.median(np.abs(means - middle))), 4),
        "path_log_walk_sd": round(float(np.median(within)) if within else 0.0, 4),
    }


if __name__ == "__main__":
    sys.exit(main())
