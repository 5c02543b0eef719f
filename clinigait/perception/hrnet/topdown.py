"""From a person's box to the network's input, and from its heatmaps back to the picture.

The steps are those of mmpose 1.3.2, to which the tests compare them. Three kinds differ in crop and
decoding only:

* *plain*: the peak, moved by a quarter of a heatmap pixel towards its higher neighbour;
* *DARK* (Zhang 2020, doi:10.1109/CVPR42600.2020.00712): a Newton step on the logarithm of the
  smoothed heatmap, which is a parabola where the heatmap is a Gaussian;
* *UDP* (Huang 2020, doi:10.1109/CVPR42600.2020.00574): distances are counted between pixel
  centres, so that size means (pixels - 1); a Newton step with shorter differences.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.perception.hrnet.checkpoints import Decoding

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]

#: Where the smoothed heatmap is less than this, its logarithm says nothing.
_LEAST_DARK = 1e-10
_LEAST_UDP, _MOST_UDP = 1e-3, 50.0
#: Keeps the curvature of a flat heatmap from being nothing.
_EPSILON = float(np.finfo(np.float32).eps)


@dataclass(frozen=True, eq=False)
class Window:
    """The part of a picture that a crop shows.

    Parameters
    ----------
    centre
        (2,) its middle in image pixels.
    size
        (2,) its width and height in image pixels.
    """

    centre: Doubles
    size: Doubles


def window(box: Doubles, input_size_px: tuple[int, int], padding: float) -> Window:
    """Return the window for a person's box: padded, then widened to the input's proportions.

    Parameters
    ----------
    box
        (4,) x0, y0, x1, y1 in image pixels; may reach out of the picture.
    input_size_px
        Width and height of the crop.
    padding
        The window is this much larger than the box.
    """
    box = np.asarray(box, np.float64)
    width, height = (box[2:] - box[:2]) * padding
    aspect = input_size_px[0] / input_size_px[1]
    if width > height * aspect:
        height = width / aspect
    else:
        width = height * aspect
    return Window((box[:2] + box[2:]) / 2, np.array([width, height]))


def affine(view: Window, input_size_px: tuple[int, int], decoding: Decoding) -> Doubles:
    """Return the (2, 3) matrix from image pixels to crop pixels.

    Its numbers are rounded where mmpose rounds them: a last digit can turn a grey value of the
    crop, and a turned grey value can move a badly determined point.
    """
    size = np.array(input_size_px, np.float64)
    if decoding == "udp":
        scale = (size - 1) / view.size
        matrix = np.zeros((2, 3), np.float32)
        matrix[[0, 1], [0, 1]] = scale
        matrix[:, 2] = scale * (view.size / 2 - view.centre)
        return matrix.astype(np.float64)
    # Middle, middle of the left edge, and the point as far above or below that: one scale for
    # both axes.
    to_edge = view.size[0] / 2
    image = np.array([[0, 0], [-to_edge, 0], [-to_edge, to_edge]])
    crop = np.array([[0, 0], [-1, 0], [-1, 1]]) * size[0] / 2 + size / 2
    return np.asarray(
        cv2.getAffineTransform((view.centre + image).astype(np.float32), crop.astype(np.float32))
    )


def crop(image: NDArray[np.uint8], matrix: Doubles, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Cut a crop of that size out of an (H, W, 3) picture; black where there is no picture."""
    return np.asarray(
        cv2.warpAffine(image, matrix, size_px, flags=cv2.INTER_LINEAR), dtype=np.uint8
    )


def merge_flipped(
    maps: Floats, maps_of_mirrored: Floats, flip_indices: tuple[int, ...], *, shift: bool
) -> Floats:
    """Return the mean of heatmaps and of those of the mirrored crop.

    Parameters
    ----------
    maps, maps_of_mirrored
        (N, K, H, W) heatmaps of the crops and of their mirror images.
    flip_indices
        Index of every point's partner on the other side.
    shift
        Move the mirrored heatmaps by one column: plain and DARK crops have no pixel in the middle.
    """
    back = maps_of_mirrored[:, list(flip_indices), :, ::-1]
    if shift:
        back = np.concatenate([back[..., :1], back[..., :-1]], axis=-1)
    return (maps + back) * np.float32(0.5)


def decode(maps: Floats, decoding: Decoding, blur_kernel_px: int = 0) -> tuple[Floats, Floats]:
    """Find every heatmap's peak to a fraction of a pixel.

    Parameters
    ----------
    maps
        (N, K, H, W) heatmaps.
    decoding
        ``plain``, ``dark`` or ``udp``.
    blur_kernel_px
        Side of the Gaussian for DARK and UDP.

    Returns
    -------
    points, score
        (N, K, 2) x and y in heatmap pixels, NaN where the heatmap is nowhere positive, and (N, K)
        the heatmaps' maxima as they are. DARK and UDP send a peak that has not the shape of one
        anywhere, also out of the heatmap.
    """
    n, k, height, width = maps.shape
    flat = np.ascontiguousarray(maps, np.float32).reshape(n * k, height, width)
    peak = flat.reshape(n * k, -1).argmax(axis=1)
    y, x = np.divmod(peak, width)
    score = flat[np.arange(n * k), y, x]
    points = np.stack([x, y], axis=1).astype(np.float32)
    if decoding == "plain":
        points += _quarter_steps(flat, x, y)
    elif decoding == "dark":
        points += _dark_steps(_blurred(flat, blur_kernel_px), x, y)
    else:
        points += _udp_steps(_blurred(flat, blur_kernel_px), x, y)
    # Written so that NaN in a heatmap is no peak either.
    points[~(score > 0)] = np.nan
    return points.reshape(n, k, 2), score.reshape(n, k)


def to_image(
    points: Floats, view: Window, heatmap_size_px: tuple[int, int], decoding: Decoding
) -> Doubles:
    """Take (..., 2) points from heatmap pixels to image pixels."""
    size = np.array(heatmap_size_px, np.float64) - (1 if decoding == "udp" else 0)
    return np.asarray(points / size * view.size + view.centre - view.size / 2)


def _quarter_steps(maps: Floats, x: Indices, y: Indices) -> Floats:
    """Quarter of a pixel towards the higher neighbour; none at the heatmap's edge."""
    height, width = maps.shape[1:]
    in_x = (x > 1) & (x < width - 1) & (y > 0)
    in_y = (y > 1) & (y < height - 1) & (x > 0)
    near = _around(maps, x, y, reach=1)
    dx = np.where(in_x, near(1, 0) - near(-1, 0), 0)
    dy = np.where(in_y, near(0, 1) - near(0, -1), 0)
    return np.stack([np.sign(dx), np.sign(dy)], axis=1).astype(np.float32) * np.float32(0.25)


def _dark_steps(maps: Floats, x: Indices, y: Indices) -> Floats:
    """Newton steps on the logarithm, second differences two pixels wide; none near the edge."""
    height, width = maps.shape[1:]
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    at = _around(maps, x, y, reach=2)

    def log(dx: int, dy: int) -> Floats:
        return np.log(np.maximum(at(dx, dy), np.float32(_LEAST_DARK)))

    middle, half, quarter = log(0, 0), np.float32(0.5), np.float32(0.25)
    gradient = half * (log(1, 0) - log(-1, 0)), half * (log(0, 1) - log(0, -1))
    xx = quarter * (log(2, 0) - 2 * middle + log(-2, 0))
    yy = quarter * (log(0, 2) - 2 * middle + log(0, -2))
    xy = quarter * (log(1, 1) - log(1, -1) - log(-1, 1) + log(-1, -1))
    steps = _newton(gradient, (xx, xy, yy))
    steps[~inside] = 0
    return steps


def _udp_steps(maps: Floats, x: Indices, y: Indices) -> Floats:
    """Newton steps on the logarithm, second differences one pixel wide, edges repeated."""
    at = _around(maps, x, y, reach=1)

    def log(dx: int, dy: int) -> Floats:
        return np.log(np.clip(at(dx, dy), np.float32(_LEAST_UDP), np.float32(_MOST_UDP)))

    middle, half = log(0, 0), np.float32(0.5)
    right, left, below, above = log(1, 0), log(-1, 0), log(0, 1), log(0, -1)
    gradient = half * (right - left), half * (below - above)
    xx = right - 2 * middle + left
    yy = below - 2 * middle + above
    xy = half * (log(1, 1) - right - below + middle + middle - left - above + log(-1, -1))
    return _newton(gradient, (xx + _EPSILON, xy, yy + _EPSILON))


def _newton(
    gradient: tuple[NDArray[np.floating], NDArray[np.floating]],
    curvature: tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]],
) -> Floats:
    """Return the (M, 2) steps to the top of the parabola; none where it has no curvature."""
    gx, gy = (part.astype(np.float64) for part in gradient)
    xx, xy, yy = (part.astype(np.float64) for part in curvature)
    determinant = xx * yy - xy * xy
    curved = determinant != 0
    divisor = np.where(curved, determinant, 1)
    steps = -np.stack([yy * gx - xy * gy, xx * gy - xy * gx], axis=1) / divisor[:, None]
    return np.where(curved[:, None], steps, 0).astype(np.float32)


def _around(maps: Floats, x: Indices, y: Indices, *, reach: int) -> Callable[[int, int], Floats]:
    """Return what gives every heatmap's value so many pixels from its peak.

    Beyond the edge, values are those of the edge.
    """
    height, width = maps.shape[1:]
    steps = np.arange(-reach, reach + 1)
    rows = np.clip(y[:, None] + steps, 0, height - 1)
    columns = np.clip(x[:, None] + steps, 0, width - 1)
    each = np.arange(len(maps))[:, None, None]
    patch = maps[each, rows[:, :, None], columns[:, None, :]]
    return lambda dx, dy: np.asarray(patch[:, reach + dy, reach + dx])


def _blurred(maps: Floats, kernel_px: int) -> Floats:
    """Smooth (M, H, W) heatmaps, zero outside, and bring each back to its old maximum.

    All are smoothed in one call, one below the other, with room between them.
    """
    border = (kernel_px - 1) // 2
    m, height, width = maps.shape
    padded = np.pad(maps, ((0, 0), (border, border), (border, border)))
    tall = padded.reshape(m * (height + 2 * border), width + 2 * border)
    smooth = cv2.GaussianBlur(tall, (kernel_px, kernel_px), 0).reshape(padded.shape)
    smooth = smooth[:, border : border + height, border : border + width]
    old, new = maps.max(axis=(1, 2)), smooth.max(axis=(1, 2))
    scale = np.divide(old, new, out=np.ones_like(old), where=new != 0)
    return np.asarray(smooth * scale[:, None, None], np.float32)
