"""3-D keypoints of a synthetic walk."""

import numpy as np
import pytest

from clinigait.core import Depth, EventKind, Space
from clinigait.core.layout import MARKERS_22
from clinigait.gait.measure import measure
from clinigait.io.protocol import load_protocol
from clinigait.synthesis.cameras import Lens, Placement, oblique
from clinigait.synthesis.sensors.keypoints_3d import eye_m, keypoints_3d, truth_pieces
from support.synthetic import walk


def test_pieces_follow_each_other_and_hold_the_whole_walk() -> None:
    made = walk()
    pieces = list(truth_pieces(made, MARKERS_22))
    assert sum(map(len, pieces)) == made.n_frames
    whole = keypoints_3d(made, MARKERS_22)
    assert (np.concatenate([p.keypoints for p in pieces]) == whole.keypoints).all()
    assert whole.space is Space.WORLD_M
    assert whole.depth is Depth.MEASURED
    assert whole.provenance["synthetic"] == "true"
    assert whole.subject.height_m == 1.75


def test_a_camera_sees_the_same_points_from_where_it_stands() -> None:
    camera = oblique(Lens(), Placement(distance_m=5.0, height_m=1.3), angle_deg=40)
    world, seen = keypoints_3d(walk(), MARKERS_22), keypoints_3d(walk(), MARKERS_22, camera)
    eye = eye_m(camera, world.time_s)
    assert np.linalg.norm(seen.keypoints, axis=2) == pytest.approx(
        np.linalg.norm(world.keypoints - eye[:, None], axis=2)
    )
    assert seen.space is Space.CAMERA_M


def test_true_keypoints_give_the_truth_back() -> None:
    made = walk(rate_hz=100.0)
    measured = measure(keypoints_3d(made, MARKERS_22), load_protocol("walk_spatial"))
    values = {(p.name, p.side): p.value for p in measured.parameters}
    truth = made.truth.parameters
    for name in ("speed_mps", "cadence_spm", "stride_length_m"):
        assert values[name, "both"] == pytest.approx(truth[name, None], rel=0.01)
    for event in measured.events:
        if event.kind is EventKind.INITIAL_CONTACT:
            gap_s = min(
                abs(t.time_s - event.time_s)
                for t in made.truth.events
                if (t.kind, t.side) == (event.kind, event.side)
            )
            assert gap_s < 0.02
