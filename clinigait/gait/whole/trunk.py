"""How regularly and how smoothly the pelvis moves, as accelerometers on the trunk tell it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clinigait.core import SIDES, Parameter
from clinigait.gait.regularity import Direction, harmonic_ratio
from clinigait.gait.symmetry import Absent
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.shared import (
    FORWARD,
    LEFT,
    NO_LENGTHS,
    NO_WIDTHS,
    UP,
    WholeWalk,
    absent,
    around,
    had,
    half_width,
    whole_walk,
)

_AXIS: dict[Direction, int] = {"forward": FORWARD, "sideways": LEFT, "vertical": UP}
#: A ratio of fewer strides has no interval worth the name.
_FEWEST_STRIDES = 3
#: Independent values that each repetition of a stride adds to its likeness (our choice: on
#: simulated walks of 3 to 13 strides, regular and irregular, steady and noisy, the intervals then
#: hold the value of a long walk in 92 to 100 % of the cases).
_VALUES_A_STRIDE = 2
_HIGHEST_LIKENESS = 0.995


def step_regularity_of_pelvis(walked: WalkedBouts) -> Parameter:
    """Likeness of one step to the next."""
    found = whole_walk(walked).regularity
    if isinstance(found, Absent):
        return absent("step_regularity", found)
    return _likeness("step_regularity", found.step, found.n_strides)


def stride_regularity_of_pelvis(walked: WalkedBouts) -> Parameter:
    """Likeness of one stride to the next."""
    found = whole_walk(walked).regularity
    if isinstance(found, Absent):
        return absent("stride_regularity", found)
    return _likeness("stride_regularity", found.stride, found.n_strides)


def _likeness(name: str, value: float, n_strides: int) -> Parameter:
    """Give a correlation its interval by Fisher's transformation."""
    error = 1 / np.sqrt(_VALUES_A_STRIDE * (n_strides - 1))
    middle = np.arctanh(np.clip(value, -_HIGHEST_LIKENESS, _HIGHEST_LIKENESS))
    low, high = np.tanh([middle - 1.96 * error, middle + 1.96 * error])
    return had(name, value, (min(float(low), value), max(float(high), value)), n_strides)


def harmonic_ratio_of(name: str, direction: Direction) -> Callable[[WalkedBouts], Parameter]:
    """Return the function that computes the harmonic ratio of one direction."""

    def compute(walked: WalkedBouts) -> Parameter:
        walk = whole_walk(walked)
        why = _hidden(walk, direction)
        if why is not None:
            return absent(name, why)
        bounds_s = max((walk.bounds_s(side) for side in SIDES), key=len)
        found = harmonic_ratio(
            walk.pelvis(_AXIS[direction]),
            walk.scene.even.rate_hz,
            bounds_s,
            direction=direction,
            max_hz=walk.max_hz,
            kind="position",
            start_s=walk.start_s,
        )
        if isinstance(found, Absent):
            return absent(name, found)
        if found.n < _FEWEST_STRIDES or found.standard_uncertainty is None:
            return absent(name, Absent("three whole strides of a side are needed"))
        half = half_width(found.standard_uncertainty, found.n - 1)
        caution = (
            f"of {found.n_harmonics} harmonics: not to be held against accelerometers, which use 20"
        )
        return had(name, found.ratio, around(found.ratio, half, 0.0), found.n, [caution])

    return compute


def _hidden(walk: WholeWalk, direction: Direction) -> Absent | None:
    """Return why the movement of the pelvis in a direction is not known; None where it is."""
    scene = walk.scene
    if direction == "vertical":
        return None
    if direction == "sideways":
        if not walk.sees_left:
            return NO_WIDTHS
        across = any(bout.direction in ("left", "right") for bout in walk.bouts)
        return _GUESSED if scene.is_guessed and across else None
    if not walk.sees_forward:
        return NO_LENGTHS
    if scene.surface == "treadmill":
        return Absent("on a treadmill the pelvis does not travel")
    return _GUESSED if scene.is_guessed else None


_GUESSED = Absent("the depth is guessed: movement along the line of sight is not known so well")
