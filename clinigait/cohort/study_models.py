"""Linear models of values that people bring several of."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from clinigait.core import BadInputError

#: Beyond so many people the sandwich needs no help from a model of the people, and is faster.
MOST_PEOPLE = 2000
_LEVEL = 0.95
#: A spread below this share of the size of the values is rounding.
_ROUNDING = 1e-12


class NotFitted(Exception):  # noqa: N818  a result that is told, not a fault
    """A model cannot be fitted; the text is the sentence that says why."""


@dataclass(frozen=True)
class Effect:
    """A coefficient, or a sum of some.

    Parameters
    ----------
    estimate, low, high
        In the unit of the values, with 95 % interval.
    p
        Two-sided p value of no effect.
    """

    estimate: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, eq=False)
class Fitted:
    """A linear model with what is needed for tests.

    Parameters
    ----------
    coefficients, covariance
        (p,) and (p, p) in the unit of the values.
    between
        (p,) whether the column is the same in all rows of each person.
    freedom
        Degrees of freedom between and within people.
    kind
        ``mixed``: a random intercept for the person; ``plain``: least squares with errors that are
        robust to what the rows of a person have in common.
    note
        Why the model is not a mixed one; empty where it is.
    between_sd, within_sd
        Spread of the people and of the rows of one person; None for a plain model.
    """

    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]
    between: NDArray[np.bool_]
    freedom: tuple[int, int]
    kind: Literal["mixed", "plain"]
    note: str = ""
    between_sd: float | None = None
    within_sd: float | None = None

    def effect(self, weights: NDArray[np.float64]) -> Effect:
        """Return a weighted sum of coefficients; ``weights`` is (p,).

        Raises
        ------
        NotFitted
            If its error is not known.
        """
        estimate = float(weights @ self.coefficients)
        error = float(np.sqrt(max(float(weights @ self.covariance @ weights), 0.0)))
        if not (np.isfinite(error) and error > 0):
            raise NotFitted("Its error cannot be told: the values hardly vary.")
        freedom = self._freedom_of(weights != 0)
        half = float(t_distribution.ppf((1 + _LEVEL) / 2, freedom)) * error
        p = 2 * float(t_distribution.sf(abs(estimate) / error, freedom))
        return Effect(estimate, estimate - half, estimate + half, p)

    def joint_p(self, columns: NDArray[np.intp]) -> float:
        """Return the p value of several coefficients being 0 together, by an F test.

        Raises
        ------
        NotFitted
            If their errors are not known.
        """
        some = self.coefficients[columns]
        part = self.covariance[np.ix_(columns, columns)]
        if np.linalg.matrix_rank(part, hermitian=True) < len(columns):
            raise NotFitted("The interaction cannot be told: there are too few people in a part.")
        statistic = float(some @ np.linalg.solve(part, some)) / len(columns)
        chosen = np.zeros(len(self.coefficients), bool)
        chosen[columns] = True
        return float(f_distribution.sf(statistic, len(columns), self._freedom_of(chosen)))

    def _freedom_of(self, chosen: NDArray[np.bool_]) -> int:
        return self.freedom[0] if self.between[chosen].any() else self.freedom[1]


def fit(
    values: NDArray[np.float64], columns: NDArray[np.float64], people: NDArray[np.intp]
) -> Fitted:
    """Fit a linear model to values of which people bring one or several.

    Where people bring several, a mixed model: a random intercept for the person, by restricted
    maximum likelihood (Laird & Ware 1982, doi 10.2307/2529876; statsmodels' MixedLM). Tests use
    Student's t with the degrees of freedom of the stratum that a column varies in (people less
    columns that do not vary within a person, or rows less people less the others: Pinheiro &
    Bates 2000, doi 10.1007/b98882, section 2.4.2): with few people the normal distribution finds
    too much.
    Elsewhere least squares with cluster-robust errors (Liang & Zeger 1986,
    doi 10.1093/biomet/73.1.13), and a sentence that says why. Where every person is a cluster of
    one row these are errors robust to unequal spread, in the form for few people (HC3: MacKinnon &
    White 1985, doi 10.1016/0304-4076(85)90158-7).

    Parameters
    ----------
    values
        (N,) finite.
    columns
        (N, p) finite design, with a column of ones.
    people
        (N,) number of the person of each row, from 0.

    Raises
    ------
    NotFitted
        If there are too few people, columns hang together, or all values are equal.
    BadInputError
        If statsmodels is not installed.
    """
    n_people = len(np.unique(people))
    between = _same_within(columns, people)
    freedom = (
        n_people - int(between.sum()),
        max(len(values) - n_people - int((~between).sum()), 1),
    )
    scale = float(values.std())
    if freedom[0] < 1:
        raise NotFitted("There are too few people.")
    if scale <= _ROUNDING * max(float(np.abs(values).max()), 1e-300):
        raise NotFitted("All values are equal.")
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise NotFitted(
            "The groups cannot be told from what they are adjusted for: the columns hang together."
        )
    if n_people == len(values):
        note = "Everybody has one walk: a plain model with robust errors (HC3), no mixed one."
    elif n_people > MOST_PEOPLE:
        note = f"More than {MOST_PEOPLE:,} people: a plain model with cluster-robust errors."
    else:
        found = _mixed(values / scale, columns, people)
        if found is not None:
            coefficients, covariance, spread = found
            return Fitted(
                coefficients * scale, covariance * scale**2, between, freedom, "mixed", "",
                spread[0] * scale, spread[1] * scale,
            )  # fmt: skip
        note = "The mixed model did not converge: a plain model with cluster-robust errors."
    coefficients, covariance = _plain(values / scale, columns, people)
    return Fitted(coefficients * scale, covariance * scale**2, between, freedom, "plain", note)


def _same_within(columns: NDArray[np.float64], people: NDArray[np.intp]) -> NDArray[np.bool_]:
    first = np.full(people.max(initial=0) + 1, -1)
    first[people[::-1]] = np.arange(len(people))[::-1]
    return np.asarray((columns == columns[first[people]]).all(axis=0))


def _mixed(
    values: NDArray[np.float64], columns: NDArray[np.float64], people: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]] | None:
    mixed_linear_model = _statsmodels()[0]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # It warns of a spread of people near 0, which is a result, and where it did not converge.
        warnings.simplefilter("ignore")
        try:
            found = mixed_linear_model(values, columns, people).fit(reml=True)
        except (np.linalg.LinAlgError, ValueError):
            return None
    p = columns.shape[1]
    person_variance, row_variance = float(found.cov_re[0, 0]), float(found.scale)
    covariance = _covariance(columns, people, person_variance, row_variance)
    coefficients = np.asarray(found.fe_params, np.float64)[:p]
    known = np.isfinite(coefficients).all() and covariance is not None
    if not (found.converged and known and row_variance > _ROUNDING):
        return None
    assert covariance is not None  # noqa: S101  for the type checker
    return coefficients, covariance, (float(np.sqrt(person_variance)), float(np.sqrt(row_variance)))


def _covariance(
    columns: NDArray[np.float64],
    people: NDArray[np.intp],
    person_variance: float,
    row_variance: float,
) -> NDArray[np.float64] | None:
    """Return the covariance of the coefficients, also where the spread of people is 0."""
    counts = np.bincount(people)
    sums = np.zeros((len(counts), columns.shape[1]))
    np.add.at(sums, people, columns)
    share = person_variance / (row_variance + counts * person_variance)
    precision = (columns.T @ columns - sums.T @ (sums * share[:, None])) / row_variance
    try:
        return np.asarray(np.linalg.inv(precision))
    except np.linalg.LinAlgError:
        return None


def _plain(
    values: NDArray[np.float64], columns: NDArray[np.float64], people: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    model = _statsmodels()[1](values, columns)
    with np.errstate(all="ignore"):
        if len(np.unique(people)) == len(people):
            found = model.fit(cov_type="HC3")
        else:
            found = model.fit(cov_type="cluster", cov_kwds={"groups": people})
    return np.asarray(found.params, np.float64), np.asarray(found.cov_params(), np.float64)


def _statsmodels() -> tuple[type, type]:
    try:
        from statsmodels.regression.linear_model import OLS  # noqa: PLC0415  an extra of its own
        from statsmodels.regression.mixed_linear_model import MixedLM  # noqa: PLC0415
    except ImportError as error:
        raise BadInputError(
            "A comparison of groups needs the package statsmodels, which is not installed.",
            'Install it with: pip install "clinigait[cohort]".',
        ) from error
    return MixedLM, OLS
