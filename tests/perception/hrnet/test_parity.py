"""The same weights give the same keypoints as mmpose's own ``inference_topdown``."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from clinigait.perception.hrnet.estimator import HrnetPose

BOXES = np.array(
    [
        [300, 100, 420, 480],
        [10.5, 20.25, 210.75, 580.5],
        [-80, -40, 150, 330],
        [700, 200, 1000, 700],
        [100, 100, 600, 200],
        [400, 300, 430, 360],
    ]
)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """Return colours that change smoothly, another order of colours would give other numbers."""
    coarse = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    return cv2.resize(coarse, (900, 600), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("flip_test", [False, True])
def test_keypoints_are_those_of_mmpose(small, picture, flip_test) -> None:
    """Within 0.1 px, wherever mmpose itself knows the place that well.

    DARK and UDP divide by a heatmap's curvature, and random weights give peaks that have next to
    none: there, the seventh digit of a heatmap moves mmpose's own keypoint by pixels. Such points
    are left out by asking mmpose's decoder with heatmaps changed in that digit.
    """
    model, expected = _expected(small, picture, flip_test)
    pose = HrnetPose(small.onnx, threads=2, flip_test=flip_test, precision="f32")
    for key, box in enumerate(BOXES):
        pose.submit(key, picture, box)
    found = pose.results()
    assert sorted(found) == list(range(len(BOXES)))
    n_points, n_compared, worst_px = len(pose.layout), 0, 0.0
    for key, theirs in enumerate(expected):
        ours, their = found[key], theirs.pred_instances
        score = their.keypoint_scores[0][:n_points]
        known = _well_known(model, theirs, BOXES[key], n_points)
        distance_px = np.linalg.norm(ours.keypoints_px - their.keypoints[0][:n_points], axis=1)
        assert np.array_equal(np.isnan(distance_px), score <= 0), "what is missing, and only that"
        worst_px = max(worst_px, float(distance_px[known].max()))
        n_compared += int(known.sum())
        believed = np.clip(score, 0, 1)
        assert ours.confidence[known] == pytest.approx(believed[known], abs=1e-5)
        assert (ours.confidence <= believed + 1e-5).all()
    assert worst_px < (0.1 if small.card.blur_kernel_px else 1e-3)
    assert n_compared > 0.8 * n_points * len(BOXES)


def _expected(small, picture, flip_test) -> tuple[Any, list[Any]]:
    from mmpose.apis import inference_topdown, init_model

    model = init_model(small.checkpoint.config, str(small.file), device="cpu")
    model.test_cfg["flip_test"] = flip_test
    model.test_cfg["output_heatmaps"] = True
    return model, inference_topdown(model, np.ascontiguousarray(picture[..., ::-1]), BOXES)


def _well_known(model, theirs, box, n_points) -> np.ndarray:
    """Tell which points hardly move if mmpose decodes slightly different heatmaps."""
    maps = theirs.pred_fields.heatmaps.numpy()[:n_points]
    rng = np.random.default_rng(3)
    (first, score), *others = [
        model.head.decoder.decode(maps + rng.normal(0, noise, maps.shape).astype(np.float32))
        for noise in (0, *(1e-6,) * 4)
    ]
    moved = np.max([np.linalg.norm(one[0] - first[0], axis=1) for one, _ in others], axis=0)
    width, height = model.cfg.codec.input_size
    stride = 4
    inside = ((first[0] > -stride) & (first[0] < [width + stride, height + stride])).all(axis=1)
    larger = 1.25 * max((box[2] - box[0]) / width, (box[3] - box[1]) / height, 1)
    return (score[0] > 0) & inside & (moved * larger < 0.02)
