"""Whether a model is better after fine-tuning than before, on the same held-out people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.stats import Difference, paired_comparison

Verdict = Literal["better", "not better", "worse"]
#: What decides. In it every class counts the same, however few people have it.
PRIMARY = "balanced_accuracy"
#: Of fewer people not even all could prove anything: a two-sided sign test of n people who all
#: changed the same way has p = 2 / 2**n, which is below 0.05 from six on.
FEWEST_PEOPLE = 6


@dataclass(frozen=True)
class BeforeAfter:
    """Two models on the same held-out people.

    Parameters
    ----------
    rows, people
        How many walks, of how many people.
    statistics
        By name: before, after and the difference with its 95 % interval over people; also
        ``sensitivity_<class>`` and ``specificity_<class>``.
    verdict
        ``better``, ``not better`` or ``worse``.
    sentence
        What it means, for whoever decides which model to use.
    """

    rows: int
    people: int
    statistics: Mapping[str, Difference]
    verdict: Verdict
    sentence: str

    def as_data(self) -> dict[str, Any]:
        """Return all of it as plain data for a card or ``metrics.json``."""
        flat: dict[str, Any] = {
            "n": self.rows,
            "people": self.people,
            "primary": PRIMARY,
            "verdict": self.verdict,
            "sentence": self.sentence,
        }
        for name, found in self.statistics.items():
            flat[f"{name}_before"] = found.before
            flat[f"{name}_after"] = found.after
            flat[f"{name}_difference"] = found.difference.value
            flat[f"{name}_difference_ci95"] = [found.difference.low, found.difference.high]
        return flat


def compare_before_after(
    labels: NDArray[np.intp],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    people: ArrayLike,
    classes: Sequence[str],
    *,
    ordered: bool,
    seed: int = 0,
) -> BeforeAfter:
    """Compare the probabilities of two models for the same walks of held-out people.

    The rule: the model is *better* where the 95 % interval of the difference in balanced accuracy,
    from a bootstrap that draws people for both models at once, lies above 0, *worse* where it lies
    below 0, and otherwise *not better*, which includes every comparison on fewer than
    :data:`FEWEST_PEOPLE` people. A model that is not better is not worth the change.

    Parameters
    ----------
    labels
        (n,) right classes, 0 to K - 1.
    before, after
        (n, K) probabilities of either model for people whom neither learned from.
    people
        (n,) the person of every row.
    classes
        Names of the K classes.
    ordered
        Whether neighbouring classes are more alike than others.
    seed
        Of the bootstrap.

    Raises
    ------
    ValueError
        Rows, labels, people and classes do not fit.
    """
    found = paired_comparison(labels, before, after, people, classes, ordered=ordered, seed=seed)
    n_people = len(np.unique(np.asarray(people)))
    verdict = _verdict(found[PRIMARY], n_people)
    sentence = _sentence(verdict, found, n_people, classes)
    return BeforeAfter(len(labels), n_people, found, verdict, sentence)


def _verdict(primary: Difference, n_people: int) -> Verdict:
    low, high = primary.difference.low, primary.difference.high
    if low is None or high is None or n_people < FEWEST_PEOPLE:
        return "not better"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "not better"


def _sentence(
    verdict: Verdict, found: Mapping[str, Difference], n_people: int, classes: Sequence[str]
) -> str:
    start = {
        "better": "Better than before",
        "not better": "Not better than before: keep the old one",
        "worse": "Worse than before: keep the old one",
    }[verdict]
    who = "one held-out person" if n_people == 1 else f"{n_people} held-out people"
    if n_people < FEWEST_PEOPLE:
        who += f", too few to tell; {FEWEST_PEOPLE} is the least"
    lost = [
        name
        for name in classes
        if (high := found[f"sensitivity_{name}"].difference.high) is not None and high < 0
    ]
    but = f", but {_listed(lost)} found less often" if lost and verdict == "better" else ""
    return f"{start}{but} ({_numbers(found[PRIMARY])}; {who})."


def _numbers(primary: Difference) -> str:
    if primary.before is None or primary.after is None or primary.difference.value is None:
        return "balanced accuracy is not defined"
    text = (
        f"balanced accuracy {primary.before:.2f} before and {primary.after:.2f} after, "
        f"difference {primary.difference.value:+.2f}"
    )
    low, high = primary.difference.low, primary.difference.high
    if low is None or high is None:
        return text
    return f"{text}, 95 % interval {low:+.2f} to {high:+.2f}"


def _listed(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} is"
    return f"{', '.join(names[:-1])} and {names[-1]} are"
