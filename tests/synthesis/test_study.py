"""Walkers that are solved when they are read, and owe nothing to whom a model is tested on."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from clinigait.core import BadInputError, Space, is_synthetic
from clinigait.core.layout import KINECT_25
from clinigait.datasets.study import Study
from clinigait.synthesis.people import person_of, walks_of
from clinigait.synthesis.population import Population, load_population
from clinigait.synthesis.staging import Filmed, take_of
from clinigait.synthesis.study import RATE_HZ, walkers_study
from support.walkers import need_bodies

WALKERS, SEED = 6, 1
#: Reads a walk of the textbook gaits and tells what it opened and what it loaded.
_OPENED = """
import sys
opened = []
sys.addaudithook(lambda event, said: opened.append(str(said[0])) if event == "open" else None)
from clinigait.synthesis.population import load_population
from clinigait.synthesis.study import walkers_study
walkers_study(load_population("textbook_gaits_population"), 1, 1).samples[0].read()
print(*sorted({path.rsplit("/", 1)[-1] for path in opened}))
print(*sorted(sys.modules))
"""


@cache
def textbook() -> Population:
    return load_population("textbook_gaits_population")


@cache
def study() -> Study:
    need_bodies()
    return walkers_study(textbook(), WALKERS, SEED)


def test_every_gait_is_there_and_everybody_is_somebody_else() -> None:
    found = study()
    assert found.kind == "synthetic"
    assert {sample.label for sample in found.samples} == {g.label for g in textbook().groups}
    assert len(found.people) == len(found.samples) == WALKERS
    for sample in found.samples:
        assert sample.covariates["affected_side"] in ("left", "right")
        assert sample.covariates["sex"] in ("female", "male")
        assert 18 <= float(sample.covariates["age_y"]) <= 80
        assert 0.3 < float(sample.covariates["speed_mps"]) < 1.8


def test_a_read_walk_is_synthetic_whole_and_as_fast_as_its_covariate_says() -> None:
    sample = study().samples[0]
    walk = sample.read()
    assert is_synthetic(walk)
    assert (walk.layout, walk.space) == (KINECT_25, Space.WORLD_M)
    assert walk.subject.code == sample.person
    assert np.diff(walk.time_s) == pytest.approx(1 / RATE_HZ)
    assert np.isfinite(walk.keypoints).all()
    pelvis_m = walk.keypoints[:, KINECT_25.index("pelvis")]
    speed_mps = np.hypot(*(pelvis_m[-1] - pelvis_m[0])[:2]) / walk.duration_s
    assert speed_mps == pytest.approx(float(sample.covariates["speed_mps"]), rel=0.1)
    ankles_m = walk.keypoints[:, [KINECT_25.index("ankle", side) for side in ("left", "right")]]
    assert 0.03 < ankles_m[..., 2].min() < 0.15  # z is up, and the feet are on the floor


def test_the_same_seed_gives_the_same_walk_to_the_bit_and_another_one_another() -> None:
    again, other = (walkers_study(textbook(), 1, seed).samples[0] for seed in (SEED, SEED + 1))
    one = study().samples[0]
    assert again.covariates == one.covariates
    assert again.read().keypoints.tobytes() == one.read().keypoints.tobytes()
    assert other.covariates != one.covariates


def test_the_walk_is_the_one_that_the_clinic_films() -> None:
    need_bodies()
    planned = walks_of(textbook(), person_of(textbook(), SEED, 0), SEED)[0]
    take = take_of(Filmed(textbook(), SEED, (), ()), planned)
    solved = next(iter(take.walk))
    hip = KINECT_25.index("hip", "left")
    walk = study().samples[0].read()
    assert take.subject == walk.subject
    assert take.walk.n_frames == len(walk)
    assert walk.keypoints[: len(solved), hip] == pytest.approx(solved.joint_m("upperleg01.L"))


def test_the_choice_of_curves_moves_arms_and_leaves_legs() -> None:
    need_bodies()
    usual = walkers_study(replace(textbook(), curves="captured"), 1, SEED).samples[0].read()
    cmu = study().samples[0].read()
    for point, moves in (("wrist", True), ("ankle", False)):
        index = KINECT_25.index(point, "left")
        apart_m = np.abs(usual.keypoints[:, index] - cmu.keypoints[:, index]).max()
        assert (apart_m > 0.003) == moves


def test_nobody_of_the_acted_gaits_is_in_the_textbook_walkers() -> None:
    need_bodies()
    assert textbook().curves == "cmu"
    run = subprocess.run(
        [sys.executable, "-c", _OPENED], capture_output=True, text=True, check=True
    )
    opened, loaded = (set(line.split()) for line in run.stdout.splitlines())
    assert "curves_cmu.json" in opened
    assert not {"curves.json", "pathologies.json", "keypoint_error.json"} & opened
    assert "torch" not in loaded


@pytest.mark.parametrize(("walkers", "seed"), [(0, 1), (-3, 1), (10**7, 1), (3, -1)])
def test_numbers_that_nobody_means_are_refused(walkers: int, seed: int) -> None:
    with pytest.raises(BadInputError, match=r"walkers|seed"):
        walkers_study(textbook(), walkers, seed)
