"""Walking aids: found where the mask holds them, never where there are none; and how often."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from clinigait.core import Silhouettes, Walk
from clinigait.perception.silhouettes import clean
from support.drawn import drawn_walk, masks_of, with_masks
from support.walker import Gait

WALK = Gait(duration_s=2.2, rate_hz=30, start_x_m=-1.4)


@pytest.fixture(scope="module")
def walk() -> Walk:
    return drawn_walk(WALK)


def _drawn_into(walk: Walk, draw) -> tuple[Walk, np.ndarray]:
    """Return the walk with ``draw(frame, mask, to_mask)`` in its masks, and the drawn pixels."""
    masks, added = masks_of(walk).copy(), []
    for frame, mask in enumerate(masks):
        more = np.zeros((256, 256), np.uint8)
        affine = walk.silhouettes.affine[frame]
        draw(frame, more, lambda p, a=affine: tuple(np.round(a @ [*p, 1.0]).astype(int).tolist()))
        added.append((more > 0) & ~mask)
        masks[frame] |= more > 0
    return with_masks(walk, masks, walk.silhouettes.affine), np.stack(added)


def _stick(walk: Walk, side: str, ahead_px: float = 70.0, thick: int = 3):
    def draw(frame, mask, to_mask) -> None:
        wrist = walk.keypoints[frame, walk.layout.index("wrist", side)]
        foot = np.array([wrist[0] + ahead_px, 900.0])
        cv2.line(mask, to_mask(wrist), to_mask(foot), 1, thick)

    return draw


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("thick", [2, 3, 5])
def test_a_stick_is_found_and_in_which_hand(walk, side, thick) -> None:
    with_stick, stick = _drawn_into(walk, _stick(walk, side, thick=thick))
    cleaned, quality = clean(with_stick)
    facts = quality.facts()
    assert facts.aid
    assert facts.aid_side == side
    assert facts.aid_pct > 20
    flagged = np.stack([cleaned.silhouettes.aid(frame) for frame in range(len(walk))])
    assert (flagged & ~stick).sum() < 0.05 * flagged.sum()
    assert not (flagged & ~masks_of(cleaned)).any()


def test_a_stick_that_came_off_the_hand_is_flagged_and_kept(walk) -> None:
    draw = _stick(walk, "left")

    def lower_half(frame, mask, to_mask) -> None:
        draw(frame, mask, to_mask)
        wrist = walk.keypoints[frame, walk.layout.index("left_wrist")]
        mask[: to_mask([0, wrist[1] + 90])[1]] = 0

    with_stick, _ = _drawn_into(walk, lower_half)
    cleaned, quality = clean(with_stick)
    assert quality.facts().aid
    for frame in range(len(walk)):
        aid = cleaned.silhouettes.aid(frame)
        assert (masks_of(cleaned)[frame][aid]).all()


def test_a_walking_frame_needs_no_hand(walk) -> None:
    def rollator(frame, mask, to_mask) -> None:
        hip = walk.keypoints[frame, walk.layout.index("left_hip")]
        for dx in (180, 260):
            cv2.line(mask, to_mask([hip[0] + dx, 640]), to_mask([hip[0] + dx + 15, 900]), 1, 3)
        cv2.line(mask, to_mask([hip[0] + 180, 700]), to_mask([hip[0] + 262, 700]), 1, 3)

    facts = clean(_drawn_into(walk, rollator)[0])[1].facts()
    assert facts.aid
    assert facts.aid_pct > 90


@pytest.mark.parametrize("what", ["nothing", "skirt", "bag", "rucksack", "long hair"])
def test_clothes_and_bags_are_no_aids(walk, what) -> None:
    def draw(frame, mask, to_mask) -> None:
        hips, wrist, neck = (
            walk.keypoints[frame, walk.layout.index(name)]
            for name in ("left_hip", "left_wrist", "left_shoulder")
        )
        if what == "skirt":
            hem = [[hips[0] - 110, 800], [hips[0] + 110, 800]]
            corners = [[hips[0] + 40, hips[1] - 40], [hips[0] - 40, hips[1] - 40], *hem]
            cv2.fillPoly(mask, [np.array([to_mask(p) for p in corners])], 1)
        if what == "bag":
            cv2.circle(mask, to_mask(wrist + np.array([0, 70])), 20, 1, -1)
        if what == "rucksack":
            cv2.ellipse(mask, to_mask(neck + np.array([-60, 60])), (14, 26), 0, 0, 360, 1, -1)
        if what == "long hair":
            cv2.line(
                mask,
                to_mask(neck + np.array([-20, -60])),
                to_mask(neck + np.array([-70, 90])),
                1,
                4,
            )

    facts = clean(_drawn_into(walk, draw)[0])[1].facts()
    assert facts.aid_pct == 0
    assert not facts.aid


def test_an_arm_whose_points_are_missing_is_no_aid(walk) -> None:
    keypoints = walk.keypoints.copy()
    for name in ("elbow", "wrist", "index", "pinky", "thumb"):
        keypoints[:, walk.layout.index(name, "right")] = np.nan
    facts = clean(replace(walk, keypoints=keypoints))[1].facts()
    assert facts.aid_pct == 0


def test_frames_without_legs_are_not_judged(walk) -> None:
    keypoints = walk.keypoints.copy()
    keypoints[:, walk.layout.index("left_knee")] = np.nan
    with_stick, _ = _drawn_into(walk, _stick(walk, "left"))
    quality = clean(replace(with_stick, keypoints=keypoints))[1]
    assert quality.aid.judged == 0
    assert quality.facts().aid_pct is None
    assert not quality.facts().aid


# ---------------------------------------------------------------- on the demonstration clip


@pytest.fixture(scope="module")
def filmed(demo_clip, weights):
    """Return the clip's walker, followed: walk, poser, and the frames by time."""
    from clinigait.core import Subject
    from clinigait.io.protocol import load_protocol
    from clinigait.io.video import open_recording
    from clinigait.perception.detection import EfficientDetLite2
    from clinigait.perception.follow import follow
    from clinigait.perception.pose import BlazePose
    from clinigait.perception.survey import choose_walker, survey
    from clinigait.perception.weights import DETECTOR

    recording = open_recording(demo_clip)
    walker = load_protocol("walk_sagittal").walker
    detectors = [EfficientDetLite2(weights[DETECTOR], 1)]
    found = survey(recording, detectors, walker, lambda _: None)
    pose = BlazePose(weights["pose-blazepose-heavy"], "heavy", 1)
    number = choose_walker(found, None)
    walk = follow(found, number, pose, Subject(), lambda _: None).walk
    return recording, walk, pose


def _held_stick(walk: Walk, frame: int, side: str):
    """Ends of a stick in image pixels, and the body height there; None without a hand."""
    from clinigait.core import body_height

    wrist = walk.keypoints[frame, walk.layout.index("wrist", side)]
    height = body_height(walk.keypoints, walk.layout)[frame]
    rows = walk.keypoints[frame, :, 1]
    if not np.isfinite(wrist).all():
        return None
    return wrist, np.array([wrist[0] - 0.06 * height, rows[np.isfinite(rows)].max()]), height


@pytest.mark.slow
def test_how_often_a_stick_in_the_mask_is_flagged(filmed) -> None:
    """24 to 44 % of the frames, and the hand that holds it; none on the clip as it is."""
    _, walk, _ = filmed
    assert clean(walk)[1].facts().aid_pct == 0
    for side in ("left", "right"):
        for thick in (0.012, 0.02, 0.03):
            masks = masks_of(walk).copy()
            for frame in range(len(walk)):
                held = _held_stick(walk, frame, side)
                if held is not None:
                    _line(masks[frame], held, walk.silhouettes.affine[frame], thick)
            facts = clean(with_masks(walk, masks, walk.silhouettes.affine))[1].facts()
            assert 20 <= facts.aid_pct <= 50
            assert facts.aid_side == side


def _line(mask, held, affine, thick: float) -> None:
    drawn = np.zeros(mask.shape, np.uint8)
    start, end = (tuple(np.round(affine @ [*p, 1.0]).astype(int).tolist()) for p in held[:2])
    cv2.line(drawn, start, end, 1, max(1, round(thick * held[2] * affine[0, 0])))
    mask |= drawn > 0


@pytest.mark.slow
def test_how_much_of_a_painted_stick_the_mask_holds(filmed) -> None:
    """A stick 2.5 cm thick, painted into the film: 1 to 3 % of it is in the mask, and no flag."""
    recording, walk, pose = filmed
    frame_at = {float(t): i for i, t in enumerate(walk.time_s) if 15 <= i < 145 and i % 3 == 0}
    held = {i: _held_stick(walk, i, "left") for i in frame_at.values()}
    for frame in recording.frames():
        index = frame_at.get(frame.time_s)
        if index is None or held[index] is None:
            continue
        start, end, height = held[index]
        image = np.array(frame.image)
        ends = (tuple(np.round(p).astype(int).tolist()) for p in (start, end))
        cv2.line(image, *ends, (60, 40, 20), round(0.014 * height), cv2.LINE_AA)
        affine = walk.silhouettes.affine[index]
        middle, half = (128 - affine[:, 2]) / affine[0, 0], 128 / affine[0, 0] / 1.25
        pose.submit(index, image, np.concatenate([middle - half, middle + half]))
    samples = pose.results()
    shares, bits = [], walk.silhouettes.bits.copy()
    for index, sample in samples.items():
        stick = np.zeros((256, 256), bool)
        _line(stick, held[index], sample.affine, 0.014)
        stick &= ~walk.silhouettes.mask(index)
        mask = np.unpackbits(sample.mask_bits, axis=-1).astype(bool)
        shares.append((mask & stick).sum() / max(stick.sum(), 1))
        bits[index] = Silhouettes.pack(mask)
    assert len(shares) > 30
    assert 0 <= np.median(shares) < 0.06
    seen = replace(walk, silhouettes=replace(walk.silhouettes, bits=bits))
    assert clean(seen)[1].facts().aid_pct == 0
