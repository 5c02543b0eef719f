"""Tables of results of studies that never took place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

SPEED = "speed_mps"

#: Potthoff & Roy 1964, doi 10.1093/biomet/51.3-4.313, table 1: distance in mm from the pituitary to
#: the pterygomaxillary fissure of 16 boys and 11 girls at 8, 10, 12 and 14 years.
BOYS = (
    (26, 25, 29, 31), (21.5, 22.5, 23, 26.5), (23, 22.5, 24, 27.5), (25.5, 27.5, 26.5, 27),
    (20, 23.5, 22.5, 26), (24.5, 25.5, 27, 28.5), (22, 22, 24.5, 26.5), (24, 21.5, 24.5, 25.5),
    (23, 20.5, 31, 26), (27.5, 28, 31, 31.5), (23, 23, 23.5, 25), (21.5, 23.5, 24, 28),
    (17, 24.5, 26, 29.5), (22.5, 25.5, 25.5, 26), (23, 24.5, 26, 30), (22, 21.5, 23.5, 25),
)  # fmt: skip
GIRLS = (
    (21, 20, 21.5, 23), (21, 21.5, 24, 25.5), (20.5, 24, 24.5, 26), (23.5, 24.5, 25, 26.5),
    (21.5, 23, 22.5, 23.5), (20, 21, 21, 22.5), (21.5, 22.5, 23, 25), (23, 23, 23.5, 24),
    (20, 21, 22, 21.5), (16.5, 19, 19, 19.5), (24.5, 25, 28, 28),
)  # fmt: skip


def rows_of(
    people: Mapping[str, Sequence[Sequence[float | None]]],
    parameter: str = SPEED,
    side: str = "both",
    unit: str = "m/s",
    **more: Any,
) -> pd.DataFrame:
    """Return results: by group, of each person the value of each visit."""
    rows = [
        {
            "subject": f"{group}-{number}", "visit": str(visit), "file": "walk.npz", "group": group,
            "status": "measured", "code": None, "reason": None if value is not None else "Unseen.",
            "parameter": parameter, "side": side, "value": value, "unit": unit, "n": 8,
            "low": None, "high": None, **more,
        }
        for group, of in people.items()
        for number, values in enumerate(of)
        for visit, value in enumerate(values, start=1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def orthodont() -> pd.DataFrame:
    """Return the table of Potthoff and Roy; the age is that of the visit."""
    rows = rows_of({"boys": BOYS, "girls": GIRLS}, "distance_mm", unit="mm")
    rows["age"] = rows["visit"].map({"1": 8, "2": 10, "3": 12, "4": 14})
    return rows


def simulated(
    rng: np.random.Generator,
    difference: float = 0.0,
    people: int = 12,
    visits: int = 2,
    sd: tuple[float, float] = (0.15, 0.08),
) -> pd.DataFrame:
    """Return two groups whose true difference is known, in m/s."""
    between, within = sd
    values = {
        group: (
            1.0
            + shift
            + rng.normal(0, between, (people, 1))
            + rng.normal(0, within, (people, visits))
        ).tolist()
        for group, shift in (("control", 0.0), ("patient", difference))
    }
    return rows_of(values)
