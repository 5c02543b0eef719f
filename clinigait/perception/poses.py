"""The pose estimator behind a name."""

from __future__ import annotations

from clinigait.perception.hrnet.checkpoints import CHECKPOINTS
from clinigait.perception.hrnet.estimator import HrnetPose
from clinigait.perception.hrnet.obtain import require_network
from clinigait.perception.pose import BlazePose, PoseEstimator
from clinigait.perception.weights import require


def load_pose(name: str, threads: int, *, flip_test: bool = False) -> PoseEstimator:
    """Return the pose estimator of the named weights, their SHA-256 checked now.

    Parameters
    ----------
    name
        What :func:`clinigait.perception.weights.pose_weights` gives.
    threads
        Number of people that are worked on side by side.
    flip_test
        HRNet only: run every crop and its mirror image, and take the mean.

    Raises
    ------
    BadInputError
        If there are no such weights, they are not on this machine, or a file is damaged.
    """
    if name not in CHECKPOINTS:
        return BlazePose(require(name), name, threads)
    onnx, _ = require_network(CHECKPOINTS[name], check_hash=False)  # the estimator checks it
    return HrnetPose(onnx, threads, flip_test=flip_test)
