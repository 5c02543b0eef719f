"""Random changes of pictures in colour and depth: less light, other light, something in the way.

Each is drawn once for a clip, noise picture by picture. A modality that is missing stays so.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinigait.representations.rgbd_pictures import RGBD
from clinigait.training.sampling import Frames

#: Noise of a camera, in grey levels of 255.
_NOISE = 2.0


def darkened(frames: Frames, rng: np.random.Generator, options: Mapping[str, float]) -> Frames:
    """Take light away from the colour: v becomes v to the power of 1 / gamma, and noise stays.

    Gamma is drawn from ``darkest`` (0.2) to ``brightest`` (0.5); ``noise`` (2) is the standard
    deviation of the noise of the sensor, in grey levels of 255. As the virtual camera does it.
    """
    gamma = rng.uniform(options.get("darkest", 0.2), options.get("brightest", 0.5))
    return _of_colour(frames, _curve(1 / gamma), rng, options.get("noise", _NOISE))


def relit(frames: Frames, rng: np.random.Generator, options: Mapping[str, float]) -> Frames:
    """Change the light of the colour a little: its brightness and its tint.

    Gamma is drawn from 1 / (1 + ``strength``) to 1 + ``strength`` (0.4), each of red, green and
    blue is multiplied by at most 1 ± ``strength`` / 2.
    """
    strength = options.get("strength", 0.4)
    gamma = np.exp(rng.uniform(-1, 1) * np.log1p(strength))
    gains = 1 + rng.uniform(-strength / 2, strength / 2, 3)
    return _of_colour(frames, _curve(gamma) * gains[:, None], rng, 0.0)


def with_legs_hidden(
    frames: Frames, rng: np.random.Generator, options: Mapping[str, float]
) -> Frames:
    """Put something plain and nearer before the lower part of the picture, in colour and depth.

    Its upper edge is drawn from ``highest`` (0.5) to ``lowest`` (0.75) of the height.
    """
    if RGBD not in frames:
        return frames
    array = _pictures(frames).copy()
    count, _, height, width = array.shape
    top = round(height * rng.uniform(options.get("highest", 0.5), options.get("lowest", 0.75)))
    plain, level = rng.uniform(20, 235, 3), rng.uniform(1, 80)
    noise = rng.normal(0, _NOISE, (count, 3, height - top, width))
    if array[:, :3].any():
        shown = np.clip(plain[:, None, None] + noise, 0, 255)
        array[:, :3, top:] = np.rint(shown).astype(np.uint8)
    if array[:, 3].any():
        array[:, 3, top:] = np.uint8(round(level))
    return {**frames, RGBD: array}


def _curve(power: float) -> NDArray[np.float64]:
    """Return what becomes of each grey level, (256,)."""
    return 255 * np.linspace(0, 1, 256) ** float(power)


def _of_colour(
    frames: Frames, curves: NDArray[np.float64], rng: np.random.Generator, noise: float
) -> Frames:
    """Lay curves, (256,) or one for each of red, green and blue, on the colour, and add noise."""
    if RGBD not in frames or not _pictures(frames)[:, :3].any():
        return frames
    array = _pictures(frames).copy()
    for channel, curve in enumerate(np.broadcast_to(curves, (3, 256))):
        levels = curve[array[:, channel]]
        if noise > 0:
            levels = levels + rng.normal(0, noise, levels.shape)
        array[:, channel] = np.rint(np.clip(levels, 0, 255)).astype(np.uint8)
    return {**frames, RGBD: array}


def _pictures(frames: Frames) -> NDArray[np.uint8]:
    return frames[RGBD].astype(np.uint8, copy=False)
