"""Scales that a clinician scores at a visit, as data: name, range, unit.

Names and ranges only, no items: the wording of many scales is somebody's property.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinigait.core import BadInputError, Score

#: Key of the scores in a visit's facts.
SCALES_KEY = "scales"


@dataclass(frozen=True)
class Scale:
    """A scale.

    Parameters
    ----------
    key
        How it is kept.
    name, name_zh
        How it is called.
    low, high
        Its range.
    step
        Smallest difference of two scores.
    unit
        ``points`` or a unit of measurement.
    higher_is_better
        Which way is better.
    """

    key: str
    name: str
    name_zh: str
    low: float
    high: float
    step: float
    unit: str
    higher_is_better: bool


SCALES: tuple[Scale, ...] = (
    Scale("fac", "Functional Ambulation Category", "功能性步行分级", 0, 5, 1, "points", True),
    Scale("sppb", "Short Physical Performance Battery", "简易体能状况量表", 0, 12, 1, "points", True),
    Scale("tug_s", "Timed Up and Go (stopwatch)", "起立行走计时（秒表）", 0, 600, 0.01, "s", False),
    Scale("five_sts_s", "Five times sit to stand", "五次坐立试验", 0, 600, 0.01, "s", False),
    Scale("six_mwt_m", "Six-minute walk", "六分钟步行", 0, 2000, 0.1, "m", True),
    Scale("berg", "Berg Balance Scale", "Berg 平衡量表", 0, 56, 1, "points", True),
    Scale("mini_bestest", "Mini-BESTest", "简易平衡评定系统测试", 0, 28, 1, "points", True),
    Scale("poma", "Tinetti POMA", "Tinetti 步态与平衡量表", 0, 28, 1, "points", True),
    Scale("dgi", "Dynamic Gait Index", "动态步态指数", 0, 24, 1, "points", True),
    Scale("fga", "Functional Gait Assessment", "功能性步态评价", 0, 30, 1, "points", True),
    Scale("fes_i", "Falls Efficacy Scale International", "国际跌倒效能量表", 16, 64, 1, "points", False),
    Scale("abc", "Activities-specific Balance Confidence", "特定活动平衡信心量表", 0, 100, 0.1, "%", True),
    Scale("falls_12m", "Falls in the last 12 months", "近 12 个月跌倒次数", 0, 365, 1, "falls", False),
    Scale("updrs_iii", "MDS-UPDRS part III", "MDS-UPDRS 第三部分", 0, 132, 1, "points", False),
    Scale("hoehn_yahr", "Hoehn and Yahr (modified)", "Hoehn-Yahr 分期（改良）", 0, 5, 0.5, "points", False),
    Scale("edss", "Expanded Disability Status Scale", "扩展残疾状态量表", 0, 10, 0.5, "points", False),
    Scale("mrs", "Modified Rankin Scale", "改良 Rankin 量表", 0, 6, 1, "points", False),
    Scale("gmfcs", "GMFCS level", "GMFCS 分级", 1, 5, 1, "points", False),
    Scale("fried", "Frailty phenotype criteria met", "衰弱表型符合项数", 0, 5, 1, "points", False),
    Scale("cfs", "Clinical Frailty Scale", "临床衰弱量表", 1, 9, 1, "points", False),
    Scale("moca", "Montreal Cognitive Assessment", "蒙特利尔认知评估", 0, 30, 1, "points", True),
    Scale("pain", "Pain, numeric rating", "疼痛数字评分", 0, 10, 0.5, "points", False),
)  # fmt: skip
_BY_KEY = {scale.key: scale for scale in SCALES}
_REMEDY = "Look at the scale again."


def checked(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores as a visit keeps them, under :data:`SCALES_KEY` of its facts.

    Raises
    ------
    BadInputError
        If a scale is not known, or a score is outside its range or between its steps.
    """
    for key, value in scores.items():
        scale = _BY_KEY.get(key)
        if scale is None:
            raise BadInputError("There is no such scale.", "Choose one of the list.")
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or not scale.low <= value <= scale.high:
            raise BadInputError(f"{scale.name} goes from {scale.low:g} to {scale.high:g}.", _REMEDY)
        if abs(value / scale.step - round(value / scale.step)) > 1e-6:
            raise BadInputError(f"{scale.name} goes in steps of {scale.step:g}.", _REMEDY)
    return {scale.key: float(scores[scale.key]) for scale in SCALES if scale.key in scores}


def scored(facts: Mapping[str, Any]) -> tuple[Score, ...]:
    """Return the scores of a visit's facts, in the order of the scales."""
    kept = facts.get(SCALES_KEY) or {}
    return tuple(
        Score(scale.key, scale.name, float(kept[scale.key]), scale.unit, scale.low, scale.high)
        for scale in SCALES
        if kept.get(scale.key) is not None
    )
