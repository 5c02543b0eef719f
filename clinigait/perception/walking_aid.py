"""Sticks, crutches and walking frames in a silhouette: pixels that no part of the body explains.

Only what the mask holds can be flagged. Segmenters of people are trained to leave objects out,
and BlazePose's mask does: of a stick 2.5 cm thick, painted into the demonstration clip, it holds
1 to 3 % (median of the frames), and none is flagged. In masks that do hold the stick, 2 to 5 cm
thick, it is flagged in 24 to 44 % of the frames, in the hand that holds it: for the rest of the
cycle it lies before or behind the legs. The untouched clip has no flag at all. (All measured by
``pytest -m slow tests/perception/test_walking_aid.py``.) So a flag speaks for an aid, and the lack
of one says nothing. A skirt, a coat or a bag is no thin way to the floor and is not flagged; a
hanging strap or a dog's lead may be.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import Side
from clinigait.perception.body_masks import BodyInMasks

#: What the body may take up, clothes and faults of the keypoints included: so many radii of the
#: bare limb, and so much more, in body heights. On the demonstration clip nothing lies outside.
GENEROUS = (1.35, 0.03)
#: Thickest bar of an aid with the fringe that a mask gives it: a bar of 3 cm and half a mask pixel
#: of 256 on either side, in body heights.
_THICKEST_BH = 0.045
#: Shortest piece that counts: what shows of a stick between hand and shank, held close.
_SHORTEST_BH = 0.10
#: Length over thickness that makes a structure a bar.
_ELONGATED = 4.0
#: An aid reaches down to the floor, hands and coat tails do not: the hanging hand's finger tips
#: are at 0.38 body heights (Drillis & Contini), the hem of a coat above the shanks.
_LOWEST_BH = 0.25
#: The bar of a stick, carried on upwards, passes the hand that holds it within this distance.
_AT_HAND_BH = 0.12
#: With both hands so near to the line of a bar, one more than the other by no more than this,
#: nobody can say which one holds it.
_HANDS_APART_BH = 0.03
#: A bar this long that comes down to the floor counts without a hand: a frame, a crutch whose
#: hand is hidden.
_LONG_BH = 0.25
#: A bar stands free: no more of its outline may be body. The fringe of a skirt that sticks out
#: beyond what a body may take up is thin too, but has the skirt along one side.
_TOUCHING = 0.25
#: The share of judged frames from which one speaks of an aid, and the fewest judged frames. A
#: stick disappears before and behind the legs for half of the cycle or more; false flags of single
#: frames stay far below.
SEEN_SHARE = 0.15
FEWEST_JUDGED = 10
#: The side is named where so much of the flagged frames agree.
_SAME_SIDE = 0.7


@dataclass(frozen=True)
class AidVerdict:
    """Whether a walk shows a walking aid.

    Parameters
    ----------
    judged
        Frames in which both legs are known, so that one could look.
    share
        Share of the judged frames with something like an aid; None where too few were judged.
    side
        The hand that holds it, where at least seven in ten flagged frames agree.
    """

    judged: int
    share: float | None
    side: Side | None

    @property
    def seen(self) -> bool:
        """Whether the share is large enough to speak of an aid."""
        return self.share is not None and self.share >= SEEN_SHARE


def aid_pixels(
    mask: NDArray[np.uint8], possible: NDArray[np.uint8], body: BodyInMasks, frame: int
) -> tuple[NDArray[np.uint8], Side | None]:
    """Return the pixels of a walking aid in one mask, and the hand that holds it.

    Parameters
    ----------
    mask
        (height, width) of 0 and 1: the mask as it comes, before loose pieces are dropped.
    possible
        (height, width) of 0 and 1: what the body may take up, drawn with :data:`GENEROUS`.
    body
        Where the body is.
    frame
        Which frame; its legs are known.

    Returns
    -------
    aid, side
        (height, width) of 0 and 1, inside the mask; None where no hand is near, or both are.
    """
    height = body.height[frame]
    outside = np.asarray(mask & (1 - possible))
    aid = np.zeros_like(mask)
    if outside.sum() < _SHORTEST_BH * height:
        return aid, None
    count, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=8)
    hands = body.hands(frame)
    sides: list[Side | None] = []
    for label in range(1, count):
        left, top, width, tall, area = stats[label]
        low_enough = top + tall >= body.lowest(frame) - _LOWEST_BH * height
        if area < _SHORTEST_BH * height or not low_enough:
            continue
        box = slice(top, top + tall), slice(left, left + width)
        piece = (labels[box] == label).astype(np.uint8)
        length, straight = _bar(piece, height)
        if length is None or not _free(piece, mask, (left, top)):
            continue
        side, at_hand = _holder(piece, (left, top), hands, height)
        if (straight and at_hand) or length >= _LONG_BH * height:
            aid[box] |= piece
            sides.append(side)
    agreed = set(sides)
    return aid, agreed.pop() if len(agreed) == 1 else None


def verdict(flagged: list[bool], judged: list[bool], sides: list[Side | None]) -> AidVerdict:
    """Sum up what was seen in the frames of a walk."""
    n_judged = sum(judged)
    if n_judged < FEWEST_JUDGED:
        return AidVerdict(n_judged, None, None)
    share = sum(flagged) / n_judged
    for side in ("left", "right"):
        if sum(flagged) and sum(s == side for s in sides) >= _SAME_SIDE * sum(flagged):
            return AidVerdict(n_judged, share, side)
    return AidVerdict(n_judged, share, None)


def _bar(piece: NDArray[np.uint8], height: float) -> tuple[float | None, bool]:
    """Return the length of a thin piece, bars of a frame added up, and whether it is one line.

    None where it is thick or short.
    """
    inner = cv2.distanceTransform(np.pad(piece, 1), cv2.DIST_L2, 3)
    thickness = 2 * float(inner.max()) - 1
    if thickness > _THICKEST_BH * height:
        return None, False
    length = float(piece.sum()) / max(thickness, 1.0)
    if length < max(_SHORTEST_BH * height, _ELONGATED * thickness):
        return None, False
    points = np.argwhere(piece)[:, ::-1].astype(np.float32)
    _, sides, _ = cv2.minAreaRect(points)
    return length, min(sides) + 1 <= 1.5 * _THICKEST_BH * height


def _free(piece: NDArray[np.uint8], mask: NDArray[np.uint8], corner: tuple[int, int]) -> bool:
    """Whether most of the outline of a piece borders on background."""
    padded = np.pad(mask, 1)
    left, top = corner
    around = padded[top : top + piece.shape[0] + 2, left : left + piece.shape[1] + 2]
    inner = np.pad(piece, 1)
    ring = np.asarray(cv2.dilate(inner, np.ones((3, 3), np.uint8)), np.uint8) - inner
    return bool((ring & around).sum() <= _TOUCHING * ring.sum())


def _holder(
    piece: NDArray[np.uint8],
    corner: tuple[int, int],
    hands: dict[Side, NDArray[np.float64]],
    height: float,
) -> tuple[Side | None, bool]:
    """Return whose hand the piece points at, and whether it does: by the way past its line."""
    points = np.argwhere(piece)[:, ::-1] + np.array(corner)
    middle = points.mean(axis=0)
    along = np.linalg.svd(points - middle, full_matrices=False)[2][0]
    beside = np.array([-along[1], along[0]])
    top = points[points[:, 1].argmin()]
    near = {
        side: float(abs((place - middle) @ beside))
        for side, place in hands.items()
        if place[1] <= top[1] + _AT_HAND_BH * height
    }
    pointed = {side: way for side, way in near.items() if way <= _AT_HAND_BH * height}
    if not pointed:
        return None, False
    side = min(pointed, key=lambda s: pointed[s])
    unclear = len(pointed) > 1 and max(pointed.values()) - pointed[side] < _HANDS_APART_BH * height
    return (None if unclear else side), True
