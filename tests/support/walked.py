"""Synthetic walks as far as their strides, for parameters of a walk as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Parameter, Stride, Surface, Walk
from clinigait.gait.filtering import evened
from clinigait.gait.scene import scene_of
from clinigait.gait.walked import WalkedBouts, walked_bouts
from clinigait.gait.whole import WHOLE


def walked_of(walk: Walk, surface: Surface = "overground") -> WalkedBouts:
    """Return the bouts of a walk with their events and strides."""
    return walked_bouts(scene_of(walk, evened(walk), None, surface), steady=True)


def found(name: str, walked: WalkedBouts) -> Parameter:
    """Return a parameter of a walk as a whole, which must have a value."""
    parameter = WHOLE[name](walked)
    assert parameter.value is not None, parameter.reason
    return parameter


def why_not(name: str, walked: WalkedBouts) -> str:
    """Return the reason for which a parameter cannot be had."""
    parameter = WHOLE[name](walked)
    assert parameter.value is None
    assert parameter.n == 0
    return str(parameter.reason)


def with_values(
    walked: WalkedBouts, of: Callable[[Stride, int], Mapping[str, float]]
) -> WalkedBouts:
    """Return the bouts with other values in their used strides.

    ``of`` is given every used stride and its place among those of its side.
    """
    strides, counts = [], {"left": 0, "right": 0}
    for stride in walked.strides:
        if stride.used:
            values = {**stride.values, **of(stride, counts[stride.side])}
            counts[stride.side] += 1
            strides.append(replace(stride, values=values))
    return replace(walked, strides=tuple(strides))


def moved(walk: Walk, by: NDArray[Any], *points: str) -> Walk:
    """Return a walk with (T, D) added to some of its points, or to all of them."""
    keypoints = walk.keypoints.copy()
    chosen = [walk.layout.index(name) for name in points] or np.arange(len(walk.layout))
    keypoints[:, chosen] += by[:, None]
    return replace(walk, keypoints=keypoints)
