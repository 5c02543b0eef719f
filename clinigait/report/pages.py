"""The pages of the report, one function a section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reportlab.platypus import CondPageBreak, Flowable, KeepInFrame, KeepTogether, Paragraph, Table

from clinigait.core import (
    Assessment,
    DepthFacts,
    Grade,
    Measurement,
    PerceptionFacts,
    PersonSeen,
    QualityCheck,
    RecordingFacts,
    SilhouetteFacts,
    Stride,
    Subject,
)
from clinigait.core.definition import Definition
from clinigait.report.blocks import (
    Heading,
    columns,
    facts,
    gap,
    grid,
    masthead,
    note,
    panel,
    paragraph,
    section,
    side_legend,
)
from clinigait.report.figures import event_timeline, joint_curves, stride_to_stride
from clinigait.report.frames import frame_strip, thumbnail
from clinigait.report.model_pages import model_story
from clinigait.report.styles import (
    ACCENT,
    BODY_HEIGHT,
    GRADE_COLOURS,
    GRADE_SIGNS,
    MUTED,
    SIZE_BODY,
    SIZE_SMALL,
    SIZE_TABLE,
    TEXT_WIDTH,
    style,
)
from clinigait.report.text import (
    DASH,
    LONG_TEXT,
    compact,
    date,
    markup,
    number,
    printable,
    quantity,
    span_s,
    title_of,
    unit_symbol,
    words,
)
from clinigait.report.values import (
    GROUPS,
    KINEMATICS,
    group_of,
    key_numbers,
    parameter_table,
    without_unhad_twins,
)
from clinigait.report.vector import FigureBlock
from clinigait.report.wording import Wording

MAX_PEOPLE = 10
#: So many warnings are spelt out on the first page; all of them stand on the quality page.
MAX_WARNINGS = 12
MAX_REJECTED = 14
_LABEL_PT = 62.0

Definitions = Mapping[str, Definition]


def assessed_story(
    assessment: Assessment,
    measurement: Measurement,
    folder: Path,
    definitions: Definitions,
    words_: Wording,
) -> list[Flowable]:
    """Return everything that is printed of an assessed walk."""
    shown = without_unhad_twins(measurement.parameters, definitions)
    measurement = replace(measurement, parameters=shown)
    return [
        *title_block(assessment, words_),
        *_frames(assessment, folder, words_),
        *_summary(measurement, definitions, words_),
        *([gap(5), note(words_.model_pointer)] if assessment.predictions else []),
        *_time_distance(assessment, measurement, definitions, words_),
        *_curves(assessment, measurement, definitions, words_),
        *_timeline(measurement, words_),
        *model_story(assessment, definitions, words_),
        *_quality(assessment, measurement, folder, words_),
        *_definitions(measurement, definitions, words_),
        *provenance_block(assessment, words_),
    ]


def refused_story(assessment: Assessment, folder: Path, words_: Wording) -> list[Flowable]:
    """Return the one page of a refused assessment: what is wrong and what to do."""
    refusal = assessment.refusal
    message, remedy, code = (
        (refusal.message, refusal.remedy, refusal.code) if refusal else ("", "", "")
    )
    story = [
        *title_block(assessment, words_),
        gap(14),
        panel(
            [
                Paragraph(
                    f"{GRADE_SIGNS['refusal']} {markup(words_.refusal_title)}",
                    style(14, GRADE_COLOURS["refusal"], bold=True),
                ),
                gap(6),
                paragraph(words_.refused_what, SIZE_SMALL, MUTED, bold=True),
                paragraph(message, 10),
                gap(6),
                paragraph(words_.refused_remedy, SIZE_SMALL, MUTED, bold=True),
                paragraph(remedy, 10),
                gap(6),
                note(words_.refused_code.format(code=printable(code, 60))),
            ],
            GRADE_COLOURS["refusal"],
        ),
        gap(8),
        note(words_.refused_note),
        *_frames(assessment, folder, words_),
        *_people(assessment.perception, folder, words_),
        *provenance_block(assessment, words_),
    ]
    whole = [part for part in story if not isinstance(part, CondPageBreak)]
    return [KeepInFrame(TEXT_WIDTH, BODY_HEIGHT, whole, mode="shrink")]


def title_block(assessment: Assessment, words_: Wording) -> list[Flowable]:
    """Return the report's head: title, subject, protocol and what was filmed."""
    subject, protocol = assessment.subject, assessment.protocol
    half = (TEXT_WIDTH - 18) / 2
    protocol_text = words_.protocol_facts.format(
        title=printable(protocol.title, 80), version=printable(protocol.version, 20)
    )
    who = [(words_.protocol, protocol_text)]
    who += [(words_.date, date(assessment.provenance.created_at, words_))]
    who += _subject_facts(subject, words_)
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
    return [
        (f"{words_.age}, {words_.sex.lower()}", f"{stated(subject.age_y, 'y')}, {sex}"),
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
    how = f"{seen.precision}, {words_.flip_test}" if seen.flip_test else seen.precision
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
        text += f", {words_.variable_rate}"
    return f"{text}; {_depth(film.depth, words_)}" if film.depth is not None else text


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
        view += f"; {words_.near_side.format(side=side)}"
    ways = Counter(bout.direction for bout in measurement.bouts)
    walked = [
        words_.passes.format(count=count, towards=words_.ways[direction])
        for direction, count in ways.items()
    ]
    return [
        (words_.view, view),
        (words_.walked, ", ".join(walked) or DASH),
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


def _frames(assessment: Assessment, folder: Path, words_: Wording) -> list[Flowable]:
    strip = frame_strip(assessment.frames, folder, words_)
    return [gap(8), strip] if strip else []


def _summary(measurement: Measurement, definitions: Definitions, words_: Wording) -> list[Flowable]:
    checks = measurement.quality
    warned = [check for check in checks if check.grade is not Grade.PASS]
    passed = words_.passed.format(count=len(checks) - len(warned), total=len(checks))
    grade = "warning" if warned else "pass"
    several = words_.warned.format(count=len(warned))
    ending = {0: words_.no_warning, 1: words_.warned_once}.get(len(warned), several)
    head = (
        f"<b><font color='{GRADE_COLOURS[grade]}'>{GRADE_SIGNS[grade]}</font> "
        f"{markup(words_.quality_summary)}</b>: {markup(passed)}, {markup(ending)}. "
        f"{markup(_strides_line(measurement.strides, words_))}."
    )
    lines: list[Flowable] = [Paragraph(head, style(SIZE_BODY))]
    for check in warned[:MAX_WARNINGS]:
        name = markup(words(check.name), 60)
        lines.append(Paragraph(f"<b>{name}.</b> {_spelt_out(check)}", style(SIZE_TABLE)))
    return [
        gap(9),
        key_numbers(measurement.parameters, definitions, words_),
        gap(8),
        panel(lines, GRADE_COLOURS[grade]),
    ]


def _spelt_out(check: QualityCheck) -> str:
    message = check.message or check.limit
    return f"{markup(message, 240)} <font color='{MUTED}'>{markup(check.remedy or '', 240)}</font>"


def _strides_line(strides: Sequence[Stride], words_: Wording) -> str:
    used = Counter(stride.side for stride in strides if stride.used)
    rejected = sum(not stride.used for stride in strides)
    return words_.strides_used.format(left=used["left"], right=used["right"], rejected=rejected)


def _time_distance(
    assessment: Assessment, measurement: Measurement, definitions: Definitions, words_: Wording
) -> list[Flowable]:
    shown = [p for p in measurement.parameters if group_of(p.name, definitions) != KINEMATICS]
    return [
        *section(words_.time_distance, "time-distance", 140.0),
        *parameter_table(shown, definitions, assessment.subject, words_),
    ]


def _curves(
    assessment: Assessment, measurement: Measurement, definitions: Definitions, words_: Wording
) -> list[Flowable]:
    story: list[Flowable] = []
    if measurement.curves:
        count = Counter(stride.side for stride in measurement.strides if stride.used)
        text = words_.curves_note.format(left=count["left"], right=count["right"])
        figure = FigureBlock(joint_curves(measurement, words_))
        story += section(words_.curves_title, "curves", figure.height + 80.0)
        story += [side_legend(words_), gap(4), figure, note(text)]
    else:
        story += [*section(words_.curves_title, "curves"), note(words_.no_curves)]
    shown = [p for p in measurement.parameters if group_of(p.name, definitions) == KINEMATICS]
    return [
        *story,
        *section(words_.angle_values, "angles", 120.0),
        *parameter_table(shown, definitions, assessment.subject, words_),
    ]


def _timeline(measurement: Measurement, words_: Wording) -> list[Flowable]:
    if not (measurement.events or measurement.strides):
        return [*section(words_.timeline_title, "events"), note(words_.no_events)]
    figure = FigureBlock(event_timeline(measurement, words_))
    story: list[Flowable] = [
        *section(words_.timeline_title, "events", figure.height + 100.0),
        figure,
        note(words_.timeline_note),
        gap(5),
        *_rejected(measurement.strides, words_),
    ]
    if any("stride_time_s" in stride.values for stride in measurement.strides):
        plot = FigureBlock(stride_to_stride(measurement, words_))
        heading = Heading(words_.stride_plot_title, "strides")
        story.append(KeepTogether([heading, plot, note(words_.stride_plot_note)]))
    return story


def _rejected(strides: Sequence[Stride], words_: Wording) -> list[Flowable]:
    rejected = [stride for stride in strides if not stride.used]
    if not rejected:
        return [note(words_.none_rejected)]
    rows = [
        [
            str(stride.number),
            words_.sides[stride.side],
            span_s(stride.start_s, stride.end_s, 2),
            printable(stride.rejected_because or "", 200),
        ]
        for stride in rejected[:MAX_REJECTED]
    ]
    head = (words_.stride, words_.side, words_.from_to, f"{words_.rejected}: {words_.reason}")
    story: list[Flowable] = [grid(head, rows, (1, 1.2, 2.2, 8))]
    if len(rejected) > MAX_REJECTED:
        story.append(note(words_.more_rejected.format(count=len(rejected) - MAX_REJECTED)))
    return story


def _quality(
    assessment: Assessment, measurement: Measurement, folder: Path, words_: Wording
) -> list[Flowable]:
    return [
        *section(words_.quality_title, "quality", 160.0),
        _checks(measurement.quality, _silhouettes(assessment.perception), words_),
        *section(words_.strides_title, "stride-counts"),
        *_stride_counts(measurement.strides, words_),
        *_people(assessment.perception, folder, words_),
    ]


def _silhouettes(seen: PerceptionFacts | None) -> SilhouetteFacts | None:
    return seen.silhouettes if seen is not None else None


def _checks(
    checks: Sequence[QualityCheck], silhouettes: SilhouetteFacts | None, words_: Wording
) -> Table:
    rows: list[list[Flowable | str]] = []
    for check in checks:
        found = DASH if check.value is None else quantity(check.value, check.unit)
        name: Flowable | str = words(check.name)
        if check.grade is not Grade.PASS:
            name = Paragraph(
                f"{markup(words(check.name), 80)}<br/><font size={SIZE_SMALL}>"
                f"{_spelt_out(check)}</font>",
                style(SIZE_TABLE),
            )
        rows.append([name, found, printable(check.limit, 120), _grade(check.grade, words_)])
    if silhouettes is not None:
        rows.append(_silhouette_row(silhouettes, words_))
    head = (words_.check, words_.found, words_.asked, words_.result)
    return grid(head, rows, (5.4, 1.6, 3.4, 1.6), right=(1,))


def _silhouette_row(seen: SilhouetteFacts, words_: Wording) -> list[Flowable | str]:
    """Return how good the silhouettes are: no measured number hangs on them, so no grade."""
    text = words_.silhouette_facts.format(cut=number(seen.cut_pct, 0), mended=seen.mended_frames)
    if seen.aid_pct is None:
        text += f" {words_.aid_unknown}"
    elif seen.aid:
        side = words_.aid_sides[seen.aid_side or "both"]
        text += f" {words_.aid_seen.format(percent=number(seen.aid_pct, 0), side=side)}"
    else:
        text += f" {words_.no_aid_seen}"
    name = Paragraph(
        f"{markup(words_.silhouettes, 80)}<br/><font size={SIZE_SMALL} color='{MUTED}'>"
        f"{markup(text, 300)}</font>",
        style(SIZE_TABLE),
    )
    found = quantity(seen.usable_pct, "%")
    return [name, found, words_.silhouettes_usable, words_.for_information]


def _grade(grade: Grade, words_: Wording) -> Paragraph:
    """Return a grade as sign, word and colour: never by colour alone."""
    text = f"{GRADE_SIGNS[grade]} {markup(words_.grades[grade])}"
    return Paragraph(text, style(SIZE_TABLE, GRADE_COLOURS[grade], bold=True))


def _stride_counts(strides: Sequence[Stride], words_: Wording) -> list[Flowable]:
    counts = Counter((stride.rejected_because or "", stride.side) for stride in strides)
    reasons = dict.fromkeys(["", *(reason for reason, _ in counts)])
    rows = [
        [
            f"{words_.rejected}: {printable(reason, 200)}" if reason else words_.used,
            str(counts[reason, "left"]),
            str(counts[reason, "right"]),
        ]
        for reason in list(reasons)[:MAX_REJECTED]
    ]
    head = (words_.strides, words_.sides["left"], words_.sides["right"])
    return [grid(head, rows, (8, 1, 1), right=(1, 2))]


def _people(seen: PerceptionFacts | None, folder: Path, words_: Wording) -> list[Flowable]:
    if seen is None:
        return []
    choice = words_.chosen_by_user if seen.chosen_by == "user" else words_.chosen_by_rule
    if seen.walker is None:
        choice = words_.nobody_chosen
    people = sorted(seen.people, key=lambda person: person.number != seen.walker)
    story: list[Flowable] = section(words_.people_title, "people", 110.0)
    if people:
        rows = [_person(person, seen.walker, words_) for person in people[:MAX_PEOPLE]]
        head = [
            words_.person, words_.seen, words_.height_in_picture, words_.travel,
            words_.steadiness, words_.score, "",
        ]  # fmt: skip
        widths = [1, 2.2, 1.9, 1.6, 1.5, 1.2, 1.6]
        if len(people) > 1 and any(person.picture for person in people):
            for row, person in zip(rows, people, strict=False):
                file = person.picture
                row.insert(1, thumbnail(file, folder, words_) if file else "")
            head.insert(1, "")
            widths.insert(1, 1.5)
        offset = len(head) - 7
        story.append(grid(head, rows, widths, right=[offset + n for n in (2, 3, 4, 5)]))
    if len(people) > MAX_PEOPLE:
        story.append(note(words_.more_people.format(count=len(people) - MAX_PEOPLE)))
    story += [gap(3), note(choice.format(rule=printable(seen.walker_rule, 200).rstrip(".")))]
    if seen.swapped_frames:
        story.append(note(words_.swapped.format(count=seen.swapped_frames)))
    return story


def _person(person: PersonSeen, walker: int | None, words_: Wording) -> list[Flowable | str]:
    mine = person.number == walker
    mark = paragraph(words_.chosen, SIZE_TABLE, ACCENT, bold=True) if mine else ""
    return [
        str(person.number),
        span_s(person.start_s, person.end_s, 1),
        f"{number(person.height_px, 0)} px",
        f"{number(person.travel_heights, 1)} BH",
        number(person.steadiness, 2),
        number(person.score, 2),
        mark,
    ]


def _definitions(
    measurement: Measurement, definitions: Definitions, words_: Wording
) -> list[Flowable]:
    """Return what every printed name means; equal sources share a number."""
    names = _printed_names(measurement, definitions)
    if not names:
        return []
    known = [definitions[name] for name in names if name in definitions]
    sources = {source: n for n, source in enumerate(dict.fromkeys(d.source for d in known), 1)}
    rows: list[list[Flowable | str]] = []
    for name, unit in names.items():
        title = (
            f"<b>{markup(title_of(name, definitions), 60)}</b> "
            f"<font color='{MUTED}'>{markup(unit_symbol(unit))}</font>"
        )
        entry = definitions.get(name)
        meaning = [entry.definition, entry.view, f"[{sources[entry.source]}]"] if entry else []
        cells = meaning or [words_.no_definition, DASH, DASH]
        rows.append([Paragraph(title, style(SIZE_TABLE)), *cells])
    head = (words_.parameter, words_.definition, words_.view_needed, words_.source)
    lines = [note(f"[{n}] {printable(source, LONG_TEXT)}") for source, n in sources.items()]
    return [
        *section(words_.definitions_title, "definitions", 160.0),
        grid(head, rows, (3.1, 6.3, 1.5, 1.0)),
        gap(4),
        *lines,
    ]


def _printed_names(measurement: Measurement, definitions: Definitions) -> dict[str, str]:
    """Return every printed name with its unit, in the order of the tables."""
    parameters = sorted(
        measurement.parameters, key=lambda p: GROUPS.index(group_of(p.name, definitions))
    )
    names = {p.name: p.unit for p in reversed(parameters)}
    curves = {c.name: c.unit for c in measurement.curves if c.name in definitions}
    return {**dict(reversed(names.items())), **curves}
