"""How many frames of a synthetic walk are drawn in a second of one core.

Run: ``python benchmarks/synthesis.py`` (threads are set to one). Pictures of 256 x 192 of a dressed
person who fills four fifths of the height and walks by; processor time, after everything is
compiled. Of several rounds the fastest counts: what else the machine does counts little.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

import cv2
import numpy as np

from clinigait.synthesis.appearance import Appearance
from clinigait.synthesis.backdrop import Backdrop
from clinigait.synthesis.bodies import Build, body_of
from clinigait.synthesis.cameras import Lens, Placement, sagittal
from clinigait.synthesis.garments import Outfit, dressed
from clinigait.synthesis.motion import Motion
from clinigait.synthesis.prescription import Course, Prescription
from clinigait.synthesis.scene import Scene, Shot
from clinigait.synthesis.sensors.depth import Depth
from clinigait.synthesis.sensors.rgb import Rgb
from clinigait.synthesis.sensors.silhouettes import Masks
from clinigait.synthesis.walking import walk_of

_SIZE_PX, _FOCAL_PX, _DISTANCE_M = (256, 192), 330.0, 3.5
_ROUNDS = 5
_WALK = Prescription(cadence_spm=108, speed_mps=1.15, course=Course(steps=2))
_ROOM = Backdrop(low_m=(-9.0, -2.5, 0.0), high_m=(9.0, 6.0, 3.0))


def _exact(shot: Shot) -> object:
    """Silhouette, depth and labels."""
    return Masks().take(shot, np.random.default_rng(0)), shot.raster.depth_m(), shot.labels


def _rgb(shot: Shot) -> object:
    return Rgb(backdrop=_ROOM).take(shot, np.random.default_rng([0, shot.frame]))


def _depth(shot: Shot) -> object:
    return Depth().take(shot, np.random.default_rng([0, shot.frame]))


def _frames_per_s(
    make: Callable[[Shot], object], scene: Scene, moving: Callable[[], Iterable[Motion]]
) -> float:
    best = np.inf
    for _ in range(_ROUNDS + 1):  # the first compiles
        start, n_frames = time.process_time(), 0
        for shot in scene.shots(moving()):
            make(shot)
            n_frames += 1
        best = min(best, (time.process_time() - start) / n_frames)
    return 1 / best


def main() -> None:
    """Print the speed of every kind of picture."""
    cv2.setNumThreads(1)
    body = body_of(Build(45, "female", 1.65, 62.0))
    clothes = dressed(body, Outfit(), Appearance())
    middle = tuple(
        np.mean([step.heel_m for step in walk_of(body, _WALK, 25, 1).truth.steps], axis=0)
    )
    place = Placement(_DISTANCE_M, 0.9, middle_m=(float(middle[0]), float(middle[1])))
    camera = sagittal(Lens(_SIZE_PX, _FOCAL_PX), place)
    plain, room = Scene(clothes, camera), Scene(clothes, camera, _ROOM)
    solved = list(walk_of(body, _WALK, 25, 1))

    def solving() -> Iterable[Motion]:
        return walk_of(body, _WALK, 60, 1)

    for name, make, scene, moving, wanted in (
        ("silhouette, depth, labels", _exact, plain, lambda: solved, 400),
        ("the same, gait solving included", _exact, plain, solving, 100),
        ("colour with shadow", _rgb, room, lambda: solved, 40),
        ("depth with its faults", _depth, room, lambda: solved, None),
    ):
        found = _frames_per_s(make, scene, moving)
        verdict = "" if wanted is None else f" ({'ok' if found >= wanted else f'below {wanted}'})"
        print(f"{name:<32} {found:7.1f} frames/s of one core{verdict}")


if __name__ == "__main__":
    main()
