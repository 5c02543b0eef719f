"""Means over areas are means over areas, whatever the size of the map."""

from __future__ import annotations

import itertools

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
areas = pytest.importorskip("clinigait.nn.areas")


def test_regions_have_names_of_their_own_and_cover_the_body_from_head_to_feet() -> None:
    names = [region.name for region in areas.REGIONS]
    assert len(set(names)) == len(names)
    along = sorted((r.top, r.bottom) for r in areas.REGIONS if r.across != "sides")
    assert along[0][0] == 0
    assert along[-1][1] == 1
    for (_, end), (start, _) in itertools.pairwise(along):
        assert start == end


@pytest.mark.parametrize("size", [(16, 12), (8, 4), (4, 3), (2, 1)])
def test_the_mean_of_a_constant_is_the_constant(size: tuple[int, int]) -> None:
    x = torch.full((2, 3, *size), 0.7)
    torch.testing.assert_close(areas.region_means(x), torch.full((2, 3, len(areas.REGIONS)), 0.7))
    for most in (1, 3, 7):
        torch.testing.assert_close(areas.spread(areas.pooled(x, most), x), x)


def test_regions_lie_where_they_are_said_to_lie() -> None:
    x = torch.zeros(1, 1, 1000, 100)
    x[..., :130, :] = 1  # the head
    found = dict(zip([r.name for r in areas.REGIONS], areas.region_means(x)[0, 0], strict=True))
    assert float(found.pop("head")) == pytest.approx(1)
    assert all(float(value) == 0 for value in found.values())
    x = torch.zeros(1, 1, 1000, 100)
    x[..., 180:520, :35] = 1  # one arm
    found = dict(zip([r.name for r in areas.REGIONS], areas.region_means(x)[0, 0], strict=True))
    assert float(found["arms"]) == pytest.approx(0.5, abs=1e-4)
    assert float(found["feet"]) == 0


def test_rows_that_lie_in_part_inside_of_a_region_count_in_part() -> None:
    found = areas.shares([((0.0, 0.375),), ((0.125, 0.25), (0.75, 1.0))], 4, torch.zeros(1))
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.5, 0.0, 0.0], [0.5, 0.0, 0.0, 1.0]]))


@pytest.mark.parametrize(("size", "most"), [((14, 7), 7), ((12, 8), 4), ((4, 3), 7)])
def test_pooling_is_that_of_torch_where_areas_are_whole(size: tuple[int, int], most: int) -> None:
    x = torch.rand(2, 3, *size)
    wanted = torch.nn.functional.adaptive_avg_pool2d(x, tuple(min(most, side) for side in size))
    torch.testing.assert_close(areas.pooled(x, most), wanted)
