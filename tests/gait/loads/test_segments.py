"""The table of masses, and segments on the points of a layout."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core.layout import COCO_17, KINECT_25, WHOLEBODY_23, KeypointLayout
from clinigait.gait.loads.segments import inertia_of, segments_of
from clinigait.synthesis.forces import segment_percent

LEGS_ONLY = KeypointLayout(
    "legs", tuple(f"{side}_{joint}" for side in ("left", "right") for joint in
                  ("hip", "knee", "ankle", "heel", "toe"))
)  # fmt: skip


@pytest.mark.parametrize("layout", [COCO_17, WHOLEBODY_23, KINECT_25, LEGS_ONLY])
@pytest.mark.parametrize("sex", ["female", "male", None])
def test_the_segments_are_the_whole_body(layout: KeypointLayout, sex: str | None) -> None:
    segments = segments_of(layout, sex)  # type: ignore[arg-type]
    assert len(segments) == 14
    assert sum(own.inertia.mass for own in segments) == pytest.approx(1, abs=1e-12)
    for own in segments:
        for weights in (own.near, own.far, own.centre):
            assert weights.sum() == pytest.approx(1)


def test_the_numbers_are_those_of_the_table() -> None:
    thigh = inertia_of("thigh", "male")
    assert thigh.mass == pytest.approx(0.1416, abs=1e-5)
    assert thigh.centre == pytest.approx(0.4095)
    assert thigh.radius == pytest.approx(0.329)
    assert inertia_of("shank", "female").mass == pytest.approx(0.0481, abs=1e-4)
    both = inertia_of("foot", None)
    assert both.centre == pytest.approx((0.4014 + 0.4415) / 2)


def test_the_virtual_clinic_weighs_with_the_same_table() -> None:
    for sex in ("female", "male"):
        parts = [("upper_arm", 2), ("forearm", 2), ("hand", 2), ("thigh", 2), ("shank", 2),
                 ("foot", 2), ("head", 1), ("trunk", 1)]  # fmt: skip
        whole = sum(n * inertia_of(name, sex).mass for name, n in parts)  # type: ignore[arg-type]
        assert whole == pytest.approx(1)
        assert segment_percent(sex) == pytest.approx(100, abs=0.02)  # type: ignore[arg-type]


def test_what_is_not_measured_rides_on_the_pelvis() -> None:
    hips = np.zeros(len(LEGS_ONLY))
    hips[[LEGS_ONLY.index("left_hip"), LEGS_ONLY.index("right_hip")]] = 0.5
    for own in segments_of(LEGS_ONLY):
        if not any(part in own.name for part in ("thigh", "shank", "foot")):
            assert np.array_equal(own.centre, hips), own.name


def test_without_a_knee_there_are_no_segments() -> None:
    with pytest.raises(KeyError):
        segments_of(KeypointLayout("hips", ("left_hip", "right_hip")))
