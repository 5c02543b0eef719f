"""Nested cross-validation by person: inner folds choose, outer folds are scored once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.training.beside import taught_with
from clinigait.training.fit import (
    Fit,
    Floats,
    Lesson,
    fit_network,
    new_network,
    person_loss,
    scores_of,
    tensors,
)
from clinigait.training.folds import Fold, folds_by_person
from clinigait.training.freezing import freeze_rows
from clinigait.training.plan import AUTO, Candidate, TrainingPlan
from clinigait.training.prepared import Prepared
from clinigait.training.work import Work

Start = Mapping[str, NDArray[Any]] | None


@dataclass(frozen=True, eq=False)
class Choice:
    """What inner folds chose.

    Parameters
    ----------
    plan
        The protocol with the chosen values.
    chosen
        Those values, by dotted name.
    steps
        Step after which each network of the protocol ends.
    losses
        Every candidate with its mean negative log-probability; empty where nothing was to choose.
    fits, seconds
        What it cost.
    """

    plan: TrainingPlan
    chosen: Mapping[str, Any]
    steps: tuple[int, ...]
    losses: tuple[tuple[Mapping[str, Any], float], ...] = ()
    fits: int = 0
    seconds: float = 0.0

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for a card."""
        return {
            "chosen": dict(self.chosen),
            "steps": list(self.steps),
            "losses": [{"of": dict(of), "loss": round(loss, 6)} for of, loss in self.losses],
            "fits": self.fits,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Everybody judged by networks that learned from others only.

    Parameters
    ----------
    scores
        (N, K) log-probabilities of the records, in their order.
    folds
        (N,) number of the fold in which each was judged.
    choices
        What the inner folds of each outer fold chose.
    otherwise
        (N, K) of the same records as they were seen otherwise; None where they were not.
    """

    scores: Floats
    folds: NDArray[np.intp]
    choices: tuple[Choice, ...] = ()
    otherwise: Floats | None = None


@dataclass(eq=False)
class Course:
    """Fits many networks, keeps what is done, and tells how far it is.

    Parameters
    ----------
    work
        Where finished pieces are kept.
    starts
        Weights to begin with, for each network of the protocol.
    device
        ``cpu`` or ``cuda``.
    report
        Is told the share of the fits that is done.
    total
        How many fits there will be.
    beside
        Synthetic walkers who teach beside the people; None for none.
    notes
        What the card has to say of the weights to begin with.
    """

    work: Work
    starts: Sequence[Start]
    device: str = "cpu"
    report: Callable[[float], None] | None = None
    total: int = 1
    beside: Prepared | None = None
    notes: tuple[str, ...] = ()
    _done: int = field(default=0, init=False)

    def judged(self, name: str, lesson: Lesson, people: Prepared) -> tuple[Floats, dict[str, Any]]:
        """Fit a network and return what it says of people, (N, K), with steps and seconds."""
        found = self.work.done(name)
        if found is None:
            fit = self._fit(name, lesson)
            scores = scores_of(lesson, tensors(fit.arrays), people)
            facts = {"steps": fit.steps, "seconds": fit.seconds}
            self.work.keep(name, {"scores": scores}, facts)
            found = {"scores": scores}, facts
        self._count()
        return found[0]["scores"], found[1]

    def fitted(self, name: str, lesson: Lesson) -> Fit:
        """Fit a network and return it."""
        found = self.work.done(name)
        if found is None:
            fit = self._fit(name, lesson)
            known = {"steps": fit.steps, "seconds": fit.seconds, "frozen": list(fit.frozen)}
            self.work.keep(name, fit.arrays, known)
        else:
            arrays, facts = found
            fit = Fit(arrays, facts["steps"], None, tuple(facts["frozen"]), facts["seconds"])
        self._count()
        return fit

    def _fit(self, name: str, lesson: Lesson) -> Fit:
        def part(share: float) -> None:
            if self.report:
                self.report(min((self._done + share) / self.total, 1.0))

        fit = fit_network(lesson, self.work.state_of(name), part, self.device)
        if not all(np.isfinite(array).all() for array in fit.arrays.values()):
            raise BadInputError(
                "The training ran away: weights are no numbers any more.",
                "Take a smaller learning rate, or a smaller clip_norm.",
            )
        return fit

    def _count(self) -> None:
        self._done += 1
        if self.report:
            self.report(min(self._done / self.total, 1.0))


def candidates_of(plan: TrainingPlan, n_classes_of: Prepared) -> tuple[Candidate, ...]:
    """Return what inner folds choose among; ``freeze: auto`` becomes every row of the grid."""
    found: list[Candidate] = []
    for candidate in plan.candidates():
        if candidate.plan.freeze != (AUTO,):
            found.append(candidate)
            continue
        model = new_network(Lesson(plan, plan.networks[0], n_classes_of))
        for row in freeze_rows(model):
            words = list(row) or ["none"]
            changed = replace(candidate.plan, freeze=tuple(words))
            found.append(Candidate({**candidate.chosen, "freeze": words}, changed))
    return tuple(found)


def fits_to_choose(plan: TrainingPlan, people: Prepared) -> int:
    """Return how many fits one choice takes at most."""
    count = len(candidates_of(plan, people))
    if count == 1 and plan.stopping is None:
        return 0
    return count * min(plan.inner_folds, len(people.labels)) * len(plan.networks)


def choose(plan: TrainingPlan, people: Prepared, course: Course, name: str) -> Choice:
    """Let inner folds by person choose among the grid, and when to stop.

    Every candidate is fitted on the other folds with the first seed of each network, and judged
    by the mean negative log-probability of the people left out, all people alike. The number of
    steps is the median over the folds.

    Raises
    ------
    BadInputError
        If a class is missing in a fold.
    """
    candidates = candidates_of(plan, people)
    whole = tuple(plan.optimiser.steps for _ in plan.networks)
    if len(candidates) == 1 and plan.stopping is None:
        return Choice(candidates[0].plan, candidates[0].chosen, whole)
    folds = folds_by_person(people.labels, plan.inner_folds, plan.seed + 1, people.classes)
    tried: list[tuple[Candidate, float, tuple[int, ...]]] = []
    fits, seconds = 0, 0.0
    for number, candidate in enumerate(candidates):
        loss, taken = 0.0, []
        for k, fold in enumerate(folds):
            test = people.of(fold.test)
            scores, steps = [], []
            for i, network in enumerate(candidate.plan.networks):
                lesson = Lesson(
                    candidate.plan, network, taught(plan, people.of(fold.train), course), test,
                    course.starts[i],
                    _seed(plan, i, 0),
                )  # fmt: skip
                said, facts = course.judged(f"{name}-inner{k}-{number}-{i}", lesson, test)
                scores.append(said)
                steps.append(int(facts["steps"]))
                fits, seconds = fits + 1, seconds + float(facts["seconds"])
            loss += person_loss(np.mean(scores, axis=0), test) * len(fold.test)
            taken.append(steps)
        steps_of = tuple(int(np.median(column)) for column in zip(*taken, strict=True))
        tried.append((candidate, loss / len(people.labels), steps_of))
    best = min(tried, key=lambda each: each[1])
    losses = tuple((candidate.chosen, loss) for candidate, loss, _ in tried)
    return Choice(best[0].plan, best[0].chosen, best[2], losses, fits, seconds)


def taught(plan: TrainingPlan, people: Prepared, course: Course) -> Prepared:
    """Return people who teach, with the walkers beside them where the protocol has such.

    Raises
    ------
    BadInputError
        If nobody has the label by which walkers are fitted to people.
    """
    return taught_with(people, course.beside, plan.beside.level_by if plan.beside else "")


def lessons_of(
    choice: Choice, people: Prepared, starts: Sequence[Start], *, first_only: bool = False
) -> list[Lesson]:
    """Return a lesson for each network and seed of a protocol.

    Parameters
    ----------
    choice
        The protocol with what was chosen.
    people
        Who teaches.
    starts
        Weights to begin with, by network.
    first_only
        Only the first seed of the first network.
    """
    found = [
        Lesson(choice.plan, network, people, None, starts[i], _seed(choice.plan, i, k), steps)
        for i, (network, steps) in enumerate(zip(choice.plan.networks, choice.steps, strict=True))
        for k in range(network.seeds)
    ]
    return found[:1] if first_only else found


def outer_folds(plan: TrainingPlan, people: Prepared) -> tuple[Fold, ...]:
    """Return the folds in which everybody is judged once."""
    return folds_by_person(people.labels, plan.outer_folds, plan.seed, people.classes)


def out_of_fold(
    plan: TrainingPlan,
    people: Prepared,
    course: Course,
    fixed: Choice | None = None,
    otherwise: Prepared | None = None,
) -> OutOfFold:
    """Judge everybody by networks that never saw them.

    Parameters
    ----------
    plan
        The protocol, with its grid.
    people
        Everybody.
    course
        Fits the networks.
    fixed
        What was chosen before, with everybody: a quick pass with the first network alone, for
        calibration only. None lets the inner folds of each outer fold choose.
    otherwise
        The same records, seen otherwise, to be judged beside; None for none.

    Raises
    ------
    BadInputError
        If a class is missing in a fold.
    """
    both = people.records + (otherwise.records if otherwise is not None else ())
    scores = np.zeros((len(both), len(people.classes)))
    number_of = np.zeros(len(people.records), np.intp)
    choices = []
    for k, fold in enumerate(outer_folds(plan, people)):
        train, test = people.of(fold.train), replace(people, records=both).of(fold.test)
        name = f"outer{k}" if fixed is None else f"quick{k}"
        choice = fixed or choose(plan, train, course, name)
        learners = taught(plan, train, course)
        lessons = lessons_of(choice, learners, course.starts, first_only=fixed is not None)
        said = [course.judged(f"{name}-{i}", each, test)[0] for i, each in enumerate(lessons)]
        own = np.array([record.person in set(fold.test) for record in both])
        scores[own] = np.mean(said, axis=0)
        number_of[own[: len(number_of)]] = k
        choices.append(choice)
    asked = len(number_of)
    return OutOfFold(
        scores[:asked], number_of, tuple(choices) if fixed is None else (),
        scores[asked:] if otherwise is not None else None,
    )  # fmt: skip


def _seed(plan: TrainingPlan, network: int, repeat: int) -> int:
    return int(np.random.SeedSequence([plan.seed, network, repeat]).generate_state(1)[0])
