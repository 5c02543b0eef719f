"""Real walks from public data, where they stand beside the project."""

from pathlib import Path

import numpy as np
import pytest

from clinigait.core import COCO_17, Protocol, RefusedError, Space, Walk
from clinigait.gait.measure import measure

_FRONTAL = (
    Path(__file__).parents[3]
    / "shared/data/gait_validation/video analysis/large model data/ori_keypoints"
)
_FOCAL_PX = 1400.0
_SIZE_PX = (1920, 1080)
#: Index of every COCO point in the data's own order; eyes and ears are not in it.
_JOINTS = {
    "nose": 16, "right_shoulder": 2, "right_elbow": 3, "right_wrist": 4, "left_shoulder": 5,
    "left_elbow": 6, "left_wrist": 7, "right_hip": 8, "right_knee": 9, "right_ankle": 10,
    "left_hip": 11, "left_knee": 12, "left_ankle": 13,
}  # fmt: skip


def _files() -> list[Path]:
    return sorted(_FRONTAL.glob("*.npy"))[::9] if _FRONTAL.is_dir() else []


def _as_filmed(path: Path) -> Walk:
    """Project the 3-D joints (mm, y down, z away) to the picture of the camera that saw them."""
    joints = np.load(path)
    keypoints = np.full((len(joints), len(COCO_17), 2), np.nan)
    for name, index in _JOINTS.items():
        x, y, z = joints[:, index].T
        keypoints[:, COCO_17.index(name)] = np.column_stack(
            [_SIZE_PX[0] / 2 + _FOCAL_PX * x / z, _SIZE_PX[1] / 2 + _FOCAL_PX * y / z]
        )
    confidence = np.where(np.isfinite(keypoints[:, :, 0]), 0.9, 0.0)
    time_s = np.arange(len(joints)) / 60
    return Walk(time_s, keypoints, confidence, COCO_17, Space.IMAGE_PX, image_size_px=_SIZE_PX)


@pytest.mark.skipif(not _files(), reason="the frontal walks are not here")
@pytest.mark.parametrize("path", _files(), ids=lambda path: path.stem)
def test_real_frontal_walks_are_refused_under_the_sagittal_protocol(
    path: Path, protocol: Protocol
) -> None:
    with pytest.raises(RefusedError) as caught:
        measure(_as_filmed(path), protocol)
    assert caught.value.refused.code == "wrong_view"
