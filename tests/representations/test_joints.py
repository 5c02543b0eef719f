"""Places and velocities of joints: mirrored as the walk is, on the clock that is asked for."""

import numpy as np
import pytest

from clinigait.core import BadInputError, RefusedError
from clinigait.representations.joints import JOINTS, joints_of, mirror_joints, prepare_joints
from clinigait.representations.skeletons import skeleton
from support.walker import Gait, synthetic_space_walk, synthetic_walk

WALK = synthetic_space_walk(Gait(duration_s=4.0))


def test_places_and_velocities_of_seventeen_joints() -> None:
    clip, body = prepare_joints(WALK, {}), skeleton(WALK)
    frames = clip.frames[JOINTS]
    assert frames.shape == (len(body), 6, 17)
    assert frames.dtype == np.float32
    np.testing.assert_allclose(frames[:, :3], body.joints.swapaxes(1, 2), atol=1e-5)
    np.testing.assert_allclose(frames[:, 3:], body.velocities().swapaxes(1, 2), atol=1e-4)


def test_the_mirror_image_is_that_of_the_walk() -> None:
    body = skeleton(WALK)
    mirrored = joints_of(body.mirrored(), {}).frames[JOINTS]
    np.testing.assert_allclose(
        mirrored, mirror_joints(joints_of(body, {}).frames[JOINTS]), atol=1e-5
    )


def test_the_clock_is_that_which_is_asked_for() -> None:
    half, whole = (prepare_joints(WALK, {"rate_hz": rate}) for rate in (15, 30))
    np.testing.assert_array_equal(half.frames[JOINTS], whole.frames[JOINTS][::2])
    assert np.diff(half.time_s) == pytest.approx(1 / 15)


def test_a_walk_in_a_picture_and_strange_options_are_refused() -> None:
    with pytest.raises(RefusedError):
        prepare_joints(synthetic_walk(Gait()), {})
    with pytest.raises(BadInputError):
        prepare_joints(WALK, {"rate_hz": 7})
