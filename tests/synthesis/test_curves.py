"""Curves of legs, pelvis and upper body over the gait cycle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.synthesis.curves import N_POINTS, cycle_curves, upper_body_curves
from clinigait.synthesis.prescription import CurveSet

FITS = pytest.mark.parametrize("fit", ["captured", "cmu"])


@given(st.floats(0, 1.2))
def test_every_curve_is_periodic_and_moves_with_speed_without_jumps(speed: float) -> None:
    here, there = cycle_curves(speed), cycle_curves(speed + 1e-4)
    assert len(here.angles_deg) == 9
    assert 57 < here.foot_off_pct < 70
    for name, curve in here.angles_deg.items():
        assert curve.shape == (N_POINTS,)
        assert curve[0] == pytest.approx(curve[-1], abs=1e-9)
        assert np.abs(curve - there.angles_deg[name]).max() < 0.1


def test_at_the_speed_of_a_class_the_knee_is_that_of_the_paper() -> None:
    knee = cycle_curves(0.4315).angles_deg["knee_flexion_deg"]
    assert 55 < knee.max() < 65
    assert 68 <= knee.argmax() <= 74
    assert 15 < knee[5:25].max() < 25


def test_a_pelvis_mirrors_itself_half_a_cycle_later() -> None:
    angles = cycle_curves(0.4).angles_deg
    for name, sign in (
        ("pelvis_obliquity_up_deg", -1),
        ("pelvis_rotation_forward_deg", -1),
        ("pelvis_anterior_tilt_deg", 1),
    ):
        assert np.roll(angles[name][:-1], 50) == pytest.approx(sign * angles[name][:-1], abs=0.05)
    assert angles["pelvis_rotation_forward_deg"][0] > 2  # the leg that lands is ahead
    assert angles["pelvis_obliquity_up_deg"][10:30].max() > 2  # the loaded side is higher


def test_retiming_moves_foot_off_and_keeps_the_ends_and_heights() -> None:
    usual = cycle_curves(0.4)
    later = usual.retimed(70.0)
    for name, curve in usual.angles_deg.items():
        assert later.angles_deg[name][70] == pytest.approx(
            np.interp(usual.foot_off_pct, np.arange(101), curve), abs=0.3
        )
        assert later.angles_deg[name].max() == pytest.approx(curve.max(), abs=0.5)


@pytest.mark.parametrize("speed", [-0.1, float("nan"), float("inf")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(BadInputError):
        cycle_curves(speed)


@pytest.mark.parametrize("foot_off", [0.0, 100.0, float("nan")])
def test_an_impossible_foot_off_is_refused(foot_off: float) -> None:
    with pytest.raises(BadInputError):
        cycle_curves(0.4).retimed(foot_off)


@FITS
def test_shapes_of_the_upper_body_have_range_one_and_know_their_source(fit: CurveSet) -> None:
    phase = np.linspace(0, 1, 500)
    for curve in upper_body_curves(fit).values():
        assert np.ptp(curve.shape(phase)) == pytest.approx(1, abs=0.01)
        assert curve.shape(phase)[:-1].mean() == pytest.approx(0, abs=1e-9)
        assert curve.n_people >= 1
        assert curve.source


@FITS
def test_an_arm_is_furthest_back_when_the_foot_of_its_side_lands(fit: CurveSet) -> None:
    phase = np.linspace(0, 1, 100, endpoint=False)
    for name in ("shoulder_flexion_deg", "elbow_flexion_deg"):
        shape = upper_body_curves(fit)[name].shape(phase)
        assert abs((shape.argmin() / 100 + 0.5) % 1 - 0.5) < 0.12
        assert 0.4 < shape.argmax() / 100 < 0.65


@FITS
def test_the_trunk_leans_over_the_standing_leg_and_turns_against_the_pelvis(fit: CurveSet) -> None:
    stance, strike = np.linspace(0, 0.5, 50), np.array([0.0])
    lean = upper_body_curves(fit)["trunk_lean_deg"].shape(stance)
    assert lean.mean() > 0.05
    if fit == "captured":  # the one man of the other fit leans over as his foot lands
        assert lean[25] > 0.3
    # The pelvis is turned to the right when the left foot lands, the shoulders less.
    assert upper_body_curves(fit)["thorax_rotation_deg"].shape(strike)[0] > 0.3
