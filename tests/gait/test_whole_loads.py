"""What the legs bear, side against side: found where it is, and not said where it is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, Depth, Space, Walk
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.loads import LoadIndex, load_indices
from support.walked import found, walked_of, why_not
from support.walker import Gait, synthetic_space_walk, synthetic_walk

NAMES = (
    "load_acceptance_asymmetry_pct",
    "load_push_off_asymmetry_pct",
    "load_impulse_asymmetry_pct",
)
_EVEN = Gait(noise_px=0.05, duration_s=9.0, rate_hz=60.0)


def _dipping(walk: Walk, lowest_s: float) -> Walk:
    """Let the whole body be 4 cm lower then, and once every stride of 1.1 s."""
    points = walk.keypoints.copy()
    points[..., 2] -= 0.02 * np.cos(2 * np.pi * (walk.time_s - lowest_s) / 1.1)[:, None]
    return replace(walk, keypoints=points)


def _indices(walked: WalkedBouts) -> tuple[LoadIndex, ...]:
    indices = load_indices(walked)
    assert isinstance(indices, tuple)
    return indices


@pytest.fixture(scope="module")
def even() -> WalkedBouts:
    return walked_of(synthetic_space_walk(_EVEN))


def test_an_even_walk_has_no_index_that_differs_from_zero(even: WalkedBouts) -> None:
    for name in NAMES:
        parameter = found(name, even)
        assert parameter.low < 0 < parameter.high, name
        assert "inferred from the movement, not a measured force" in str(parameter.reason)
        assert "the sides cannot be told apart" in str(parameter.reason)
        assert parameter.n >= 2


def test_a_body_that_sinks_over_one_leg_is_told_from_its_mirror_image() -> None:
    """The left foot lands at 1.11 s: who is lowest soon after pushes up from it; 0.55 s later, from
    the right one."""
    walk = synthetic_space_walk(_EVEN)
    left, right = (_indices(walked_of(_dipping(walk, at)))[0] for at in (1.26, 1.81))
    assert left.value_pct < -1.96 * left.error_pct
    assert right.value_pct > 1.96 * right.error_pct
    assert left.value_pct == pytest.approx(-right.value_pct, abs=3)


def test_the_same_walk_gives_the_same_numbers(even: WalkedBouts) -> None:
    again = walked_of(synthetic_space_walk(_EVEN))
    assert _indices(again) == _indices(even)


def test_more_noise_makes_wider_intervals_and_much_noise_takes_the_number_away() -> None:
    def walked(noise_px: float) -> WalkedBouts:
        return walked_of(synthetic_space_walk(replace(_EVEN, noise_px=noise_px)))

    errors = [_indices(walked(noise))[0].error_pct for noise in (0.05, 0.5, 2.0)]
    assert errors[0] < errors[1] < errors[2]
    assert "cannot be told apart: noise spreads the index by ±" in why_not(NAMES[0], walked(4.0))


def test_a_picture_and_a_guessed_depth_have_no_loads() -> None:
    picture = walked_of(synthetic_walk(Gait(duration_s=9.0)))
    guessed = walked_of(
        synthetic_space_walk(
            Gait(noise_px=0.2), COCO_17, heading_deg=-90, space=Space.CAMERA_M,
            depth=Depth.INFERRED,
        )
    )  # fmt: skip
    for walked in (picture, guessed):
        assert "motion capture or a depth camera" in why_not(NAMES[0], walked)


def test_a_slow_camera_has_no_loads() -> None:
    assert "24 frames a second" in why_not(
        NAMES[0], walked_of(synthetic_space_walk(replace(_EVEN, rate_hz=20.0)))
    )


def test_few_steps_have_no_loads() -> None:
    short = walked_of(synthetic_space_walk(replace(_EVEN, duration_s=2.6)))
    assert "whole stances of each foot" in why_not(NAMES[2], short)


def test_without_knees_there_are_no_loads() -> None:
    walk = synthetic_space_walk(_EVEN)
    kept = np.array(["knee" not in name for name in walk.layout.points])
    layout = replace(
        walk.layout, points=tuple(n for n, k in zip(walk.layout.points, kept, strict=True) if k)
    )
    assert "both knees" in why_not(NAMES[0], walked_of(walk.with_points(kept, layout)))
