"""Several recordings of one visit are one measurement; what does not belong together is refused."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigait.core import (
    COCO_17,
    BadInputError,
    Depth,
    Grade,
    Limit,
    Measurement,
    Protocol,
    QualityCheck,
    RefusedError,
    Space,
    Walk,
)
from clinigait.gait.filtering import evened
from clinigait.gait.joined import between_samples, joined
from clinigait.gait.measure import FilmFacts, examined, measure
from clinigait.gait.merge import GAP_S, MergedPasses, measure_passes, worst_checks
from clinigait.gait.walked import WalkedBouts
from support.walker import Gait, synthetic_walk
from support.world_walks import world_walk

quick = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _walk(**gait: float) -> Walk:
    return synthetic_walk(Gait(**{"duration_s": 5.0, "noise_px": 0.5, **gait}))


def _refusal(walks: Sequence[Walk], protocol: Protocol) -> str:
    with pytest.raises(RefusedError) as caught:
        measure_passes(walks, protocol)
    assert caught.value.refused.message.endswith(".")
    assert caught.value.refused.remedy.endswith(".")
    return caught.value.refused.code


def _value(measurement: Measurement, name: str, side: str = "both") -> float:
    found = measurement.parameter(name, side)
    assert found is not None
    assert found.value is not None, found.reason
    return found.value


def _check(measurement: Measurement, name: str) -> QualityCheck:
    return next(check for check in measurement.quality if check.name == name)


def _walked(walks: Sequence[Walk], protocol: Protocol) -> list[WalkedBouts]:
    return [examined(walk, protocol, FilmFacts(), None).walked for walk in walks]


def _at(walk: Walk, start_s: float) -> Walk:
    return replace(walk, time_s=walk.time_s - walk.time_s[0] + start_s)


@pytest.fixture(scope="module")
def two(protocol: Protocol) -> tuple[list[Walk], MergedPasses]:
    walks = [_walk(seed=1), _walk(seed=2, stride_time_s=1.2, direction=-1)]
    return walks, measure_passes(walks, protocol)


def test_one_recording_is_measured_as_ever(protocol) -> None:
    walk = _walk(seed=4)
    assert measure_passes([walk], protocol).measurement == measure(walk, protocol)


def test_strides_of_all_recordings_are_pooled_and_numbered_through(two, protocol) -> None:
    walks, merged = two
    alone = [measure(walk, protocol) for walk in walks]
    strides = merged.measurement.strides
    assert [s.number for s in strides] == list(range(1, len(strides) + 1))
    assert [s.side for s in strides] == [s.side for m in alone for s in m.strides]
    times_s = [s.values["stride_time_s"] for m in alone for s in m.strides if s.used]
    found = merged.measurement.parameter("stride_time_s", "both")
    assert found.n == len(times_s)
    assert found.value == pytest.approx(np.mean(times_s), abs=1e-9)
    assert found.sd == pytest.approx(np.std(times_s, ddof=1), abs=1e-9)


def test_the_shift_brings_every_time_back_to_its_recording(two, protocol) -> None:
    walks, merged = two
    assert merged.passes[0].shift_s == 0.0
    ends_s = [w.time_s[-1] + p.shift_s for w, p in zip(walks, merged.passes, strict=True)]
    starts_s = [w.time_s[0] + p.shift_s for w, p in zip(walks, merged.passes, strict=True)]
    assert GAP_S <= starts_s[1] - ends_s[0] < GAP_S + 0.1
    second = measure(walks[1], protocol)
    n = len(second.events)
    for whole, own in zip(merged.measurement.events[-n:], second.events, strict=True):
        assert whole.time_s - merged.passes[1].shift_s == pytest.approx(own.time_s, abs=1e-9)
        assert whole.kind is own.kind
        for method, time_s in own.by_method.items():
            moved_s = whole.by_method[method] - merged.passes[1].shift_s
            assert moved_s == pytest.approx(time_s, abs=1e-9)
    all_s = [e.time_s for e in merged.measurement.events]
    assert all_s == sorted(all_s)


def test_too_few_strides_each_may_be_enough_together(protocol) -> None:
    walks = [_short(seed, start_s) for seed, start_s in enumerate((0.0, 0.55, 1.1))]
    for walk in walks:
        with pytest.raises(RefusedError) as caught:
            measure(walk, protocol)
        assert caught.value.refused.code == "too_few_strides"
    merged = measure_passes(walks, protocol)
    used = sum(s.used for s in merged.measurement.strides)
    assert used >= 3
    assert _check(merged.measurement, "Usable strides").value == used
    assert _value(merged.measurement, "stride_time_s") == pytest.approx(1.1, abs=0.02)


def test_too_few_strides_together_are_refused(protocol) -> None:
    walks = [_short(1, 0.0), _short(2, 1.1)]
    many = replace(protocol, limits={**protocol.limits, "strides": Limit(None, 30)})
    assert _refusal(walks, many) == "too_few_strides"
    assert _refusal(walks, protocol) in ("too_few_strides", "too_few_strides_of_a_side")


def _short(seed: int, start_s: float) -> Walk:
    """Return a walk of hardly one stride, of the foot that the start decides."""
    gait = Gait(noise_px=0.5, seed=seed, start_x_m=-1.5)
    return _at(synthetic_walk(gait, time_s=start_s + np.arange(114) / 60), 0.0)


class TestNearLegs:
    """A side view there and back: each leg is measured where nothing covers it."""

    NAMES = ("knee_flexion_rom_deg", "hip_flexion_peak_deg", "ankle_rom_deg")

    def test_each_leg_comes_from_the_recordings_in_which_it_was_near(self, two, protocol) -> None:
        walks, merged = two
        rightwards, leftwards = (measure(walk, protocol) for walk in walks)
        assert merged.measurement.near_side is None
        for name in self.NAMES:
            near_left = _value(leftwards, name, "left")
            near_right = _value(rightwards, name, "right")
            assert _value(merged.measurement, name, "left") == pytest.approx(near_left, abs=1e-6)
            assert _value(merged.measurement, name, "right") == pytest.approx(near_right, abs=1e-6)

    def test_curves_name_the_strides_that_they_show(self, two) -> None:
        _, merged = two
        by_number = {s.number: s for s in merged.measurement.strides}
        split_s = merged.passes[1].shift_s
        for curve in merged.measurement.curves:
            for number in curve.stride_numbers:
                stride = by_number[number]
                assert stride.side == curve.side
                assert (stride.start_s > split_s) == (curve.side == "left")

    def test_what_is_no_angle_of_a_leg_stays_with_every_stride(self, two, protocol) -> None:
        walks, merged = two
        used = [s for s in merged.measurement.strides if s.used]
        assert all("toe_clearance_m" in s.values for s in used)
        for name in ("step_length_m", "toe_clearance_m"):
            own = [s.values for w in walks for s in measure(w, protocol).strides if s.used]
            values = [v[name] for v in own if name in v]
            assert [s.values[name] for s in used if name in s.values] == pytest.approx(values)

    def test_in_one_direction_both_legs_are_kept(self, protocol) -> None:
        walks = [_walk(seed=1), _walk(seed=2)]
        merged = measure_passes(walks, protocol).measurement
        assert merged.near_side == "right"
        for side in ("left", "right"):
            n = sum(s.used and s.side == side for s in merged.strides)
            assert merged.parameter("knee_flexion_rom_deg", side).n == n


class TestLeftOut:
    def test_a_refused_recording_is_left_out_and_named(self, protocol) -> None:
        good = [_walk(seed=1), _walk(seed=2)]
        bad = replace(_walk(seed=3), keypoints=_walk(seed=3).keypoints / 5)
        merged = measure_passes([good[0], bad, good[1]], protocol)
        without = measure_passes(good, protocol).measurement
        assert [p.refused and p.refused.code for p in merged.passes] == [
            None,
            "person_too_small",
            None,
        ]
        note = _check(merged.measurement, "Recording 2")
        assert (note.grade, note.code) == (Grade.WARNING, "pass_left_out")
        assert note.message.startswith("Recording 2 was left out: The person is ")
        for one, other in zip(merged.measurement.parameters, without.parameters, strict=True):
            assert one.n == other.n
            assert (one.value is None) == (other.value is None)
            assert one.value is None or one.value == pytest.approx(other.value, rel=1e-6, abs=1e-9)

    def test_a_recording_without_a_stride_is_left_out(self, protocol) -> None:
        still = _walk(seed=2)
        still = replace(still, keypoints=np.repeat(still.keypoints[:1], len(still), axis=0))
        merged = measure_passes([_walk(seed=1), still], protocol)
        assert merged.passes[1].refused is not None
        assert len(merged.measurement.bouts) == 1

    @pytest.mark.parametrize("n_frames", [0, 1, 2])
    def test_hardly_any_frames(self, protocol, n_frames) -> None:
        walk = _walk(seed=2)
        cut = replace(
            walk,
            time_s=walk.time_s[:n_frames],
            keypoints=walk.keypoints[:n_frames],
            confidence=walk.confidence[:n_frames],
        )
        for walks, place in (([cut, _walk(seed=1)], 0), ([_walk(seed=1), cut], 1)):
            merged = measure_passes(walks, protocol)
            assert merged.passes[place].refused.code == "too_short"
        other = replace(cut, keypoints=cut.keypoints + 1)
        assert _refusal([cut, other], protocol) == "too_short"

    def test_without_a_usable_recording_the_first_refusal_is_raised(self, protocol) -> None:
        slow = _walk(seed=1, rate_hz=8)
        small = replace(_walk(seed=3), keypoints=_walk(seed=3).keypoints / 5)
        assert _refusal([slow, small], protocol) == "frame_rate_too_low"
        assert _refusal([small, slow], protocol) == "person_too_small"


class TestMixed:
    def test_views(self, protocol) -> None:
        oblique = replace(_walk(seed=2), body_yaw_deg=np.full(300, 75.0))
        lenient = replace(protocol, limits={})
        assert _refusal([_walk(seed=1), oblique], lenient) == "mixed_views"

    def test_spaces(self, protocol) -> None:
        subject = _walk().subject
        in_space = replace(world_walk(duration_s=5.0), subject=subject)
        assert _refusal([_walk(seed=1), in_space], protocol) == "mixed_spaces"

    def test_measured_and_guessed_depth(self, protocol) -> None:
        measured = world_walk(duration_s=5.0)
        points = measured.keypoints + np.random.default_rng(2).normal(0, 1e-4, (500, 22, 3))
        guessed = replace(measured, keypoints=points, depth=Depth.INFERRED)
        assert _refusal([measured, guessed], protocol) == "mixed_spaces"

    def test_pictures(self, protocol) -> None:
        larger = replace(_walk(seed=2), image_size_px=(2600, 1000))
        assert _refusal([_walk(seed=1), larger], protocol) == "mixed_pictures"

    def test_points(self, protocol) -> None:
        ankles = synthetic_walk(Gait(duration_s=5.0, noise_px=0.5, seed=2), COCO_17)
        assert _refusal([_walk(seed=1), ankles], protocol) == "mixed_points"

    def test_people_and_conditions(self, protocol) -> None:
        walk = _walk(seed=2)
        for change in ({"code": "B"}, {"height_m": 1.8}, {"condition": "with brace"}):
            other = replace(walk, subject=replace(walk.subject, **change))
            with pytest.raises(BadInputError, match="one person in one condition"):
                measure_passes([_walk(seed=1), other], protocol)

    def test_one_recording_twice(self, protocol) -> None:
        walk = _walk(seed=1)
        with pytest.raises(BadInputError, match="Recording 3 is the same as recording 1"):
            measure_passes([walk, _walk(seed=2), _at(walk, 40.0)], protocol)

    def test_no_recording(self, protocol) -> None:
        with pytest.raises(BadInputError, match="No recording"):
            measure_passes([], protocol)

    def test_trials_that_are_measurements_of_their_own(self, protocol) -> None:
        with pytest.raises(BadInputError, match="one by one"):
            measure_passes(
                [_walk(seed=1), _walk(seed=2)], replace(protocol, task="timed_up_and_go")
            )


class TestQuality:
    def test_the_worst_outcome_of_every_check_is_kept(self, protocol) -> None:
        films = [FilmFacts(camera_shift_pxps=px) for px in (0.0, 60.0, 30.0)]
        walks = [_walk(seed=1), _walk(seed=2), _walk(seed=3, rate_hz=30)]
        merged = measure_passes(walks, protocol, films).measurement
        alone = [measure(w, protocol, f) for w, f in zip(walks, films, strict=True)]
        motion = _check(merged, "Camera motion")
        assert motion.value == max(_check(m, "Camera motion").value for m in alone)
        assert motion.grade is Grade.WARNING
        assert motion.message.startswith("Recordings 2, 3: The background moves")
        rate = _check(merged, "Frame rate")
        assert rate.value == pytest.approx(30)
        assert rate.message.startswith("Recording 3: The video has 30")

    def test_what_is_true_of_all_is_said_without_numbers(self, protocol) -> None:
        walks = [_walk(seed=1, rate_hz=30), _walk(seed=2, rate_hz=30)]
        message = _check(measure_passes(walks, protocol).measurement, "Frame rate").message
        assert message.startswith("The video has 30")

    def test_names_come_once(self, two) -> None:
        names = [check.name for check in two[1].measurement.quality]
        assert len(names) == len(set(names))

    def test_the_lower_value_is_the_worse_where_more_is_asked(self) -> None:
        low, high = (QualityCheck("Frame rate", Grade.PASS, v, "Hz", "") for v in (50.0, 60.0))
        assert worst_checks({1: [high], 2: [low]}) == [low]

    def test_repeated_pictures_are_counted_in_their_own_recording(self, protocol) -> None:
        walks = [_walk(seed=1), _walk(seed=2)]
        film = FilmFacts(repeated_s=tuple(walks[1].time_s[::2]))
        merged = measure_passes(walks, protocol, [FilmFacts(), film]).measurement
        alone = measure(walks[1], protocol, film)
        assert _check(merged, "Frame rate").value == pytest.approx(
            _check(alone, "Frame rate").value, abs=0.01
        )
        assert _check(alone, "Frame rate").value < 40


class TestOneClock:
    """What reads bouts finds them bout by bout, in one scene."""

    @pytest.mark.parametrize("rates_hz", [(60, 60), (60, 59.94), (30, 60), (60, 25)])
    def test_parts_lie_on_the_clock_of_the_scene(self, protocol, rates_hz) -> None:
        walks = [
            _walk(seed=1, rate_hz=rates_hz[0]),
            _at(_walk(seed=2, rate_hz=rates_hz[1], direction=-1), 40.0),
        ]
        whole = joined(_walked(walks, protocol))
        even = whole.scene.even
        assert even.rate_hz == pytest.approx(min(rates_hz))
        assert np.allclose(np.diff(even.time_s), 1 / even.rate_hz)
        assert len(whole.scene.height) == len(whole.scene.per_unit) == len(even.time_s)
        assert np.isfinite(whole.scene.height).all()
        assert len(whole.bouts) == len(whole.parts) == len(whole.angles) == 2
        for index, (bout, part) in enumerate(zip(whole.bouts, whole.parts, strict=True)):
            inside = even.between(bout.start_s, bout.end_s)
            assert np.array_equal(part.time_s, even.time_s[inside])
            assert whole.angles[index].part is part
            assert whole.of_bout(index)
            for stride in whole.of_bout(index):
                assert bout.start_s <= stride.start_s < stride.end_s <= bout.end_s
        gap = even.between(walks[0].time_s[-1] + 0.1, walks[1].time_s[0] - 0.1)
        assert np.isnan(even.points[gap]).all()
        assert (even.confidence[gap] == 0).all()

    def test_recordings_of_one_rate_are_not_touched(self, protocol) -> None:
        walks = [_walk(seed=1), _at(_walk(seed=2, direction=-1), 20.0)]
        passes = _walked(walks, protocol)
        whole = joined(passes)
        for index, one in enumerate(passes):
            for mine, own in zip((whole.parts[index],), one.parts, strict=True):
                assert np.array_equal(mine.points, own.points, equal_nan=True)
                assert np.array_equal(mine.confidence, own.confidence)
                assert np.allclose(mine.per_unit, own.per_unit, rtol=1e-9)

    def test_measured_recordings_fit_on_one_clock_whatever_their_own(self, protocol) -> None:
        """The first one's clock does not begin at 0, and the second's neither."""
        walks = [_at(_walk(seed=1), 3.217), _at(_walk(seed=2), 1001.0004)]
        merged = measure_passes(walks, protocol)
        shifted = [
            replace(w, time_s=w.time_s + p.shift_s)
            for w, p in zip(walks, merged.passes, strict=True)
        ]
        even = joined(_walked(shifted, protocol)).scene.even
        for walk in shifted:
            own = evened(walk)
            inside = even.between(own.time_s[0], own.time_s[-1])
            for name in ("left_toe", "right_hip", "nose"):
                assert np.array_equal(even.point(name)[inside], own.point(name), equal_nan=True)

    def test_another_rate_keeps_the_movement(self, protocol) -> None:
        fast, slow = _walk(noise_px=0), _at(_walk(rate_hz=30, noise_px=0, direction=-1), 40.0)
        whole = joined(_walked([fast, slow], protocol))
        own = evened(fast)
        even = whole.scene.even
        inside = even.between(own.time_s[0], own.time_s[-1])
        knee = [e.point("knee", "left")[:, 1] for e in (own, even)]
        wanted = np.interp(even.time_s[inside], own.time_s, knee[0])
        assert np.nanmax(np.abs(knee[1][inside] - wanted)) < 0.2

    def test_raw_points_come_along(self, protocol) -> None:
        walks = [_walk(seed=1), _at(_walk(seed=2), 20.0)]
        raw = joined(_walked(walks, protocol)).scene.walk
        assert len(raw) == sum(map(len, walks))
        nose = [w.keypoints[:, w.layout.index("nose")] for w in (*walks, raw)]
        assert np.array_equal(np.concatenate(nose[:2]), nose[2])

    def test_a_point_that_one_recording_lacks(self, protocol) -> None:
        walks = [_walk(seed=1), _at(_walk(seed=2), 20.0)]
        wrist = walks[0].layout.index("left_wrist")
        keypoints = walks[0].keypoints.copy()
        keypoints[:, wrist] = np.nan
        walks[0] = replace(walks[0], keypoints=keypoints)
        whole = joined(_walked(walks, protocol))
        points = whole.scene.even.point("wrist", "left")
        first, second = (whole.scene.even.between(b.start_s, b.end_s) for b in whole.bouts)
        assert np.isnan(points[first]).all()
        assert np.isfinite(points[second]).all()

    def test_a_walk_in_space(self, protocol) -> None:
        passes = [world_walk(duration_s=5.0), world_walk(duration_s=4.0)]
        merged = measure_passes(passes, protocol).measurement
        alone = measure(passes[0], protocol)
        assert merged.view == "spatial"
        assert merged.scale.source == "calibration"
        for name in ("speed_mps", "stride_time_s", "step_width_m"):
            assert _value(merged, name) == pytest.approx(_value(alone, name), rel=0.01)

    def test_cameras_that_are_tilted_differently_see_one_floor(self, protocol) -> None:
        level, tilted = _camera_walk(0.0, 5.0), _camera_walk(8.0, 4.0)
        whole = joined(_walked([level, _at(tilted, 20.0)], protocol))
        for part in whole.parts:
            standing = np.fmin(part.up("heel", "left"), part.up("heel", "right"))
            assert np.ptp(standing) < 0.06
        assert len(whole.parts) == 2


def _camera_walk(tilt_deg: float, duration_s: float) -> Walk:
    """Return a walk away from a camera that looks down by an angle."""
    walk = world_walk(duration_s=duration_s)
    forward, left, up = np.moveaxis(walk.keypoints, 2, 0)
    away, down = forward + 8.0, 1.2 - up
    cos, sin = np.cos(np.radians(tilt_deg)), np.sin(np.radians(tilt_deg))
    points = np.stack([-left, cos * down - sin * away, cos * away + sin * down], axis=2)
    return replace(walk, keypoints=points, space=Space.CAMERA_M)


class TestBetweenSamples:
    def test_samples_come_back_as_they_are(self) -> None:
        samples = np.random.default_rng(0).normal(size=(9, 2))
        samples[4] = np.nan
        assert np.array_equal(between_samples(samples, np.arange(9.0)), samples, equal_nan=True)

    def test_parabolas_are_exact_inside_and_gaps_stay_gaps(self) -> None:
        samples = np.arange(9.0)[:, None] ** 2
        assert between_samples(samples, np.array([3.25, 5.5]))[:, 0] == pytest.approx(
            [3.25**2, 5.5**2]
        )
        samples[4] = np.nan
        assert np.isnan(between_samples(samples, np.array([3.25, 4.5]))).all()
        assert np.isfinite(between_samples(samples, np.array([2.75, 5.25]))).all()


@quick
@given(order=st.permutations(range(3)), seed=st.integers(0, 100))
def test_the_order_of_the_recordings_does_not_matter(protocol, order, seed) -> None:
    walks = [
        _walk(seed=seed, duration_s=4.0),
        _walk(seed=seed + 1, duration_s=3.5, direction=-1, stride_time_s=1.0),
        _walk(seed=seed + 2, duration_s=3.0, stride_length_m=1.1),
    ]
    one = measure_passes(walks, protocol).measurement
    other = measure_passes([walks[i] for i in order], protocol).measurement
    for name in ("speed_mps", "stride_time_s", "stance_pct", "step_time_asymmetry_pct"):
        assert _value(other, name) == pytest.approx(_value(one, name), rel=1e-6, abs=1e-6)
    for side in ("left", "right"):
        name = "knee_flexion_rom_deg"
        assert _value(other, name, side) == pytest.approx(_value(one, name, side), rel=1e-6)


@quick
@given(seed=st.integers(0, 2**32 - 1), missing=st.floats(0, 0.95), noise_px=st.floats(0, 400))
def test_broken_keypoints_end_in_a_measurement_or_a_refusal(
    protocol, seed, missing, noise_px
) -> None:
    rng = np.random.default_rng(seed)
    broken = _walk(rate_hz=30)
    keypoints = broken.keypoints + rng.normal(0, noise_px, broken.keypoints.shape)
    keypoints[rng.random(keypoints.shape[:2]) < missing] = np.nan
    confidence = np.where(np.isfinite(keypoints[:, :, 0]), 0.9, 0.0)
    broken = replace(broken, keypoints=keypoints, confidence=confidence)
    try:
        found = measure_passes([broken, _walk(seed=1)], protocol)
    except RefusedError as error:
        if not error.refused.code.startswith("mixed_"):
            raise
        return
    assert found.passes[1].refused is None
    assert sum(s.used for s in found.measurement.strides) >= 3
    assert all(np.isfinite(v) for s in found.measurement.strides for v in s.values.values())
