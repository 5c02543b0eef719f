"""Findings and true sentences about them, for tests of the narration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from clinigait.core import Finding

PARAPHRASES = Path(__file__).parents[2] / "examples" / "narration_paraphrases.yaml"


def finding(
    kind: str,
    name: str,
    title: str,
    relation: str,
    values: dict[str, float],
    unit: str = "",
    *,
    side: str = "",
    grade: str = "strong",
) -> Finding:
    return Finding(
        id=".".join(filter(None, (kind, name, side))),
        rule="test@1",
        kind=kind,
        name=name,
        title=title,
        side=side,
        relation=relation,
        values=values,
        unit=unit,
        grade=grade,
        facts=("test",),
        source="test",
        text="",
    )


def paraphrased() -> list[tuple[Finding, dict[str, list[str]]]]:
    """Return findings, each with true sentences by language."""
    rows: list[dict[str, Any]] = yaml.safe_load(PARAPHRASES.read_text("utf-8"))
    return [
        (finding(**row["finding"]), {key: row[key] for key in ("en", "zh") if key in row})
        for row in rows
    ]


STRIDE = finding(
    "level", "stride_length_m", "Stride length", "below",
    {"value": 1.08, "low": 1.2, "high": 1.5}, "m", side="left",
)  # fmt: skip
SPEED = finding(
    "level", "speed_mps", "Walking speed", "within",
    {"value": 1.21, "low": 1.1, "high": 1.4}, "m/s",
)  # fmt: skip
STEP = finding(
    "asymmetry", "step_length_m", "Step length", "right_greater",
    {"left": 0.58, "right": 0.65, "difference_pct": 11.4, "limit": 10.0}, "m",
)  # fmt: skip
ALIKE = finding(
    "asymmetry", "stance_time_s", "Stance time", "alike",
    {"left": 0.65, "right": 0.64, "difference_pct": 1.6, "limit": 10.0}, "s",
)  # fmt: skip
CADENCE = finding(
    "change", "cadence_spm", "Cadence", "increased",
    {"before": 100.2, "after": 110.4, "limit": 5.1}, "steps/min",
)  # fmt: skip
FRAIL = finding(
    "prediction", "frailty", "Frailty category: Pre-frail", "likely",
    {"probability": 0.82}, grade="limited",
)  # fmt: skip
MISSING = finding(
    "quality", "hip_flexion_peak_deg", "Hip flexion, peak", "not_measured", {}, "°", side="left"
)
RATE = finding("quality", "low_rate", "Frame rate", "limited", {"value": 25.0, "limit": 50.0}, "Hz")
ALL = (STRIDE, SPEED, STEP, ALIKE, CADENCE, FRAIL, MISSING, RATE)
