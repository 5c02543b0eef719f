"""How far the background moves between two looks: a hand-held or panning camera.

People are left out, in both pictures: where walls are plain, a walker is most of what there is to
compare, and a camera that stands still would seem to go along. What is left is compared by the
directions of its edges, first everywhere, then tile by tile; where too few edges are left to tell,
or they run one way only, the shift is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

Picture = NDArray[np.float32]

#: Pictures are compared with their longer side at this, after some smoothing.
_LONG_PX, _SMOOTHING_PX = 320, 1.0
#: Boxes are widened by this share of their height: arms, shadows, and boxes that are too small.
_WIDER = 0.1
#: Edges of the picture itself are left out.
_BORDER_PX = 4
#: Grey levels per pixel: less is noise and coding; edges of so many count half as much as any.
_LEAST_EDGE, _HALF_EDGE = 2.5, 4.0
#: The first comparison has half the size and goes so far, in its pixels. Of two shifts that fit
#: as well, as over tiles or bars, the smaller is taken.
_REACH_PX = (32, 24)
_PREFERENCE = 0.001
#: Edges correlate at least so well in the best place (1: perfectly).
_LEAST_MATCH = 0.3
_TILE_PX, _ITERATIONS, _SMALL_STEP_PX = 20, 3, 0.1
#: Tiles that differ so far from the rest, in pixels, count half; in so many rounds they agree.
_DISAGREEMENT_PX, _ROUNDS = 0.25, 4
#: So many pixels on edges must tell of the least known direction, this share of those that tell
#: of the best known; not all in one place, but as in this many equal tiles.
_LEAST_PIXELS, _LEAST_SHARE, _LEAST_TILES = 25.0, 0.03, 3.0
#: Standard error of a shift in pixels, or as share of the shift, beyond which it is not known.
_MAX_ERROR_PX, _MAX_ERROR = 0.25, 0.25
#: The motion is known where it is between this share of the looks.
_KNOWN_SHARE = 0.5


class CameraMotion:
    """Measures how far the background moves from look to look; keeps one small picture."""

    def __init__(self) -> None:
        self._last: _Small | None = None
        self._shifts_px: list[float | None] = []

    def update(self, image: NDArray[np.uint8], boxes: NDArray[np.float64]) -> None:
        """Take in the next picture (H, W, 3) and the boxes (N, 4 or more) of its people, in px."""
        small = _Small.of(image, boxes)
        last = self._last
        if last is not None and last.grey.shape == small.grey.shape:
            shift = _shift(last, small)
            self._shifts_px.append(
                None if shift is None else float(np.hypot(*shift)) * image.shape[1] / small.width
            )
        self._last = small

    @property
    def median_shift_px(self) -> float | None:
        """Median shift between two looks in px; None where it is not known of half of them."""
        known = [shift for shift in self._shifts_px if shift is not None]
        if not known or len(known) < _KNOWN_SHARE * len(self._shifts_px):
            return None
        return float(np.median(known))


@dataclass(frozen=True, eq=False)
class _Small:
    """A picture made small, and where it shows background."""

    grey: Picture
    open: Picture

    @classmethod
    def of(cls, image: NDArray[np.uint8], boxes: NDArray[np.float64]) -> _Small:
        height, width = image.shape[:2]
        scale = _LONG_PX / max(height, width)
        size = (max(8, round(width * scale)), max(8, round(height * scale)))
        bright = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
        sharp = _shrunk(bright, size).astype(np.float32)
        grey = cv2.GaussianBlur(sharp, (0, 0), _SMOOTHING_PX)
        clear = np.zeros(grey.shape, np.float32)
        clear[_BORDER_PX:-_BORDER_PX, _BORDER_PX:-_BORDER_PX] = 1
        for x0, y0, x1, y1 in boxes[:, :4]:
            wider = _WIDER * (y1 - y0)
            left, top = (max(0, int((side - wider) * scale)) for side in (x0, y0))
            right, bottom = (max(0, int((side + wider) * scale) + 1) for side in (x1, y1))
            clear[top:bottom, left:right] = 0
        return cls(np.asarray(grey, np.float32), clear)

    @property
    def width(self) -> int:
        return int(self.grey.shape[1])

    @cached_property
    def spectra(self) -> tuple[NDArray[np.complex64], ...]:
        """Spectra of the edges' directions, of their strength and of where they are looked for."""
        size = (self.width // 2, self.grey.shape[0] // 2)
        grey, clear = (
            cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
            for picture in (self.grey, self.open)
        )
        whole = np.asarray(clear > 0.99, np.float32)
        across, down = _gradient(np.asarray(grey, np.float32))
        edges = (across + 1j * down) * _weight(across, down, whole) ** 0.5
        padded = _padded(edges.shape)
        return (
            fft.fft2(edges, padded),
            fft.rfft2(np.abs(edges) ** 2, padded),
            fft.rfft2(whole, padded),
        )


def _shrunk(bright: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a grey picture of a smaller width and height, each pixel the mean of what it covers.

    It is halved first: OpenCV is many times faster at that than at means of broken pixels.
    """
    width, height = size_px
    while (
        bright.shape[0] % 2 == bright.shape[1] % 2 == 0
        and bright.shape[0] >= 2 * height and bright.shape[1] >= 2 * width
    ):  # fmt: skip
        half_px = (bright.shape[1] // 2, bright.shape[0] // 2)
        bright = np.asarray(cv2.resize(bright, half_px, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(bright, size_px, interpolation=cv2.INTER_AREA), np.uint8)


def _padded(shape: tuple[int, ...]) -> tuple[int, int]:
    return (
        fft.next_fast_len(shape[0] + _REACH_PX[1], real=True),
        fft.next_fast_len(shape[1] + _REACH_PX[0], real=True),
    )


def _gradient(grey: Picture) -> tuple[Picture, Picture]:
    """Return by how much the grey level rises per pixel to the right and down."""
    kernel = np.array([[-0.5, 0.0, 0.5]], np.float32)
    across, down = (cv2.filter2D(grey, cv2.CV_32F, k) for k in (kernel, kernel.T))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _weight(across: Picture, down: Picture, clear: Picture) -> Picture:
    """Return what an edge's square is multiplied by, so that strong ones count one, not more."""
    square = across**2 + down**2
    return np.asarray(np.where(square > _LEAST_EDGE**2, clear, 0) / (square + _HALF_EDGE**2))


def _shift(before: _Small, after: _Small) -> NDArray[np.float64] | None:
    """Return by how many px of the small pictures the background moves; None if unknown."""
    shift, error_px = _roughly(before, after), 0.0
    if shift is None:
        return None
    for _ in range(_ITERATIONS):
        agreed = _Tiles.of(before, after, shift).agreed()
        if agreed is None:
            return None
        step, error_px = agreed
        shift = shift + step
        if np.hypot(*step) < _SMALL_STEP_PX:
            break
    known = error_px <= max(_MAX_ERROR_PX, _MAX_ERROR * float(np.hypot(*shift)))
    return shift if known else None


def _roughly(before: _Small, after: _Small) -> NDArray[np.float64] | None:
    """Return the shift to two pixels, by the correlation of what both pictures show.

    Each picture has its own people left out: the correlation is normalised by what edges remain
    at every shift (after Padfield 2012, doi:10.1109/TIP.2011.2181402).
    """
    (edges, strength, clear), (edges_b, strength_b, clear_b) = before.spectra, after.spectra
    shape = _padded((before.grey.shape[0] // 2, before.width // 2))
    product = _near(fft.ifft2(np.conj(edges) * edges_b).real)
    there = _near(fft.irfft2(np.conj(strength) * clear_b, shape))
    later = _near(fft.irfft2(np.conj(clear) * strength_b, shape))
    # Little is left where two shifted pictures hardly share an edge: it cannot match by chance.
    least = 0.25 * float(max(there.max(), later.max(), 1.0))
    match = product / np.sqrt(np.maximum(there, least) * np.maximum(later, least))
    ways = np.stack(np.meshgrid(*(np.arange(-r, r + 1) for r in _REACH_PX)))
    best = int(np.argmax(match - _PREFERENCE * np.hypot(*ways)))
    if match.flat[best] < _LEAST_MATCH:
        return None
    return np.asarray(2.0 * ways.reshape(2, -1)[:, best], np.float64)


def _near(correlation: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the part of a periodic correlation within reach, no shift in its middle."""
    across, down = _REACH_PX
    rows, columns = (np.arange(-reach, reach + 1) for reach in (down, across))
    return correlation[np.ix_(rows, columns)]


@dataclass(frozen=True, eq=False)
class _Tiles:
    """What every tile tells of the rest of a shift, as normal equations.

    Parameters
    ----------
    matrix, right
        (N, 2, 2) and (N, 2), in pixels on edges.
    """

    matrix: NDArray[np.float64]
    right: NDArray[np.float64]

    @classmethod
    def of(cls, before: _Small, after: _Small, shift: NDArray[np.float64]) -> _Tiles:
        """Compare the first picture with the second, moved back."""
        back = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
        size, flags = before.grey.shape[::-1], cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        grey, clear = (
            np.asarray(cv2.warpAffine(picture, back, size, flags=flags), np.float32)
            for picture in (after.grey, after.open)
        )
        # The mean of both, of which the noise does not depend on that of the difference.
        across, down = _gradient(np.asarray((before.grey + grey) / 2, np.float32))
        weight = _weight(across, down, before.open * (clear > 0.99))
        rows = [across, down, before.grey - grey]
        weighted = [weight * row for row in rows]
        total = _tiled(weight)
        means = [_tiled(row) / np.maximum(total, 1e-9) for row in weighted]

        def product(i: int, j: int) -> NDArray[np.float64]:
            # A tile that is brighter than before has not moved.
            return _tiled(weighted[i] * rows[j]) - total * means[i] * means[j]

        matrix = np.stack([product(0, 0), product(0, 1), product(0, 1), product(1, 1)], axis=1)
        right = np.stack([product(0, 2), product(1, 2)], axis=1)
        return cls(matrix.reshape(-1, 2, 2), right)

    def agreed(self) -> tuple[NDArray[np.float64], float] | None:
        """Return what most tiles agree on, and its standard error in px; None if too few tell."""
        weight = np.ones(len(self.matrix))
        for _ in range(_ROUNDS):
            whole = np.einsum("n,nij->ij", weight, self.matrix)
            if not self._tell(whole, weight):
                return None
            step = np.linalg.solve(whole, weight @ self.right)
            left = self.right - self.matrix @ step
            amount = self.matrix[:, 0, 0] + self.matrix[:, 1, 1]
            off_px = np.hypot(*left.T) / (amount + 1)
            # A camera that rolls, or goes past things near and far, shifts every place otherwise.
            usual_px = float(np.median(off_px[amount > 1])) if (amount > 1).any() else 0.0
            weight = 1 / (1 + (off_px / max(_DISAGREEMENT_PX, 2 * usual_px)) ** 2)
        spread = np.einsum("n,ni,nj->ij", weight**2, left, left)
        inverse = np.linalg.inv(whole)
        error = np.linalg.eigvalsh(inverse @ spread @ inverse)[-1]
        return step, float(np.sqrt(max(error, 0.0)))

    def _tell(self, whole: NDArray[np.float64], weight: NDArray[np.float64]) -> bool:
        """Whether enough edges run both ways, in more than one place."""
        (least, most), ways = np.linalg.eigh(whole)
        if least < max(_LEAST_PIXELS, _LEAST_SHARE * most):
            return False
        each = weight * np.einsum("i,nij,j->n", ways[:, 0], self.matrix, ways[:, 0])
        return bool(each.sum() ** 2 >= _LEAST_TILES * (each**2).sum())


def _tiled(picture: Picture) -> NDArray[np.float64]:
    """Return (N,) sums over tiles; those at the right and lower edge may be smaller."""
    down, across = (_tiles_along(side) for side in picture.shape)
    return np.asarray(down @ picture @ across.T, np.float64).ravel()


@lru_cache(maxsize=4)
def _tiles_along(side_px: int) -> Picture:
    """Return (tiles, pixels) 1 where a pixel belongs to a tile."""
    tile = np.arange(side_px) // _TILE_PX
    return np.asarray(tile == np.arange(tile[-1] + 1)[:, None], np.float32)
