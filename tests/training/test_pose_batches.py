"""Changes by chance move pictures and points alike; misses cost what they should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import WHOLEBODY_23
from support.poses import part, spotted

torch = pytest.importorskip("torch")

from clinigait.perception.hrnet.topdown import decode  # noqa: E402
from clinigait.training import pose_batches  # noqa: E402
from clinigait.training.pose_batches import (  # noqa: E402
    PoseAugment,
    augmented,
    batch_of,
    halved,
    heatmaps,
    losses,
    scaled,
)

MIRRORED = WHOLEBODY_23.mirrored()
STILL = PoseAugment(
    flip=0, rotation_deg=0, scale=0, shift=0, colour=0, cutout=0, contrast=0, saturation=0, folds=0,
    sharpness=0,
)  # fmt: skip


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def spot_px(crop: torch.Tensor) -> np.ndarray:
    """Return where the bright spot of a crop is."""
    bright = (crop.amax(dim=0) > 150).nonzero().float()
    return bright.mean(dim=0).flip(0).numpy()


def test_no_change_is_no_change() -> None:
    batch = batch_of(part(3), "cpu")
    again = augmented(batch, STILL, MIRRORED, rng())
    assert torch.allclose(again.crops, batch.crops, atol=0.05)
    assert torch.allclose(again.keypoints_px, batch.keypoints_px, atol=1e-4)


def test_points_go_where_the_picture_goes() -> None:
    batch = batch_of(spotted(12), "cpu")
    how = replace(STILL, flip=0.5, rotation_deg=14, scale=0.14, shift=0.03)
    moved = augmented(batch, how, MIRRORED, rng(1))
    for crop, points in zip(moved.crops, moved.keypoints_px, strict=True):
        if bool(((points[0] > 12) & (points[0] < torch.tensor([179.0, 243.0]))).all()):
            assert spot_px(crop) == pytest.approx(points[0].numpy(), abs=1.0)


def test_the_mirror_image_exchanges_sides() -> None:
    batch = batch_of(part(2), "cpu")
    flipped = augmented(batch, replace(STILL, flip=1.0), MIRRORED, rng())
    assert torch.allclose(flipped.crops, batch.crops.flip(3), atol=0.05)
    left, right = (WHOLEBODY_23.index("knee", side) for side in ("left", "right"))
    expected = batch.keypoints_px[:, right] * torch.tensor([-1.0, 1]) + torch.tensor([191.0, 0])
    assert torch.allclose(flipped.keypoints_px[:, left], expected, atol=1e-3)
    assert torch.equal(flipped.visible[:, left].isnan(), batch.visible[:, right].isnan())


def test_twice_mirrored_is_as_before() -> None:
    batch, how = batch_of(part(2), "cpu"), replace(STILL, flip=1.0)
    twice = augmented(augmented(batch, how, MIRRORED, rng()), how, MIRRORED, rng())
    assert torch.allclose(twice.keypoints_px, batch.keypoints_px, atol=1e-3)


def test_the_same_chance_changes_alike() -> None:
    batch = batch_of(part(2), "cpu")
    one, two = (augmented(batch, PoseAugment(), MIRRORED, rng(4)) for _ in range(2))
    assert torch.equal(one.crops, two.crops)
    assert torch.equal(one.weight, two.weight)


def test_what_leaves_the_crop_counts_for_nothing() -> None:
    one = part(1)
    one.keypoints_px[0, 0], one.keypoints_px[0, 1] = (-3, 50), (30, 256.2)
    found = augmented(batch_of(one, "cpu"), STILL, MIRRORED, rng())
    assert found.weight[0, :3].tolist() == [0, 0, 1]
    assert found.visible[0, :2].tolist() == [0, 0]


def test_what_is_covered_is_hidden() -> None:
    batch = batch_of(spotted(40), "cpu")
    covered = augmented(batch, replace(STILL, cutout=1.0), MIRRORED, rng(2))
    hidden = covered.weight[:, 0] < 1
    assert hidden.any()
    assert not hidden.all()
    assert (covered.visible[hidden] == 0).all()
    for k in hidden.nonzero().ravel().tolist():
        x, y = batch.keypoints_px[k, 0].int().tolist()
        assert not torch.allclose(covered.crops[k, :, y, x], batch.crops[k, :, y, x])


@pytest.mark.parametrize("what", ["contrast", "saturation", "folds", "sharpness", "colour"])
def test_light_changes_and_nothing_moves(what: str) -> None:
    batch = batch_of(spotted(6), "cpu")
    changed = augmented(batch, replace(STILL, **{what: 0.3}), MIRRORED, rng(5))
    assert not torch.allclose(changed.crops, batch.crops, atol=2)
    assert changed.crops.min() >= 0
    assert changed.crops.max() <= 255
    assert torch.equal(changed.weight, batch.weight)
    assert torch.allclose(changed.keypoints_px, batch.keypoints_px, atol=1e-3)


def test_half_the_size_keeps_points_in_place() -> None:
    batch = batch_of(spotted(4), "cpu")
    small = halved(batch)
    assert small.crops.shape == (4, 3, 128, 96)
    for crop, points in zip(small.crops, small.keypoints_px, strict=True):
        assert spot_px(crop) == pytest.approx(points[0].numpy(), abs=0.6)


def test_scaled_crops_are_those_of_the_card() -> None:
    batch = batch_of(part(2), "cpu")
    found = scaled(batch.crops, (10.0, 20, 30), (2.0, 4, 8))
    assert torch.allclose(found[:, 1], (batch.crops[:, 1] - 20) / 4)


def test_the_decoder_finds_what_the_heatmaps_aim_at() -> None:
    points = torch.from_numpy(rng(3).uniform((12, 12), (180, 244), (2, 23, 2)).astype(np.float32))
    maps = heatmaps(points, torch.tensor([192.0, 256.0]), (48, 64), 2.0)
    assert maps.shape == (2, 23, 64, 48)
    found, score = decode(maps.numpy(), "udp", 11)
    assert found * (191 / 47, 255 / 63) == pytest.approx(points.numpy(), abs=0.25)
    assert (score > 0.8).all()


def test_finding_nothing_costs_one_and_finding_all_costs_nothing() -> None:
    batch = batch_of(part(4), "cpu")
    aim = heatmaps(batch.keypoints_px, torch.tensor([192.0, 256.0]), (48, 64), 2.0)
    nothing, _ = losses(torch.zeros_like(aim), torch.zeros(4, 23), batch, 2.0)
    assert nothing == pytest.approx(1.0, abs=0.05)
    everything, _ = losses(aim, torch.zeros(4, 23), batch, 2.0)
    assert everything < 1e-6


def test_only_known_visibilities_cost() -> None:
    batch = batch_of(part(3), "cpu")
    maps = torch.zeros(3, 23, 64, 48)
    right = torch.where(batch.visible.isnan(), torch.full((3, 23), 50.0), 40 * batch.visible - 20)
    assert losses(maps, right, batch, 2.0)[1] < 1e-6
    nobody = replace(batch, visible=torch.full((3, 23), torch.nan))
    assert losses(maps, right, nobody, 2.0)[1] == 0
    assert pose_batches.PoseAugment().flip == 0.5


def test_points_without_weight_cost_nothing() -> None:
    batch = batch_of(part(2), "cpu")
    weightless = replace(batch, weight=torch.zeros_like(batch.weight))
    assert losses(torch.ones(2, 23, 64, 48), torch.zeros(2, 23), weightless, 2.0)[0] == 0
