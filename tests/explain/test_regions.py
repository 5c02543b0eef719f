"""Pixels and channels belong to the region of the body that they show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import (
    BODY_REGIONS,
    COCO_17,
    InputSpec,
    PersonPictures,
    RefusedError,
    Space,
    Walk,
)
from clinigait.explain.regions import (
    NUMBER,
    channel_region,
    labels_of,
    paired,
    sides_apart,
)
from clinigait.representations.clip import Clip
from clinigait.representations.gait_angles import CHANNELS
from clinigait.representations.inputs import prepare
from support import bundles
from support.walker import Gait, pictured, synthetic_space_walk, synthetic_walk

_MAPS = InputSpec("skeleton_maps", {"rate_hz": 10})


def _labelled(walk: Walk) -> tuple[np.ndarray, Clip]:
    clip = prepare(walk, [_MAPS])
    return labels_of(walk, clip, _MAPS, None), clip


@pytest.mark.parametrize("layout", ["blazepose", "coco"])
def test_regions_lie_from_above_as_in_a_body(layout: str) -> None:
    made = synthetic_walk(Gait(duration_s=4.0), *([COCO_17] if layout == "coco" else []))
    labels, clip = _labelled(made)
    rows = np.arange(labels.shape[1])[None, :, None]
    middle = [
        float(rows.repeat(len(labels), 0).repeat(labels.shape[2], 2)[labels == NUMBER[name]].mean())
        for name in ("head", "trunk", "pelvis", "left_thigh", "left_shank", "left_foot")
    ]
    assert middle == sorted(middle)
    drawn = clip.frames["skeleton_maps"][:, 0] > 128
    known = labels != NUMBER["elsewhere"]
    assert known[drawn].mean() > 0.8
    assert not known.all()


def test_regions_of_films_lie_where_the_walker_was_cut_out() -> None:
    walk = synthetic_walk(Gait(duration_s=4.0))
    n = len(walk.time_s[::6])
    colour = np.random.default_rng(0).integers(9, 255, (n, 128, 96, 3)).astype(np.uint8)
    pictures = PersonPictures(walk.time_s[::6], colour, None, np.full(n, np.nan))
    spec = InputSpec("rgbd", {})
    filmed = replace(walk, pictures=pictures)
    labels = labels_of(filmed, prepare(filmed, [spec]), spec, "left")
    assert labels.shape[1:] == (128, 96)
    rows = [np.flatnonzero((labels == NUMBER[name]).any(axis=(0, 2)))
            for name in ("head", "trunk", "pelvis", "left_foot")]  # fmt: skip
    middles = [each.mean() for each in rows]
    assert middles == sorted(middles)
    # The person fills 0.85 of the height, in its middle: from row 10 to row 118.
    assert middles[0] == pytest.approx(16, abs=7)
    assert middles[-1] == pytest.approx(113, abs=8)


def test_from_the_side_left_and_right_are_one_region_and_from_the_front_two() -> None:
    side = synthetic_walk(Gait(duration_s=3.0))
    assert not sides_apart(side)
    towards = synthetic_space_walk(Gait(duration_s=3.0), heading_deg=-90.0, space=Space.CAMERA_M)
    front = pictured(towards)
    assert sides_apart(front)
    labels, _ = _labelled(side)
    names = {BODY_REGIONS[n] for n in np.unique(paired(labels))}
    assert {"thighs", "shanks", "feet"} <= names
    assert not any(name.startswith(("left", "right")) for name in names)


def test_every_channel_has_a_region_and_its_mirror_image_that_of_the_other_side() -> None:
    found = {name: channel_region(name) for name in CHANNELS}
    assert set(found.values()) <= set(BODY_REGIONS)
    for name, region in found.items():
        if name.startswith("left"):
            assert found[name.replace("left", "right", 1)] == region.replace("left", "right")
    assert found["left_knee_deg"] == "left_shank"
    assert found["right_hip_height_pct"] == "pelvis"
    assert found["speed_pctps"] == "elsewhere"


def test_an_input_without_places_is_refused() -> None:
    walk = synthetic_walk(Gait(duration_s=3.0))
    with pytest.raises(RefusedError, match="Nobody knows where in the body the input toy lies"):
        labels_of(walk, bundles.toy(walk), InputSpec("toy"), None)
