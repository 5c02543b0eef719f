"""Networks of a table: everybody judged by networks that never saw them, rows paired."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("lightning")

from clinigait.training.kept import Kept
from clinigait.training.left_out import Judged, Seen, judge
from support.lessons import plan_of, prepared


def _seen(people=6, **changes):
    lesson = prepared(people, **changes)
    return Seen(lesson, {"plain": lesson}, Kept.of(None, lesson))


@pytest.fixture(scope="module")
def judged() -> tuple[Judged, list[str]]:
    told: list[str] = []
    return judge(plan_of(8), _seen(), 2, told.append), told


def test_everybody_is_judged_once_a_seed(judged) -> None:
    found, told = judged
    scores = found.by_condition["plain"]
    assert scores.shape == (2, 12, 3)
    assert np.isfinite(scores).all()
    assert len(told) == 2 * 6
    assert told[0].startswith("seed 0, without p00: ")
    assert found.parameters > 100


def test_it_is_told_from_data_alone_what_is_said(judged) -> None:
    found, _ = judged
    again = judge(plan_of(8), _seen(), 1)
    np.testing.assert_array_equal(again.by_condition["plain"][0], found.by_condition["plain"][0])


def test_nobody_teaches_who_judges_them() -> None:
    # One walk has the pictures of another class: whoever had learned from it would know.
    lesson = prepared(6)
    odd = replace(lesson.records[0], clip=lesson.records[2].clip)
    people = replace(lesson, records=(odd, *lesson.records[1:]))
    found = judge(plan_of(60), Seen(people, {"plain": people}, Kept.of(None, people)), 1)
    said = found.by_condition["plain"][0].argmax(1)
    assert said[0] == lesson.records[2].label
    assert np.mean(said[2:] == [record.label for record in lesson.records[2:]]) > 0.7


def test_rows_are_records_or_walks_with_their_mean() -> None:
    lesson = prepared(3, walks=1)
    twice = replace(lesson, records=lesson.records + lesson.records)
    both = Seen(lesson, {"plain": twice}, Kept.of(None, lesson))
    scores = np.log(np.full((1, 6, 3), 1 / 3))
    scores[0, 0] = np.log([0.8, 0.1, 0.1])
    found = Judged(both, {"plain": scores}, 1, 0.0)
    rows = found.rows("plain", walks=True)
    assert len(rows["labels"]) == 3
    wanted = np.sqrt([0.8 / 3, 0.1 / 3, 0.1 / 3])
    np.testing.assert_allclose(rows["probabilities"][0], wanted / wanted.sum())


def test_gains_are_paired_and_of_the_same_walks_only() -> None:
    seen = _seen(6, walks=1)
    labels = np.array([record.label for record in seen.people.records])
    right = np.eye(3)[labels][None] * 5.0
    wrong = np.roll(right, 1, axis=2)
    good, bad = (Judged(seen, {"plain": scores}, 1, 0.0) for scores in (right, wrong))
    assert good.accuracy("plain", walks=False).value == 1
    gain = good.gain_over(bad, "plain", walks=False)
    assert gain is not None
    assert (gain.value, gain.low, gain.high) == (1, 1, 1)
    fewer = Judged(_seen(3, walks=1), {"plain": right[:, :3]}, 1, 0.0)
    assert good.gain_over(fewer, "plain", walks=False) is None
