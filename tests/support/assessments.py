"""Realistic assessments to write reports from, made without any film."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw

from clinigait.core import (
    SIDES,
    Assessment,
    BaselinePrediction,
    Bout,
    ClassProbability,
    Curve,
    Event,
    EventKind,
    Grade,
    Measurement,
    Parameter,
    PerceptionFacts,
    PersonSeen,
    Prediction,
    PredictiveValue,
    ProtocolFacts,
    Provenance,
    QualityCheck,
    RecordingFacts,
    Reference,
    Refused,
    Saliency,
    SaliencyCheck,
    Scale,
    Side,
    SignedMeasure,
    SilhouetteFacts,
    StoredFrame,
    Stride,
    Subject,
)
from clinigait.core.definition import Definition, DefinitionGroup

ScaleKind = Literal["m", "BH"]

HEIGHT_M = 1.71
CYCLE_S = 1.082
STANCE = 0.617
STEP_M = 0.66
NO_SCALE = "No scale was known: give the body height to have lengths in metres."
FRAMES = {
    "contact_left.jpg": "Left initial contact",
    "mid_stance.jpg": "Mid stance",
    "contact_right.jpg": "Right initial contact",
}

SUBJECT = Subject(
    code="Ж-17", height_m=HEIGHT_M, mass_kg=68.5, age_y=47.0, sex="female", condition="own shoes"
)
PROTOCOL = ProtocolFacts("sagittal_walk", "1.0", "Sagittal walk at usual pace", "5e6f7a8b" * 8)
PROVENANCE = Provenance(
    "2026-11-22T14:05:09+01:00", "0.1.0", "3.11.7", {"numpy": "2.4.6", "scipy": "1.18.0"}
)
RECORDING = RecordingFacts(
    "walk_Łódź_03.mp4", "1a2b3c4d" * 8, n_frames=412, duration_s=13.72, rate_hz=30.0,
    variable_rate=False, width_px=1280, height_px=720, native_width_px=1920,
    native_height_px=1080, rotation_deg=0, mirrored=False, codec="h264", camera_motion_px=0.4,
)  # fmt: skip
PEOPLE = (
    PersonSeen(1, 0.40, 13.10, 402.0, 9.8, 0.99, 9.7, (520.0, 180.0, 690.0, 585.0)),
    PersonSeen(2, 2.05, 9.60, 371.0, 0.6, 0.31, 0.0, (60.0, 210.0, 160.0, 580.0)),
)
PERCEPTION = PerceptionFacts(
    "efficientdet-lite0", "blazepose-full", {"detector": "9c0d1e2f" * 8, "pose": "0f1e2d3c" * 8},
    PEOPLE, 1, "steadiest walker with the longest way across the picture", "rule", 4,
    precision="bf16", flip_test=True, silhouettes_by="blazepose-heavy",
    silhouettes=SilhouetteFacts(0.94, 97.5, 3.2, 2, 46.0, True, "left"),
)  # fmt: skip


def assessed(
    n_strides: int = 9,
    scale: ScaleKind = "m",
    with_curves: bool = True,
    subject: Subject = SUBJECT,
    seed: int = 7,
) -> Assessment:
    """Return an assessed walk with ``n_strides`` used strides a side, one more rejected each."""
    return Assessment(
        status="assessed",
        subject=subject,
        protocol=PROTOCOL,
        provenance=PROVENANCE,
        recording=RECORDING,
        perception=PERCEPTION,
        measurement=_measurement(n_strides, scale, with_curves, seed),
        frames=tuple(
            StoredFrame(f"frames/{name}", 3.2 + 0.4 * number, caption)
            for number, (name, caption) in enumerate(FRAMES.items())
        ),
    )


def with_synthetic_pose(made: Assessment) -> Assessment:
    """Return it with keypoints by a network that learned from synthetic walkers."""
    seen = replace(PERCEPTION, pose="hrnet-compact", pose_synthetic=True)
    return replace(made, perception=seen)


def of_synthetic_walker(made: Assessment) -> Assessment:
    """Return it as one of a synthetic walker."""
    return replace(made, provenance=replace(made.provenance, synthetic=True))


def refused() -> Assessment:
    """Return a film that could be read, but not measured."""
    return replace(
        assessed(1),
        status="refused",
        measurement=None,
        code="too_few_strides",
        message="Only 1 whole stride of the left foot was seen; the protocol asks for 3.",
        remedy="Film a walk of at least 6 m from the side, with the whole body in view.",
        frames=(),
    )


def write_frames(folder: Path) -> Path:
    """Write the three pictures that :func:`assessed` names below ``folder``, and return it."""
    (folder / "frames").mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(FRAMES):
        _picture(number).save(folder / "frames" / name, quality=88)
    return folder


def _measurement(n_strides: int, scale: ScaleKind, with_curves: bool, seed: int) -> Measurement:
    rng = np.random.default_rng(seed)
    strides = _strides(n_strides, scale, rng)
    used = [stride for stride in strides if stride.used]
    return Measurement(
        view="sagittal",
        view_angle_deg=6.0,
        near_side="right",
        rate_hz=29.97,
        scale=Scale(scale, "body height" if scale == "m" else "none", 236.0, 0.021),
        bouts=(Bout(strides[0].start_s, strides[-1].end_s, "right"),),
        events=_events(strides, rng),
        strides=strides,
        parameters=_parameters(used, scale),
        curves=_curves(used, rng) if with_curves else (),
        quality=_quality(),
    )


def _strides(n_used: int, scale: ScaleKind, rng: np.random.Generator) -> tuple[Stride, ...]:
    """Return the strides in order of time; the last of each side is rejected."""
    n_all = n_used + 1
    starts = {
        side: _contacts(n_all, 1.2 + 0.5 * CYCLE_S * (side == "right"), rng) for side in SIDES
    }
    pairs = sorted((starts[side][k], side, k) for side in SIDES for k in range(n_all))
    return tuple(
        _stride(number, side, starts[side][k : k + 2], k == n_used, scale, rng)
        for number, (_, side, k) in enumerate(pairs, 1)
    )


def _contacts(n_strides: int, first_s: float, rng: np.random.Generator) -> list[float]:
    cycles = CYCLE_S + rng.normal(0.0, 0.017, n_strides)
    return [float(t) for t in first_s + np.concatenate(([0.0], np.cumsum(cycles)))]


def _stride(
    number: int, side: Side, ends: Sequence[float], rejected: bool, scale: ScaleKind,
    rng: np.random.Generator,
) -> Stride:  # fmt: skip
    start, end = ends
    time = end - start
    stance = STANCE + 0.006 * (side == "left") + rng.normal(0, 0.008)
    step = (STEP_M - 0.018 * (side == "left") + rng.normal(0, 0.015)) / _unit_m(scale)
    length = 2.0 * step + rng.normal(0, 0.01)
    suffix, speed_name = ("m", "speed_mps") if scale == "m" else ("bh", "speed_bhps")
    values = {
        "stride_time_s": time, "step_time_s": time / 2 + rng.normal(0, 0.006),
        "stance_time_s": stance * time, "swing_time_s": (1 - stance) * time,
        "single_support_time_s": 0.385 * time, "double_support_time_s": 0.228 * time,
        f"stride_length_{suffix}": length, f"step_length_{suffix}": step, speed_name: length / time,
        "stance_pct": 100 * stance, "swing_pct": 100 * (1 - stance), "single_support_pct": 38.5,
        "double_support_pct": 22.8 + rng.normal(0, 0.7), "hip_flexion_rom_deg": 42 + rng.normal(),
        "knee_flexion_peak_swing_deg": 61 + 1.4 * rng.normal(),
        "knee_flexion_rom_deg": 57 + 1.4 * rng.normal(), "ankle_rom_deg": 28 + 1.7 * rng.normal(),
    }  # fmt: skip
    return Stride(
        number, side, start, end, start + stance * time, start + 0.115 * time, start + 0.5 * time,
        {name: float(value) for name, value in values.items()},
        "the foot leaves the picture before its next initial contact" if rejected else None,
    )  # fmt: skip


def _unit_m(scale: ScaleKind) -> float:
    return 1.0 if scale == "m" else HEIGHT_M


def _events(strides: Sequence[Stride], rng: np.random.Generator) -> tuple[Event, ...]:
    times = {(EventKind.INITIAL_CONTACT, s.side, t) for s in strides for t in (s.start_s, s.end_s)}
    times |= {(EventKind.FOOT_OFF, s.side, s.foot_off_s) for s in strides if s.foot_off_s}
    return tuple(
        Event(
            kind, side, time, 0.012, float(np.clip(rng.normal(0.86, 0.09), 0.3, 1.0)),
            {"zeni": time - 0.004, "oconnor": time + 0.009},
        )
        for kind, side, time in sorted(times, key=lambda event: event[2])
    )  # fmt: skip


def _parameters(used: Sequence[Stride], scale: ScaleKind) -> tuple[Parameter, ...]:
    suffix, speed = ("m", "speed_mps") if scale == "m" else ("bh", "speed_bhps")
    sided = (
        f"stride_length_{suffix}", f"step_length_{suffix}", "stride_time_s", "step_time_s",
        "stance_time_s", "swing_time_s", "single_support_time_s", "stance_pct", "swing_pct",
        "single_support_pct", "hip_flexion_rom_deg", "knee_flexion_peak_swing_deg",
        "knee_flexion_rom_deg", "ankle_rom_deg",
    )  # fmt: skip
    rows = [_mean(speed, "both", used), _cadence(used)]
    rows += [_mean(name, side, used) for name in sided for side in SIDES]
    rows += [_mean(name, "both", used) for name in ("double_support_time_s", "double_support_pct")]
    rows += [
        Parameter("step_time_asymmetry_pct", "both", 2.3, "%", len(used), 0.4, 4.1, None),
        Parameter("step_length_asymmetry_pct", "both", -2.8, "%", len(used), -5.1, -0.4, None),
        *(_cv(side, used) for side in SIDES),
        Parameter("trunk_lean_deg", "both", 3.4, "deg", len(used), 2.6, 4.2, 1.1),
        Parameter("arm_swing_deg", "right", 31.2, "deg", len(used) // 2, 27.8, 34.6, 4.4),
        Parameter(
            "arm_swing_deg", "left", None, "deg", 0,
            reason="The left arm is hidden behind the body for more than half of the walk.",
        ),
        *([] if scale == "m" else [
            Parameter(f"{name}_m", "both", None, "m", 0, reason=NO_SCALE)
            for name in ("stride_length", "step_length")
        ]),
    ]  # fmt: skip
    return tuple(rows)


def _mean(name: str, side: Literal["left", "right", "both"], used: Sequence[Stride]) -> Parameter:
    values = [s.values[name] for s in used if side in ("both", s.side)]
    return _summary(name, side, values)


def _summary(
    name: str, side: Literal["left", "right", "both"], values: Sequence[float]
) -> Parameter:
    mean, n = float(np.mean(values)), len(values)
    sd = float(np.std(values, ddof=1)) if n > 1 else None
    half = 2.1 * sd / math.sqrt(n) if sd is not None else None
    return Parameter(
        name, side, mean, DEFINITIONS[name].unit, n,
        None if half is None else mean - half, None if half is None else mean + half, sd,
        REFERENCES.get(name), None if half is not None else "One stride only: no interval.",
    )  # fmt: skip


def _cadence(used: Sequence[Stride]) -> Parameter:
    return _summary("cadence_spm", "both", [120.0 / s.values["stride_time_s"] for s in used])


def _cv(side: Side, used: Sequence[Stride]) -> Parameter:
    times = [s.values["stride_time_s"] for s in used if s.side == side]
    if len(times) < 2:
        reason = "Variability needs at least two strides."
        return Parameter("stride_time_cv_pct", side, None, "%", len(times), reason=reason)
    cv = 100 * float(np.std(times, ddof=1) / np.mean(times))
    caution = "Close to what a camera of 30 frames per second can resolve (1.2 %)."
    return Parameter(
        "stride_time_cv_pct", side, cv, "%", len(times), 0.6 * cv, 1.9 * cv, reason=caution
    )


def _curves(used: Sequence[Stride], rng: np.random.Generator) -> tuple[Curve, ...]:
    return tuple(
        _curve(name, side, [s for s in used if s.side == side], rng)
        for name in ("hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg")
        for side in SIDES
    )


def _curve(name: str, side: Side, used: Sequence[Stride], rng: np.random.Generator) -> Curve:
    base = _typical(name) * (1.0 if side == "right" else 0.95)
    rows = np.array([_varied(base, rng) for _ in used]).reshape(-1, 101)
    return Curve(
        name, side, "deg", tuple(map(tuple, rows.tolist())), tuple(s.number for s in used),
        tuple(rows.mean(axis=0).tolist()),
        tuple(rows.std(axis=0, ddof=1).tolist()) if len(used) > 1 else None,
    )  # fmt: skip


def _varied(base: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    phase = np.linspace(0, 2 * math.pi, 101)
    wobble = rng.normal(0, 0.9) * np.sin(phase + rng.uniform(0, 6)) + rng.normal(0, 1.0)
    return base * (1 + rng.normal(0, 0.02)) + wobble


def _typical(name: str) -> np.ndarray:
    """Return a plausible sagittal curve through a handful of points of the cycle."""
    knots = {
        "hip_flexion_deg": (32, 29, 18, 4, -7, -10, 2, 24, 34, 35, 32),
        "knee_flexion_deg": (5, 16, 15, 8, 6, 16, 43, 61, 45, 12, 5),
        "ankle_dorsiflexion_deg": (0, -5, 4, 8, 11, 9, -14, -9, 1, 2, 0),
    }[name]
    spectrum = np.fft.rfft(np.array(knots[:-1], dtype=float))
    return np.fft.irfft(np.append(spectrum, np.zeros(45)), 100)[np.arange(101) % 100] * 10


def _quality() -> tuple[QualityCheck, ...]:
    ok, warning = Grade.PASS, Grade.WARNING
    return (
        QualityCheck("Frame rate", ok, 29.97, "Hz", "at least 25 Hz"),
        QualityCheck("Whole body in view", ok, 97.0, "%", "at least 90 % of the frames"),
        QualityCheck("Confidence of the leg keypoints", ok, 0.88, "", "at least 0.60"),
        QualityCheck("View angle", ok, 6.0, "deg", "at most 20 deg"),
        QualityCheck("Camera motion", ok, 0.4, "px", "at most 3 px a frame"),
        QualityCheck(
            "Strides a side", warning, 9.0, "", "at least 10 for steady means", "few_strides",
            "9 strides a side were used; steady means need 10 or more.",
            "Film a second pass and assess both together.",
        ),
        QualityCheck(
            "Agreement of the event methods", warning, 24.0, "ms", "at most 20 ms",
            "events_disagree",
            "The two event methods differ by 24 ms at the median.",
            "Check the events of the timeline against the film.",
        ),
        QualityCheck("Left and right legs told apart", ok, None, "", "no unresolved swap"),
    )  # fmt: skip


def _picture(number: int) -> Image.Image:
    image = Image.new("RGB", (640, 480), (206, 211, 214))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 380, 640, 480), fill=(168, 160, 150))
    hip, spread = (320, 240), (70, 14, -70)[number]
    for sign, colour in ((1, (0, 103, 165)), (-1, (198, 61, 31))):
        knee, ankle = (320 + sign * spread // 2, 310), (320 + sign * spread, 380)
        draw.line((hip, knee, ankle), fill=colour, width=14)
    draw.line((hip, (316, 130)), fill=(60, 70, 78), width=26)
    draw.ellipse((292, 66, 344, 124), fill=(150, 140, 132))
    return image


def _definition(
    name: str, title: str, unit: str, group: DefinitionGroup, decimals: int, text: str
) -> tuple[str, Definition]:
    source = "Perry & Burnfield 2010, Gait Analysis; Baker 2013, Measuring Walking"
    return name, Definition(name, title, unit, text, "sagittal", source, group, decimals)


DEFINITIONS: dict[str, Definition] = dict(
    _definition(*row)
    for row in (
        ("speed_mps", "Walking speed", "m/s", "pace", 2, "Stride length divided by stride time."),
        ("speed_bhps", "Walking speed", "BH/s", "pace", 2, "Stride length over stride time."),
        ("stride_length_m", "Stride length", "m", "pace", 2, "Way from one initial contact of a "
         "foot to its next, along the line of progression."),
        ("stride_length_bh", "Stride length", "BH", "pace", 2, "The same in body heights."),
        ("step_length_m", "Step length", "m", "pace", 2, "Distance of the two feet along the line "
         "of progression at initial contact of the named foot."),
        ("step_length_bh", "Step length", "BH", "pace", 2, "The same in body heights."),
        ("cadence_spm", "Cadence", "steps/min", "rhythm", 1, "Steps in a minute."),
        ("stride_time_s", "Stride time", "s", "rhythm", 2, "Time from one initial contact of a "
         "foot to its next."),
        ("step_time_s", "Step time", "s", "rhythm", 2, "Time from the initial contact of the "
         "other foot to that of the named foot."),
        ("stance_time_s", "Stance time", "s", "rhythm", 2, "Initial contact to foot off."),
        ("swing_time_s", "Swing time", "s", "rhythm", 2, "Foot off to initial contact."),
        ("single_support_time_s", "Single support time", "s", "rhythm", 2, "Time on one foot."),
        ("double_support_time_s", "Double support time", "s", "rhythm", 2, "Time on both feet, "
         "both periods of a cycle together."),
        ("stance_pct", "Stance", "%", "phase", 1, "Stance time as a share of stride time."),
        ("swing_pct", "Swing", "%", "phase", 1, "Swing time as a share of stride time."),
        ("single_support_pct", "Single support", "%", "phase", 1, "Share of stride time."),
        ("double_support_pct", "Double support", "%", "phase", 1, "Share of stride time."),
        ("step_time_asymmetry_pct", "Step time asymmetry", "%", "symmetry", 1, "Right minus left "
         "over their mean."),
        ("step_length_asymmetry_pct", "Step length asymmetry", "%", "symmetry", 1, "Right minus "
         "left over their mean."),
        ("stride_time_cv_pct", "Stride time variability (CV)", "%", "variability", 1,
         "Standard deviation over mean of the stride time."),
        ("hip_flexion_rom_deg", "Hip flexion range", "deg", "kinematics", 0, "Highest minus "
         "lowest hip flexion of the cycle."),
        ("knee_flexion_peak_swing_deg", "Peak knee flexion in swing", "deg", "kinematics", 0,
         "Highest knee flexion between foot off and initial contact."),
        ("knee_flexion_rom_deg", "Knee flexion range", "deg", "kinematics", 0, "Highest minus "
         "lowest knee flexion of the cycle."),
        ("ankle_rom_deg", "Ankle range", "deg", "kinematics", 0, "Highest minus lowest "
         "dorsiflexion of the cycle."),
        ("trunk_lean_deg", "Trunk lean, forward", "deg", "kinematics", 1, "Mean angle of the "
         "line from mid hip to mid shoulder against the vertical."),
        ("arm_swing_deg", "Arm swing", "deg", "kinematics", 0, "Range of the angle of the upper "
         "arm against the trunk."),
    )
)  # fmt: skip

REFERENCES = {
    "speed_mps": Reference(
        1.19, 1.59, "mean ± 1 SD", "women aged 40 to 49 y, usual pace",
        "Bohannon & Andrews 2011, doi:10.1016/j.physio.2010.12.004",
    ),
}  # fmt: skip


def prediction(
    *, abstains: bool = False, research: bool = False, synthetic: bool = False
) -> Prediction:
    """Return what a screening model says of a walk, or why it says nothing."""
    classes = (
        ClassProbability("negative", "Negative", 0.52, 0.41, 0.63),
        ClassProbability("neutral", "Neutral", 0.36, 0.28, 0.47),
        ClassProbability("positive", "Positive", 0.12, 0.07, 0.19),
    )
    why = Refused("atypical_walk", "The walk is unlike those of the test.", "Film it again.")
    baseline = BaselinePrediction(
        "baseline", "Age and sex", {"age_y": 47.0, "sex_female": 1.0},
        {"negative": 0.7, "neutral": 0.2, "positive": 0.1},
    )  # fmt: skip
    silent = BaselinePrediction(
        "speed", "Speed", {}, {}, "No scale was known: give the body height."
    )
    return Prediction(
        task="scoliosis",
        title="Scoliosis screening category",
        card_id="scoliosis_test-0a1b2c3d",
        learned_from="synthetic walkers only" if synthetic else "493 people of one city",
        synthetic=synthetic,
        classes=() if abstains else classes,
        prediction=None if abstains else "negative",
        prediction_set=() if abstains else ("negative", "neutral"),
        coverage=None if abstains else 0.9,
        abstained=why if abstains else None,
        statement=None if abstains else "The model cannot tell between Negative and Neutral.",
        held_out="Right in 82 % of the walks of people it had not seen.",
        research=research,
        baselines=(baseline, silent),
        measures=(
            SignedMeasure(
                "shoulder_tilt_deg", "Shoulder line", "deg", -2.4, "right shoulder higher"
            ),
            SignedMeasure(
                "trunk_shift_m", "Trunk over the pelvis", "m", 0.013, "trunk to the right"
            ),
            SignedMeasure("pelvis_tilt_deg", "Hip line", "deg", 0.01, "right hip higher"),
        ),
        predictive_values=()
        if abstains
        else (PredictiveValue("positive", 2.0, 0.8, 0.765, 0.0650, 0.9947),),
        limits=("A screening category is not a curve on a radiograph.", "Made for tests."),
    )


#: Text that is one of few words, or that only the program itself writes.
_FIXED = {"status", "side", "near_side", "view", "kind", "grade", "created_at", "schema_version"}
_FIXED |= {"sex", "direction", "source", "chosen_by", "precision", "aid_side", "file", "picture"}


def spoilt(assessment: Assessment, text: str) -> Assessment:
    """Return the assessment with ``text`` in every field that is free text."""
    return _spoilt(assessment, text, "")


def _spoilt(value: Any, text: str, name: str) -> Any:
    if isinstance(value, Scale):
        return value  # its unit is one of two
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _spoilt(getattr(value, f.name), text, f.name) for f in fields(value)}
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_spoilt(each, text, name) for each in value)
    if isinstance(value, dict):
        return {key: _spoilt(each, text, name) for key, each in value.items()}
    return text if isinstance(value, str) and name not in _FIXED else value


def saliency(*, passed: bool = True) -> Saliency:
    """Return where a model looked, or that its map does not hold."""
    check = SaliencyCheck(
        "deletion", passed, -1.2 if passed else -0.4, -0.6,
        "With the places of the map taken away first the mean log-probability is lower.",
        -0.6, -0.3,
    )  # fmt: skip
    bare = Saliency(
        method="integrated_gradients", label="negative", baseline="a picture of nobody",
        explained_nats=1.3, windows=2, windows_of_walk=6, checks=(check,),
    )  # fmt: skip
    if not passed:
        return bare
    return replace(
        bare,
        regions=("trunk", "pelvis", "feet"),
        phases=("left_single", "right_single"),
        share=((0.25, 0.15), (0.1, 0.05), (0.3, 0.15)),
        area=((0.3, 0.3), (0.1, 0.1), (0.1, 0.1)),
        net_nats=((0.2, 0.1), (0.1, 0.1), (0.5, 0.3)),
        time_s=(0.0, 0.1),
        frames=((0.25, 0.1, 0.3), (0.15, 0.05, 0.15)),
    )
