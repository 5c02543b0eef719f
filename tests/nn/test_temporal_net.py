"""The temporal network: padding is not seen, sides are told, the mirror changes nothing."""

from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch")

from clinigait.nn.temporal_net import (  # noqa: E402 - after the check that torch is there
    Committee,
    EitherSide,
    MaskedGroupNorm,
    TemporalNet,
    gait_and_side_loss,
)

ORDER, SIGN = (0, 2, 1, 3), (-1.0, 1.0, 1.0, 1.0)


def _net(seed: int = 0) -> EitherSide:
    torch.manual_seed(seed)
    return EitherSide(TemporalNet(4, 6, width=16), ORDER, SIGN).eval()


def _batch(lengths: list[int], frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    mask = torch.arange(frames) < torch.tensor(lengths)[:, None]
    return torch.randn(len(lengths), 4, frames, 1), mask


def test_a_batch_gives_what_each_walk_gives_alone() -> None:
    net, lengths = _net(), [7, 30, 41, 60]
    x, mask = _batch(lengths, 60)
    with torch.no_grad():
        together = net(x, mask)
        for row, length in enumerate(lengths):
            alone = net(x[row : row + 1, :, :length], mask[row : row + 1, :length])
            torch.testing.assert_close(together[row : row + 1], alone, atol=1e-5, rtol=0)


def test_padding_may_hold_anything() -> None:
    net = _net()
    x, mask = _batch([20, 33], 40)
    dirty = torch.where(mask[:, None, :, None], x, torch.nan)
    with torch.no_grad():
        torch.testing.assert_close(net(dirty, mask), net(x, mask))


def test_what_is_not_known_counts_as_average() -> None:
    net = _net()
    net.net.standardise_by(torch.tensor([0.0, 5.0, 5.0, 2.0]), torch.tensor([1.0, 2.0, 2.0, 3.0]))
    x, mask = _batch([30], 30)
    unknown, average = x.clone(), x.clone()
    unknown[:, 3], average[:, 3] = torch.nan, 2.0
    with torch.no_grad():
        torch.testing.assert_close(net(unknown, mask), net(average, mask))


def test_the_mirror_image_is_the_same_gait_on_the_other_side() -> None:
    net = _net()
    x, mask = _batch([30, 24], 30)
    torch.testing.assert_close(net.mirrored(net.mirrored(x)), x)
    with torch.no_grad():
        torch.testing.assert_close(net(net.mirrored(x), mask), net(x, mask))
        torch.testing.assert_close(net.sides(net.mirrored(x), mask), net.sides(x, mask).flip(1))


def test_the_two_sides_are_one_distribution() -> None:
    net = _net()
    x, mask = _batch([30, 24], 30)
    with torch.no_grad():
        torch.testing.assert_close(net.sides(x, mask).exp().sum(dim=(1, 2)), torch.ones(2))
        torch.testing.assert_close(net(x, mask).exp().sum(dim=1), torch.ones(2))


def test_a_committee_is_the_mean_of_its_members() -> None:
    members = [_net(1), _net(2)]
    x, mask = _batch([30, 24], 30)
    with torch.no_grad():
        mean = (members[0](x, mask).exp() + members[1](x, mask).exp()) / 2
        torch.testing.assert_close(Committee(members)(x, mask).exp(), mean)


def test_masked_norm_is_group_norm_where_nothing_is_masked() -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 8, 20)
    expected = torch.nn.GroupNorm(4, 8)(x)
    torch.testing.assert_close(MaskedGroupNorm(8)(x, torch.ones(3, 1, 20)), expected)


def test_the_loss_by_hand() -> None:
    """Probabilities 0.5 and 0.1 of the two sides of gait 1; gait 0 has no side."""
    sides = torch.tensor([[[0.2, 0.5], [0.2, 0.1]]]).log()
    symmetric = torch.tensor([True, False])
    label = torch.tensor([1])
    loss = gait_and_side_loss(sides, label, symmetric, smoothing=0.0)
    assert loss.item() == pytest.approx(-torch.tensor(0.5).log().item(), rel=1e-5)
    loss = gait_and_side_loss(sides, torch.tensor([0]), symmetric, smoothing=0.0)
    assert loss.item() == pytest.approx(-torch.tensor(0.4).log().item(), rel=1e-5)


def test_it_learns_which_channel_moves() -> None:
    """Gait 1 moves channel 1 of the affected side: told on either side after a few steps."""
    torch.manual_seed(0)
    net = EitherSide(TemporalNet(4, 2, width=16, dropout=0.0), ORDER, SIGN)
    x = 0.1 * torch.randn(32, 4, 24, 1)
    label = torch.arange(32) % 2
    x[label == 1, 1] += torch.sin(torch.arange(24.0))[None, :, None]
    mask, symmetric = torch.ones(32, 24, dtype=torch.bool), torch.tensor([True, False])
    optimiser = torch.optim.AdamW(net.parameters(), 5e-3)
    for _ in range(30):
        loss = gait_and_side_loss(net.sides(x, mask), label, symmetric, 0.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    net.eval()
    with torch.no_grad():
        for seen, side in itertools.product((x, net.mirrored(x)), (0,)):
            assert (net(seen, mask).argmax(dim=1) == label).all(), side
        assert (net.sides(x, mask)[label == 1].argmax(dim=1)[:, 1] == 0).all()


def test_the_network_is_small() -> None:
    net = EitherSide(TemporalNet(44, 6), range(44), [1.0] * 44)
    assert sum(p.numel() for p in net.parameters()) < 60_000
