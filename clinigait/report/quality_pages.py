"""How far the walk agrees with itself, and whether the film was good enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from reportlab.platypus import Flowable, KeepTogether, Table

from clinigait.core import (
    Grade,
    Measurement,
    PerceptionFacts,
    PersonSeen,
    QualityCheck,
    SilhouetteFacts,
    Stride,
)
from clinigait.report.blocks import (
    Heading,
    gap,
    grid,
    note,
    paragraph,
    section,
    subheading,
)
from clinigait.report.contents import Contents
from clinigait.report.figures import event_timeline, stride_to_stride
from clinigait.report.frames import thumbnail
from clinigait.report.styles import (
    ACCENT,
    GRADE_COLOURS,
    GRADE_SIGNS,
    MUTED,
    SIZE_SMALL,
    SIZE_TABLE,
    style,
)
from clinigait.report.tagging import Text
from clinigait.report.text import DASH, markup, number, printable, quantity, span_s, words
from clinigait.report.vector import FigureBlock
from clinigait.report.wording import Wording

MAX_PEOPLE = 10
MAX_REJECTED = 14
#: What is told of every pass: the first that its strides have.
_PASS_COLUMNS = (("stride_time_s",), ("speed_mps", "speed_bhps"))


def consistency(measurement: Measurement, words_: Wording) -> list[Flowable]:
    """Return what shows how far the strides agree: events, stride by stride, pass by pass."""
    if not (measurement.events or measurement.strides):
        return [*section(words_.timeline_title, "events"), note(words_.no_events)]
    alt = words_.timeline_alt.format(strides=strides_line(measurement.strides, words_))
    figure = FigureBlock(event_timeline(measurement, words_), alt)
    story: list[Flowable] = [
        *section(words_.timeline_title, "events", figure.height + 100.0),
        figure,
        note(words_.timeline_note),
        gap(5),
        *_rejected(measurement.strides, words_),
    ]
    if any("stride_time_s" in stride.values for stride in measurement.strides):
        plot = FigureBlock(stride_to_stride(measurement, words_), words_.stride_plot_alt)
        heading = Heading(words_.stride_plot_title, "strides")
        story.append(KeepTogether([heading, plot, note(words_.stride_plot_note)]))
    return [*story, *_passes(measurement, words_), *_stride_counts(measurement.strides, words_)]


def strides_line(strides: Sequence[Stride], words_: Wording) -> str:
    """Return how many strides of each side were used, and how many were not."""
    used = Counter(stride.side for stride in strides if stride.used)
    rejected = sum(not stride.used for stride in strides)
    return words_.strides_used.format(left=used["left"], right=used["right"], rejected=rejected)


def _passes(measurement: Measurement, words_: Wording) -> list[Flowable]:
    """Return what every pass gave by itself; nothing where there is only one."""
    if len(measurement.bouts) < 2:
        return []
    rows: list[list[Flowable | str]] = []
    for number_, bout in enumerate(measurement.bouts, start=1):
        strides = [
            stride.values
            for stride in measurement.strides
            if stride.used and bout.start_s <= stride.start_s and stride.end_s <= bout.end_s
        ]
        means = [_mean_of(strides, names) for names in _PASS_COLUMNS]
        way = words_.ways[bout.direction]
        span = span_s(bout.start_s, bout.end_s, 1)
        rows.append([str(number_), way, span, str(len(strides)), *means])
    unit = "m" if measurement.scale is not None and measurement.scale.unit == "m" else "BH"
    head = (
        words_.nth_walk, words_.walked, words_.from_to, words_.strides,
        words_.stride_time_axis, words_.speed_axis.format(unit=unit),
    )  # fmt: skip
    table = grid(head, rows, (1, 4, 2.6, 1.4, 2, 2.4), right=(3, 4, 5))
    return [KeepTogether([subheading(words_.passes_title), table])]


def _mean_of(strides: Sequence[Mapping[str, float]], names: Sequence[str]) -> str:
    found = [values[name] for values in strides for name in names if name in values]
    return number(sum(found) / len(found), 2) if found else DASH


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


def quality(contents: Contents, measurement: Measurement) -> list[Flowable]:
    """Return the checks with what was found and asked for, and who was in the film."""
    seen, words_ = contents.assessment.perception, contents.words
    return [
        *section(words_.quality_title, "quality", 160.0),
        _checks(measurement.quality, _silhouettes(seen), words_),
        *people(seen, contents.folder, words_),
    ]


def spelt_out(check: QualityCheck) -> str:
    """Return what is wrong and what to do, as the markup of a paragraph."""
    message = check.message or check.limit
    return f"{markup(message, 240)} <font color='{MUTED}'>{markup(check.remedy or '', 240)}</font>"


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
            name = Text(
                f"{markup(words(check.name), 80)}<br/><font size={SIZE_SMALL}>"
                f"{spelt_out(check)}</font>",
                style(SIZE_TABLE),
            )
        rows.append(
            [
                name,
                found,
                printable(check.limit.replace(" deg", "°"), 120),
                _grade(check.grade, words_),
            ]
        )
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
    name = Text(
        f"{markup(words_.silhouettes, 80)}<br/><font size={SIZE_SMALL} color='{MUTED}'>"
        f"{markup(text, 300)}</font>",
        style(SIZE_TABLE),
    )
    found = quantity(seen.usable_pct, "%")
    return [name, found, words_.silhouettes_usable, words_.for_information]


def _grade(grade: Grade, words_: Wording) -> Text:
    """Return a grade as sign, word and colour: never by colour alone."""
    text = f"{GRADE_SIGNS[grade]} {markup(words_.grades[grade])}"
    return Text(text, style(SIZE_TABLE, GRADE_COLOURS[grade], bold=True))


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
    table = grid(head, rows, (8, 1, 1), right=(1, 2))
    return [KeepTogether([Heading(words_.strides_title, "stride-counts"), table])]


def people(seen: PerceptionFacts | None, folder: Path, words_: Wording) -> list[Flowable]:
    """Return everybody who was followed, and how the walker was chosen among them."""
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
