"""HRNet keeps the pipeline's interface, and people apart."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.perception.hrnet import estimator as estimating
from clinigait.perception.hrnet.card import card_of
from clinigait.perception.hrnet.estimator import HrnetPose
from clinigait.perception.pose import PoseEstimator


@pytest.fixture
def pose(small_by_decoding) -> HrnetPose:
    return HrnetPose(small_by_decoding["dark"].onnx, threads=2)


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (240, 320, 3), np.uint8)


BOX = np.array([100.0, 20, 180, 220])


def test_it_is_a_pose_estimator(pose, small_by_decoding) -> None:
    estimator: PoseEstimator = pose
    assert estimator.name == small_by_decoding["dark"].checkpoint.name
    assert len(estimator.layout) == 23
    assert (pose.precision, pose.device) == ("f32", "CPU"), "no verdict: single precision"
    assert pose.results() == {}


def test_every_picture_gets_its_own_keypoints_in_any_company(pose) -> None:
    def alone(seed: int) -> np.ndarray:
        pose.submit(seed, picture(seed), BOX)
        return pose.results()[seed].keypoints_px

    expected = {seed: alone(seed) for seed in range(7)}
    for seed in reversed(range(7)):
        pose.submit(seed, picture(seed), BOX)
    found = pose.results()
    assert sorted(found) == list(range(7))
    for seed, keypoints in expected.items():
        assert found[seed].keypoints_px == pytest.approx(keypoints, abs=0.05, nan_ok=True)
    assert pose.results() == {}, "handed out once"


def test_a_sample_says_what_the_model_knows(pose) -> None:
    pose.submit(3, picture(1), BOX)
    sample = pose.results()[3]
    assert sample.keypoints_px.shape == (23, 2)
    assert ((sample.confidence >= 0) & (sample.confidence <= 1)).all()
    believed = sample.confidence[sample.confidence >= 0.2]
    assert sample.score == pytest.approx(believed.mean())
    assert np.isnan(sample.body_yaw_deg)
    assert sample.mask_bits is None
    assert sample.affine is None


def test_what_is_nowhere_is_missing(pose, monkeypatch) -> None:
    def nothing(maps, card, *, flip_test):
        points = np.full((1, 23, 2), np.nan, np.float32)
        points[0, 0], points[0, 1] = (10, 10), (500, 10)
        score = np.full((1, 23), -0.1, np.float32)
        score[0, :2] = 1.5, 0.9
        return points, score

    monkeypatch.setattr(estimating, "decoded", nothing)
    pose.submit(0, picture(0), BOX)
    sample = pose.results()[0]
    assert sample.confidence[0] == 1, "never more than certain"
    assert sample.confidence[1] == 0, "sent out of the crop: nobody believes it"
    assert np.isnan(sample.keypoints_px[2:]).all()
    assert (sample.confidence[2:] == 0).all()


def test_a_fault_in_the_background_is_not_lost(pose, monkeypatch) -> None:
    def fail(maps, card, *, flip_test):
        raise ValueError("a defect in decoding")

    monkeypatch.setattr(estimating, "decoded", fail)
    pose.submit(0, picture(0), BOX)
    with pytest.raises((ValueError, RuntimeError), match="a defect in decoding"):
        pose.results()


def test_the_flip_test_reads_both_sides(small_by_decoding) -> None:
    """The mirror image of a picture gives the mirror image of the keypoints, sides exchanged."""
    small = small_by_decoding["udp"]
    pose = HrnetPose(small.onnx, threads=1, flip_test=True)
    image = picture(4)
    width = image.shape[1]
    box = np.array([width / 2 - 41, 20, width / 2 + 40, 220])  # its own mirror image, in pixels
    pose.submit(0, image, box)
    pose.submit(1, np.ascontiguousarray(image[:, ::-1]), box)
    plain, mirrored = pose.results().values()
    assert mirrored.confidence == pytest.approx(
        plain.confidence[list(small.card.flip_indices)], abs=0.02
    )


def test_a_network_with_a_strange_card_does_not_start(small_by_decoding, tmp_path) -> None:
    onnx = tmp_path / "n.onnx"
    onnx.write_bytes(small_by_decoding["plain"].onnx.read_bytes())
    card_of(onnx).write_bytes(card_of(small_by_decoding["udp"].onnx).read_bytes())
    with pytest.raises(BadInputError, match="is not the network of its card"):
        HrnetPose(onnx, threads=1)
