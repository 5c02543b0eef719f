"""What a network sees: the pictures of the walk, in time, or one sentence why not."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import COCO_17, BadInputError, RefusedError, Silhouettes, Space, Walk
from clinigait.core.card import InputSpec
from clinigait.representations import align, posture_frames, skeleton_maps
from clinigait.representations.clocks import even_clock, longest_stretch, nearest
from clinigait.representations.inputs import PREPARATIONS, inputs_sha256, prepare
from support.drawn import drawn_walk

SILHOUETTES = InputSpec("silhouettes")
MAPS = InputSpec("skeleton_maps")


def _kept(walk: Walk, frames: np.ndarray) -> Walk:
    """Return some frames of a walk, by their numbers."""
    s = walk.silhouettes
    assert s is not None
    return replace(
        walk,
        time_s=walk.time_s[frames],
        keypoints=walk.keypoints[frames],
        confidence=walk.confidence[frames],
        boxes_px=None,
        body_yaw_deg=None,
        silhouettes=replace(
            s, bits=s.bits[frames], affine=s.affine[frames],
            aid_bits=None if s.aid_bits is None else s.aid_bits[frames],
        ),
    )  # fmt: skip


def _at(walk: Walk, rate_hz: float) -> Walk:
    return replace(walk, time_s=np.arange(len(walk)) / rate_hz)


@pytest.fixture(scope="module")
def walk() -> Walk:
    """Return a drawn walk of 30 pictures a second."""
    return _at(drawn_walk(), 30.0)


def test_silhouettes_are_the_aligned_ones_cut_to_64_by_44(walk: Walk) -> None:
    clip = prepare(walk, [SILHOUETTES])
    aligned = align(walk.silhouettes, walk.time_s).cut()
    assert clip.frames["silhouettes"].dtype == np.uint8
    np.testing.assert_array_equal(clip.frames["silhouettes"], aligned.images[:, None])
    np.testing.assert_allclose(clip.time_s, aligned.time_s)


def test_skeleton_maps_have_two_channels_on_the_same_clock(walk: Walk) -> None:
    clip = prepare(walk, [SILHOUETTES, MAPS])
    assert clip.frames["silhouettes"].shape == (len(clip), 1, 64, 44)
    assert clip.frames["skeleton_maps"].shape == (len(clip), 2, 64, 44)
    np.testing.assert_array_equal(clip.frames["skeleton_maps"], skeleton_maps(walk).cut().images)


def test_a_film_at_twice_the_rate_gives_every_second_picture(walk: Walk) -> None:
    half = InputSpec("silhouettes", {"rate_hz": 15})
    every = prepare(walk, [SILHOUETTES])
    np.testing.assert_array_equal(
        prepare(walk, [half]).frames["silhouettes"], every.frames["silhouettes"][::2]
    )


@given(rate_hz=st.sampled_from([12.0, 15.0, 24.0, 25.0, 50.0, 60.0]), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_time_counts_and_not_the_number_of_the_frame(rate_hz: float, seed: int) -> None:
    uneven = np.arange(40) / rate_hz + np.random.default_rng(seed).uniform(0, 0.4 / rate_hz, 40)
    clock = even_clock(uneven, 30.0)
    found = nearest(uneven, clock)
    np.testing.assert_allclose(np.diff(clock), 1 / 30)
    assert clock[0] == uneven[0]
    assert uneven[-1] - 1 / 30 < clock[-1] <= uneven[-1] + 1e-6
    by_hand = np.abs(uneven[None] - clock[:, None]).min(axis=1)
    np.testing.assert_allclose(np.abs(uneven[found] - clock), by_hand)


def test_the_longest_stretch_without_a_gap_counts(walk: Walk) -> None:
    lost = np.r_[0:8, 20 : len(walk)]  # 13 frames, 0.43 s
    clip = prepare(_kept(walk, lost), [InputSpec("silhouettes", {"min_frames": 5})])
    assert clip.time_s[0] == pytest.approx(walk.time_s[20])
    short = np.r_[0:20, 24 : len(walk)]  # 5 / 30 s is no gap
    assert prepare(_kept(walk, short), [SILHOUETTES]).time_s[0] == walk.time_s[0]


@given(st.lists(st.floats(0.01, 1.0), min_size=0, max_size=30))
def test_no_stretch_has_a_gap_and_none_is_longer(steps: list[float]) -> None:
    time_s = np.concatenate([[0.0], np.cumsum(steps)])
    part = time_s[longest_stretch(time_s, 0.2)]
    assert (np.diff(part) <= 0.2).all()
    gaps = np.flatnonzero(np.diff(time_s) > 0.2) + 1
    assert part[-1] - part[0] == max(p[-1] - p[0] for p in np.split(time_s, gaps))


def test_of_nothing_there_is_no_stretch() -> None:
    assert longest_stretch(np.zeros(0), 0.2) == slice(0, 0)
    assert len(even_clock(np.zeros(0), 30.0)) == 0


def test_one_scale_for_the_sequence_and_no_aids_are_options(walk: Walk) -> None:
    s = walk.silhouettes
    stick = np.zeros_like(s.bits)
    stick[:, :, -2:] = s.bits[:, :, -2:]
    held = replace(walk, silhouettes=replace(s, aid_bits=stick))
    options = {"scale_of": "sequence", "with_aids": False}
    clip = prepare(held, [InputSpec("silhouettes", options)])
    wanted = align(held.silhouettes, walk.time_s, scale_of="sequence", with_aids=False).cut()
    np.testing.assert_array_equal(clip.frames["silhouettes"][:, 0], wanted.images)


# ---------------------------------------------------------------- silhouettes that came cut


def _came_cut(images: np.ndarray) -> Walk:
    n = len(images)
    bits = np.packbits(images > 127, axis=2)
    silhouettes = Silhouettes(bits, images.shape[2], np.full((n, 2, 3), np.nan))
    empty = np.full((n, 17, 2), np.nan)
    return Walk(
        np.arange(n) / 30, empty, np.zeros((n, 17)), COCO_17, Space.IMAGE_PX,
        silhouettes=silhouettes,
    )  # fmt: skip


def test_silhouettes_that_came_aligned_stay_as_they_are(walk: Walk) -> None:
    wanted = align(walk.silhouettes, walk.time_s)
    body = np.where(wanted.images > 127, np.uint8(255), np.uint8(0))
    # Those that fill the rows after their edges were sharpened must come back to the pixel.
    again = align(_came_cut(body).silhouettes, walk.time_s)
    full = body[:, 0].any(axis=1) & body[:, -1].any(axis=1)
    per_column = body.sum(axis=1, dtype=np.int64).cumsum(axis=1)
    centred = np.argmax(per_column > per_column[:, -1:] / 2, axis=1) == 32
    assert (full & centred).sum() > 5
    np.testing.assert_array_equal(again.images[full & centred], body[full & centred])
    both = ((again.images > 127) & (body > 0)).sum() / ((again.images > 127) | (body > 0)).sum()
    assert both > 0.95


def test_silhouettes_that_came_cut_can_be_of_44_columns(walk: Walk) -> None:
    images = align(walk.silhouettes, walk.time_s).cut().images
    clip = prepare(_came_cut(images), [SILHOUETTES])
    found, body = clip.frames["silhouettes"][:, 0] > 127, images > 127
    assert (found & body).sum() / (found | body).sum() > 0.95


def test_one_scale_is_refused_where_it_is_lost(walk: Walk) -> None:
    cut = _came_cut(align(walk.silhouettes, walk.time_s).images)
    with pytest.raises(RefusedError, match="a common scale is lost"):
        prepare(cut, [InputSpec("silhouettes", {"scale_of": "sequence"})])
    with pytest.raises(RefusedError, match="hips"):
        prepare(cut, [MAPS])


# ---------------------------------------------------------------- posture


def _frontal(n: int = 30, missing: int | None = None, seed: int = 0) -> Walk:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 100, (n, 17, 2))
    points[:, :, 1] += np.linspace(0, 200, 17)
    confidence = np.full((n, 17), 0.9)
    if missing is not None:
        points[:, missing], confidence[:, missing] = np.nan, 0.0
    return Walk(np.arange(n) / 30, points, confidence, COCO_17, Space.IMAGE_PX)


def test_posture_is_given_as_it_is_measured() -> None:
    walk = _frontal()
    vector = prepare(walk, [InputSpec("posture")]).vectors["posture"]
    assert vector.shape == (24,)
    assert vector.dtype == np.float32
    measured = posture_frames(walk).summary().unsigned
    np.testing.assert_allclose(vector, measured.ravel(), rtol=1e-6)


def test_a_missing_measure_is_unknown_and_never_zero() -> None:
    eye = _frontal(missing=COCO_17.index("left_eye"))
    vector = prepare(eye, [InputSpec("posture")]).vectors["posture"]
    assert np.isnan(vector[:3]).all()
    assert np.isfinite(vector[3:]).all()
    with pytest.raises(RefusedError, match="3 of 24 measures"):
        prepare(eye, [InputSpec("posture", {"max_missing": 2})])
    with pytest.raises(RefusedError, match="24 of 24 measures"):
        prepare(_frontal(n=10), [InputSpec("posture")])


def test_posture_stands_beside_pictures() -> None:
    walk = _frontal()
    clip = prepare(walk, [MAPS, InputSpec("posture")])
    assert set(clip.frames) == {"skeleton_maps"}
    assert set(clip.vectors) == {"posture"}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("kind", "options", "names"),
    [
        ("silhouettes", {"size": 63}, "size"),
        ("silhouettes", {"rate_hz": 0}, "rate_hz"),
        ("silhouettes", {"rate_hz": "fast"}, "rate_hz"),
        ("silhouettes", {"scale_of": "person"}, "scale_of"),
        ("silhouettes", {"colour": True}, "colour"),
        ("silhouettes", {"min_frames": -3}, "min_frames"),
        ("skeleton_maps", {"with_aids": True}, "with_aids"),
        ("skeleton_maps", {"max_gap_s": float("nan")}, "max_gap_s"),
        ("posture", {"low": [[0] * 3] * 8}, "low"),
        ("posture", {"max_missing": 25}, "max_missing"),
        ("posture", {"min_frames": 0}, "min_frames"),
    ],
)
def test_an_impossible_option_is_named(walk: Walk, kind: str, options: dict, names: str) -> None:
    with pytest.raises(BadInputError, match=names) as refused:
        prepare(walk, [InputSpec(kind, options)])
    assert kind in refused.value.message


@pytest.mark.parametrize("inputs", [[], [SILHOUETTES, SILHOUETTES], [InputSpec("radar")]])
def test_an_impossible_list_of_inputs_is_refused(walk: Walk, inputs: list) -> None:
    with pytest.raises(BadInputError):
        prepare(walk, inputs)


def _code(walk: Walk, *inputs: InputSpec) -> str:
    with pytest.raises(RefusedError) as refused:
        prepare(walk, list(inputs))
    return refused.value.refused.code


def test_a_walk_without_what_is_needed_is_refused(walk: Walk) -> None:
    assert _code(replace(walk, silhouettes=None), SILHOUETTES) == "no_silhouettes"
    assert _code(_kept(walk, np.arange(14)), SILHOUETTES) == "too_few_silhouettes"
    assert _code(_kept(walk, np.arange(14)), MAPS) == "too_few_skeleton_maps"
    no_aids = InputSpec("silhouettes", {"with_aids": False})
    unknown = replace(walk, silhouettes=replace(walk.silhouettes, aid_bits=None))
    assert _code(unknown, no_aids) == "aids_unknown"
    dark = replace(walk, silhouettes=replace(
        walk.silhouettes, bits=np.zeros_like(walk.silhouettes.bits), aid_bits=None))  # fmt: skip
    assert _code(dark, SILHOUETTES) == "too_few_silhouettes"
    room = replace(
        walk,
        keypoints=np.dstack([walk.keypoints, walk.keypoints[:, :, :1]]),
        space=Space.WORLD_M,
    )
    assert _code(room, MAPS) == "no_view"
    blind = replace(walk, keypoints=np.full_like(walk.keypoints, np.nan))
    assert _code(blind, MAPS) == "no_skeleton"


def test_pictures_of_one_moment_are_not_many(walk: Walk) -> None:
    slow = _at(_kept(walk, np.arange(14)), 6.0)  # 14 pictures, each nearest to five times
    assert _code(slow, SILHOUETTES) == "too_few_silhouettes"


def test_inputs_that_are_never_there_together_are_refused(walk: Walk) -> None:
    n = len(walk)
    keypoints, bits = walk.keypoints.copy(), walk.silhouettes.bits.copy()
    keypoints[: n // 2] = np.nan
    bits[n // 2 :] = 0
    apart = replace(
        walk, keypoints=keypoints, silhouettes=replace(walk.silhouettes, bits=bits, aid_bits=None)
    )
    options = {"min_frames": 2}
    inputs = [InputSpec("silhouettes", options), InputSpec("skeleton_maps", options)]
    assert _code(apart, *inputs) == "inputs_apart"


# ---------------------------------------------------------------- identity and speed


def test_the_hash_knows_kind_options_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = inputs_sha256([SILHOUETTES])
    assert plain == inputs_sha256([InputSpec("silhouettes", {})])
    assert plain != inputs_sha256([InputSpec("silhouettes", {"rate_hz": 25.0})])
    assert plain != inputs_sha256([MAPS])
    assert inputs_sha256([SILHOUETTES, MAPS]) != inputs_sha256([MAPS, SILHOUETTES])
    with pytest.raises(BadInputError, match="radar"):
        inputs_sha256([InputSpec("radar")])
    monkeypatch.setitem(PREPARATIONS, "silhouettes", ("2", PREPARATIONS["silhouettes"][1]))
    assert plain != inputs_sha256([SILHOUETTES])


def test_a_walk_of_200_pictures_is_ready_in_a_moment() -> None:
    mask = np.zeros((540, 960), bool)
    mask[120:420, 450:540] = True
    bits = np.tile(np.packbits(mask, axis=1), (200, 1, 1))
    affine = np.tile(np.eye(2, 3), (200, 1, 1))
    walk = replace(_frontal(200), silhouettes=Silhouettes(bits, 960, affine))
    prepare(walk, [SILHOUETTES])
    spent = []
    for _ in range(3):
        start = time.process_time()
        prepare(walk, [SILHOUETTES])
        spent.append(time.process_time() - start)
    assert min(spent) < 0.3  # 0.06 s alone on a core; others may be at work
