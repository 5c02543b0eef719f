"""Two assessments of one person: what changed is told from what the error of measuring explains."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigait.core import Assessment, BadInputError, Parameter, Protocol
from clinigait.gait.compare import DUAL_TASK, MORE, WITHIN, Comparison, change_between, compare
from clinigait.gait.measure import measure
from clinigait.gait.norms import meaningful_change
from clinigait.stats import Interval, smallest_change_of
from support.assessments import SUBJECT, assessed, refused
from support.walker import Gait, synthetic_walk

quick = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _row(rows: Sequence[Comparison], name: str, side: str = "both") -> Comparison:
    return next(row for row in rows if (row.name, row.side) == (name, side))


def _with(assessment: Assessment, **changes: Any) -> Assessment:
    """Return the assessment with a changed measurement."""
    assert assessment.measurement is not None
    return replace(assessment, measurement=replace(assessment.measurement, **changes))


def _of(parameters: Sequence[Parameter], **changes: Any) -> Assessment:
    return _with(assessed(2, with_curves=False), parameters=tuple(parameters), **changes)


@pytest.fixture(scope="module")
def walked(protocol: Protocol):
    """Make assessments of walks that are known exactly."""

    def make(condition: str | None = None, **gait: float) -> Assessment:
        figure = Gait(**{"duration_s": 7.0, "noise_px": 1.0, "seed": 1, **gait})
        subject = replace(SUBJECT, height_m=1.70, condition=condition)
        walk = replace(synthetic_walk(figure), subject=subject)
        base = assessed(2, with_curves=False, subject=subject)
        return replace(base, measurement=measure(walk, protocol))

    return make


class TestKnownWalks:
    def test_a_slower_walk_is_told(self, walked) -> None:
        rows = compare(
            walked(), walked(stride_time_s=1.3, stride_length_m=1.0, start_x_m=-3.0, seed=2)
        )
        speed = _row(rows, "speed_mps")
        true_mps = 1.0 / 1.3 - 1.3 / 1.1
        assert speed.verdict == MORE
        assert speed.change.difference == pytest.approx(true_mps, abs=0.03)
        assert speed.change.low < true_mps < speed.change.high
        assert _row(rows, "stride_time_s").change.difference == pytest.approx(0.2, abs=0.01)
        assert _row(rows, "stride_time_s", "left").verdict == MORE
        assert _row(rows, "stance_pct").verdict == WITHIN

    def test_the_same_walk_filmed_twice_has_not_changed(self, walked) -> None:
        rows = compare(walked(seed=1), walked(seed=2))
        compared = [row for row in rows if row.reason is None]
        assert len(compared) > 20
        assert {row.verdict for row in compared} == {WITHIN}

    def test_what_was_not_measured_says_why(self, walked) -> None:
        row = _row(compare(walked(), walked(seed=2)), "step_width_m")
        assert row.verdict.startswith("cannot be compared: neither has a value (one camera")
        assert row.change.difference is None

    def test_shared_errors_make_smaller_changes_detectable(self, walked) -> None:
        first, second = walked(), walked(seed=2)
        other_camera = replace(second, recording=replace(second.recording, native_width_px=640))
        for name, side in (("knee_flexion_rom_deg", "right"), ("speed_mps", "both")):
            same = _row(compare(first, second), name, side)
            apart = _row(compare(first, other_camera), name, side)
            assert same.errors_shared
            assert not apart.errors_shared
            assert same.change.minimal_detectable < 0.75 * apart.change.minimal_detectable


class TestNotComparable:
    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            (
                lambda a: replace(a, protocol=replace(a.protocol, name="walk_frontal")),
                "different protocols (sagittal_walk 1.0 and walk_frontal 1.0)",
            ),
            (
                lambda a: replace(a, protocol=replace(a.protocol, version="2.0")),
                "different protocols (sagittal_walk 1.0 and sagittal_walk 2.0)",
            ),
            (lambda a: _with(a, view="oblique"), "different views (sagittal and oblique)"),
        ],
    )
    def test_nothing_of_different_walks(self, changed, reason) -> None:
        rows = compare(assessed(), changed(assessed()))
        assert rows
        assert {row.verdict for row in rows} == {f"cannot be compared: {reason}"}
        assert all(row.change.difference is None for row in rows)

    def test_lengths_by_different_scales(self) -> None:
        other = assessed()
        scale = replace(other.measurement.scale, source="known length")
        rows = compare(assessed(), _with(other, scale=scale))
        assert _row(rows, "speed_mps").reason == "different scales (body height and known length)"
        assert _row(rows, "stride_length_m", "left").reason is not None
        assert _row(rows, "cadence_spm").reason is None
        assert _row(rows, "step_length_asymmetry_pct").reason is None

    def test_metres_and_body_heights(self) -> None:
        rows = compare(assessed(), assessed(scale="BH"))
        assert _row(rows, "speed_mps").reason == "only the first reports it"
        assert _row(rows, "speed_bhps").reason == "only the second reports it"
        assert _row(rows, "stride_time_s", "left").reason is None

    def test_a_value_that_one_lacks(self) -> None:
        speed = Parameter("speed_mps", "both", 1.2, "m/s", 9, 1.1, 1.3, 0.05)
        lost = replace(speed, value=None, low=None, high=None, sd=None, reason="no scale")
        assert compare(_of([speed]), _of([lost]))[0].verdict == (
            "cannot be compared: the second has no value (no scale)"
        )
        assert compare(_of([lost]), _of([speed]))[0].reason == "the first has no value (no scale)"

    def test_units(self) -> None:
        metres = Parameter("stride_length_m", "both", 1.2, "m", 9, 1.1, 1.3, 0.05)
        rows = compare(_of([metres]), _of([replace(metres, unit="cm")]))
        assert rows[0].reason == "different units (m and cm)"

    def test_variability_at_different_frame_rates(self) -> None:
        rows = compare(assessed(), _with(assessed(), rate_hz=60.0))
        row = _row(rows, "stride_time_cv_pct", "left")
        assert row.reason == "different frame rates (30 and 60 Hz) set different floors"
        assert _row(rows, "cadence_spm").reason is None

    def test_an_error_that_is_not_known(self) -> None:
        value = Parameter("cadence_spm", "both", 110.0, "steps/min", 1)
        row = compare(_of([value]), _of([replace(value, value=100.0)]))[0]
        assert row.change.difference == -10
        assert row.verdict == "cannot be compared: the error of one of them is not known"

    @pytest.mark.parametrize(
        ("first", "second", "which"),
        [(refused(), assessed(), "first"), (assessed(), refused(), "second")],
    )
    def test_a_refused_one(self, first, second, which) -> None:
        with pytest.raises(BadInputError, match=f"The {which} assessment was refused"):
            compare(first, second)

    def test_different_people(self) -> None:
        other = assessed(subject=replace(SUBJECT, code="other"))
        with pytest.raises(BadInputError, match="different people"):
            compare(assessed(), other)
        unknown = assessed(subject=replace(SUBJECT, code=None))
        assert compare(assessed(), unknown)
        assert compare(unknown, other)


class TestSharedErrors:
    """A common error leaves the difference only where the facts do not speak against it."""

    @pytest.mark.parametrize(
        "changed",
        [
            lambda a: replace(a, recording=None),
            lambda a: replace(a, recording=replace(a.recording, rotation_deg=90)),
            lambda a: replace(a, recording=replace(a.recording, source="keypoints", layout="x")),
            lambda a: replace(a, perception=replace(a.perception, pose="another")),
            lambda a: replace(a, provenance=replace(a.provenance, clinigait_version="9")),
            lambda a: _with(a, near_side="left"),
            lambda a: _with(a, view_angle_deg=25.0),
            lambda a: _with(a, rate_hz=25.0),
            lambda a: _with(a, scale=replace(a.measurement.scale, px_per_unit=300.0)),
            lambda a: _with(a, scale=None),
        ],
    )
    def test_another_set_up_shares_nothing(self, changed) -> None:
        for one, other in ((assessed(), changed(assessed())), (changed(assessed()), assessed())):
            rows = compare(one, other)
            assert not any(row.errors_shared for row in rows)
            assert any(row.reason is None for row in rows)

    def test_small_differences_of_the_set_up_are_no_other_one(self) -> None:
        other = assessed()
        scale = replace(other.measurement.scale, px_per_unit=240.0)
        other = _with(other, view_angle_deg=9.0, rate_hz=30.0, scale=scale)
        assert _row(compare(assessed(), other), "speed_mps").errors_shared

    def test_another_body_height_is_another_scale(self) -> None:
        rows = compare(assessed(), assessed(subject=replace(SUBJECT, height_m=1.75)))
        assert not _row(rows, "speed_mps").errors_shared
        assert _row(rows, "cadence_spm").errors_shared

    def test_a_known_length_is_marked_anew_each_time(self) -> None:
        one = assessed()
        one = _with(one, scale=replace(one.measurement.scale, source="known length"))
        rows = compare(one, one)
        assert not _row(rows, "speed_mps").errors_shared
        assert _row(rows, "cadence_spm").errors_shared

    def test_only_the_spread_of_the_strides_is_left_out(self) -> None:
        wide = Parameter("knee_flexion_rom_deg", "left", 60.0, "deg", 10, 48.0, 72.0, 0.0)
        spread = replace(wide, low=58.0, high=62.0, sd=3.0)
        apart, together = (change_between(wide, wide, shared=s) for s in (False, True))
        assert apart.minimal_detectable == pytest.approx(12 * 2**0.5)
        # A quarter of the squared error of each is its own.
        assert together.minimal_detectable == pytest.approx(12 * 2**0.5 / 2)
        assert change_between(spread, spread, shared=True) == change_between(
            spread, spread, shared=False
        )

    def test_an_error_in_proportion_is_not_lost_in_a_large_difference(self) -> None:
        large = Parameter("speed_mps", "both", 2.0, "m/s", 10, 1.8, 2.2, 0.0)
        small = replace(large, value=0.001, low=0.0009, high=0.0011)
        half = change_between(small, large, shared=True).minimal_detectable
        assert half == pytest.approx(0.2, rel=0.01)


def test_symmetric_intervals_give_what_the_statistics_give() -> None:
    first = Parameter("cadence_spm", "both", 110.0, "steps/min", 9, 107.0, 113.0, None)
    second = replace(first, value=104.0, low=102.0, high=106.0)
    found = change_between(first, second, shared=False)
    wanted = smallest_change_of(
        Interval(110.0, 107.0, 113.0, 9, None), Interval(104.0, 102.0, 106.0, 9, None)
    )
    assert found.minimal_detectable == pytest.approx(wanted.minimal_detectable)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))
    assert found.is_real is wanted.is_real is True


def test_a_lopsided_interval_keeps_its_sides() -> None:
    """Of a rise, the upper end of the first and the lower end of the second decide."""
    first = Parameter("stride_time_cv_pct", "both", 2.0, "%", 9, 1.0, 6.0)
    second = Parameter("stride_time_cv_pct", "both", 5.0, "%", 9, 4.0, 15.0)
    found = change_between(first, second, shared=False)
    assert found.low == pytest.approx(3.0 - (4.0**2 + 1.0**2) ** 0.5)
    assert found.high == pytest.approx(3.0 + (10.0**2 + 1.0**2) ** 0.5)
    assert found.is_real is False


class TestDualTask:
    def _pair(self, name: str, first: float, second: float, unit: str = "m/s"):
        single = Parameter(name, "both", first, unit, 9, first - 0.01, first + 0.01)
        dual = replace(single, value=second, low=second - 0.01, high=second + 0.01)
        one, other = _of([single]), _of([dual])
        walk = replace(one.protocol, name="walk_sagittal")
        return replace(one, protocol=walk), replace(other, protocol=replace(walk, name=DUAL_TASK))

    def test_a_loss_of_speed_is_a_positive_cost(self) -> None:
        single, dual = self._pair("speed_mps", 1.2, 0.9)
        row = compare(single, dual)[0]
        assert row.dual_task_cost_pct == pytest.approx(25.0)
        assert row.change.difference == pytest.approx(-0.3)
        assert row.verdict == MORE

    def test_a_longer_stride_time_is_a_negative_cost(self) -> None:
        row = compare(*self._pair("stride_time_s", 1.0, 1.1, "s"))[0]
        assert row.dual_task_cost_pct == pytest.approx(-10.0)

    @pytest.mark.parametrize(
        ("name", "unit"), [("knee_flexion_at_contact_deg", "deg"), ("step_time_asymmetry_pct", "%")]
    )
    def test_what_has_no_zero_has_no_cost(self, name, unit) -> None:
        assert compare(*self._pair(name, 5.0, 4.0, unit))[0].dual_task_cost_pct is None

    def test_only_the_second_walk_is_the_dual_task(self) -> None:
        single, dual = self._pair("speed_mps", 1.2, 0.9)
        row = compare(dual, single)[0]
        assert row.dual_task_cost_pct is None
        assert row.change.difference == pytest.approx(0.3)
        assert compare(dual, dual)[0].dual_task_cost_pct is None

    def test_a_dual_task_is_not_held_against_any_walk(self) -> None:
        single, dual = self._pair("speed_mps", 1.2, 0.9)
        belt = replace(single, protocol=replace(single.protocol, name="walk_treadmill"))
        assert compare(belt, dual)[0].reason.startswith("different protocols")


class TestMeaningfulChange:
    def _speeds(self, first: float, second: float, half: float = 0.01) -> Comparison:
        one = Parameter("speed_mps", "both", first, "m/s", 9, first - half, first + half)
        other = replace(one, value=second, low=second - half, high=second + half)
        return compare(_of([one]), _of([other]))[0]

    def test_the_largest_that_is_reached_is_named(self) -> None:
        small, substantial = meaningful_change("speed_mps")
        assert self._speeds(1.0, 1.2).meaningful == (small, substantial)
        assert self._speeds(1.0, 1.0 - 0.12).reached == substantial
        assert self._speeds(1.0, 1.0 + 0.07).reached == small
        assert self._speeds(1.0, 1.03).reached is None

    def test_within_the_error_nothing_is_reached(self) -> None:
        row = self._speeds(1.0, 1.2, half=0.5)
        assert row.verdict == WITHIN
        assert row.reached is None


numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
spans = st.floats(0, 1e6, allow_subnormal=False)


@st.composite
def parameters(draw: st.DrawFn) -> Parameter:
    name, unit = draw(
        st.sampled_from(
            [("speed_mps", "m/s"), ("cadence_spm", "steps/min"), ("stride_time_cv_pct", "%"),
             ("knee_flexion_rom_deg", "deg"), ("of_another_version", "?")]
        )
    )  # fmt: skip
    side = draw(st.sampled_from(["left", "right", "both"]))
    n = draw(st.integers(0, 40))
    if draw(st.booleans()) and draw(st.booleans()):
        return Parameter(name, side, None, unit, 0, reason="not seen")
    value = draw(numbers)
    low, high = value - draw(spans), value + draw(spans)
    if draw(st.booleans()) and draw(st.booleans()):
        return Parameter(name, side, value, unit, n)
    return Parameter(name, side, value, unit, n, low, high, draw(st.none() | spans))


tables = st.lists(parameters(), max_size=8)


@quick
@given(table=tables)
def test_nothing_differs_from_itself(table) -> None:
    one = _of(table)
    for row in compare(one, one):
        assert row.verdict != MORE
        assert row.change.difference in (None, 0.0)
        assert (row.first is None) == (row.change.difference is None)


def test_a_measured_walk_does_not_differ_from_itself(walked) -> None:
    one = walked()
    for row in compare(one, one):
        assert row.change.difference in (None, 0.0)
        assert row.verdict != MORE


@quick
@given(first=tables, second=tables)
def test_exchanging_the_two_turns_the_signs(first, second) -> None:
    there = {(r.name, r.side): r for r in compare(_of(first), _of(second))}
    back = {(r.name, r.side): r for r in compare(_of(second), _of(first))}
    assert there.keys() == back.keys()
    for key, row in there.items():
        other = back[key]
        assert (row.first, row.second) == (other.second, other.first)
        assert (row.reason is None) == (other.reason is None)
        assert row.change.is_real == other.change.is_real
        assert row.change.minimal_detectable == other.change.minimal_detectable
        for mine, theirs in (
            (row.change.difference, other.change.difference),
            (row.change.low, other.change.high),
            (row.change.high, other.change.low),
        ):
            assert (mine is None) == (theirs is None)
            assert mine is None or mine == -theirs


@quick
@given(first=tables, second=tables)
def test_a_verdict_follows_from_the_interval(first, second) -> None:
    for row in compare(_of(first), _of(second)):
        change = row.change
        if row.reason is not None:
            assert row.verdict == f"cannot be compared: {row.reason}"
            continue
        assert change.low <= change.difference <= change.high
        assert change.is_real == (abs(change.difference) > change.minimal_detectable)
        if change.is_real:
            assert change.low > -1e-6 or change.high < 1e-6
