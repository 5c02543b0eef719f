"""Parameters of a walk as a whole: what single strides do not tell."""

from __future__ import annotations

from collections.abc import Callable

from clinigait.core import Parameter
from clinigait.gait.regularity import Direction
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.arms import arm_leg_phase, arm_swing_asymmetry
from clinigait.gait.whole.asymmetry import (
    index_of,
    log_ratio_of,
    phase_coordination,
    symmetry_angle_of,
)
from clinigait.gait.whole.loads import EARLY, IMPULSE, LATE, load_asymmetry_of
from clinigait.gait.whole.pace import speed_normalised, walk_ratio_mm_per_spm
from clinigait.gait.whole.rhythm import dominant_frequency_hz, trembling
from clinigait.gait.whole.shape import sagittal_shape_deviation
from clinigait.gait.whole.spread import Measure, spread_of
from clinigait.gait.whole.tremor import tremor_band
from clinigait.gait.whole.trunk import (
    harmonic_ratio_of,
    step_regularity_of_pelvis,
    stride_regularity_of_pelvis,
)

__all__ = ["WHOLE"]

_INDICES = {
    "step_time_asymmetry_pct": "step_time_s",
    "step_length_asymmetry_pct": "step_length",
    "stance_time_asymmetry_pct": "stance_time_s",
    "swing_time_asymmetry_pct": "swing_time_s",
}
_SPREADS: tuple[tuple[str, str, Measure], ...] = (
    ("stride_time_sd_s", "stride_time_s", "sd"),
    ("stride_time_cv_pct", "stride_time_s", "cv"),
    ("stride_time_robust_cv_pct", "stride_time_s", "robust cv"),
    ("stance_time_sd_s", "stance_time_s", "sd"),
    ("swing_time_sd_s", "swing_time_s", "sd"),
    ("stride_length_cv_pct", "stride_length", "cv"),
    ("step_length_sd_m", "step_length", "sd"),
    ("step_width_sd_m", "step_width", "sd"),
    ("step_width_cv_pct", "step_width", "cv"),
)
_DIRECTIONS: dict[str, Direction] = {
    "harmonic_ratio_vertical": "vertical",
    "harmonic_ratio_forward": "forward",
    "harmonic_ratio_lateral": "sideways",
}
_LOADS = {
    "load_acceptance_asymmetry_pct": EARLY,
    "load_push_off_asymmetry_pct": LATE,
    "load_impulse_asymmetry_pct": IMPULSE,
}

#: The parameters of the walk as a whole; a new one is one function and one line.
WHOLE: dict[str, Callable[[WalkedBouts], Parameter]] = {
    "walk_ratio_mm_per_spm": walk_ratio_mm_per_spm,
    "speed_normalised": speed_normalised,
    **{name: index_of(name, base) for name, base in _INDICES.items()},
    "step_time_symmetry_angle_pct": symmetry_angle_of(
        "step_time_symmetry_angle_pct", "step_time_s"
    ),
    "swing_time_log_ratio_pct": log_ratio_of("swing_time_log_ratio_pct", "swing_time_s"),
    "phase_coordination_index_pct": phase_coordination,
    **{name: spread_of(name, base, measure) for name, base, measure in _SPREADS},
    "step_regularity": step_regularity_of_pelvis,
    "stride_regularity": stride_regularity_of_pelvis,
    **{name: harmonic_ratio_of(name, direction) for name, direction in _DIRECTIONS.items()},
    "dominant_frequency_hz": dominant_frequency_hz,
    "trembling_ratio": trembling,
    **{name: load_asymmetry_of(name, what) for name, what in _LOADS.items()},
    "tremor_band_ratio": tremor_band,
    "arm_swing_asymmetry_pct": arm_swing_asymmetry,
    "arm_leg_phase_deg": arm_leg_phase,
    "sagittal_shape_deviation_deg": sagittal_shape_deviation,
}
