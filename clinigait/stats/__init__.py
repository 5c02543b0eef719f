"""Statistics of measurements and of classifiers, with intervals over people."""

from clinigait.stats.agreement import (
    Agreement,
    agreement,
    bias,
    limits_of_agreement,
    mean_absolute_error,
    pearson_r,
    sd_of_differences,
)
from clinigait.stats.bootstrap import (
    Estimate,
    bootstrap_estimate,
    bootstrap_interval,
    resample_weights,
)
from clinigait.stats.calibration import (
    ReliabilityBin,
    brier_score,
    calibration_error,
    calibration_estimates,
    calibration_floor,
    classwise_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability_table,
    tempered,
)
from clinigait.stats.change import (
    Change,
    combined_uncertainty,
    minimal_detectable_change,
    paired_difference,
    smallest_change_of,
    standard_error_from_icc,
    standard_error_of_measurement,
)
from clinigait.stats.classification import (
    Difference,
    classification_metrics,
    confusion,
    paired_comparison,
)
from clinigait.stats.conformal import (
    Coverage,
    conformal_thresholds,
    people_needed,
    prediction_sets,
    set_coverage,
)
from clinigait.stats.intervals import Interval, mean_interval
from clinigait.stats.proportions import PredictiveValues, predictive_values, wilson_interval
from clinigait.stats.reliability import IccKind, icc, icc_agreement, icc_interval
from clinigait.stats.repeated import RepeatedLimits, limits_of_agreement_repeated
from clinigait.stats.typical import Gaussians, fit_gaussians, shrunk_covariance, typical_limit

__all__ = [
    "Agreement",
    "Change",
    "Coverage",
    "Difference",
    "Estimate",
    "Gaussians",
    "IccKind",
    "Interval",
    "PredictiveValues",
    "ReliabilityBin",
    "RepeatedLimits",
    "agreement",
    "bias",
    "bootstrap_estimate",
    "bootstrap_interval",
    "brier_score",
    "calibration_error",
    "calibration_estimates",
    "calibration_floor",
    "classification_metrics",
    "classwise_calibration_error",
    "combined_uncertainty",
    "conformal_thresholds",
    "confusion",
    "fit_gaussians",
    "fit_temperature",
    "icc",
    "icc_agreement",
    "icc_interval",
    "limits_of_agreement",
    "limits_of_agreement_repeated",
    "mean_absolute_error",
    "mean_interval",
    "minimal_detectable_change",
    "negative_log_likelihood",
    "paired_comparison",
    "paired_difference",
    "pearson_r",
    "people_needed",
    "prediction_sets",
    "predictive_values",
    "reliability_table",
    "resample_weights",
    "sd_of_differences",
    "set_coverage",
    "shrunk_covariance",
    "smallest_change_of",
    "standard_error_from_icc",
    "standard_error_of_measurement",
    "tempered",
    "typical_limit",
    "wilson_interval",
]
