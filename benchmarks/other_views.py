"""What is measured of real walks in other views: a front view in one picture, a depth camera.

Run: ``python benchmarks/other_views.py GAIT_VALIDATION PATHOLOGICAL_GAIT`` with the folders of the
two data sets. The frontal walks are projected to the picture of a camera (COCO's 17 points, no
depth) and measured by the protocol ``walk_frontal``; the tenth of all Kinect walks by
``walk_spatial``.
"""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from clinigait.core import COCO_17, Measurement, Protocol, RefusedError, Space, Walk
from clinigait.datasets import gait_validation
from clinigait.gait.measure import FilmFacts, measure
from clinigait.io.kinect import read_kinect
from clinigait.io.protocol import load_protocol

_FOCAL_PX, _SIZE_PX = 1400.0, (1920, 1080)
_SHOWN = (
    "cadence_spm", "stance_time_s", "double_support_time_s", "step_width_m",
)  # fmt: skip
_KINECT = ("cadence_spm", "speed_mps", "stance_pct", "double_support_pct")


def _in_a_picture(walk: Walk) -> Walk:
    keypoints = np.full((len(walk), len(COCO_17), 2), np.nan)
    for name in COCO_17.points:
        source = {"nose": "head"}.get(name, name)
        if source in walk.layout:
            x, y, z = walk.keypoints[:, walk.layout.index(source)].T
            keypoints[:, COCO_17.index(name)] = np.column_stack(
                [_SIZE_PX[0] / 2 + _FOCAL_PX * x / z, _SIZE_PX[1] / 2 + _FOCAL_PX * y / z]
            )
    confidence = np.where(np.isfinite(keypoints[..., 0]), 0.9, 0.0)
    return Walk(
        walk.time_s, keypoints, confidence, COCO_17, Space.IMAGE_PX, image_size_px=_SIZE_PX,
        subject=walk.subject,
    )  # fmt: skip


def _measured(walk: Walk, protocol: Protocol) -> Measurement | str:
    try:
        return measure(walk, protocol, FilmFacts(from_film=False))
    except RefusedError as error:
        return error.refused.code


def _front(root: Path) -> None:
    protocol = load_protocol("walk_frontal")
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    outcome: Counter[str] = Counter()
    for trial in gait_validation.trials(root):
        found = _measured(_in_a_picture(gait_validation.read_trial(trial)), protocol)
        outcome[found if isinstance(found, str) else "measured"] += 1
        if isinstance(found, str):
            continue
        truth = gait_validation.references(gait_validation.read_report(trial))
        for name in _SHOWN:
            parameter = found.parameter(name)
            if parameter is not None and parameter.value is not None:
                pairs[name].append((parameter.value, truth[name, "both"]))
    print("front view against sensors:", dict(outcome))
    for name, values in pairs.items():
        value, reference = np.array(values).T
        error = (value - reference)[np.isfinite(reference)]
        print(f"  {name:<24} n {len(error):3d}  mean absolute error {np.abs(error).mean():.3f}"
              f"  bias {error.mean():+.3f}")  # fmt: skip


def _kinect(root: Path) -> None:
    protocol = load_protocol("walk_spatial")
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    values: dict[str, list[list[float]]] = defaultdict(list)
    for path in sorted(root.rglob("*.csv"))[::10]:
        gait = re.sub(r"^human\d+_|\d+$", "", path.parent.name)
        found = _measured(read_kinect(path), protocol)
        outcomes[gait][found if isinstance(found, str) else "measured"] += 1
        if not isinstance(found, str):
            known = [found.parameter(name) for name in _KINECT]
            values[gait].append([p.value if p and p.value is not None else np.nan for p in known])
    print("\nKinect walks, medians of", ", ".join(_KINECT))
    for gait, outcome in outcomes.items():
        medians = np.nanmedian(np.array(values[gait]), axis=0) if values[gait] else []
        print(f"  {gait:<16}{dict(outcome)!s:<52}", " ".join(f"{v:7.2f}" for v in medians))


if __name__ == "__main__":
    _front(Path(sys.argv[1]))
    _kinect(Path(sys.argv[2]))
