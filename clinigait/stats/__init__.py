"""Statistics of measurements: intervals, and later agreement, calibration and conformal sets."""

from clinigait.stats.intervals import Interval, cv_interval, difference_interval, mean_interval

__all__ = ["Interval", "cv_interval", "difference_interval", "mean_interval"]
