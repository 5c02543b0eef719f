"""Learning the corrections of :mod:`clinigait.gait.lifted` from walks with sensor reports.

Every person counts the same, however often they walked. Predictors are few and standardised, with
a ridge that shrinks what ten people cannot tell; people whose speed the sensors put far from the
video's weigh less (Huber weights by person). Beside the numbers from all people it keeps, for
each person, the numbers from all others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import RefusedError, refuse_synthetic
from clinigait.datasets import gait_validation
from clinigait.gait.lifted import Features, Line, features_of

_RIDGE = {"double_support_pct": 0.03, "log_speed": 0.1}
#: A person's mean residual beyond so many robust standard deviations weighs less.
_HUBER = 1.5
_ROUNDS = 20
#: Smallest spread of people's log speed residuals that is taken as theirs (2 %).
_LEAST_SPREAD = 0.02

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Lesson:
    """One walk: what was seen and what the sensors say.

    Parameters
    ----------
    person
        Who walked.
    seen
        What the corrections start from.
    truth
        Sensor values by parameter and side.
    """

    person: str
    seen: Features
    truth: dict[tuple[str, str], float]

    @property
    def speed_mps(self) -> float:
        """Speed by the sensors; where the cell is empty, stride length over stride time."""
        speed = self.truth["speed_mps", "both"]
        if np.isfinite(speed):
            return speed
        return self.truth["stride_length_m", "both"] / self.truth["stride_time_s", "both"]


def lessons(root: Path, subjects: str | None = None) -> list[Lesson]:
    """Return every walk of the data set that can be learned from."""
    found = []
    for trial in gait_validation.trials(root, subjects):
        walk = gait_validation.read_trial(trial)
        refuse_synthetic([walk], "what corrections for people are learned from")
        try:
            seen = features_of(walk)
        except RefusedError:
            continue
        truth = gait_validation.references(gait_validation.read_report(trial))
        if seen is not None and np.isfinite(truth["double_support_pct", "both"]):
            found.append(Lesson(trial.subject, seen, truth))
    return found


def learned(walks: list[Lesson]) -> dict[str, object]:
    """Return the content of ``lifted.json``: numbers from all people, and without each."""
    people = sorted({walk.person for walk in walks})
    return {
        "data_set": gait_validation.NAME,
        "source": "GaitValidation, github mea-lab/GaitValidation: 3-D joints from video at 60 Hz "
        "against reports of body-worn sensors",
        "people": people,
        "walks": len(walks),
        "all": numbers(walks),
        "without": {p: numbers([w for w in walks if w.person != p]) for p in people},
    }


def numbers(walks: list[Lesson]) -> dict[str, object]:
    """Return the numbers of one calibration."""
    people = np.array([walk.person for walk in walks])
    double = np.array([walk.truth["double_support_pct", "both"] for walk in walks])
    speed = np.array([walk.speed_mps for walk in walks])
    known = np.isfinite(speed)
    seen_double = np.array([walk.seen.double_support() for walk in walks])
    seen_speed = np.array([walk.seen.speed() for walk in walks])
    return {
        "double_support_pct": asdict(
            _line(seen_double, double, _even_weights(people), _RIDGE["double_support_pct"])
        ),
        "log_speed": asdict(
            _robust_line(
                seen_speed[known], np.log(speed[known]), people[known], _RIDGE["log_speed"]
            )
        ),
        "stance_difference": _stance_difference(walks, people),
        "side_noise_s": _side_noise_s(walks, people),
        "speeds_mps": [
            round(float(f([walk.seen.speed_mps for walk in walks])), 4) for f in (min, max)
        ],
    }


def predicted_without(
    walks: list[Lesson],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    *,
    ridge: float = 0.0,
    robust: bool = False,
) -> NDArray[np.float64]:
    """Return (N,) predictions of every walk by a line learned without its person.

    Parameters
    ----------
    walks
        The N walks.
    x, y
        (N, P) predictors, P may be 0, and (N,) truth.
    ridge
        Strength of the ridge.
    robust
        Whether outlying people weigh less.
    """
    people = np.array([walk.person for walk in walks])
    found = np.full(len(y), np.nan)
    for person in np.unique(people):
        others = people != person
        if robust:
            line = _robust_line(x[others], y[others], people[others], ridge)
        else:
            line = _line(x[others], y[others], _even_weights(people[others]), ridge)
        found[~others] = [line.at(row) for row in x[~others]]
    return found


def _even_weights(people: NDArray[np.str_]) -> NDArray[np.float64]:
    _, index, count = np.unique(people, return_inverse=True, return_counts=True)
    weights = 1 / count[index]
    return np.asarray(weights / weights.sum())


def _line(
    x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64], ridge: float
) -> Line:
    """Return the weighted ridge regression of standardised predictors, in plain units."""
    weights = weights / weights.sum()
    centre, offset = weights @ x, float(weights @ y)
    spread = np.sqrt(weights @ (x - centre) ** 2)
    z = (x - centre) / spread
    slopes = np.linalg.solve(
        (z.T * weights) @ z + ridge * np.eye(x.shape[1]), (z.T * weights) @ (y - offset)
    )
    return Line(
        round(offset, 6),
        tuple(round(float(s), 6) for s in slopes / spread),
        tuple(round(float(c), 6) for c in centre),
    )


def _robust_line(
    x: NDArray[np.float64], y: NDArray[np.float64], people: NDArray[np.str_], ridge: float
) -> Line:
    even = _even_weights(people)
    names, index = np.unique(people, return_inverse=True)
    weights = even
    line = _line(x, y, weights, ridge)
    for _ in range(_ROUNDS):
        at = np.array([line.at(row) for row in x])
        misses = np.abs([np.mean((y - at)[index == i]) for i in range(len(names))])
        spread = 1.4826 * float(np.median(misses)) + _LEAST_SPREAD
        weights = even * np.minimum(1, _HUBER * spread / np.maximum(misses, 1e-9))[index]
        line = _line(x, y, weights, ridge)
    return line


def _stance_difference(walks: list[Lesson], people: NDArray[np.str_]) -> float:
    """Slope of the sensors' difference of the sides' stance on the one that was seen."""
    seen = np.array([w.seen.stance_pct["left"] - w.seen.stance_pct["right"] for w in walks])
    true = np.array([w.truth["stance_pct", "left"] - w.truth["stance_pct", "right"] for w in walks])
    known = np.isfinite(true)
    weights = _even_weights(people[known])
    slope = (weights * seen[known]) @ true[known] / ((weights * seen[known]) @ seen[known])
    return round(float(np.clip(slope, 0, 1)), 6)


def _side_noise_s(walks: list[Lesson], people: NDArray[np.str_]) -> float:
    """Return the standard deviation of the error of half the difference of the step times."""
    errors = np.array(
        [
            w.seen.step_difference_s
            - (w.truth["step_time_s", "left"] - w.truth["step_time_s", "right"]) / 2
            for w in walks
        ]
    )
    known = np.isfinite(errors)
    weights = _even_weights(people[known])
    return round(float(np.sqrt(weights @ errors[known] ** 2)), 6)
