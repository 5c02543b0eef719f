"""A solved walk keeps its footprints, bends its legs like people, and is the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import SIDES, BadInputError, Side
from clinigait.synthesis.foot_contact import sole_points
from clinigait.synthesis.motion import Motion, SyntheticWalk
from clinigait.synthesis.prescription import (
    Aid,
    Course,
    Freeze,
    Prescription,
    SideGait,
    Spine,
    Variability,
)
from clinigait.synthesis.skeleton import joint
from clinigait.synthesis.walking import walk_of
from support.walkers import EVEN, body, need_bodies, prescribed, skinned, walk


@pytest.fixture(autouse=True)
def _bodies() -> None:
    need_bodies()


def joints_m(one: SyntheticWalk, name: str, side: Side) -> np.ndarray:
    return np.concatenate([motion.joint_m(joint(name, side)) for motion in one])


def soles_m(one: SyntheticWalk, motion: Motion, side: Side) -> np.ndarray:
    """Return (T, S, 3) places of the points of a sole."""
    return skinned(one.body, motion.bones, sole_points(one.body, side))


def standing(one: SyntheticWalk, side: Side) -> np.ndarray:
    """Return (T,) whether a foot stands."""
    time_s = np.arange(one.n_frames) / one.rate_hz
    stays = [step for step in one.truth.steps if step.side == side]
    return np.any([(time_s >= s.contact_s) & (time_s <= s.off_s) for s in stays], axis=0)


def test_soles_neither_sink_nor_slide() -> None:
    one = walk(rate_hz=60, course=Course(steps=2))
    for side in SIDES:
        places = np.concatenate([soles_m(one, motion, side) for motion in one])
        assert places[:, :, 2].min() > -1e-3
        stands = standing(one, side)
        low = (places[:, :, 2] < 2e-3) & stands[:, None]
        slides = []
        for point in range(places.shape[1]):
            frames = np.flatnonzero(low[:, point])
            stays = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
            slides += [np.ptp(places[s, point, :2], axis=0).max() for s in stays if len(s)]
        assert len(slides) > 20
        assert max(slides) < 5e-3


def test_a_foot_that_stands_touches_the_floor_and_one_that_swings_does_not() -> None:
    one = walk(rate_hz=100, course=Course(steps=3))
    time_s = np.arange(one.n_frames) / one.rate_hz
    for side in SIDES:
        lowest = np.concatenate([soles_m(one, motion, side)[:, :, 2].min(axis=1) for motion in one])
        stands = np.zeros(len(time_s), bool)
        clear = np.ones(len(time_s), bool)
        for step in one.truth.steps:
            if step.side == side:
                stands |= (time_s > step.contact_s) & (time_s < step.off_s)
                clear &= (time_s < step.contact_s - 0.06) | (time_s > step.off_s + 0.06)
        assert np.abs(lowest[stands]).max() < 1e-3
        assert lowest[clear].min() > 1e-3


@pytest.mark.parametrize(
    ("cadence", "speed", "most_deg"), [(85, 0.7, 8), (110, 1.2, 5), (125, 1.6, 8)]
)
def test_knees_follow_the_published_curves(cadence: float, speed: float, most_deg: float) -> None:
    one = walk_of(body(), Prescription(cadence_spm=cadence, speed_mps=speed), 50, 1)
    for side in SIDES:
        assert one.truth.residuals[f"{side}_knee_flexion_deg_rms"] < most_deg
        assert one.truth.residuals[f"{side}_thigh_deg_rms"] < 4.5


def test_parameters_are_those_of_the_steps() -> None:
    one = walk(
        step_width_m=0.11,
        left=SideGait(step_length_share=0.45, step_time_share=0.52),
        right=SideGait(step_length_share=0.55, step_time_share=0.48),
    )
    found = one.truth.parameters
    assert found["cadence_spm", None] == pytest.approx(110)
    assert found["speed_mps", None] == pytest.approx(110 * 1.3 / 120)
    assert found["stride_length_m", "left"] == pytest.approx(1.3)
    assert found["step_length_m", "left"] == pytest.approx(0.45 * 1.3)
    assert found["step_time_s", "right"] == pytest.approx(0.48 * 120 / 110)
    assert found["stance_pct", "left"] == pytest.approx(61)
    assert found["double_support_pct", None] == pytest.approx(22)
    assert found["step_width_m", None] == pytest.approx(0.11)


@pytest.mark.parametrize("wanted_deg", [40.0, 55.0, 75.0])
def test_the_commanded_knee_flexion_is_met(wanted_deg: float) -> None:
    one = walk(left=SideGait(knee_peak_flexion_deg=wanted_deg))
    assert abs(one.truth.residuals["left_knee_peak_flexion_deg"]) < 4


def test_the_commanded_arm_swing_is_met_on_each_side() -> None:
    one = walk(left=SideGait(arm_swing_deg=10), right=SideGait(arm_swing_deg=45))
    ranges = {side: np.ptp(one.truth.angles_deg["arm_swing_deg", side]) for side in SIDES}
    assert ranges["left"] == pytest.approx(10, abs=5)
    assert ranges["right"] == pytest.approx(45, abs=7)


def test_arms_swing_with_the_other_leg() -> None:
    one = walk(course=Course(steps=10))
    angles = one.truth.angles_deg
    together = np.corrcoef(angles["arm_swing_deg", "left"], angles["thigh_deg", "right"])[0, 1]
    assert together > 0.7


def test_a_dropped_pelvis_and_a_lurch_show_on_their_side() -> None:
    one = walk(left=SideGait(trendelenburg_deg=10, trunk_lurch_deg=12), pelvis_obliquity_deg=0.0)
    time_s = np.arange(one.n_frames) / one.rate_hz
    stands = np.zeros(len(time_s), bool)
    for step in one.truth.steps:
        if step.side == "right":
            stands |= (time_s > step.off_s + 0.1) & (time_s < step.off_s + 0.3)
    tilt = one.truth.angles_deg["pelvis_tilt_deg", None]  # left side higher is positive
    sway = one.truth.angles_deg["trunk_sway_deg", "left"]
    assert tilt[stands].mean() > 5
    assert sway[stands].mean() > 5


def test_a_curved_spine_tilts_shoulders_and_pelvis_as_commanded() -> None:
    straight = walk()
    curved = walk(spine=Spine(shoulder_tilt_deg=5, pelvis_tilt_deg=3, lateral_deg=30))
    for name, least in (("shoulder_tilt_deg", 3.0), ("pelvis_tilt_deg", 2.9)):
        change = (
            curved.truth.angles_deg[name, None] - straight.truth.angles_deg[name, None]
        ).mean()
        assert change > least


def test_a_dropped_foot_points_down_in_swing() -> None:
    def pitch(drop_deg: float) -> float:
        one = walk(left=SideGait(foot_drop_deg=drop_deg))
        solver = one.motions
        off = next(s.off_s for s in one.truth.steps if s.side == "left" and s.off_s > 1)
        time_s = np.array([off + 0.3])
        return float(solver.legs["left"].foot(time_s).pitch_deg[0])  # type: ignore[attr-defined]

    assert pitch(30.0) - pitch(0.0) > 20


def test_the_middle_of_the_hips_goes_the_way_without_a_jerk() -> None:
    one = walk(
        rate_hz=100, course=Course(steps=6, turns=1, standing_start=True, standing_stop=True)
    )
    hips = (joints_m(one, "hip", "left") + joints_m(one, "hip", "right")) / 2
    accelerations = np.linalg.norm(np.diff(hips, n=2, axis=0), axis=1) * 100**2
    assert accelerations.max() < 9.8  # m/s²
    start, end = hips[:20], hips[-20:]
    assert np.ptp(start[:, :2], axis=0).max() < 0.02
    assert np.ptp(end[:, :2], axis=0).max() < 0.02


def test_knees_tremble_in_a_freeze_while_the_feet_stay() -> None:
    one = walk(rate_hz=100, course=Course(steps=6), freezes=(Freeze(3, 2.0, trembling_hz=6.0),))
    begin, end = one.motions.plan.holds_s[0]  # type: ignore[attr-defined]
    inside = slice(int((begin + 0.3) * 100), int((end - 0.3) * 100))
    for side in SIDES:
        assert np.ptp(joints_m(one, "ankle", side)[inside], axis=0).max() < 5e-3
    knee = one.truth.angles_deg["knee_flexion_deg", "left"][inside]
    power = np.abs(np.fft.rfft(np.diff(knee)))  # the knees also give way slowly
    peak = np.fft.rfftfreq(len(knee) - 1, 0.01)[power.argmax()]
    assert peak == pytest.approx(6.0, abs=0.8)


@pytest.mark.parametrize("kind", ["stick", "crutch", "two_crutches", "wheeled_frame"])
def test_hands_hold_the_aid_and_its_tip_stands_still(kind: str) -> None:
    one = walk(
        rate_hz=60, cadence_spm=85.0, stride_length_m=0.8, aid=Aid(kind, "right"),  # type: ignore[arg-type]
        left=SideGait(stance_pct=66, load_share=0.2), right=SideGait(stance_pct=66),
    )  # fmt: skip
    points = np.concatenate([motion.aid_points_m for motion in one])
    wrist = joints_m(one, "wrist", "right")
    nearest = np.linalg.norm(points - wrist[:, None], axis=2).min(axis=1)
    assert nearest.max() < 0.05
    assert points[:, :, 2].min() > -1e-6
    if kind == "wheeled_frame":
        return
    tips = points[:, 0]
    still = np.linalg.norm(np.diff(tips, axis=0), axis=1) < 1e-9
    assert 0.4 < still.mean() < 0.9


def test_the_same_seed_gives_the_same_walk_to_the_bit() -> None:
    wild = {"variability": Variability(), "course": Course(steps=4)}
    first, second, other = (walk(seed=seed, **wild) for seed in (3, 3, 4))
    a, b, c = (np.concatenate([m.bones for m in one]) for one in (first, second, other))
    assert np.array_equal(a, b)
    assert a.shape != c.shape or not np.array_equal(a, c)


def test_a_moment_does_not_depend_on_the_frame_rate() -> None:
    slow, fast = (walk(rate_hz=rate, course=Course(steps=3)) for rate in (25, 100))
    coarse = np.concatenate([m.bones for m in slow])
    fine = np.concatenate([m.bones for m in fast])[::4][: len(coarse)]
    np.testing.assert_allclose(coarse[: len(fine)], fine, atol=1e-5)


def test_pieces_join_without_a_seam() -> None:
    one = walk(rate_hz=200, course=Course(steps=4))
    ankles = joints_m(one, "ankle", "left")
    assert len(ankles) == one.n_frames > 128
    assert np.linalg.norm(np.diff(ankles, axis=0), axis=1).max() < 0.04


@pytest.mark.parametrize(
    ("build", "cadence", "stride"),
    [((6, "female", 1.16, 21), 135, 0.9), ((90, "female", 1.50, 50), 80, 0.5),
     ((70, "male", 1.82, 105), 100, 1.1), ((15, "male", 1.72, 60), 115, 1.35)],
)  # fmt: skip
def test_all_sorts_of_people_walk(build: tuple, cadence: float, stride: float) -> None:
    one = walk_of(
        body(*build),
        Prescription(cadence_spm=cadence, stride_length_m=stride, variability=EVEN),
        50,
        2,
    )
    assert one.truth.parameters["stride_length_m", None] == pytest.approx(stride)
    for side in SIDES:
        knee = one.truth.angles_deg["knee_flexion_deg", side]
        assert np.isfinite(knee).all()
        assert 2 < knee.min() < 15
        assert 40 < knee.max() < 90


@pytest.mark.parametrize(
    ("changes", "rate_hz", "wanted"),
    [
        ({"stride_length_m": 2.9}, 50, "more than legs of"),
        ({"stride_length_m": 1.8, "cadence_spm": 215.0}, 50, "faster than legs of"),
        ({}, 0.0, "0 frames a second"),
        ({}, float("nan"), "nan frames a second"),
        ({"speed_mps": 3.0}, 50, "not 3"),
    ],
)
def test_what_cannot_be_walked_is_refused(
    changes: dict[str, object], rate_hz: float, wanted: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        walk_of(body(), prescribed(**changes), rate_hz, 1)
    assert wanted in caught.value.message


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_few_steps_from_standing_to_standing_have_no_empty_means(steps: int) -> None:
    one = walk(course=Course(steps=steps, standing_start=True, standing_stop=True))
    assert len([step for step in one.truth.steps if step.contact_s > 0]) == steps
    for values in (one.truth.parameters, one.truth.residuals):
        assert all(np.isfinite(value) for value in values.values())


@pytest.mark.parametrize(
    ("progression_deg", "stance_pct", "cadence_spm"),
    [(-45.0, 61.0, 147.0), (60.0, 61.0, 147.0), (60.0, 80.0, 59.0)],
)
def test_the_sharpest_turn_lets_no_joint_jump(
    progression_deg: float, stance_pct: float, cadence_spm: float
) -> None:
    gait = SideGait(foot_progression_deg=progression_deg, stance_pct=stance_pct)
    one = walk(
        rate_hz=100, cadence_spm=cadence_spm, left=gait, right=gait,
        course=Course(steps=2, turns=1, steps_per_turn=2),
    )  # fmt: skip
    for side in SIDES:
        for name in ("knee", "ankle"):
            ways_m = np.linalg.norm(np.diff(joints_m(one, name, side), axis=0), axis=1)
            assert ways_m.max() * 100 < 9  # m/s
