"""Saliency: where in the body and when in the gait cycle a model looked, and whether that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Table = tuple[tuple[float, ...], ...]
SaliencyMethod = Literal["integrated_gradients", "grad_cam", "occlusion"]
SALIENCY_METHODS: tuple[SaliencyMethod, ...] = get_args(SaliencyMethod)
#: Regions of the body from above; a pair is one region where nothing tells left from right.
BODY_REGIONS = (
    "head", "trunk", "arms", "left_arm", "right_arm", "pelvis", "thighs", "left_thigh",
    "right_thigh", "shanks", "left_shank", "right_shank", "feet", "left_foot", "right_foot",
    "elsewhere",
)  # fmt: skip
#: Parts of the gait cycle: both feet on the ground after the contact of one, and that one alone.
GAIT_PHASES = ("left_loading", "left_single", "right_loading", "right_single", "unknown")
#: Pelvis and lower limbs.
LOWER_BODY = frozenset(BODY_REGIONS[BODY_REGIONS.index("pelvis") : -1])


@dataclass(frozen=True)
class SaliencyCheck:
    """One test of a map.

    Parameters
    ----------
    name
        ``effect``, ``completeness``, ``randomisation``, ``deletion`` or ``insertion``.
    passed
        Whether the map stands it.
    value
        What was found.
    limit
        What it is held against: the sentence says how.
    low, high
        The 95 % interval over random orders; None for checks without.
    text
        One sentence that says all of it.
    """

    name: str
    passed: bool
    value: float
    limit: float
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Saliency:
    """How the answer of a model spreads over the body and the gait cycle.

    Parameters
    ----------
    method
        How it was found.
    label
        The class whose log-probability is explained.
    baseline
        What stood in the place of what was taken away, in words.
    explained_nats
        How far the log-probability lies above that of the baseline.
    windows, windows_of_walk
        How many windows were explained, and how many the walk has.
    checks
        Tests of the map. Where one fails, the tables below are empty.
    regions, phases
        Names of rows and columns: of :data:`BODY_REGIONS` and :data:`GAIT_PHASES`.
    share
        (R, P) share of the attention; all of it is 1.
    area
        (R, P) share of what there was to look at; all of it is 1.
    net_nats
        (R, P) what the cell adds to the log-probability; empty for Grad-CAM, which has no sign.
    time_s
        (T,) times of the explained frames.
    frames
        (T, R) share of the attention by frame; all of it is 1.
    """

    method: SaliencyMethod
    label: str
    baseline: str
    explained_nats: float
    windows: int
    windows_of_walk: int
    checks: tuple[SaliencyCheck, ...]
    regions: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    share: Table = ()
    area: Table = ()
    net_nats: Table = ()
    time_s: tuple[float, ...] = ()
    frames: Table = ()

    def __post_init__(self) -> None:
        if not set(self.regions) <= set(BODY_REGIONS) or not set(self.phases) <= set(GAIT_PHASES):
            raise ValueError("a region or phase is not known")
        wide = len(self.phases)
        for name, rows, columns in (
            ("share", len(self.regions), wide),
            ("area", len(self.regions), wide),
            ("net_nats", len(self.regions) if self.net_nats else 0, wide),
            ("frames", len(self.time_s), len(self.regions)),
        ):
            table = getattr(self, name)
            if len(table) != rows or any(len(row) != columns for row in table):
                raise ValueError(f"{name} does not fit its regions and phases")
        if self.regions and not self.shown:
            raise ValueError("a map that fails a check is not shown")

    @property
    def shown(self) -> bool:
        """Whether all checks passed: only then there is a map."""
        return all(check.passed for check in self.checks)

    def of_regions(self, regions: frozenset[str] = LOWER_BODY) -> tuple[float, float]:
        """Return the share of the attention on some regions, and their share of the area."""
        rows = [index for index, name in enumerate(self.regions) if name in regions]
        share, area = (sum(sum(table[row]) for row in rows) for table in (self.share, self.area))
        return share, area
