"""Steps see people times clips, and clips are pieces of a walk by its clock."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from clinigait.representations.clip import Clip
from clinigait.training.plan import Batch
from clinigait.training.sampling import ClipSampler, cut_clip, padded


def _records():
    people = [f"p{k}" for k in range(7) for _ in range(4)]
    labels = [k % 3 for k in range(7) for _ in range(4)]
    return people, labels


@given(st.integers(0, 1000), st.integers(0, 20))
def test_a_step_has_people_times_clips_and_depends_on_nothing_before(step, seed):
    people, labels = _records()
    sampler = ClipSampler(people, labels, Batch(groups=3, clips=2), seed)
    found = sampler.indices(step)
    counts = Counter(people[i] for i in found)
    assert len(found) == 6
    assert set(counts.values()) <= {2, 4}  # a person may close one round and open the next
    again = ClipSampler(people, labels, Batch(groups=3, clips=2), seed)
    assert again.indices(step) == found


def test_all_people_come_before_any_comes_again():
    people, labels = _records()
    sampler = ClipSampler(people, labels, Batch(groups=7, clips=1), 0)
    for step in range(5):
        assert len({people[i] for i in sampler.indices(step)}) == 7


def test_by_label_every_class_comes_as_often_from_as_many_people_as_there_are():
    people, labels = _records()
    sampler = ClipSampler(people, labels, Batch(by="label", groups=3, clips=2), 0)
    found = sampler.indices(3)
    assert Counter(labels[i] for i in found) == {0: 2, 1: 2, 2: 2}
    assert len({people[i] for i in found}) == 6


def _clip(n, rate_hz=30.0):
    time_s = np.arange(n) / rate_hz
    ramp = (10 * time_s).astype(np.float32).reshape(-1, 1, 1)
    numbers = np.arange(n, dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Clip({"streams": ramp, "silhouettes": numbers}, {}, time_s)


@given(st.integers(2, 200), st.integers(0, 100))
def test_pieces_are_ordered_and_lie_inside_of_the_walk(n, seed):
    clip, rng = _clip(n), np.random.default_rng(seed)
    piece = cut_clip(clip, ["streams", "silhouettes"], Batch(frames=30, speed=(0.8, 1.25)), rng)
    numbers, values = piece["silhouettes"].ravel().astype(int), piece["streams"].ravel()
    assert 1 <= len(numbers) == len(values) <= 30
    assert (np.diff(numbers) >= 0).all()
    assert (np.diff(numbers) <= 2).all()
    assert (np.diff(values) > 0).all()
    assert_allclose(values, 10 * numbers / 30, atol=10 / 30)
    if n >= 60:
        assert len(numbers) == 30


def test_speed_is_a_matter_of_time_not_of_frames():
    for rate_hz in (25.0, 100.0):
        piece = cut_clip(
            _clip(150, rate_hz), ["streams"], Batch(frames=20, speed=(1.1, 1.1)),
            np.random.default_rng(0),
        )["streams"].ravel()  # fmt: skip
        assert_allclose(np.diff(piece), 10 * 1.1 / rate_hz, rtol=1e-4)


def test_streams_of_uneven_clocks_lie_on_the_line_between_neighbours():
    time_s = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.05, 100))
    clip = Clip({"streams": time_s.astype(np.float32).reshape(-1, 1, 1)}, {}, time_s)
    piece = cut_clip(clip, ["streams"], Batch(frames=40, speed=(1, 1)), np.random.default_rng(1))
    steps = np.diff(piece["streams"].ravel())
    assert_allclose(steps, np.median(np.diff(time_s)), rtol=1e-3)


def test_short_pieces_are_padded_behind_and_marked():
    pieces = [np.ones((2, 3, 4), np.float32), np.ones((2, 5, 4), np.float32)]
    x, mask = padded(pieces, 8)
    assert x.shape == (2, 2, 5, 4)
    assert mask.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    assert x[0, :, 3:].sum() == 0


@given(st.floats(0.05, 1.0), st.integers(0, 200))
def test_clips_have_at_least_the_shortest_share_of_the_frames(shortest, seed):
    rng = np.random.default_rng(seed)
    piece = cut_clip(_clip(200), ["streams"], Batch(frames=40, shortest=shortest), rng)
    assert max(2, int(40 * shortest)) <= len(piece["streams"]) <= 40


def test_lengths_are_drawn_only_where_clips_may_be_shorter():
    def lengths(shortest):
        batch, rng = Batch(frames=40, shortest=shortest), np.random.default_rng(0)
        return {len(cut_clip(_clip(200), ["streams"], batch, rng)["streams"]) for _ in range(200)}

    assert lengths(1.0) == {40}
    assert {min(lengths(0.5)), max(lengths(0.5))} <= {20, 21, 38, 39, 40}
    assert len(lengths(0.5)) > 15
