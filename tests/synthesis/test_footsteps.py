"""Footprints and timing are exactly those that were commanded."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.synthesis.footsteps import Footsteps, footsteps
from clinigait.synthesis.motion import Step
from clinigait.synthesis.prescription import (
    Course,
    Freeze,
    Prescription,
    SideGait,
    Spine,
    Variability,
)
from support.walkers import prescribed


def planned(seed: int = 0, **changes: object) -> Footsteps:
    return footsteps(prescribed(**changes), np.random.default_rng(seed))


def steady(plan: Footsteps) -> list[Step]:
    return [step for step in plan.steps if step.steady]


@settings(max_examples=40, deadline=None)
@given(
    cadence=st.floats(60, 150),
    stride=st.floats(0.4, 1.7),
    share=st.floats(0.45, 0.55),
    width=st.floats(0.02, 0.2),
)
def test_steps_have_their_lengths_and_times(
    cadence: float, stride: float, share: float, width: float
) -> None:
    plan = planned(
        cadence_spm=cadence,
        stride_length_m=stride,
        step_width_m=width,
        left=SideGait(step_length_share=share),
        right=SideGait(step_length_share=1 - share),
    )
    for standing, landing in pairwise(plan.steps):
        own = share if landing.side == "left" else 1 - share
        ahead, beside = np.subtract(landing.heel_m, standing.heel_m)
        assert ahead == pytest.approx(own * stride)
        assert abs(beside) == pytest.approx(width)
        assert landing.contact_s - standing.contact_s == pytest.approx(60 / cadence)


def test_stance_is_its_share_of_the_stride_on_each_side() -> None:
    plan = planned(left=SideGait(stance_pct=58), right=SideGait(stance_pct=66))
    for first, last in zip(plan.steps, plan.steps[2:], strict=False):
        stance = (first.off_s - first.contact_s) / (last.contact_s - first.contact_s)
        assert 100 * stance == pytest.approx(58 if first.side == "left" else 66)


def test_strides_vary_as_commanded() -> None:
    wanted = Variability(stride_time_cv_pct=3.0, stride_length_cv_pct=4.0, step_width_cv_pct=15.0)
    plan = planned(variability=wanted, course=Course(steps=2000))
    contacts = np.array([step.contact_s for step in plan.of("left")])
    heels = np.array([step.heel_m[0] for step in plan.of("left")])
    times, lengths = np.diff(contacts), np.diff(heels)
    assert 100 * times.std() / times.mean() == pytest.approx(3.0, rel=0.1)
    assert 100 * lengths.std() / lengths.mean() == pytest.approx(4.0, rel=0.1)


def test_a_varied_walk_has_the_commanded_means() -> None:
    wanted = Variability(stride_time_cv_pct=4.0, stride_length_cv_pct=5.0)
    plan = planned(variability=wanted, course=Course(steps=14), seed=5)
    seen = [s for s in plan.steps if plan.begin_s < s.contact_s < plan.end_s]
    # The first step begins before the film: from contact to contact there is one step fewer.
    n = len(seen) - 1
    time_s = seen[-1].contact_s - seen[0].contact_s
    assert time_s / n == pytest.approx(60 / 110, rel=0.01)


def test_drift_shortens_the_strides_over_the_walk() -> None:
    still = Variability(0, 0, 0, drift_pct=-20)
    plan = planned(variability=still, course=Course(steps=21))
    steps = steady(plan)[3:-3]
    lengths = np.diff([step.heel_m[0] for step in steps])
    assert lengths[-1] / lengths[0] == pytest.approx(0.9 / 1.1, rel=0.03)


def test_who_turns_comes_back() -> None:
    plan = planned(course=Course(steps=8, turns=1, standing_start=True, standing_stop=True))
    assert abs(plan.steps[-1].heading_deg) == pytest.approx(180)
    assert plan.steps[-1].heel_m[0] < 2.0
    turning = [s for s in plan.steps if 0 < abs(s.heading_deg) < 180]
    assert len(turning) == 3
    assert not any(step.steady for step in turning)


def test_standing_begins_and_ends_with_the_feet_side_by_side() -> None:
    plan = planned(course=Course(steps=6, standing_start=True, standing_stop=True))
    for first, second in (plan.steps[:2], plan.steps[-2:]):
        assert first.heel_m[0] == pytest.approx(second.heel_m[0])
        assert first.heel_m[1] != second.heel_m[1]
    assert plan.begin_s == 0.0
    assert plan.steps[0].off_s > 0.4


def test_a_freeze_holds_both_feet_for_its_time() -> None:
    usual = planned(course=Course(steps=8))
    frozen = planned(course=Course(steps=8), freezes=(Freeze(4, 2.0),))
    assert frozen.end_s - usual.end_s == pytest.approx(2.0)
    begin, end = frozen.holds_s[0]
    both = [s for s in frozen.steps if s.contact_s < begin and s.off_s > end]
    assert len(both) == 2
    assert not any(step.steady for step in both)


def test_events_alternate_and_lie_in_the_film() -> None:
    plan = planned(course=Course(steps=10))
    for side in ("left", "right"):
        kinds = [event.kind for event in plan.events() if event.side == side]
        assert all(a is not b for a, b in pairwise(kinds))
    assert all(plan.begin_s < event.time_s < plan.end_s for event in plan.events())


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"speed_mps": 2.0}, "make 1.192 m/s, not 2"),
        ({"stride_length_m": None}, "needs two of"),
        ({"cadence_spm": -10.0}, "needs two of"),
        ({"cadence_spm": float("nan")}, "needs two of"),
        ({"left": SideGait(step_length_share=0.7)}, "add up to 1.2"),
        ({"left": SideGait(stance_pct=95)}, "no time to swing"),
        ({"left": SideGait(stance_pct=45), "right": SideGait(stance_pct=45)}, "running"),
        ({"double_support_pct": 40.0}, "22.0 % double support, not 40"),
        ({"freezes": (Freeze(99, 1.0),)}, "no step 99"),
        ({"freezes": (Freeze(2, -1.0),)}, "duration_s of a freeze is -1"),
        ({"freezes": (Freeze(2, float("nan")),)}, "duration_s of a freeze is nan"),
        ({"freezes": (Freeze(2, 1e9),)}, "duration_s of a freeze is 1e+09"),
        ({"freezes": (Freeze(2, 1.0, float("nan")),)}, "trembling_hz of a freeze is nan"),
        ({"freezes": (Freeze(2, 1.0), Freeze(2, 2.0))}, "the same step"),
        ({"double_support_pct": float("nan")}, "22.0 % double support, not nan"),
        ({"course": Course(steps=2000, turns=200)}, "402800 steps is too long"),
        ({"variability": Variability(stride_length_cv_pct=60)}, "stride_length_cv_pct is 60"),
        (
            {"left": SideGait(knee_peak_flexion_deg=float("inf"))},
            "knee_peak_flexion_deg of the left",
        ),
        ({"right": SideGait(foot_clearance_m=25)}, "foot_clearance_m of the right"),
        ({"step_width_m": 9.0}, "step_width_m is 9"),
        ({"course": Course(steps=0)}, "steps is 0"),
        ({"course": Course(turns=-1)}, "turns is -1"),
        ({"spine": Spine(pelvis_tilt_deg=70)}, "pelvis_tilt_deg is 70"),
        ({"spine": Spine(lean_deg=-60)}, "lean_deg is -60"),
        ({"course": Course(turns=1, steps_per_turn=1)}, "steps_per_turn is 1"),
    ],
)
def test_contradictions_are_refused(changes: dict[str, object], wanted: str) -> None:
    with pytest.raises(BadInputError) as caught:
        planned(**changes)
    assert wanted in caught.value.message


def test_two_of_three_are_enough() -> None:
    pace = Prescription(speed_mps=1.2, cadence_spm=120).resolved()
    assert pace.stride_length == pytest.approx(1.2)
    assert Prescription(speed_mps=1.2, stride_length_m=1.2).resolved().cadence == pytest.approx(120)


def test_no_step_of_an_uneven_walk_is_a_jump() -> None:
    spread = Variability(stride_time_cv_pct=25)
    for seed in range(40):
        try:
            plan = footsteps(
                Prescription(cadence_spm=105, stride_length_m=1.2, variability=spread),
                np.random.default_rng(seed),
            )
        except BadInputError:  # so uneven that a step has no time
            continue
        assert all(hind.off_s > front.contact_s for hind, front in pairwise(plan.steps))
