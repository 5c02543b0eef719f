"""Folds by person: nobody teaches and is judged in one fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clinigait.core import BadInputError


@dataclass(frozen=True)
class Fold:
    """Who teaches, and who is judged.

    Parameters
    ----------
    train, test
        Names of people, in the order of the study.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        both = sorted({*self.train} & {*self.test})
        if both:
            raise BadInputError(
                f"{both[0][:40]} would both teach and be judged in one fold.",
                "Give each person one name, and put that name into one fold only.",
            )


def folds_by_person(
    labels: Mapping[str, frozenset[str]], count: int, seed: int, classes: Sequence[str]
) -> tuple[Fold, ...]:
    """Share people out to folds, each label as evenly as can be.

    People with one label are dealt out label by label; people with several (acted gaits) carry
    all of theirs into one fold and are dealt out by the set of their labels. With as many folds as
    people or more, each person is judged alone.

    Parameters
    ----------
    labels
        Labels of each person.
    count
        Number of folds.
    seed
        Another seed deals differently.
    classes
        Labels that every training part must have.

    Raises
    ------
    BadInputError
        If there are fewer than two people, or a class is missing where it should be learned.
    """
    people = list(labels)
    if len(people) < 2:
        raise BadInputError(
            f"The data have {len(people)} person, and nobody can be judged by others.",
            "Add walks of more people.",
        )
    alone = len(people) <= count
    parts = [[person] for person in people] if alone else _dealt(labels, count, seed)
    folds = tuple(
        Fold(tuple(p for p in people if p not in part), tuple(p for p in people if p in part))
        for part in map(set, parts)
    )
    for number, fold in enumerate(folds, 1):
        need_classes(labels, fold.train, classes, f"fold {number} of {len(folds)}")
    return folds


def fold_of_share(
    labels: Mapping[str, frozenset[str]], share: float, seed: int, classes: Sequence[str]
) -> Fold:
    """Hold a share of the people out, each label as evenly as can be.

    Raises
    ------
    BadInputError
        If a class is missing on either side.
    """
    people, held = list(labels), set[str]()
    rng = np.random.default_rng([seed, 0x5A4E])
    for same in _alike(labels):
        wanted = min(max(1, round(share * len(same))), max(1, len(same) - 1))
        held.update(same[index] for index in rng.permutation(len(same))[:wanted])
    fold = Fold(tuple(p for p in people if p not in held), tuple(p for p in people if p in held))
    need_classes(labels, fold.train, classes, "the part that teaches")
    need_classes(labels, fold.test, classes, "the part that is held out")
    return fold


def need_classes(
    labels: Mapping[str, frozenset[str]], people: Sequence[str], classes: Sequence[str], where: str
) -> None:
    """Refuse a part of the people in which a class is missing.

    Raises
    ------
    BadInputError
        If one is.
    """
    there = set().union(*(labels[person] for person in people))
    missing = [label for label in classes if label not in there]
    if missing:
        count = Counter(label for each in labels.values() for label in each)[missing[0]]
        raise BadInputError(
            f"Nobody of the class {missing[0][:40]} is in {where}: {count} of {len(labels)} "
            "people have it.",
            "Add people of that class, or take fewer folds.",
        )


def _dealt(labels: Mapping[str, frozenset[str]], count: int, seed: int) -> list[list[str]]:
    """Deal people out like cards, one set of labels after the other, in a random order."""
    rng = np.random.default_rng([seed, 0xF01D])
    hands: list[list[str]] = [[] for _ in range(count)]
    place = 0
    for same in _alike(labels):
        for index in rng.permutation(len(same)):
            hands[place % count].append(same[index])
            place += 1
    return hands


def _alike(labels: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Return the people of each set of labels; the largest comes first: small ones then fill up."""
    kinds: dict[tuple[str, ...], list[str]] = {}
    for person, own in labels.items():
        kinds.setdefault(tuple(sorted(own)), []).append(person)
    return [kinds[kind] for kind in sorted(kinds, key=lambda kind: (-len(kinds[kind]), kind))]
