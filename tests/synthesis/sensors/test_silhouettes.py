from __future__ import annotations

import numpy as np
import pytest

from clinigait.representations import align
from clinigait.synthesis.rasteriser import projected, rasterise
from clinigait.synthesis.sensors import recorded
from clinigait.synthesis.sensors.labels import PartLabels
from clinigait.synthesis.sensors.silhouettes import Masks, packed
from support.dressed_people import adult, scene_of, shot_of, swung
from support.swinging import swinging


def test_a_silhouette_is_the_union_of_the_projected_triangles() -> None:
    shot = shot_of()
    mask = Masks().take(shot, np.random.default_rng(0)).body
    pixels = projected(shot.surface.points_m, shot.lens, shot.place)
    union = np.zeros_like(mask)
    for start in range(0, len(shot.surface.faces), 3000):
        some = np.ascontiguousarray(shot.surface.faces[start : start + 3000])
        union |= rasterise(pixels, some, 0, shot.lens.size_px).triangle >= 0
    assert np.array_equal(mask, union)


def test_masks_come_back_from_their_bits_with_the_aid_apart() -> None:
    ends = np.array([[0.3, 0.45, 0.0], [0.3, 0.45, 0.9]])
    motion = swinging(adult(), duration_s=0.2, rate_hz=20, aid_points_m=ends)
    masks = list(recorded(Masks(), scene_of(), [motion], seed=1))
    silhouettes = packed(masks)
    assert len(silhouettes) == 4
    for frame, mask in enumerate(masks):
        assert np.array_equal(silhouettes.mask(frame), mask.body | mask.aid)
        assert np.array_equal(silhouettes.aid(frame), mask.aid)
        assert mask.aid.any()
    aligned = align(silhouettes, motion.time_s, with_aids=False)
    assert aligned.images.shape == (4, 64, 64)
    with pytest.raises(ValueError, match="no masks"):
        packed([])


def test_labels_and_masks_agree() -> None:
    rng = np.random.default_rng(0)
    labels = PartLabels().take(shot_of(), rng)
    assert np.array_equal(labels > 0, Masks().take(shot_of(), rng).body)
    assert len(list(recorded(PartLabels(), scene_of(), [swung()], seed=0))) == len(swung())
