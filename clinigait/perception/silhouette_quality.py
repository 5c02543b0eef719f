"""How good silhouettes are: what is looked at, which values are good, and the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SilhouetteFacts
from clinigait.perception.walking_aid import AidVerdict

#: (good, bad) of every look: the score falls from 1 to 0 between them. Measured against the 160
#: frames of the demonstration clip in which the body is seen whole (30 a second).
#: Change of the area against the five frames around, as a natural logarithm: 95 in 100 stay under
#: 0.04; half a leg lost or an arm of somebody else gained is 0.1, a third of the body 0.3.
_JUMP = (0.10, 0.30)
#: Share of the usual area: other views of a body have 0.8 of it; at half, half the body is gone.
_AREA = (0.75, 0.50)
#: Share of the area that was false holes.
_HOLES = (0.01, 0.05)
#: Likeness to the more alike neighbour. At 30 frames a second 0.68 to 0.89, at 15 still 0.45 to
#: 0.81: arms and legs swing. Below, the body is another one.
_IOU = (0.45, 0.25)
#: By how much the two neighbours are more alike than either is to the frame. While a body moves
#: on, the frame lies between them, and this is negative (-0.01 at most on the clip) at any rate
#: of frames; the ragged edge of masks makes it about 0 for a body that stands still.
_STRANGER = (0.03, 0.15)
#: Length along which a border cuts the body, in body heights: a foot touches the lower border
#: with 0.03 of ragged edge, a cut limb is 0.1 broad.
_CUT = (0.03, 0.10)
#: A frame can be used from this score on, halfway between good and bad.
USABLE_SCORE = 0.5


@dataclass(frozen=True, eq=False)
class Looks:
    """What is looked at, (T,) each.

    Parameters
    ----------
    area_bh2
        Area in squared body heights, after cleaning; NaN where no body height is known.
    hole_share
        Share of the area that had to be filled.
    iou
        Intersection over union with the more alike neighbour, the bodies brought over each other;
        NaN without a neighbour.
    neighbours_iou
        The same between the frame before and the frame after; NaN where one is missing.
    border_bh
        Length along which the border of the picture or of the crop cuts the body, in body heights.
    mended
        Whether the frame was an outlier and was mended.
    """

    area_bh2: NDArray[np.float64]
    hole_share: NDArray[np.float64]
    iou: NDArray[np.float64]
    neighbours_iou: NDArray[np.float64]
    border_bh: NDArray[np.float64]
    mended: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SilhouetteQuality:
    """How good the silhouettes of a walk are.

    Parameters
    ----------
    looks
        What was looked at.
    area_jump
        (T,) change of the area against the frames around, as an absolute natural logarithm.
    frame_score
        (T,) 0 to 1, the worst of all looks; 0 where the mask is empty.
    aid
        Whether a walking aid is seen.
    """

    looks: Looks
    area_jump: NDArray[np.float64]
    frame_score: NDArray[np.float64]
    aid: AidVerdict

    @property
    def usable(self) -> NDArray[np.bool_]:
        """(T,) whether a frame can be used."""
        return np.asarray(self.frame_score >= USABLE_SCORE)

    @property
    def score(self) -> float:
        """Score of the sequence: the median of its frames."""
        return float(np.median(self.frame_score))

    def facts(self) -> SilhouetteFacts:
        """Return what the assessment keeps of it."""
        cut = np.nan_to_num(self.looks.border_bh) >= sum(_CUT) / 2
        return SilhouetteFacts(
            score=self.score,
            usable_pct=100 * float(self.usable.mean()),
            cut_pct=100 * float(cut.mean()),
            mended_frames=int(self.looks.mended.sum()),
            aid_pct=None if self.aid.share is None else 100 * self.aid.share,
            aid=self.aid.seen,
            aid_side=self.aid.side if self.aid.seen else None,
        )


def quality_of(looks: Looks, aid: AidVerdict) -> SilhouetteQuality:
    """Score every frame: the worst of its looks; a look that cannot be had does not count."""
    area = looks.area_bh2
    seen = np.isfinite(area) & (area > 0)
    jump = _jump(area, seen)
    usual = float(np.median(area[seen])) if seen.any() else np.nan
    parts = [
        _fall(jump, *_JUMP),
        _fall(area / usual, *_AREA),
        _fall(looks.hole_share, *_HOLES),
        _fall(looks.iou, *_IOU),
        _fall(looks.neighbours_iou - looks.iou, *_STRANGER),
        _fall(looks.border_bh, *_CUT),
    ]
    score = np.where(area == 0, 0.0, np.min(parts, axis=0))
    return SilhouetteQuality(looks, jump, score, aid)


def _jump(area: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(T,) absolute logarithm of the area over the median of five; NaN where there is no area."""
    logs = np.where(seen, np.log(np.where(seen, area, 1.0)), np.nan)
    padded = np.pad(logs, 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 5)
    jump = np.full(len(area), np.nan)
    jump[seen] = np.abs(logs[seen] - np.nanmedian(around[seen], axis=1))
    return jump


def _fall(values: NDArray[np.float64], good: float, bad: float) -> NDArray[np.float64]:
    """Return 1 at ``good`` and beyond, 0 at ``bad`` and beyond; 1 where nothing is known."""
    share = np.clip((values - bad) / (good - bad), 0.0, 1.0)
    return np.asarray(np.where(np.isfinite(values), share, 1.0))
