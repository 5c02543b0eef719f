"""Shares of people: their intervals, and what a test result is worth where a condition is rare."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z95 = 1.959963984540054


@dataclass(frozen=True)
class PredictiveValues:
    """What a result of a test is worth.

    Parameters
    ----------
    positive
        Share of those with a positive result who have the condition, 0 to 1; None where nobody
        has a positive result.
    negative
        Share of those with a negative result who do not have it; None where nobody has one.
    """

    positive: float | None
    negative: float | None


def wilson_interval(share: float, n: float) -> tuple[float, float]:
    """Return the 95 % score interval of a share.

    Wilson 1927, doi 10.1080/01621459.1927.10502953: also where all or none were found it says
    how little a few people prove.

    Parameters
    ----------
    share
        Observed, 0 to 1.
    n
        Number of independent observations behind it: people, not walks.

    Raises
    ------
    ValueError
        There is no observation, or the share is none.
    """
    if n <= 0 or not 0 <= share <= 1:
        raise ValueError("an interval needs a share from 0 to 1 and at least one observation")
    middle = (share + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
    half = _Z95 / (1 + _Z95**2 / n) * sqrt(share * (1 - share) / n + _Z95**2 / (4 * n**2))
    # Rounding must not put the observed share outside of its own interval.
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def predictive_values(
    sensitivity: float, specificity: float, prevalence: float
) -> PredictiveValues:
    """Return the predictive values where a condition is as common as stated (Bayes' rule).

    Parameters
    ----------
    sensitivity, specificity
        Of the test, 0 to 1.
    prevalence
        Share of people who have the condition where the test is used, 0 to 1.

    Raises
    ------
    ValueError
        One of them does not lie between 0 and 1.
    """
    if not all(0 <= share <= 1 for share in (sensitivity, specificity, prevalence)):
        raise ValueError("sensitivity, specificity and prevalence are shares from 0 to 1")
    found, missed = sensitivity * prevalence, (1 - sensitivity) * prevalence
    cleared, false_alarm = specificity * (1 - prevalence), (1 - specificity) * (1 - prevalence)
    positive, negative = found + false_alarm, missed + cleared
    return PredictiveValues(
        found / positive if positive > 0 else None, cleared / negative if negative > 0 else None
    )
