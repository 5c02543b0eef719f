"""What a pose model does to true keypoints."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.core.layout import MPI_17, WHOLEBODY_23
from clinigait.gait.measure import measure
from clinigait.io.protocol import load_protocol
from clinigait.synthesis.cameras import Lens, Placement, frontal
from clinigait.synthesis.sensors.bone_lengths import bone_lengths
from clinigait.synthesis.sensors.keypoint_error import (
    autoregressive,
    fitted_error,
    fitted_targets,
)
from clinigait.synthesis.sensors.keypoints_3d import keypoints_3d
from support.gait_validation import HERE, ROOT, WHY_NOT
from support.synthetic import walk

CAMERA = frontal(Lens(), Placement(distance_m=12.0))


def _nothing():
    return replace(fitted_error().times(0.0))


def test_an_error_of_nothing_leaves_the_truth() -> None:
    true, same = (keypoints_3d(walk(), MPI_17, CAMERA, e) for e in (None, _nothing()))
    assert same.keypoints == pytest.approx(true.keypoints, abs=1e-9)


def test_a_seed_gives_the_same_keypoints_to_the_bit_and_another_seed_others() -> None:
    one, same, other = (
        keypoints_3d(walk(), MPI_17, CAMERA, fitted_error(), seed=seed).keypoints
        for seed in (3, 3, 4)
    )
    assert (one == same).all()
    assert not np.allclose(one, other)


def test_noise_has_the_variance_and_memory_that_are_asked_for() -> None:
    noise = autoregressive((4000, 50), 10.0, np.random.default_rng(0))
    assert noise.var() == pytest.approx(1, rel=0.05)
    assert (noise[10:] * noise[:-10]).mean() == pytest.approx(np.exp(-1), abs=0.04)


def test_bones_seem_to_change_as_they_do_in_real_joints() -> None:
    seen: dict[str, list] = {}
    for seed in range(4):
        made = walk(steps=14, seed=seed)
        points = keypoints_3d(made, MPI_17, CAMERA, fitted_error(), seed=seed).keypoints
        stride_s = made.truth.parameters["stride_time_s", None]
        for bone, found in bone_lengths(points, MPI_17, 60.0, stride_s).items():
            seen.setdefault(bone, []).append(found)
    for bone, real in fitted_targets().items():
        rest_m = np.median([b.rest_sd_m for b in seen[bone]])
        assert 0.5 < rest_m / real["rest_sd_m"] < 1.6
        locked_m = np.median([b.locked_sd_m for b in seen[bone]])
        assert 0.35 < locked_m / real["locked_sd_m"] < 2.0
        frame = np.median([b.correlation_frame for b in seen[bone]])
        assert frame == pytest.approx(real["correlation_frame"], abs=0.06)


def test_the_body_jumps_along_the_line_of_sight_and_hardly_across() -> None:
    true, seen = (keypoints_3d(walk(), MPI_17, CAMERA, e) for e in (None, fitted_error()))
    jumps = np.diff(seen.keypoints - true.keypoints, axis=0)[:, MPI_17.index("pelvis")]
    x, y, z = jumps.std(axis=0)
    assert z == pytest.approx(np.sqrt(2) * fitted_error().body_depth_sd_m, rel=0.25)
    assert max(x, y) < z / 4


def test_gaps_and_swaps_come_as_often_as_asked() -> None:
    error = replace(_nothing(), gap_share=0.1, swap_per_min=60.0, swap_s=0.2)
    true = keypoints_3d(walk(steps=40), WHOLEBODY_23, None, None)
    seen = keypoints_3d(walk(steps=40), WHOLEBODY_23, None, error, seed=5)
    missing = ~np.isfinite(seen.keypoints).all(axis=2)
    assert missing.mean() == pytest.approx(0.1, abs=0.03)
    assert (seen.confidence[missing] == 0).all()
    ankle, other = (WHOLEBODY_23.index("ankle", side) for side in ("left", "right"))
    gap_m = np.linalg.norm(seen.keypoints[:, ankle] - true.keypoints[:, other], axis=1)
    assert (gap_m < 1e-9).mean() == pytest.approx(0.2, abs=0.12)
    nose = WHOLEBODY_23.index("nose")
    assert np.nanmax(np.abs(seen.keypoints[:, nose] - true.keypoints[:, nose])) < 1e-9


@pytest.mark.parametrize(
    "wrong", [{"gap_share": 1.0}, {"memory_s": -1.0}, {"bias_sd_m": float("nan")}, {"swap_s": 0.0}]
)
def test_impossible_errors_are_refused(wrong) -> None:
    with pytest.raises(BadInputError):
        replace(fitted_error(), **wrong)


@pytest.mark.slow
def test_what_is_measured_errs_as_much_as_on_real_walks() -> None:
    """The mean absolute errors of docs/validation.md: 0.119 m/s, 0.0036 s, 0.0076 s.

    Those hold the errors of the sensors as well, so ours may be smaller.
    """
    protocol = load_protocol("gait_validation")
    errors: dict[str, list[float]] = {}
    for seed in range(12):
        made = walk(seed=seed, speed_mps=0.8 + 0.04 * seed, cadence_spm=100 + seed)
        found = measure(keypoints_3d(made, MPI_17, CAMERA, fitted_error(), seed=seed), protocol)
        for parameter in found.parameters:
            truth = made.truth.parameters.get((parameter.name, None))
            if parameter.side == "both" and parameter.value is not None and truth is not None:
                errors.setdefault(parameter.name, []).append(abs(parameter.value - truth))
    for name, real in (("speed_mps", 0.119), ("stride_time_s", 0.0036), ("stance_time_s", 0.0076)):
        assert real / 5 < np.mean(errors[name]) < real * 2.5


@pytest.mark.slow
@pytest.mark.skipif(not HERE, reason=WHY_NOT)
def test_the_shipped_numbers_are_those_of_a_new_fit() -> None:
    root = Path(__file__).parents[3]
    script = runpy.run_path(str(root / "examples" / "fit_the_virtual_clinic.py"))
    again = script["_flat"](script["keypoint_error"](ROOT, None))
    path = root / "clinigait" / "synthesis" / "sensors" / "keypoint_error.json"
    shipped = script["_flat"](json.loads(path.read_text()))
    assert again == pytest.approx(shipped, rel=0.02, abs=1e-4)
