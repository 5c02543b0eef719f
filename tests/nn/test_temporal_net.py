"""The temporal network: padding is not seen, sides are told, the mirror changes nothing."""

from __future__ import annotations

import itertools
import math

import pytest

torch = pytest.importorskip("torch")

from clinigait.nn.losses import gait_and_side_loss  # noqa: E402
from clinigait.nn.temporal_net import (  # noqa: E402 - after the check that torch is there
    ChannelNoise,
    EitherSide,
    MaskedGroupNorm,
    TemporalNet,
)

ORDER, SIGN = (0, 2, 1, 3), (-1.0, 1.0, 1.0, 1.0)


def _net(seed: int = 0) -> EitherSide:
    torch.manual_seed(seed)
    return EitherSide(TemporalNet(4, 6, width=16), ORDER, SIGN).eval()


def _scores(net: EitherSide, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return net(x, mask).decision_logits()


def _sides(net: EitherSide, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return net(x, mask).sides


def _batch(lengths: list[int], frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    mask = torch.arange(frames) < torch.tensor(lengths)[:, None]
    return torch.randn(len(lengths), 4, frames, 1), mask


def test_a_batch_gives_what_each_walk_gives_alone() -> None:
    net, lengths = _net(), [7, 30, 41, 60]
    x, mask = _batch(lengths, 60)
    with torch.no_grad():
        together = _scores(net, x, mask)
        for row, length in enumerate(lengths):
            alone = _scores(net, x[row : row + 1, :, :length], mask[row : row + 1, :length])
            torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=0)


def test_padding_may_hold_anything() -> None:
    net = _net()
    x, mask = _batch([20, 33], 40)
    dirty = torch.where(mask[:, None, :, None], x, torch.nan)
    with torch.no_grad():
        torch.testing.assert_close(_scores(net, dirty, mask), _scores(net, x, mask))


def test_what_is_not_known_counts_as_average() -> None:
    net = _net()
    net.net.standardise_by(torch.tensor([0.0, 5.0, 5.0, 2.0]), torch.tensor([1.0, 2.0, 2.0, 3.0]))
    x, mask = _batch([30], 30)
    unknown, average = x.clone(), x.clone()
    unknown[:, 3], average[:, 3] = torch.nan, 2.0
    with torch.no_grad():
        torch.testing.assert_close(_scores(net, unknown, mask), _scores(net, average, mask))


def test_the_mirror_image_is_the_same_gait_on_the_other_side() -> None:
    net = _net()
    x, mask = _batch([30, 24], 30)
    torch.testing.assert_close(net.mirrored(net.mirrored(x)), x)
    with torch.no_grad():
        torch.testing.assert_close(_scores(net, net.mirrored(x), mask), _scores(net, x, mask))
        torch.testing.assert_close(_sides(net, net.mirrored(x), mask), _sides(net, x, mask).flip(1))


def test_the_two_sides_are_one_distribution() -> None:
    net = _net()
    x, mask = _batch([30, 24], 30)
    with torch.no_grad():
        torch.testing.assert_close(_sides(net, x, mask).exp().sum(dim=(1, 2)), torch.ones(2))
        torch.testing.assert_close(_scores(net, x, mask).exp().sum(dim=1), torch.ones(2))


def test_channels_are_standardised_by_walks_and_their_mirror_images() -> None:
    """Channel 0 changes its sign in the mirror: its mean is 0; 1 and 2 share mean and spread."""
    net = _net()
    walk = torch.tensor([[3.0, 5.0], [1.0, 3.0], [5.0, 7.0], [2.0, torch.nan]])[:, :, None]
    net.standardise_by([walk])
    torch.testing.assert_close(net.net.mean, torch.tensor([0.0, 4.0, 4.0, 2.0]))
    torch.testing.assert_close(net.net.spread[1], net.net.spread[2])
    assert net.net.spread[0] == pytest.approx(17**0.5)


def test_noise_is_of_the_training_alone_and_follows_the_seed() -> None:
    net = EitherSide(
        TemporalNet(4, 6, width=16), ORDER, SIGN, ChannelNoise(0.3, 0.1, 0.2, 0.5, ((0, 3),))
    )
    x, mask = _batch([30, 24], 30)
    net.eval()
    torch.testing.assert_close(_scores(net, x, mask), _scores(net, x, mask), atol=0, rtol=0)
    net.train()
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(_scores(net, x, mask))
    torch.testing.assert_close(found[0], found[1], atol=0, rtol=0)
    assert (found[0] - found[2]).abs().max() > 1e-3


def test_noise_leaves_frames_that_are_not_there_empty() -> None:
    torch.manual_seed(0)
    _, mask = _batch([5, 9], 12)
    changed = ChannelNoise(offset=1.0).of(torch.zeros(2, 4, 12), mask)
    assert (changed[0, :, 5:] == 0).all()
    assert (changed[0, :, :5] != 0).all()


def test_masked_norm_is_group_norm_where_nothing_is_masked() -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 8, 20)
    expected = torch.nn.GroupNorm(4, 8)(x)
    torch.testing.assert_close(MaskedGroupNorm(8)(x, torch.ones(3, 1, 20)), expected)


def test_the_loss_by_hand() -> None:
    """Probabilities 0.5 and 0.1 of the two sides of gait 1; gait 0 has no side."""
    sides = torch.tensor([[[0.2, 0.5], [0.2, 0.1]]]).log()
    for label, side, told in ((1, 0, 0.5), (1, 1, 0.1), (1, -1, 0.6), (0, -1, 0.4)):
        loss = gait_and_side_loss(sides, torch.tensor([label]), torch.tensor([side]), smoothing=0.0)
        assert loss.item() == pytest.approx(-math.log(told), rel=1e-5)
    weights = torch.tensor([1.0, 3.0])
    two, labels = sides.expand(2, -1, -1), torch.tensor([0, 1])
    loss = gait_and_side_loss(two, labels, torch.tensor([-1, 0]), 0.0, weights)
    assert loss.item() == pytest.approx(-(math.log(0.4) + 3 * math.log(0.5)) / 4, rel=1e-5)


def test_it_learns_which_channel_moves() -> None:
    """Gait 1 moves channel 1 of the affected side: told on either side after a few steps."""
    torch.manual_seed(0)
    net = EitherSide(TemporalNet(4, 2, width=16, dropout=0.0), ORDER, SIGN)
    x = 0.1 * torch.randn(32, 4, 24, 1)
    label = torch.arange(32) % 2
    x[label == 1, 1] += torch.sin(torch.arange(24.0))[None, :, None]
    mask, side = torch.ones(32, 24, dtype=torch.bool), torch.where(label == 0, -1, 0)
    optimiser = torch.optim.AdamW(net.parameters(), 5e-3)
    for _ in range(30):
        loss = gait_and_side_loss(_sides(net, x, mask), label, side, 0.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
    with torch.no_grad():
        for seen, side in itertools.product((x, net.mirrored(x)), (0,)):
            assert (_scores(net, seen, mask).argmax(dim=1) == label).all(), side
        assert (_sides(net, x, mask)[label == 1].argmax(dim=1)[:, 1] == 0).all()


def test_the_network_is_small() -> None:
    net = EitherSide(TemporalNet(44, 6), range(44), [1.0] * 44)
    assert sum(p.numel() for p in net.parameters()) < 60_000
