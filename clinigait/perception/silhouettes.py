"""Silhouettes made fit to learn from: cleaned frame by frame and over time, and judged."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side, Silhouettes, Space, Walk
from clinigait.perception.body_masks import BodyInMasks
from clinigait.perception.silhouette_quality import Looks, SilhouetteQuality, quality_of
from clinigait.perception.walking_aid import GENEROUS, aid_pixels, verdict

#: A loose piece of mask is body where so much of it lies where the keypoints allow the body.
_ON_BODY = 0.5
#: Where a limb is not known, a loose piece is body from this share of the largest piece on.
_LARGE_PIECE = 0.2
#: Holes up to this many squared body heights are filled: about two pixels of an aligned
#: silhouette 64 high. Larger ones may be the gap between the legs or under an arm.
_SMALL_HOLE_BH2 = 0.0006
#: Larger holes are filled where so much of them lies well inside of a bare limb.
_INSIDE_LIMB = 0.9
_WELL_INSIDE = (0.8, 0.0)
#: A body covers about this many squared body heights, seen from the side.
_BODY_BH2 = 0.165
#: A frame is an outlier where at least this many squared body heights come or go for that frame
#: alone against what the keypoints say: a fiftieth of the body.
_BLINK_BH2 = 0.003
#: The outline of a mask is uncertain by so much on either side, in body heights.
_FRINGE_BH = 0.01
#: Frames further apart than this many usual steps are no neighbours.
_NEIGHBOUR_STEPS = 1.6
_BARE = (1.0, 0.0)


def clean(walk: Walk) -> tuple[Walk, SilhouetteQuality | None]:
    """Clean the silhouettes of a walk in a picture, flag walking aids and judge what is left.

    In each frame loose pieces that are not on the body go, and small holes are filled. Over time
    a frame is mended only where something comes or goes for that frame alone: a piece that the
    frames before and after both have and the frame's own keypoints ask for comes back, one that
    neither has and the keypoints do not explain goes. That is the median of three frames, kept
    to where the keypoints of the frame agree: a swinging leg, which no two frames have in the
    same place, is never touched.

    Parameters
    ----------
    walk
        The walk.

    Returns
    -------
    walk, quality
        The walk with cleaned silhouettes and their ``aid_bits``, and how good they are; the walk
        as it is and None where there are no silhouettes.
    """
    if walk.silhouettes is None or not len(walk) or walk.space is not Space.IMAGE_PX:
        return walk, None
    body = BodyInMasks(walk, walk.silhouettes)
    first = _FirstPass(walk.silhouettes, body)
    second = _SecondPass(walk, first.silhouettes, body)
    looks = Looks(
        # Nothing is nothing, whatever the height.
        area_bh2=np.where(second.area_px > 0, second.area_px / body.height**2, 0.0),
        hole_share=first.hole_share,
        iou=second.iou,
        neighbours_iou=second.neighbours_iou,
        border_bh=_border_px(second.silhouettes, walk.image_size_px) / body.height,
        mended=second.mended,
    )
    judged = verdict(first.flagged, first.judged, first.sides)
    return replace(walk, silhouettes=second.silhouettes), quality_of(looks, judged)


class _FirstPass:
    """Every frame by itself: walking aids flagged, loose pieces dropped, holes filled."""

    def __init__(self, silhouettes: Silhouettes, body: BodyInMasks) -> None:
        bits, aid_bits = np.zeros_like(silhouettes.bits), np.zeros_like(silhouettes.bits)
        self.silhouettes = replace(silhouettes, bits=bits, aid_bits=aid_bits)
        self.hole_share = np.zeros(len(silhouettes))
        self.flagged: list[bool] = []
        self.judged: list[bool] = []
        self.sides: list[Side | None] = []
        for frame in range(len(silhouettes)):
            mask = silhouettes.mask(frame).astype(np.uint8)
            aid, side = np.zeros_like(mask), None
            possible = body.drawn(frame, *GENEROUS)
            judged = body.legs_known(frame) and bool(mask.any())
            if judged:
                aid, side = aid_pixels(mask, possible, body, frame)
            self.judged.append(judged)
            self.flagged.append(bool(aid.any()))
            if aid.any():
                self.sides.append(side)
            # Counting pieces costs by the pixel: only where there are any.
            x, y, width, tall = cv2.boundingRect(mask)
            box = slice(y, y + tall), slice(x, x + width)
            if mask.any():
                mask[box] = _pieces_of_body(
                    mask[box], aid[box], possible[box], whole=body.all_known(frame)
                )
                limbs = body.drawn(frame, *_WELL_INSIDE)[box]
                mask[box], self.hole_share[frame] = _without_holes(
                    mask[box], limbs, body.height[frame]
                )
            bits[frame] = Silhouettes.pack(mask > 0)
            aid_bits[frame] = Silhouettes.pack(aid > 0)


def _pieces_of_body(
    mask: NDArray[np.uint8],
    aid: NDArray[np.uint8],
    possible: NDArray[np.uint8],
    *,
    whole: bool,
) -> NDArray[np.uint8]:
    """Keep the pieces that the keypoints explain and, unless all limbs are known, large ones.

    A flagged aid stays.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA].astype(float)
    areas[0] = 0.0
    inside = np.bincount(labels.ravel(), weights=possible.ravel(), minlength=count)
    kept = inside >= _ON_BODY * np.maximum(areas, 1.0)
    kept[0] = False
    if not (whole and kept.any()):
        kept |= areas >= _LARGE_PIECE * areas.max()
    return np.asarray(kept[labels] | (aid > 0)).astype(np.uint8)


def _without_holes(
    mask: NDArray[np.uint8], limbs: NDArray[np.uint8], height: float
) -> tuple[NDArray[np.uint8], float]:
    """Return the mask with its false holes filled, and their share of the area."""
    area = float(mask.sum())
    count, labels, stats, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
    if count <= 2 or not area:
        return mask, 0.0
    unit_px2 = height**2 if np.isfinite(height) else area / _BODY_BH2
    rows, columns = mask.shape
    left, top, width, tall, size = stats.T
    inner = (left > 0) & (top > 0) & (left + width < columns) & (top + tall < rows)
    limb = np.bincount(labels.ravel(), weights=limbs.ravel(), minlength=count)
    false = inner & ((size <= _SMALL_HOLE_BH2 * unit_px2) | (limb >= _INSIDE_LIMB * size))
    false[0] = False
    filled = mask | false[labels].astype(np.uint8)
    return filled, float(filled.sum() - area) / area


class _SecondPass:
    """Every frame between its neighbours: how alike they are, and what blinks."""

    def __init__(self, walk: Walk, silhouettes: Silhouettes, body: BodyInMasks) -> None:
        n_frames = len(walk)
        self._silhouettes, self._body = silhouettes, body
        self._torso = _torso_px(walk, silhouettes)
        self._steps = np.diff(walk.time_s, prepend=-np.inf, append=np.inf)
        usual = np.median(self._steps[1:-1]) if n_frames > 1 else 0.0
        self._apart = self._steps > _NEIGHBOUR_STEPS * usual
        self.iou = np.full(n_frames, np.nan)
        self.neighbours_iou = np.full(n_frames, np.nan)
        self.mended = np.zeros(n_frames, bool)
        self.area_px = np.zeros(n_frames)
        bits = silhouettes.bits.copy()
        for frame in range(n_frames):
            mask = silhouettes.mask(frame)
            mended = self._mended(frame, mask)
            self.area_px[frame] = mended.sum()
            if mended is not mask:
                bits[frame] = Silhouettes.pack(mended)
                self.mended[frame] = True
        aid_bits = silhouettes.aid_bits
        cleaned = replace(silhouettes, bits=bits if aid_bits is None else bits | aid_bits)
        self.silhouettes = cleaned

    def _mended(self, frame: int, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the mask, mended where the frame is an outlier; note how alike neighbours are."""
        near = [
            self._brought(other, frame)
            for other, gap in ((frame - 1, frame), (frame + 1, frame + 1))
            if not self._apart[gap]
        ]
        if near:
            self.iou[frame] = max(_iou(mask, other) for other in near)
        if len(near) < 2:
            return mask
        before, after = near
        self.neighbours_iou[frame] = _iou(before, after)
        gone = before & after & ~mask
        come = mask & ~before & ~after
        body, height = self._body, self._body.height[frame]
        mended = mask
        if _counts(gone, height):
            gone &= body.drawn(frame, *_BARE) > 0
            if _counts(gone, height):
                mended = mended | gone
        # A limb that is not known explains nothing: then nothing may go.
        if body.all_known(frame) and _counts(come, height):
            come &= body.drawn(frame, *GENEROUS) == 0
            if _counts(come, height):
                mended = mended & ~come
        return mended

    def _brought(self, other: int, frame: int) -> NDArray[np.bool_]:
        """Return the mask of another frame where its body is in ``frame``, in that one's crop."""
        silhouettes = self._silhouettes
        to_image = cv2.invertAffineTransform(silhouettes.affine[other])
        to_image[:, 2] += self._torso[frame] - self._torso[other]
        matrix = silhouettes.affine[frame] @ np.vstack([to_image, [0.0, 0.0, 1.0]])
        mask = silhouettes.mask(other).astype(np.uint8)
        size = (mask.shape[1], mask.shape[0])
        return np.asarray(cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_NEAREST) > 0)


def _counts(blink: NDArray[np.bool_], height: float) -> bool:
    """Whether enough blinks, the ragged fringe of two masks aside; never without a height."""
    least_px = _BLINK_BH2 * height**2
    if not blink.sum() > least_px:
        return False
    reach = 2 * round(_FRINGE_BH * height) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    thick = cv2.morphologyEx(blink.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return bool(thick.sum() > least_px)


def _torso_px(walk: Walk, silhouettes: Silhouettes) -> NDArray[np.float64]:
    """(T, 2) a point that goes with the trunk, in image pixels.

    The middle of shoulders and hips; frames in which one is not believed take the mean of the
    masks, led over to where the middle would be.
    """
    names = [f"{side}_{p}" for side in SIDES for p in ("shoulder", "hip")]
    torso = np.full((len(walk), 2), np.nan)
    if all(name in walk.layout for name in names):
        torso = walk.keypoints[:, [walk.layout.index(name) for name in names]].mean(axis=1)
    centres = _centres_px(silhouettes)
    offset = torso - centres
    known = np.flatnonzero(np.isfinite(offset[:, 0]))
    if not len(known):
        return centres
    frames = np.arange(len(walk))
    carried = np.stack([np.interp(frames, known, offset[known, axis]) for axis in (0, 1)], axis=1)
    return np.asarray(np.where(np.isfinite(torso), torso, centres + carried))


def _centres_px(silhouettes: Silhouettes) -> NDArray[np.float64]:
    """(T, 2) centres of the masks in image pixels; of the crop where a mask is empty."""
    centres = np.zeros((len(silhouettes), 2))
    for frame in range(len(silhouettes)):
        mask = silhouettes.mask(frame)
        moments = cv2.moments(mask.astype(np.uint8), binaryImage=True)
        centre = np.array([mask.shape[1], mask.shape[0]]) / 2
        if moments["m00"]:
            centre = np.array([moments["m10"], moments["m01"]]) / moments["m00"]
        to_image = cv2.invertAffineTransform(silhouettes.affine[frame])
        centres[frame] = to_image[:, :2] @ centre + to_image[:, 2]
    return centres


def _iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 0.0


def _border_px(
    silhouettes: Silhouettes, image_size_px: tuple[int, int] | None
) -> NDArray[np.float64]:
    """(T,) mask pixels along which the border of the crop or of the picture cuts the body."""
    cut = np.zeros(len(silhouettes))
    for frame in range(len(silhouettes)):
        mask = silhouettes.mask(frame)
        rows, columns = mask.shape
        left, top, right, bottom = 0, 0, columns - 1, rows - 1
        if image_size_px is not None:
            ends = np.array([[0.0, 0.0], np.array(image_size_px) - 1.0])
            matrix = silhouettes.affine[frame]
            ends = ends @ matrix[:, :2].T + matrix[:, 2]
            (x0, y0), (x1, y1) = np.sort(ends, axis=0)
            left, top = max(left, int(np.ceil(x0))), max(top, int(np.ceil(y0)))
            right, bottom = min(right, int(np.floor(x1))), min(bottom, int(np.floor(y1)))
        if left < right and top < bottom:
            # A mask seldom comes to the very last row: the last two count together.
            cut[frame] = max(
                edge.any(axis=axis).sum()
                for edge, axis in (
                    (mask[:, max(left - 1, 0) : left + 2], 1),
                    (mask[:, right - 1 : right + 2], 1),
                    (mask[max(top - 1, 0) : top + 2], 0),
                    (mask[bottom - 1 : bottom + 2], 0),
                )
            )
    return cut
