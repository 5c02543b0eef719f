"""Random changes of clips: of pictures here, of skeletons where they are prepared.

A change of geometry is drawn once for a clip and is the same in all of its frames and in all
pictures of it; noise of the segmentation is drawn frame by frame, as a segmenter errs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.models.network_inputs import MIRRORS, UNSIDED
from clinigait.training.augment_rgbd import darkened, relit, with_legs_hidden
from clinigait.training.plan import Augmentation
from clinigait.training.sampling import Frames

Pictures = NDArray[np.uint8]
#: Changes all inputs of a clip, (L, C, ...) by kind; options come from the protocol.
Augment = Callable[[Frames, np.random.Generator, Mapping[str, float]], Frames]

MIRROR = "mirror"
_SILHOUETTES = "silhouettes"
_HALF = 127.5


def augmented(frames: Frames, chosen: Sequence[Augmentation], rng: np.random.Generator) -> Frames:
    """Change a clip at random.

    Parameters
    ----------
    frames
        (L, C, ...) arrays by kind.
    chosen
        What may happen, in this order, each with its probability.
    rng
        Draws.
    """
    for one in chosen:
        if rng.random() < one.p:
            frames = AUGMENTATIONS[one.name][1](frames, rng, one.options)
    return frames


def check_augmentations(
    chosen: Sequence[Augmentation], kinds: Sequence[str], *, sided: bool
) -> None:
    """Refuse changes that do not exist, and mirror images where left and right differ.

    Raises
    ------
    BadInputError
        If one cannot be.
    """
    for one in chosen:
        if one.name not in AUGMENTATIONS:
            raise BadInputError(
                f"There is no augmentation {one.name[:40]}.",
                f"Choose of: {', '.join(AUGMENTATIONS)}.",
            )
        strangers = set(one.options) - AUGMENTATIONS[one.name][0]
        if strangers:
            known = ", ".join(sorted(AUGMENTATIONS[one.name][0])) or "nothing"
            raise BadInputError(
                f"The augmentation {one.name} knows no {min(strangers)[:40]}.",
                f"It can be told: {known}.",
            )
    if MIRROR in {one.name for one in chosen}:
        check_mirror(kinds, sided=sided)


def check_mirror(kinds: Sequence[str], *, sided: bool) -> None:
    """Refuse mirror images where they would have another label, or cannot be had.

    Raises
    ------
    BadInputError
        If that is so.
    """
    if sided:
        raise BadInputError(
            "A mirrored walk has another label in this task.", "Take mirror out of the protocol."
        )
    for kind in kinds:
        if kind not in MIRRORS and kind not in UNSIDED:
            raise BadInputError(
                f"The input {kind[:40]} has no mirror image.", "Take mirror out of the protocol."
            )


def mirrored(frames: Frames, _rng: np.random.Generator, _options: Mapping[str, float]) -> Frames:
    """Exchange left and right in all frames."""
    return {kind: MIRRORS[kind](array) for kind, array in frames.items()}


def rotated(frames: Frames, rng: np.random.Generator, options: Mapping[str, float]) -> Frames:
    """Turn pictures about their middle, by at most ``degrees`` (10) to either side."""
    largest = options.get("degrees", 10.0)
    angle_deg = rng.uniform(-largest, largest)

    def matrix(height: int, width: int) -> NDArray[np.float64]:
        middle = ((width - 1) / 2, (height - 1) / 2)
        return np.vstack([cv2.getRotationMatrix2D(middle, angle_deg, 1.0), [0, 0, 1]])

    return _warped(frames, matrix)


def in_perspective(
    frames: Frames, rng: np.random.Generator, options: Mapping[str, float]
) -> Frames:
    """Tilt pictures: a corner on the left and one on the right move inwards.

    By at most ``share`` of the width (10 / 44), as OpenGait does it.
    """
    share = options.get("share", 10 / 44)
    left, right = rng.uniform(0, share, 2), 1 - rng.uniform(0, share, 2)

    def matrix(height: int, width: int) -> NDArray[np.float64]:
        far, low = width - 1, height - 1
        source = [
            [left[0] * far, 0],
            [right[0] * far, 0],
            [right[1] * far, low],
            [left[1] * far, low],
        ]
        target = [[0, 0], [far, 0], [far, low], [0, low]]
        found = cv2.getPerspectiveTransform(
            np.array(source, np.float32), np.array(target, np.float32)
        )
        return np.asarray(found, np.float64)

    return _warped(frames, matrix)


def erased(frames: Frames, rng: np.random.Generator, options: Mapping[str, float]) -> Frames:
    """Blank one box in all frames: 5 to 20 % of the picture, aspect 0.3 to 3.3."""
    area = rng.uniform(options.get("smallest", 0.05), options.get("largest", 0.2))
    aspect = np.exp(rng.uniform(np.log(0.3), np.log(1 / 0.3)))
    place = rng.random(2)
    changed = dict(frames)
    for kind, array in _pictures(frames).items():
        height, width = array.shape[2:]
        rows = min(height, max(1, round(np.sqrt(area * height * width * aspect))))
        columns = min(width, max(1, round(np.sqrt(area * height * width / aspect))))
        top, start = (
            int(p * (n + 1)) for p, n in zip(place, (height - rows, width - columns), strict=True)
        )
        blanked = array.copy()
        blanked[:, :, top : top + rows, start : start + columns] = 0
        changed[kind] = blanked
    return changed


def clothed(frames: Frames, rng: np.random.Generator, _options: Mapping[str, float]) -> Frames:
    """Widen the rows of a coat or skirt, or blur them, alike in all frames (GaitSSB).

    Of 64 rows: from 12 to 16 down to 36 to 40; kernels of 3 or 5 pixels.
    """
    if _SILHOUETTES not in frames:
        return frames
    array = _pictures(frames)[_SILHOUETTES].copy()
    rows = array.shape[2]
    first, last = (round(rows * r / 64) for r in (rng.integers(12, 17), rng.integers(36, 41)))
    band = np.ascontiguousarray(array[:, 0, first:last])
    if rng.random() < 0.5:
        size = int(rng.choice([3, 5]))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        band = np.stack([cv2.dilate(frame, kernel) for frame in band])
    else:
        soft = np.stack([cv2.GaussianBlur(frame, (3, 3), 0) for frame in band])
        band = np.where(soft > 0.2 * 255, np.uint8(255), np.uint8(0))
    array[:, 0, first:last] = band
    return {**frames, _SILHOUETTES: array}


def with_mask_noise(
    frames: Frames, rng: np.random.Generator, options: Mapping[str, float]
) -> Frames:
    """Err as a segmenter errs: too wide or too narrow, ragged at the edge, with holes.

    The edge of a softened mask is moved: all frames by one draw, each frame by a small one, and
    along the edge by noise that is smooth over a few pixels. ``edge`` (0.15) is the size of
    those moves in units of the softened edge; ``holes`` (0.3) the share of clips in which a hole
    stays for some frames.
    """
    if _SILHOUETTES not in frames:
        return frames
    array = _pictures(frames)[_SILHOUETTES]
    count, _, height, width = array.shape
    edge = options.get("edge", 0.15)
    soft = np.stack([cv2.GaussianBlur(frame[0], (5, 5), 1.2) for frame in array]) / np.float32(255)
    coarse = rng.normal(0, edge, (count, height // 4, width // 4)).astype(np.float32)
    ragged = np.stack([cv2.resize(c, (width, height)) for c in coarse])
    shift = rng.normal(0, edge) + rng.normal(0, edge / 3, (count, 1, 1))
    level = np.clip(0.5 + shift + ragged, 0.1, 0.9)
    noisy = np.clip((soft - level) * 4 + 0.5, 0, 1)
    if rng.random() < options.get("holes", 0.3):
        noisy = noisy * _hole(noisy.shape, rng)
    return {**frames, _SILHOUETTES: np.round(noisy * 255).astype(np.uint8)[:, None]}


def _hole(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return factors, (L, H, W): 0 in an ellipse for some frames in a row, 1 elsewhere."""
    count, height, width = shape
    y, x = np.mgrid[:height, :width]
    centre_y, centre_x = rng.uniform(0.15, 0.95) * height, rng.uniform(0.3, 0.7) * width
    radius_y, radius_x = rng.uniform(0.03, 0.1) * height, rng.uniform(0.05, 0.15) * width
    inside = ((y - centre_y) / radius_y) ** 2 + ((x - centre_x) / radius_x) ** 2 < 1
    first = int(rng.integers(count))
    factors = np.ones(shape)
    factors[first : first + 1 + int(rng.integers(max(count // 3, 1)))][:, inside] = 0
    return factors


def _pictures(frames: Frames) -> dict[str, Pictures]:
    return {k: a.astype(np.uint8, copy=False) for k, a in frames.items() if a.ndim == 4}


def _warped(frames: Frames, matrix: Callable[[int, int], NDArray[np.float64]]) -> Frames:
    """Lay all pictures anew by one matrix, (x, y, 1) of the old to the new, in pixels."""
    changed = dict(frames)
    for kind, array in _pictures(frames).items():
        height, width = array.shape[2:]
        move, size = matrix(height, width), (width, height)
        flat = array.reshape(-1, height, width)
        laid = np.stack([cv2.warpPerspective(frame, move, size) for frame in flat])
        changed[kind] = laid.reshape(array.shape)
    return changed


#: What an augmentation can be told, and what it does, by name.
AUGMENTATIONS: dict[str, tuple[frozenset[str], Augment]] = {
    MIRROR: (frozenset(), mirrored),
    "rotate": (frozenset({"degrees"}), rotated),
    "perspective": (frozenset({"share"}), in_perspective),
    "erase": (frozenset({"smallest", "largest"}), erased),
    "clothing": (frozenset(), clothed),
    "mask_noise": (frozenset({"edge", "holes"}), with_mask_noise),
    "darken": (frozenset({"darkest", "brightest", "noise"}), darkened),
    "relight": (frozenset({"strength"}), relit),
    "hide_legs": (frozenset({"highest", "lowest"}), with_legs_hidden),
}
