"""Nobody teaches and is judged in one fold."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.training.folds import Fold, fold_of_share, folds_by_person, need_classes

CLASSES = ("a", "b", "c")


def _people(counts):
    names = [(label, k) for label, count in zip(CLASSES, counts, strict=True) for k in range(count)]
    return {f"{label}{k}": frozenset([label]) for label, k in names}


@given(st.lists(st.integers(4, 25), min_size=3, max_size=3), st.integers(2, 4), st.integers(0, 99))
def test_everybody_is_judged_once_and_labels_are_spread_evenly(counts, folds, seed):
    people = _people(counts)
    found = folds_by_person(people, folds, seed, CLASSES)
    assert sorted(p for fold in found for p in fold.test) == sorted(people)
    for fold in found:
        assert not set(fold.train) & set(fold.test)
        assert len(fold.train) + len(fold.test) == len(people)
    for label in CLASSES:
        per_fold = [sum(label in people[p] for p in fold.test) for fold in found]
        assert max(per_fold) - min(per_fold) <= 1
    sizes = [len(fold.test) for fold in found]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(0, 50))
def test_inner_folds_share_out_only_those_who_teach(seed):
    people = _people([6, 7, 8])
    for outer in folds_by_person(people, 3, seed, CLASSES):
        train = {person: people[person] for person in outer.train}
        for inner in folds_by_person(train, 2, seed + 1, CLASSES):
            assert {*inner.train, *inner.test} == set(outer.train)


def test_the_same_seed_gives_the_same_folds_and_another_one_others():
    people = _people([9, 9, 9])
    assert folds_by_person(people, 3, 1, CLASSES) == folds_by_person(people, 3, 1, CLASSES)
    assert folds_by_person(people, 3, 1, CLASSES) != folds_by_person(people, 3, 2, CLASSES)


def test_as_many_folds_as_people_leave_one_person_out():
    people = {f"p{k}": frozenset(CLASSES) for k in range(5)}  # acted: everybody has every label
    for count in (5, 9):
        found = folds_by_person(people, count, 0, CLASSES)
        assert [fold.test for fold in found] == [(name,) for name in people]


def test_a_class_that_is_missing_where_it_should_be_learned_is_named():
    with pytest.raises(BadInputError, match=r"Nobody of the class c is in fold \d of 3: 1 of 13"):
        folds_by_person(_people([6, 6, 1]), 3, 0, CLASSES)
    with pytest.raises(BadInputError, match="1 person"):
        folds_by_person(_people([1, 0, 0]), 3, 0, CLASSES)
    with pytest.raises(BadInputError, match="class b is in the data"):
        need_classes(_people([3, 0, 3]), ["a0", "c0"], CLASSES, "the data")


def test_one_person_in_two_parts_is_refused():
    with pytest.raises(BadInputError, match="p1 would both teach and be judged"):
        Fold(("p0", "p1"), ("p1", "p2"))


def test_a_share_is_held_out_of_every_class():
    people = _people([10, 20, 30])
    fold = fold_of_share(people, 0.3, 0, CLASSES)
    assert Counter(next(iter(people[p])) for p in fold.test) == {"a": 3, "b": 6, "c": 9}
    with pytest.raises(BadInputError, match="class c"):
        fold_of_share(_people([5, 5, 1]), 0.3, 0, CLASSES)
