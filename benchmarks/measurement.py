"""How fast keypoints become parameters: walks per second on one core, and growth with length.

Run: ``python benchmarks/measurement.py`` (threads are set to one). It prints walks per second for
walks of 400 frames (a side view of 33 points, the same in COCO's 17 points, and motion capture
), the time per frame for longer walks, and what the time goes into.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import sys
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clinigait.core import BLAZEPOSE_33, COCO_17, Protocol, Walk
from clinigait.gait.measure import FilmFacts, measure
from clinigait.io.protocol import load_protocol
from support.walker import Gait, synthetic_space_walk, synthetic_walk

_FRAMES = 400
_SECONDS = 3.0
_LENGTHS = (200, 400, 800, 1600, 3200)
_WANTED_PER_S = 40


def _kinds(frames: int) -> dict[str, tuple[Walk, Protocol]]:
    gait = Gait(duration_s=frames / 60, noise_px=1.0, start_x_m=-frames / 100)
    space = synthetic_space_walk(gait)
    sagittal = load_protocol("walk_sagittal")
    return {
        "side view, 33 points": (synthetic_walk(gait, BLAZEPOSE_33), sagittal),
        "side view, 17 points": (synthetic_walk(gait, COCO_17), sagittal),
        "motion capture": (space, load_protocol("walk_spatial")),
    }


def _per_walk_s(walk: Walk, protocol: Protocol) -> float:
    """Median time of one measurement, over about three seconds."""
    film = FilmFacts(from_film=False)
    measure(walk, protocol, film)
    times: list[float] = []
    while sum(times) < _SECONDS:
        start = time.perf_counter()
        measure(walk, protocol, film)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _profiled(work: Callable[[], object], rounds: int = 20) -> list[tuple[str, float]]:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(rounds):
        work()
    profile.disable()
    found = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    own = [
        (f"{Path(file).name}:{name}", cumulative / rounds)
        for (file, _, name), (_, _, _, cumulative, _) in found.items()
        if "clinigait" in file
    ]
    return sorted(own, key=lambda item: -item[1])[:12]


def main() -> None:
    """Print the speed of every kind of walk."""
    for name, (walk, protocol) in _kinds(_FRAMES).items():
        per_walk_s = _per_walk_s(walk, protocol)
        verdict = "ok" if 1 / per_walk_s >= _WANTED_PER_S else f"below {_WANTED_PER_S}"
        print(f"{name:<22} {len(walk)} frames {1e3 * per_walk_s:6.1f} ms "
              f"{1 / per_walk_s:6.1f} walks/s ({verdict})")  # fmt: skip
    print("\ntime per frame by length (side view, 33 points):")
    for frames in _LENGTHS:
        walk, protocol = _kinds(frames)["side view, 33 points"]
        print(f"  {frames:5d} frames {1e6 * _per_walk_s(walk, protocol) / frames:6.1f} µs/frame")
    walk, protocol = _kinds(_FRAMES)["side view, 33 points"]
    print("\nwhat the time goes into (with the profiler's own cost):")
    for name, seconds in _profiled(lambda: measure(walk, protocol, FilmFacts(from_film=False))):
        print(f"  {1e3 * seconds:6.2f} ms  {name}")


if __name__ == "__main__":
    main()
