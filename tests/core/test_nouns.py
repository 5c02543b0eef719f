"""The nouns hold their invariants: what cannot be true cannot be made."""

import numpy as np
import pytest

from clinigait.core import (
    BLAZEPOSE_33,
    LAYOUTS,
    Parameter,
    Silhouettes,
    Space,
    Walk,
    opposite,
)


def _walk(**changes: object) -> Walk:
    parts: dict = {
        "time_s": np.arange(3) / 30,
        "keypoints": np.zeros((3, 33, 2)),
        "confidence": np.ones((3, 33)),
        "layout": BLAZEPOSE_33,
        "space": Space.IMAGE_PX,
    }
    return Walk(**(parts | changes))


def test_a_walk_keeps_its_arrays_in_step() -> None:
    assert len(_walk()) == 3
    for fault in (
        {"time_s": np.array([0.0, 0.1, 0.1])},
        {"time_s": np.array([0.0, 0.1, np.nan])},
        {"keypoints": np.zeros((3, 32, 2))},
        {"keypoints": np.zeros((3, 33))},
        {"confidence": np.ones((3, 32))},
        {"boxes_px": np.zeros((2, 4))},
    ):
        with pytest.raises(ValueError, match=r"times|keypoints|confidence|boxes"):
            _walk(**fault)


def test_an_empty_walk_is_a_walk() -> None:
    empty = _walk(time_s=np.zeros(0), keypoints=np.zeros((0, 33, 2)), confidence=np.zeros((0, 33)))
    assert empty.duration_s == 0


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_mirroring_a_layout_twice_changes_nothing(layout) -> None:
    mirror = layout.mirrored()
    assert [mirror[i] for i in mirror] == list(range(len(layout)))
    assert all(layout.points[i].startswith("left_") == layout.points[m].startswith("right_")
               for i, m in enumerate(mirror))  # fmt: skip


def test_published_indices_of_blazepose() -> None:
    # The landmark list of MediaPipe Pose.
    published = {"nose": 0, "left_shoulder": 11, "right_wrist": 16, "left_hip": 23,
                 "right_ankle": 28, "left_heel": 29, "right_toe": 32}  # fmt: skip
    assert {name: BLAZEPOSE_33.index(name) for name in published} == published
    assert BLAZEPOSE_33.index("heel", "right") == 30


def test_an_unknown_point_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="no point left_tail"):
        BLAZEPOSE_33.index("tail", "left")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_parameter_is_never_nan(number: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        Parameter("speed_mps", "both", number, "m/s", 3)


def test_a_missing_parameter_says_why() -> None:
    with pytest.raises(ValueError, match="reason"):
        Parameter("speed_mps", "both", None, "m/s", 0)


def test_an_interval_is_not_upside_down() -> None:
    with pytest.raises(ValueError, match="upside down"):
        Parameter("speed_mps", "both", 1.0, "m/s", 3, low=1.2, high=0.8)


def test_silhouettes_come_back_bit_by_bit() -> None:
    mask = np.random.default_rng(0).random((5, 11)) > 0.5
    stored = Silhouettes(Silhouettes.pack(mask)[None], 11, np.zeros((1, 2, 3)))
    assert (stored.mask(0) == mask).all()


def test_a_walking_aid_is_empty_until_somebody_looked() -> None:
    bits = np.zeros((1, 5, 2), np.uint8)
    aid = np.random.default_rng(1).random((5, 11)) > 0.5
    assert not Silhouettes(bits, 11, np.zeros((1, 2, 3))).aid(0).any()
    flagged = Silhouettes(bits, 11, np.zeros((1, 2, 3)), Silhouettes.pack(aid)[None])
    assert (flagged.aid(0) == aid).all()
    assert (flagged.part(slice(0, 1)).aid(0) == aid).all()
    with pytest.raises(ValueError, match="aid_bits"):
        Silhouettes(bits, 11, np.zeros((1, 2, 3)), bits[:, :4])


def test_opposite() -> None:
    assert (opposite("left"), opposite("right")) == ("right", "left")
