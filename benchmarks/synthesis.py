"""How many frames of a synthetic walk are drawn in a second of one core.

Run: ``python benchmarks/synthesis.py`` (threads are set to one). Pictures of 256 x 192 of a dressed
person who fills four fifths of the height, before a camera that stands still; processor time, after
everything is compiled. Of several rounds the fastest counts: what else the machine does counts
little.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clinigait.synthesis.appearance import Appearance
from clinigait.synthesis.backdrop import Backdrop
from clinigait.synthesis.bodies import Build, body_of
from clinigait.synthesis.cameras import Lens, Placement, sagittal
from clinigait.synthesis.garments import Outfit, dressed
from clinigait.synthesis.scene import Scene, Shot
from clinigait.synthesis.sensors.depth import Depth
from clinigait.synthesis.sensors.rgb import Rgb
from clinigait.synthesis.sensors.silhouettes import Masks
from support.swinging import swinging

_SIZE_PX, _FOCAL_PX, _DISTANCE_M = (256, 192), 330.0, 3.5
_ROUNDS, _SECONDS = 5, 4.0
_ROOM = Backdrop(low_m=(-9.0, -2.5, 0.0), high_m=(9.0, 6.0, 3.0))


def _exact(shot: Shot) -> object:
    """Silhouette, depth and labels."""
    return Masks().take(shot, np.random.default_rng(0)), shot.raster.depth_m(), shot.labels


def _rgb(shot: Shot) -> object:
    return Rgb(backdrop=_ROOM).take(shot, np.random.default_rng([0, shot.frame]))


def _depth(shot: Shot) -> object:
    return Depth().take(shot, np.random.default_rng([0, shot.frame]))


def _frames_per_s(make: Callable[[Shot], object], scene: Scene, rate_hz: float) -> float:
    motion = swinging(scene.figure.body, duration_s=_SECONDS, rate_hz=rate_hz)
    best = np.inf
    for _ in range(_ROUNDS + 1):  # the first compiles
        start = time.process_time()
        for shot in scene.shots([motion]):
            make(shot)
        best = min(best, (time.process_time() - start) / len(motion))
    return 1 / best


def main() -> None:
    """Print the speed of every kind of picture."""
    cv2.setNumThreads(1)
    body = body_of(Build(45, "female", 1.65, 62.0))
    clothes = dressed(body, Outfit(), Appearance())
    camera = sagittal(Lens(_SIZE_PX, _FOCAL_PX), Placement(_DISTANCE_M, 0.9))
    plain, room = Scene(clothes, camera), Scene(clothes, camera, _ROOM)
    for name, make, scene, wanted in (
        ("silhouette, depth, labels", _exact, plain, 400),
        ("colour with shadow", _rgb, room, 40),
        ("depth with its faults", _depth, room, None),
    ):
        found = _frames_per_s(make, scene, 25.0 if make is _exact else 8.0)
        verdict = "" if wanted is None else f" ({'ok' if found >= wanted else f'below {wanted}'})"
        print(f"{name:<26} {found:7.1f} frames/s of one core{verdict}")


if __name__ == "__main__":
    main()
