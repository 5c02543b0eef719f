"""Windows of walks, made quickly: variations of one synthetic walker, by class."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, WHOLEBODY_23, DataUse
from clinigait.models.generator_card import Gate, GeneratorCard, Sign
from clinigait.representations.skeletons import BODY_17, Skeleton, skeleton
from clinigait.representations.walk_windows import CHANNELS, FRAMES, windows_of
from clinigait.training.augment_skeletons import varied
from support.walker import Gait, synthetic_space_walk

CLASSES = ("normal", "lurch")
#: How far whoever lurches leans back, in body sizes of the thorax.
_LEAN = 0.12


@cache
def body(duration_s: float = 3.0) -> Skeleton:
    """Return the skeleton of a walker with all 17 joints."""
    return skeleton(synthetic_space_walk(Gait(duration_s=duration_s), WHOLEBODY_23))


@cache
def windows(count: int = 12) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return (2 count, 53, 64) windows and their labels: upright ones, and some that lean back."""
    rng = np.random.default_rng(0)
    made = np.stack([windows_of(varied(body(), rng))[0] for _ in range(2 * count)])
    labels = np.arange(2 * count) % 2
    upper = [BODY_17.index(f"{side}_shoulder") for side in SIDES]
    for joint in (BODY_17.index("thorax"), BODY_17.index("head"), *upper):
        made[labels == 1, 3 * joint] -= _LEAN
    return made, labels


def card(**changes: object) -> GeneratorCard:
    """Return the card of a small generator of two gaits."""
    lean = Sign("trunk_pitch_deg", False, -5.0)
    facts: dict[str, object] = {
        "name": "tiny", "version": "1", "title": "Tiny", "classes": CLASSES,
        "spec": {"in_channels": CHANNELS, "frames": FRAMES, "classes": 2, "channels": 8,
                 "latent": 4},
        "affected_side": "right", "sizes_m": (1.1, 1.3),
        "gates": {"normal": Gate(none_of=("lurch",)), "lurch": Gate(((lean,),))},
        "learned_from": "nobody", "training": {"seed": 0},
        "data": (DataUse("made up", "a test", "none", "synthetic", 1, 24, {"normal": 1}),),
        **changes,
    }  # fmt: skip
    return GeneratorCard(**facts)  # type: ignore[arg-type]
