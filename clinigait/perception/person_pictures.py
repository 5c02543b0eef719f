"""Small pictures of the walker, cut from a recording while it plays once."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    SIDES,
    Frame,
    Moments,
    PersonPictures,
    Progress,
    Recording,
    Space,
    Walk,
)
from clinigait.perception.depth import cleaned

#: Share of the picture's height that the person fills.
_SHARE = 0.85
#: Between the highest point of the face and the crown, and below the lowest point of a foot, as
#: shares of the way between the two points.
_CROWN, _SOLE = 0.075, 0.02
#: Sizes and places are medians over this time: crops are steady, and steps still bob.
_STEADY_S = 0.5
#: Points of the trunk between shoulders and hips that are looked at, across and down.
_TRUNK_GRID = 9
#: From such a share of known depths on, a cell or a trunk is known.
_KNOWN = 0.4
#: A cell of a picture is the median of so many places a side, at most.
_MOST_PLACES = 4
_UNKNOWN = np.iinfo(np.uint16).max
_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head")
_FEET = ("ankle", "heel", "toe", "foot")


@dataclass(frozen=True)
class Cut:
    """How pictures are cut.

    Parameters
    ----------
    rate_hz
        Pictures a second.
    height_px, width_px
        Size of a picture.
    """

    rate_hz: float = 10.0
    height_px: int = 128
    width_px: int = 96


def cut_pictures(
    recording: Recording, walk: Walk, cut: Cut, progress: Progress
) -> PersonPictures | None:
    """Play a recording once and cut out the walker.

    The person fills a fixed share of the height, by size and place of the keypoints (of the boxes
    where these are not known), steady over half a second. Colours are means over the area of a
    pixel; a depth is the median of its area, never between two surfaces. What lies outside of the
    frame is 0. Of all frames only those that are wanted become pictures in memory.

    Parameters
    ----------
    recording
        A film, with depth or without.
    walk
        In its picture, on its clock.
    cut
        How.
    progress
        Called with the fraction of the work done.

    Returns
    -------
    PersonPictures or None
        None where nobody can be cut out.
    """
    places = person_places(walk)
    known = np.asarray(np.isfinite(places).all(axis=1))
    wanted = _wanted(walk.time_s, known, cut.rate_hz)
    if not len(wanted):
        return None
    times_s = walk.time_s[wanted]
    moments = Moments.of_frames(walk.time_s, wanted)
    taken = _Taken(len(wanted), cut, moments.within_s)
    with closing(recording.frames_near(moments)) as frames:  # type: ignore[type-var]
        for frame in frames:
            number = int(np.abs(times_s - frame.time_s).argmin())
            apart_s = abs(float(times_s[number]) - frame.time_s)
            if apart_s < taken.apart_s[number]:
                index = int(wanted[number])
                taken.take(number, frame, places[index], _trunk(walk, index), apart_s)
            progress((number + 1) / len(wanted))
    return taken.pictures(times_s, recording.has_depth)


class _Taken:
    """Pictures as they come."""

    def __init__(self, n: int, cut: Cut, within_s: float) -> None:
        size = (cut.height_px, cut.width_px)
        self.apart_s = np.full(n, within_s + 1e-3)
        self._size = size
        self._there = np.zeros(n, bool)
        self._colour = np.zeros((n, *size, 3), np.uint8)
        self._depth = np.zeros((n, *size), np.uint16)
        self._person_mm = np.full(n, np.nan)

    def take(
        self,
        number: int,
        frame: Frame,
        place: NDArray[np.float64],
        trunk: NDArray[np.float64] | None,
        apart_s: float,
    ) -> None:
        """Cut a frame."""
        self._there[number], self.apart_s[number] = True, apart_s
        window = window_of(place, self._size)
        self._colour[number] = _colour_in(frame.image, window, self._size)
        self._depth[number], self._person_mm[number] = 0, np.nan
        if frame.depth_mm is not None:
            self._depth[number] = _depth_in(frame.depth_mm, window, self._size)
            self._person_mm[number] = _distance_mm(frame.depth_mm, trunk)

    def pictures(self, times_s: NDArray[np.float64], has_depth: bool) -> PersonPictures | None:
        """Return what was taken, None where that is nothing."""
        there = self._there
        if not there.any():
            return None
        return PersonPictures(
            time_s=times_s[there],
            colour=self._colour[there],
            depth_mm=self._depth[there] if has_depth else None,
            person_mm=self._person_mm[there],
        )


def _wanted(
    time_s: NDArray[np.float64], known: NDArray[np.bool_], rate_hz: float
) -> NDArray[np.intp]:
    """Return the frames nearest to an even clock, each once, without those that are not known."""
    if not known.any():
        return np.zeros(0, np.intp)
    steps = int(np.floor((time_s[-1] - time_s[0]) * rate_hz + 1e-6))
    clock = time_s[0] + np.arange(steps + 1) / rate_hz
    nearest = np.searchsorted((time_s[1:] + time_s[:-1]) / 2, clock, side="left")
    chosen = np.unique(nearest)
    return np.asarray(chosen[known[chosen]], np.intp)


# ---------------------------------------------------------------- where the person is


def person_places(walk: Walk) -> NDArray[np.float64]:
    """Return (T, 3) middle x, y and height in px of the person from crown to sole; NaN unknown.

    Where head or feet are not seen, the length of the trunk tells the size; where nothing of the
    body is known, the box does. Frames before and after a stretch in which the person is hidden
    do not speak for it.

    Parameters
    ----------
    walk
        In the picture.
    """
    if walk.space is not Space.IMAGE_PX or not len(walk):
        return np.full((len(walk), 3), np.nan)
    places = _by_points(walk)
    unknown = ~np.isfinite(places).all(axis=1)
    if walk.boxes_px is not None and unknown.any():
        boxes = walk.boxes_px[unknown]
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2
        places[unknown] = np.column_stack([middle, boxes[:, 3] - boxes[:, 1]])
    seen = np.isfinite(walk.keypoints).all(axis=2).any(axis=-1)
    places[~seen | ~(places[:, 2] > 1)] = np.nan
    return _steady(places, walk.time_s)


def _by_points(walk: Walk) -> NDArray[np.float64]:
    top, bottom = _extreme(walk, _FACE, np.fmin), _extreme(walk, _paired(_FEET), np.fmax)
    shoulders, hips = (_middle(walk, name) for name in ("shoulder", "hip"))
    trunk_px = np.hypot(*(shoulders - hips).T)
    way = bottom - top
    top, bottom = top - _CROWN * way, bottom + _SOLE * way
    height = bottom - top
    ratio = _median(height / trunk_px)
    # From the hips to the middle of the body, in heights.
    lower = _median(((top + bottom) / 2 - hips[:, 1]) / height)
    height = np.where(np.isfinite(height), height, ratio * trunk_px)
    middle_y = np.where(np.isfinite(top + bottom), (top + bottom) / 2, hips[:, 1] + lower * height)
    return np.column_stack([(shoulders[:, 0] + hips[:, 0]) / 2, middle_y, height])


def _paired(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names for side in SIDES)


def _extreme(walk: Walk, names: tuple[str, ...], of: np.ufunc) -> NDArray[np.float64]:
    """Return (T,) the least or greatest y of some points; NaN where none is seen."""
    rows = [walk.layout.index(name) for name in names if name in walk.layout]
    if not rows:
        return np.full(len(walk), np.nan)
    return np.asarray(of.reduce(walk.keypoints[:, rows, 1], axis=1))


def _middle(walk: Walk, name: str) -> NDArray[np.float64]:
    """Return (T, 2) the middle between a point of either side; the one that is seen, of one."""
    points = [walk.keypoints[:, walk.layout.index(name, s)] for s in SIDES if _has(walk, name, s)]
    if not points:
        return np.full((len(walk), 2), np.nan)
    first, last = points[0], points[-1]
    both = (first + last) / 2
    one = np.where(np.isfinite(first), first, last)
    return np.asarray(np.where(np.isfinite(both), both, one))


def _has(walk: Walk, name: str, side: str) -> bool:
    return f"{side}_{name}" in walk.layout


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _steady(places: NDArray[np.float64], time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places whose size and height in the picture change slowly; the way across stays."""
    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    steady = np.full_like(places, np.nan)
    if not len(known):
        return steady
    step_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
    half = max(1, round(_STEADY_S / 2 / max(step_s, 1e-3)))
    padded = np.pad(places[known], ((half, half), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    steady[known] = np.median(windows, axis=2)
    return steady


# ---------------------------------------------------------------- cutting


def window_of(place: NDArray[np.float64], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the window x0, y0, x1, y1 of the frame, in whole pixels, that the picture shows.

    Parameters
    ----------
    place
        (3,) of :func:`person_places`.
    size
        Rows and columns of the picture.
    """
    height = max(place[2] / _SHARE, 4.0)
    width = height * size[1] / size[0]
    x0, y0 = round(place[0] - width / 2), round(place[1] - height / 2)
    return x0, y0, x0 + max(3, round(width)), y0 + max(4, round(height))


def _whole(
    picture: NDArray[np.uint8] | NDArray[np.uint16], window: tuple[int, int, int, int]
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return a window of a picture, 0 where it lies outside."""
    x0, y0, x1, y1 = window
    height, width = picture.shape[:2]
    cut = np.zeros((y1 - y0, x1 - x0, *picture.shape[2:]), picture.dtype)
    left, top = max(x0, 0), max(y0, 0)
    right, bottom = min(x1, width), min(y1, height)
    if left < right and top < bottom:
        cut[top - y0 : bottom - y0, left - x0 : right - x0] = picture[top:bottom, left:right]
    return cut


def _colour_in(
    image: NDArray[np.uint8], window: tuple[int, int, int, int], size: tuple[int, int]
) -> NDArray[np.uint8]:
    whole = _whole(image, window)
    smaller = whole.shape[0] >= size[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(whole, size[::-1], interpolation=how), np.uint8)


def _depth_in(
    depth_mm: NDArray[np.uint16], window: tuple[int, int, int, int], size: tuple[int, int]
) -> NDArray[np.uint16]:
    """Return the median depth of every cell, one that was measured; 0 where too few are known."""
    whole = cleaned(np.asarray(_whole(depth_mm, window), np.uint16))
    n = int(np.clip(round(whole.shape[0] / size[0]), 1, _MOST_PLACES))
    places = cv2.resize(whole, (n * size[1], n * size[0]), interpolation=cv2.INTER_NEAREST_EXACT)
    cells = places.reshape(size[0], n, size[1], n).swapaxes(1, 2).reshape(*size, n * n)
    cells = np.sort(np.where(cells > 0, cells, _UNKNOWN), axis=2)
    known = (cells < _UNKNOWN).sum(axis=2)
    middle = np.take_along_axis(cells, np.maximum(known - 1, 0)[..., None] // 2, axis=2)[..., 0]
    return np.asarray(np.where(known >= _KNOWN * n * n, middle, 0), np.uint16)


def _trunk(walk: Walk, index: int) -> NDArray[np.float64] | None:
    """Return (2, 2, 2) shoulders above hips, of either side, in px; None where one is not seen."""
    names = [(name, side) for name in ("shoulder", "hip") for side in SIDES]
    if not all(_has(walk, name, side) for name, side in names):
        return None
    points = np.array([walk.keypoints[index, walk.layout.index(n, s)] for n, s in names])
    return points.reshape(2, 2, 2) if np.isfinite(points).all() else None


def _distance_mm(depth_mm: NDArray[np.uint16], trunk: NDArray[np.float64] | None) -> float:
    """Return the median distance of the trunk in mm; NaN where too little of it is known."""
    if trunk is None:
        return float("nan")
    # Not to the very edge: beside the trunk is the wall.
    across = np.linspace(0.1, 0.9, _TRUNK_GRID)[None, :, None]
    down = np.linspace(0.1, 0.9, _TRUNK_GRID)[:, None, None]
    upper = trunk[0, 0] + across * (trunk[0, 1] - trunk[0, 0])
    lower = trunk[1, 0] + across * (trunk[1, 1] - trunk[1, 0])
    x, y = np.rint(upper + down * (lower - upper)).astype(np.int64).reshape(-1, 2).T
    height, width = depth_mm.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = depth_mm[y[inside], x[inside]]
    found = found[found > 0]
    if len(found) < _KNOWN * _TRUNK_GRID**2:
        return float("nan")
    return float(np.median(found))
