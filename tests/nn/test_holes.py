"""Holes of depth pictures are filled from around them, and it is said where."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
holes = pytest.importorskip("clinigait.nn.holes")


@pytest.mark.parametrize("size", [(64, 32), (128, 96), (5, 7), (1, 9), (1, 1)])
def test_known_pixels_stay_and_holes_get_what_is_around_them(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    depth = 0.2 + 0.6 * torch.rand(3, 1, *size)
    seen = torch.rand(depth.shape) < 0.6
    whole, known = holes.filled(torch.where(seen, depth, 0.0))
    assert torch.equal(known, seen.float())
    assert torch.equal(whole[seen], depth[seen])
    for each, where in zip(whole, seen, strict=True):
        if bool(where.any()):
            assert float(each[0].min()) >= float(each[where].min()) - 1e-6
            assert float(each[0].max()) <= float(each[where].max()) + 1e-6


def test_a_hole_is_filled_by_its_neighbours_before_those_far_away() -> None:
    depth = torch.full((1, 1, 64, 64), 0.9)
    depth[..., :32] = 0.3
    depth[..., 20:24, 8:12] = 0
    whole, _ = holes.filled(depth)
    torch.testing.assert_close(whole[..., :32], torch.full((1, 1, 64, 32), 0.3))


def test_a_picture_of_which_nothing_is_known_is_the_middle_of_the_range() -> None:
    whole, known = holes.filled(torch.zeros(2, 1, 64, 32))
    assert bool((whole == 0.5).all())
    assert bool((known == 0).all())
