"""Walkers beside people: moved to the people's level, and never the other way round."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.models.network_inputs import MIRRORS
from clinigait.representations.clip import Clip
from clinigait.representations.gait_angles import CHANNELS
from clinigait.representations.skeleton_inputs import GAIT_ANGLES
from clinigait.training.beside import taught_with
from clinigait.training.prepared import Prepared, Record

CLASSES = ("normal", "lurch")


def _clip(rng: np.random.Generator, level: float) -> Clip:
    n = int(rng.integers(20, 30))
    frames = rng.normal(level, 1, (n, len(CHANNELS), 1)).astype(np.float32)
    return Clip({GAIT_ANGLES: frames}, {}, np.arange(n) / 15)


def _prepared(seed: int, level: float, labels: tuple[int, ...] = (0, 0, 1)) -> Prepared:
    rng = np.random.default_rng(seed)
    records = tuple(
        Record(f"s{seed}-{i}", f"p{seed}-{i}", "1", f"w{i}", label, _clip(rng, level),
               variations=(_clip(rng, level),))
        for i, label in enumerate(labels)
    )  # fmt: skip
    return Prepared(CLASSES, records, {})


def _level(records: tuple[Record, ...]) -> np.ndarray:
    frames = [r.clip.frames[GAIT_ANGLES] for r in records if r.label == 0]
    mirror = MIRRORS[GAIT_ANGLES]
    return np.nanmean(np.concatenate([np.concatenate([x, mirror(x)]) for x in frames]), axis=0)


PEOPLE, WALKERS = _prepared(1, 2.0), _prepared(2, -3.0)


def test_without_walkers_people_are_taught_alone() -> None:
    assert taught_with(PEOPLE, None, "normal") is PEOPLE


def test_after_the_move_the_levels_are_equal_with_their_mirror_images() -> None:
    both = taught_with(PEOPLE, WALKERS, "normal").records
    n = len(PEOPLE.records)
    np.testing.assert_allclose(_level(both[n:]), _level(PEOPLE.records), atol=1e-4)
    # The same level on both sides: the mirror image of a moved walk is the moved mirror image.
    mirror, old = MIRRORS[GAIT_ANGLES], WALKERS.records[0].clip.frames[GAIT_ANGLES]
    move = both[n].clip.frames[GAIT_ANGLES] - old
    np.testing.assert_allclose(mirror(move), move, atol=1e-4)


def test_every_frame_and_variation_is_moved_by_the_same_constant() -> None:
    both = taught_with(PEOPLE, WALKERS, "normal").records[len(PEOPLE.records) :]
    moves = [
        new.frames[GAIT_ANGLES] - old.frames[GAIT_ANGLES]
        for record, before in zip(both, WALKERS.records, strict=True)
        for new, old in ((record.clip, before.clip), (record.variations[0], before.variations[0]))
    ]
    frames = np.concatenate(moves)
    np.testing.assert_allclose(frames, np.broadcast_to(frames[:1], frames.shape), atol=1e-4)


def test_people_are_left_as_they_are_and_walkers_are_one_person_more() -> None:
    before = [r.clip.frames[GAIT_ANGLES].copy() for r in WALKERS.records]
    both = taught_with(PEOPLE, WALKERS, "normal")
    assert both.records[: len(PEOPLE.records)] == PEOPLE.records
    assert len(both.labels) == len(PEOPLE.labels) + 1
    assert [r.label for r in both.records[len(PEOPLE.records) :]] == [0, 0, 1]
    for record, old in zip(WALKERS.records, before, strict=True):
        np.testing.assert_array_equal(record.clip.frames[GAIT_ANGLES], old)


def test_only_those_who_teach_tell_the_level() -> None:
    """The people of a fold: another fold moves the walkers elsewhere."""
    name = PEOPLE.records[0].person
    part = taught_with(PEOPLE.of([name]), WALKERS, "normal").records
    np.testing.assert_allclose(_level(part[1:]), _level(PEOPLE.records[:1]), atol=1e-4)


@pytest.mark.parametrize(
    ("people", "walkers", "label"),
    [
        (_prepared(1, 0.0, (1, 1)), WALKERS, "normal"),
        (PEOPLE, _prepared(2, 0.0, (1, 1)), "normal"),
        (PEOPLE, WALKERS, "no such label"),
    ],
)
def test_a_label_that_nobody_has_is_one_sentence(
    people: Prepared, walkers: Prepared, label: str
) -> None:
    with pytest.raises(BadInputError, match=label) as caught:
        taught_with(people, walkers, label)
    assert "\n" not in str(caught.value)
