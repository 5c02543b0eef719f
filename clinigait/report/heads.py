"""Who was filmed and how, and what made the report: the head and the end of every report."""

from __future__ import annotations

from collections import Counter

from reportlab.platypus import Flowable

from clinigait.core import (
    Assessment,
    DepthFacts,
    Measurement,
    PerceptionFacts,
    RecordingFacts,
    SignOff,
    Subject,
)
from clinigait.report.blocks import columns, facts, gap, masthead, section
from clinigait.report.review_pages import signed_facts
from clinigait.report.styles import TEXT_WIDTH
from clinigait.report.text import DASH, compact, date, number, printable
from clinigait.report.wording import Wording

_LABEL_PT = 62.0


def title_block(
    assessment: Assessment, words_: Wording, sign_off: SignOff | None = None
) -> list[Flowable]:
    """Return the report's head: title, subject, protocol, what was filmed, and who signed."""
    subject, protocol = assessment.subject, assessment.protocol
    half = (TEXT_WIDTH - 18) / 2
    protocol_text = words_.protocol_facts.format(
        title=printable(protocol.title, 80), version=printable(protocol.version, 20)
    )
    who = [(words_.protocol, protocol_text)]
    who += [(words_.date, date(assessment.provenance.created_at, words_))]
    who += _subject_facts(subject, words_)
    who += signed_facts(sign_off, words_)
    return [
        masthead(words_.title, subject.code or words_.no_code),
        gap(6),
        columns(
            facts(who, half, _LABEL_PT + 12),
            facts(_recording_facts(assessment, words_), half, _LABEL_PT),
        ),
    ]


def provenance_block(assessment: Assessment, words_: Wording) -> list[Flowable]:
    """Return what made the report: versions and full hashes."""
    made = assessment.provenance
    rows = [
        (words_.made_at, made.created_at),
        (words_.version, f"clinigait {made.clinigait_version}, Python {made.python_version}"),
        (words_.packages, ", ".join(f"{name} {v}" for name, v in made.packages.items()) or DASH),
    ]
    if assessment.recording:
        rows.append((words_.input_hash, assessment.recording.sha256))
    protocol = assessment.protocol
    name = words_.protocol_name.format(name=protocol.name, version=protocol.version)
    rows += [(words_.protocol, name), (words_.protocol_hash, protocol.sha256)]
    if assessment.perception:
        seen = assessment.perception
        rows.append((words_.detector, seen.detector))
        rows.append((words_.pose, _pose(seen, words_)))
        if seen.silhouettes_by and seen.silhouettes is not None:
            rows.append((words_.silhouettes_by, seen.silhouettes_by))
        rows += [(words_.weights.format(name=name), sha) for name, sha in seen.weights.items()]
    room_pt = 60.0 + 14.0 * len(rows)
    return [
        *section(words_.provenance_title, "provenance", room_pt),
        facts(rows, TEXT_WIDTH, 110),
    ]


def _subject_facts(subject: Subject, words_: Wording) -> list[tuple[str, str]]:
    def stated(value: float | None, unit: str) -> str:
        return words_.not_stated if value is None else f"{compact(value)} {unit}"

    sex = words_.sexes[subject.sex] if subject.sex else words_.not_stated
    age = words_.not_stated
    if subject.age_y is not None:
        age = words_.years.format(value=compact(subject.age_y))
    return [
        (
            words_.comma.join((words_.age, words_.sex.lower())),
            words_.comma.join((age, sex)),
        ),
        (words_.height, stated(subject.height_m, "m")),
        (words_.mass, stated(subject.mass_kg, "kg")),
        (words_.condition, printable(subject.condition or words_.not_stated, 160)),
    ]


def _recording_facts(assessment: Assessment, words_: Wording) -> list[tuple[str, str]]:
    rows = []
    if assessment.recording:
        rows.append((words_.file, printable(assessment.recording.file_name, 70)))
        rows.append((words_.film, _film(assessment.recording, words_)))
    if assessment.perception:
        rows.append((words_.pose, _pose(assessment.perception, words_)))
    if assessment.measurement:
        rows += _view_facts(assessment.measurement, words_)
    return rows or [(words_.film, words_.not_stated)]


def _pose(seen: PerceptionFacts, words_: Wording) -> str:
    how = words_.comma.join([seen.precision, *([words_.flip_test] if seen.flip_test else [])])
    return f"{printable(seen.pose, 60)} ({how})"


def _film(film: RecordingFacts, words_: Wording) -> str:
    if film.source == "keypoints":
        return words_.keypoint_facts.format(
            duration=compact(film.duration_s), frames=film.n_frames, rate=compact(film.rate_hz),
            layout=printable(film.layout or "", 40),
        )  # fmt: skip
    text = words_.film_facts.format(
        duration=compact(film.duration_s), frames=film.n_frames, rate=compact(film.rate_hz),
        width=film.native_width_px, height=film.native_height_px,
    )  # fmt: skip
    if (film.width_px, film.height_px) != (film.native_width_px, film.native_height_px):
        text += words_.film_scaled.format(width=film.width_px, height=film.height_px)
    if film.variable_rate:
        text += f"{words_.comma}{words_.variable_rate}"
    return (
        f"{text}{words_.semicolon}{_depth(film.depth, words_)}" if film.depth is not None else text
    )


def _depth(depth: DepthFacts, words_: Wording) -> str:
    camera = words_.camera_assumed if depth.camera_assumed else words_.camera_calibrated
    return words_.depth_facts.format(
        camera=camera.format(focal=compact(depth.focal_px)),
        percent=number(depth.measured_pct, 0),
        distance=number(depth.distance_m, 1),
    )


def _view_facts(measurement: Measurement, words_: Wording) -> list[tuple[str, str]]:
    view = words_.views[measurement.view]
    if measurement.view != "spatial":
        view = words_.view_facts.format(view=view, angle=number(measurement.view_angle_deg, 0))
    if measurement.near_side:
        side = words_.sides[measurement.near_side].lower()
        view += f"{words_.semicolon}{words_.near_side.format(side=side)}"
    ways = Counter(bout.direction for bout in measurement.bouts)
    walked = [
        words_.passes.format(count=count, towards=words_.ways[direction])
        for direction, count in ways.items()
    ]
    return [
        (words_.view, view),
        (words_.walked, words_.comma.join(walked) or DASH),
        (words_.scale, _scale(measurement, words_)),
    ]


def _scale(measurement: Measurement, words_: Wording) -> str:
    scale = measurement.scale
    if scale is None:
        return words_.no_lengths
    if scale.unit == "BH":
        return words_.no_scale
    percent = compact(round(100.0 * scale.relative_uncertainty, 1))
    return words_.scale_facts.format(source=printable(scale.source, 40), percent=percent)
