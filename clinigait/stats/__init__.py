"""Statistics of measurements: intervals, agreement, reliability, bootstrap and change."""

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
from clinigait.stats.change import (
    Change,
    combined_uncertainty,
    minimal_detectable_change,
    paired_difference,
    smallest_change_of,
    standard_error_from_icc,
    standard_error_of_measurement,
)
from clinigait.stats.intervals import Interval, mean_interval
from clinigait.stats.reliability import IccKind, icc, icc_agreement, icc_interval
from clinigait.stats.repeated import RepeatedLimits, limits_of_agreement_repeated

__all__ = [
    "Agreement",
    "Change",
    "Estimate",
    "IccKind",
    "Interval",
    "RepeatedLimits",
    "agreement",
    "bias",
    "bootstrap_estimate",
    "bootstrap_interval",
    "combined_uncertainty",
    "icc",
    "icc_agreement",
    "icc_interval",
    "limits_of_agreement",
    "limits_of_agreement_repeated",
    "mean_absolute_error",
    "mean_interval",
    "minimal_detectable_change",
    "paired_difference",
    "pearson_r",
    "resample_weights",
    "sd_of_differences",
    "smallest_change_of",
    "standard_error_from_icc",
    "standard_error_of_measurement",
]
