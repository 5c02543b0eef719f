"""Pooling over parts and over time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
pooling = pytest.importorskip("clinigait.nn.pooling")
temporal = pytest.importorskip("clinigait.nn.temporal")

MAP = torch.arange(2 * 3 * 16 * 4.0).reshape(2, 3, 16, 4)


def test_horizontal_pooling_is_that_of_the_reference() -> None:
    found = pooling.HorizontalPooling((16,))(MAP)
    assert found[0, 0, :3].tolist() == [4.5, 12.5, 20.5]
    assert float(found.sum()) == 36912


def test_a_pyramid_is_that_of_the_reference() -> None:
    pool = pooling.HorizontalPooling((4, 2, 1))
    wanted = [22.5, 54.5, 86.5, 118.5, 46.5, 110.5, 94.5]
    assert pool(MAP)[0, 0].tolist() == wanted
    assert pool.parts == 7


def test_gem_lies_between_mean_and_maximum_of_a_strip() -> None:
    cut = MAP.reshape(2, 3, 4, 16)
    for power in (1.0, 6.5, 60.0):
        found = pooling.GeMHorizontalPooling((4,), power)(MAP)
        assert bool((found >= cut.mean(-1) * (1 - 1e-5)).all())
        assert bool((found <= cut.amax(-1) * (1 + 1e-5)).all())
        if power == 1:
            torch.testing.assert_close(found, cut.mean(-1))


def test_joints_become_one_part() -> None:
    joints = torch.arange(12.0).reshape(1, 3, 4)
    assert pooling.JointMean()(joints).tolist() == [[[1.5], [5.5], [9.5]]]
    concatenated = pooling.JointConcat()(joints)[0, :, 0].tolist()
    assert concatenated == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]


@pytest.mark.parametrize("name", ["TemporalMax", "TemporalMean", "TemporalGeM"])
def test_temporal_pooling_of_one_frame_is_that_frame(name: str) -> None:
    frame = torch.rand(2, 3, 1, 4, 5) + 0.1
    found = getattr(temporal, name)()(frame, torch.ones(2, 1, dtype=torch.bool))
    torch.testing.assert_close(found, frame[:, :, 0])


def test_the_maximum_over_time_may_be_negative() -> None:
    frames = torch.tensor([[[-3.0, -2.0, 0.0]]])
    mask = torch.tensor([[True, True, False]])
    assert temporal.TemporalMax()(frames, mask).tolist() == [[-2.0]]


def test_gem_over_time_is_the_formula() -> None:
    frames = torch.tensor([[[1.0, 2.0, 7.0]]])
    mask = torch.tensor([[True, True, False]])
    wanted = ((1 + 2**6.5) / 2) ** (1 / 6.5)
    assert float(temporal.TemporalGeM()(frames, mask).detach()) == pytest.approx(wanted, rel=1e-6)


def test_attention_over_time_weighs_frames_by_softmax_of_their_score() -> None:
    pool = temporal.TemporalAttention(1)
    with torch.no_grad():
        pool.score.weight.fill_(1)
        found = pool(torch.tensor([[[1.0, 2.0, 9.0]]]), torch.tensor([[True, True, False]]))
    weight = 1 / (1 + math.e)
    assert float(found) == pytest.approx(weight * 1 + (1 - weight) * 2, rel=1e-6)


@given(st.permutations(range(5)), st.sampled_from(["TemporalMax", "TemporalMean", "TemporalGeM"]))
def test_pooling_over_time_does_not_know_the_order(order: list[int], name: str) -> None:
    torch.manual_seed(0)
    frames, mask = torch.rand(2, 3, 5, 4), torch.ones(2, 5, dtype=torch.bool)
    pool = getattr(temporal, name)()
    with torch.no_grad():
        torch.testing.assert_close(pool(frames[:, :, order], mask), pool(frames, mask))
