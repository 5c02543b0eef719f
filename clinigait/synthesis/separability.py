"""What speed and age alone can tell of the groups of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from clinigait.synthesis.people import person_of, prescription_of
from clinigait.synthesis.population import Population, Separability

#: Draws that the area is taken of: its standard error is then about 0.01.
N_DRAWS = 2000
_ROUNDS = 50
_RIDGE = 1e-6


@dataclass(frozen=True)
class Told:
    """How well groups are told apart.

    Parameters
    ----------
    asked
        Which groups, and the range that is expected.
    auc
        Area under the curve of a logistic model of speed and age.
    speed_auc
        Of speed alone: the slower one belongs to the first groups.
    n
        Draws of the first and of the second groups.
    """

    asked: Separability
    auc: float
    speed_auc: float
    n: tuple[int, int]

    @property
    def is_expected(self) -> bool:
        """Whether the area lies in the range that the population expects."""
        return self.asked.low <= self.auc <= self.asked.high


def told_apart(population: Population, seed: int = 0, n_draws: int = N_DRAWS) -> list[Told]:
    """Return what speed and age alone tell, for all pairs that the population names.

    Bodies are not built for this: whether there is one hardly hangs on speed and age.
    """
    if not population.separability:
        return []
    people = [person_of(population, seed, index, lambda _: True) for index in range(n_draws)]
    groups = np.array([person.group for person in people])
    age_y = np.array([person.build.age_y for person in people])
    speed_mps = np.array([prescription_of(p.values).resolved().speed for p in people])
    found = []
    for asked in population.separability:
        of, against = np.isin(groups, asked.of), np.isin(groups, asked.against)
        if not of.any() or not against.any():
            continue
        used = of | against
        score = logistic_scores(np.column_stack([speed_mps, age_y])[used], of[used])
        found.append(
            Told(
                asked,
                area_under_curve(score, of[used]),
                area_under_curve(-speed_mps[used], of[used]),
                (int(of.sum()), int(against.sum())),
            )
        )
    return found


def area_under_curve(score: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    """Return the probability that a positive one scores higher than another (ties count half)."""
    n_positive = int(positive.sum())
    ranks = float(rankdata(score)[positive].sum())
    pairs = n_positive * (len(score) - n_positive)
    return (ranks - n_positive * (n_positive + 1) / 2) / pairs


def logistic_scores(x: NDArray[np.float64], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the linear scores of a logistic regression, by Newton's method.

    Parameters
    ----------
    x
        (N, P) predictors.
    positive
        (N,) what is to be told.
    """
    z = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / x.std(axis=0)])
    beta = np.zeros(z.shape[1])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-z @ beta))
        hessian = (z * (p * (1 - p))[:, None]).T @ z + _RIDGE * np.eye(len(beta))
        step = np.linalg.solve(hessian, z.T @ (positive - p) - _RIDGE * beta)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(z @ beta)
