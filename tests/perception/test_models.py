"""The detector and the pose model find the walker of the demonstration clip."""

import cv2
import numpy as np
import pytest

from clinigait.core import BLAZEPOSE_33
from clinigait.perception.detection import EfficientDetLite2, _without_nested
from clinigait.perception.pose import BlazePose, crop_affine
from support import films

#: The walker in the half-size frame 120, by eye.
BOX = np.array([357.0, 256, 475, 470])


@pytest.fixture(scope="module")
def picture(demo_clip):
    return films.half_size_frames(demo_clip)[120][1]


def test_the_walker_is_found(weights, picture) -> None:
    boxes = EfficientDetLite2(weights["detector-efficientdet-lite2"], threads=1).detect(picture)
    nearest = boxes[np.abs(boxes[:, :4] - BOX).max(axis=1).argmin()]
    assert np.abs(nearest[:4] - BOX).max() < 15
    assert nearest[4] > 0.5


@pytest.mark.parametrize("shape", [(60, 400), (400, 60), (2, 2)])
def test_any_shape_of_picture(weights, shape) -> None:
    detector = EfficientDetLite2(weights["detector-efficientdet-lite2"], threads=1)
    assert detector.detect(np.zeros((*shape, 3), np.uint8)).shape == (0, 5)


def test_parts_of_a_person_are_not_people() -> None:
    boxes = np.array([[0, 0, 100, 300, 0.9], [10, 10, 90, 120, 0.5], [200, 0, 300, 300, 0.4]])
    assert _without_nested(boxes)[:, 4].tolist() == [0.9, 0.4]


@pytest.fixture(scope="module")
def pose(weights) -> BlazePose:
    return BlazePose(weights["pose-blazepose-heavy"], "heavy", threads=2)


def test_keypoints_lie_on_the_body(pose, picture) -> None:
    pose.submit(0, picture, BOX)
    (sample,) = pose.results().values()
    assert sample.score > 0.9
    assert sample.body_yaw_deg < 35
    nose = sample.keypoints_px[BLAZEPOSE_33.index("nose")]
    heels = [sample.keypoints_px[BLAZEPOSE_33.index("heel", s)] for s in ("left", "right")]
    assert 256 < nose[1] < 300
    assert all(440 < heel[1] < 475 for heel in heels)
    # She walks to the left: the toes are ahead of the heels.
    toe = sample.keypoints_px[BLAZEPOSE_33.index("toe", "left")]
    assert toe[0] < heels[0][0]


def test_results_do_not_depend_on_what_runs_beside(pose, picture) -> None:
    """Two at a time, in any order: every picture gets its own keypoints, bit for bit."""
    flipped = np.ascontiguousarray(picture[:, ::-1])
    mirror_box = np.array([884 - BOX[2], BOX[1], 884 - BOX[0], BOX[3]])
    alone = []
    for image, box in ((picture, BOX), (flipped, mirror_box)):
        pose.submit(0, image, box)
        alone.append(pose.results()[0].keypoints_px)
    for key in range(8):
        pose.submit(key, *((picture, BOX) if key % 2 == 0 else (flipped, mirror_box)))
    together = pose.results()
    for key, sample in together.items():
        np.testing.assert_array_equal(sample.keypoints_px, alone[key % 2])


def test_the_silhouette_covers_the_body_and_not_the_room(pose, picture) -> None:
    pose.submit(0, picture, BOX)
    (sample,) = pose.results().values()
    mask = np.unpackbits(sample.mask_bits, axis=-1).astype(np.uint8)
    in_picture = cv2.warpAffine(mask, cv2.invertAffineTransform(sample.affine), (884, 497))
    rows, columns = np.nonzero(in_picture)
    assert BOX[0] - 15 < columns.min() < columns.max() < BOX[2] + 15
    assert BOX[1] - 15 < rows.min() < rows.max() < BOX[3] + 15
    assert 0.2 < in_picture.sum() / ((BOX[2] - BOX[0]) * (BOX[3] - BOX[1])) < 0.7


def test_crops_keep_proportions_and_centre() -> None:
    affine = crop_affine(np.array([100.0, 50, 200, 450]))
    assert affine[0, 0] == affine[1, 1] == 256 / (1.25 * 400)
    np.testing.assert_allclose(affine @ [150, 250, 1], [128, 128])
