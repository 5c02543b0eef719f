"""Forces under the feet of a synthetic walker."""

import numpy as np
import pytest

from clinigait.core import SIDES
from clinigait.datasets.bmc_walk import _forces
from clinigait.synthesis.bodies import Build, body_of
from clinigait.synthesis.forces import (
    Masses,
    forces_of,
    load_shares,
    segment_percent,
    vertical_curve,
)
from clinigait.synthesis.motion import Step
from clinigait.synthesis.prescription import Aid, SideGait
from support.synthetic import man, walk
from support.world_walks import BMC


@pytest.fixture(scope="module")
def usual():
    made = walk(rate_hz=100.0)
    return made, forces_of(made)


@pytest.mark.parametrize("sex", ["female", "male"])
def test_the_segments_make_up_the_body(sex) -> None:
    assert segment_percent(sex) == pytest.approx(100, abs=0.05)


def test_the_centre_of_mass_lies_where_it_does_in_people() -> None:
    """About 57 % of the stature in men, 56 % in women, when standing straight."""
    for sex, stature_m, mass_kg in (("male", 1.75, 75), ("female", 1.63, 60)):
        body = body_of(Build(40, sex, stature_m, mass_kg))
        masses = Masses(body)
        height_m = masses._row[:, 2].sum() / masses.share
        assert 0.54 < height_m / stature_m < 0.60


def test_feet_and_aid_together_carry_what_newton_asks(usual) -> None:
    _, forces = usual
    together = forces.feet_n["left"] + forces.feet_n["right"] + forces.aid_n
    assert together == pytest.approx(forces.total_n, abs=1e-6 * forces.body_weight_n)
    assert np.abs(forces.aid_n).max() == 0


def test_over_whole_strides_the_floor_carries_the_body(usual) -> None:
    made, forces = usual
    contacts = [s.contact_s for s in made.truth.steps if s.side == "left" and s.steady]
    inside = (forces.time_s >= contacts[1]) & (forces.time_s < contacts[-1])
    mean = forces.total_n[inside, 2].mean() / forces.body_weight_n
    assert mean == pytest.approx(1, abs=0.02)


def test_each_foot_is_loaded_in_two_humps_that_begin_and_end_at_nothing(usual) -> None:
    made, forces = usual
    for side in SIDES:
        curves = vertical_curve(forces, made.truth.steps, side)
        assert len(curves) >= 4
        mean = np.mean(curves, axis=0)
        assert mean[0] == pytest.approx(0, abs=0.03)
        assert mean[-1] == pytest.approx(0, abs=0.03)
        assert 0.95 < mean[10:40].max() < 1.4
        assert 0.6 < mean[40:60].min() < 0.95
        assert 1.0 < mean[60:90].max() < 1.45


def test_a_foot_brakes_and_then_pushes(usual) -> None:
    made, forces = usual
    step = [s for s in made.truth.steps if s.steady][3]
    during = (forces.time_s > step.contact_s) & (forces.time_s < step.off_s)
    along = forces.feet_n[step.side][during, 0]
    # Before the other foot lands, the braking of its swing is in the shear too: not looked at.
    assert along[: len(along) // 4].mean() < 0 < along[-len(along) // 5 :].mean()


def test_the_centre_of_pressure_goes_from_heel_to_toes(usual) -> None:
    made, forces = usual
    seen_s = (forces.time_s[0], forces.time_s[-1])
    whole = [s for s in made.truth.steps if seen_s[0] < s.contact_s and s.off_s < seen_s[1]]
    assert len(whole) > 5
    for step in whole:
        during = (forces.time_s >= step.contact_s) & (forces.time_s <= step.off_s)
        along = forces.pressure_m[step.side][during, 0]
        assert (np.diff(along) >= 0).all()
        assert along[0] - step.heel_m[0] < 0.06
        assert 0.17 < along[-1] - along[0] < 0.26
    in_the_air = forces.feet_n["left"][:, 2] == 0
    assert np.isnan(forces.pressure_m["left"][in_the_air]).mean() > 0.95


def test_a_stick_takes_its_share_off_the_leg() -> None:
    helped = walk(rate_hz=60.0, left=SideGait(load_share=0.2), aid=Aid(kind="stick", side="right"))
    forces, free = forces_of(helped), forces_of(walk(rate_hz=60.0))
    middle = slice(120, 240)
    relief = (free.feet_n["left"] - forces.feet_n["left"])[middle, 2].max() / free.body_weight_n
    assert relief == pytest.approx(0.2, abs=0.06)
    assert forces.aid_n[:, 2].min() > -1e-6
    assert forces.aid_n[:, 2].max() == pytest.approx(0.2 * forces.body_weight_n, rel=0.01)


def test_who_stands_on_two_feet_loads_both_alike() -> None:
    steps = tuple(Step(side, 0.0, 10.0, (0.0, 0.0), 0.0, steady=False) for side in SIDES)
    shares = load_shares(steps, np.linspace(1, 9, 50))
    assert shares["left"] == pytest.approx(np.full(50, 0.5))


@pytest.mark.skipif(not BMC.is_dir(), reason="the walks over force plates are not here")
def test_the_vertical_force_is_shaped_as_on_force_plates(usual) -> None:
    """Two walks of one person: that is a check of the shape and no more."""
    made, forces = usual
    real = []
    for name in ("walk1", "walk2"):
        table = _forces(BMC / f"{name}.forces")
        for plate in range(7):
            vertical = np.abs(table[:, 2 + 7 * plate])
            on = np.flatnonzero(vertical > 20)
            if len(on) > 200 and on[0] > 5 and on[-1] < len(vertical) - 5:
                moments = np.linspace(on[0], on[-1], 101)
                real.append(np.interp(moments, np.arange(len(vertical)), vertical))
    assert len(real) >= 5
    plate_curve = np.mean(real, axis=0)
    own = np.mean([c for s in SIDES for c in vertical_curve(forces, made.truth.steps, s)], axis=0)
    # The person's weight is not told: the curves are compared at the same mean.
    plate_curve *= own.mean() / plate_curve.mean()
    assert np.corrcoef(own, plate_curve)[0, 1] > 0.9
    assert np.sqrt(((own - plate_curve) ** 2).mean()) < 0.15


def test_a_body_moves_its_centre_with_it() -> None:
    motion = next(iter(walk()))
    moved = motion.bones.copy()
    moved[:, :, 2, 3] += 1.0
    masses = Masses(man())
    lifted = type(motion)(motion.body, motion.time_s, moved, motion.aid_points_m)
    assert masses.centre_m(lifted) - masses.centre_m(motion) == pytest.approx(
        np.tile([0, 0, 1.0], (len(motion), 1)), abs=1e-5
    )
