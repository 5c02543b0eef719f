"""Reference values, cut-offs and meaningful changes, applied only to those they hold for."""

from clinigait.gait.norms.curves import (
    CurveReference,
    curve_reference,
    normalised_speed,
    speed_matched_curve,
)
from clinigait.gait.norms.cutoffs import Change, Cutoff, cutoffs_for, meaningful_change
from clinigait.gait.norms.engine import (
    PublishedMean,
    published_mean,
    reference_for,
    reference_sources,
    standing_of,
    why_no_reference,
)
from clinigait.gait.norms.scope import WalkConditions

__all__ = [
    "Change",
    "CurveReference",
    "Cutoff",
    "PublishedMean",
    "WalkConditions",
    "curve_reference",
    "cutoffs_for",
    "meaningful_change",
    "normalised_speed",
    "published_mean",
    "reference_for",
    "reference_sources",
    "speed_matched_curve",
    "standing_of",
    "why_no_reference",
]
