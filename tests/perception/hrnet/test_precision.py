"""bfloat16 is used only where it was seen to be good enough, on this very processor."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.perception.hrnet import precision
from clinigait.perception.hrnet.precision import (
    Verdict,
    judge,
    moved_px,
    read_verdict,
    usable_precision,
    verdict_on,
)


@pytest.fixture
def copied(small_by_decoding, tmp_path):
    onnx = tmp_path / "n.onnx"
    onnx.write_bytes(small_by_decoding["dark"].onnx.read_bytes())
    return onnx, small_by_decoding["dark"].card


def with_verdict(copied, **changes) -> str:
    onnx, card = copied
    said = {"cpu": "here", "onnx_sha256": card.onnx_sha256, "bf16": True, "reason": "seen"}
    verdict = Verdict(**said | changes)
    onnx.with_suffix(".precision.json").write_text(verdict.model_dump_json())
    return usable_precision(onnx, card)


def test_a_good_verdict_holds_for_its_processor_and_its_network(copied, monkeypatch) -> None:
    monkeypatch.setattr(precision, "cpu_name", lambda: "here")
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: True)
    assert usable_precision(*copied) == "f32", "no verdict"
    assert with_verdict(copied) == "bf16"
    assert with_verdict(copied, bf16=False) == "f32"
    assert with_verdict(copied, cpu="there") == "f32"
    assert with_verdict(copied, onnx_sha256="0" * 64) == "f32"
    copied[0].with_suffix(".precision.json").write_text("{")
    assert usable_precision(*copied) == "f32", "a damaged verdict is none"


@pytest.mark.parametrize(
    ("distances", "good"),
    [
        (np.full(500, 0.1), True),
        (np.r_[np.full(500, 0.1), 0.49], True),
        (np.r_[np.full(500, 0.1), 0.5], False),
        (np.r_[np.full(500, 0.0), np.inf], False),
        (np.full(20, 0.1), False),
    ],
    ids=["small", "just", "one point too far", "one point lost", "too few"],
)
def test_one_point_that_moves_too_far_is_enough_to_say_no(distances, good) -> None:
    verdict = verdict_on(distances, "here", "0" * 64)
    assert verdict.bf16 == good
    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict


def test_the_distance_is_in_pixels_of_the_crop_and_of_believed_points(small_by_decoding) -> None:
    card = small_by_decoding["plain"].card
    maps = np.zeros((1, 17, 64, 48), np.float32)
    maps[0, :, 20, 20] = 0.1
    maps[0, :2, 20, 20] = 0.9
    others = maps.copy()
    others[0, 1] = np.roll(maps[0, 1], 2, axis=1)
    assert moved_px(maps, others, card).tolist() == [0.0, 8.0]
    others[0, 1] = -1
    assert moved_px(maps, others, card).tolist() == [0.0, np.inf]


def test_without_people_to_look_at_nothing_is_accepted(copied, cache, monkeypatch) -> None:
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: True)
    verdict = judge(*copied)
    assert not verdict.bf16
    assert "not on this machine" in verdict.reason
    assert read_verdict(copied[0]) == verdict


def test_a_processor_without_bfloat16_says_so(copied, monkeypatch) -> None:
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: False)
    assert "does not multiply in bfloat16" in judge(*copied).reason


@pytest.mark.slow
def test_people_of_the_demonstration_clip_are_looked_at(
    copied, demo_clip, weights, monkeypatch
) -> None:
    """In the same precision twice, where the processor has but one: nothing may move."""
    onnx, card = copied
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: True)
    maps = precision.maps_of
    monkeypatch.setattr(
        precision, "maps_of", lambda onnx, card, crops, _: maps(onnx, card, crops, "f32")
    )
    verdict = judge(onnx, card)
    assert verdict.n_points > 200
    assert verdict.max_px == 0
    assert verdict.bf16
