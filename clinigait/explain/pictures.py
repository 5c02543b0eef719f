"""A few pictures of a walk with the attention on them; nobody's face is among them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.explain.regions import NUMBER
from clinigait.explain.walk import Explained
from clinigait.representations.rgbd_pictures import RGBD
from clinigait.representations.skeleton_inputs import GAIT_ANGLES

Floats = NDArray[np.float64]
_MOST = 8
_LUMA = np.array([0.299, 0.587, 0.114])


def overlays_of(explained: Explained) -> tuple[Floats, Floats, list[str]] | None:
    """Return pictures, the attention on them, and what each shows.

    Parameters
    ----------
    explained
        A walk of which the map is shown.

    Returns
    -------
    tuple or None
        (N, H, W) grey from 0 to 1, heads of films left blank; (N, H, W) attention; N captions of
        one meaning in all languages. None where there is no picture, or the map is not shown.
    """
    kinds = [kind for kind in explained.maps if kind != GAIT_ANGLES]
    if not kinds or not explained.saliency.shown:
        return None
    kind = kinds[0]
    attention = np.abs(explained.maps[kind])
    looked_at = np.flatnonzero(attention.any(axis=(1, 2)))
    chosen = looked_at[np.unique(np.linspace(0, len(looked_at) - 1, _MOST).round().astype(int))]
    frames = explained.seen.clip.frames[kind][chosen].astype(np.float64) / 255
    if kind == RGBD:
        grey = np.einsum("c,tchw->thw", _LUMA, frames[:, :3])
        grey = grey if grey.any() else frames[:, 3]
        grey[explained.seen.labels[kind][chosen] == NUMBER["head"]] = 0.5
    else:
        grey = frames.max(axis=1)
    first_s = explained.seen.clip.time_s[0]
    captions = [f"{explained.seen.clip.time_s[n] - first_s:.1f} s" for n in chosen]
    return grey, attention[chosen], captions
