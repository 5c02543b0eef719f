"""What the summary of a study says, chapter by chapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np

from clinigait.cohort.study_compare import Contrast, LevelEffect, SubgroupTest
from clinigait.cohort.study_describe import (
    Distribution,
    dictionary,
    quality_codes,
    who_is_missing,
    why_missing,
)
from clinigait.cohort.study_findings import StudyFindings
from clinigait.cohort.study_models import MOST_PEOPLE, Effect
from clinigait.cohort.study_retest import Retest
from clinigait.cohort.study_table import Measure, StudyTable
from clinigait.cohort.summary_figures import (
    ROWS_A_FIGURE,
    Bar,
    distribution_panels,
    flow_chart,
    forest,
    panels_a_figure,
)
from clinigait.cohort.summary_parts import Chapter, Grid, Part, Picture, Story, Words
from clinigait.core.printed import DASH, compact, number

_T = TypeVar("_T")
_MOST_RESULTS: Final = 12
_SAME: Final = "The difference of the groups is not shown to depend on"


def story_of(table: StudyTable, found: StudyFindings) -> Story:
    """Return the summary of a study."""
    flow = found.flow
    facts = (
        ("Walks", f"{flow.n_walks:,} of {flow.n_people:,} people; {flow.n_measured:,} measured"),
        ("Groups", ", ".join(g or "not known" for g in table.groups) or "none"),
        ("Reference group", table.groups[0] if len(table.groups) > 1 else "none"),
        ("Primary parameters", ", ".join(table.plan.primary) or "none named"),
        ("Adjusted for", ", ".join(table.plan.covariates) or "nothing"),
        *table.plan.about,
    )
    chapters = (
        Chapter("answers", "Answers", _answers(table, found)),
        Chapter("flow", "Walks in and out", _flow(found)),
        Chapter("people", "People, visits and walks", _people(found)),
        Chapter("groups", "Comparison of the groups", _comparison(table, found)),
        Chapter("subgroups", "Subgroups", _subgroups(table, found)),
        Chapter("distributions", "Distributions", _distributions(found)),
        Chapter("retest", "Test and retest", _retest(found)),
        Chapter("quality", "Quality", _quality(table)),
        Chapter("missing", "What is missing", _missing(table, found)),
        Chapter("methods", "How it was calculated", _methods(table)),
        Chapter("dictionary", "Data dictionary", _dictionary(table)),
    )
    return Story(table.plan.title, table.synthetic, table.pose_synthetic, facts, chapters)


# ---------------------------------------------------------------- answers


def _answers(table: StudyTable, found: StudyFindings) -> list[Part]:
    primary = [c for c in found.contrasts if c.primary]
    parts: list[Part] = [Words(_answer(c), "result") for c in primary[:_MOST_RESULTS]]
    if len(table.groups) < 2:
        parts.append(Words("There is one group: nothing is compared."))
    elif not primary:
        parts.append(
            Words(
                "No parameter was named as primary before: all comparisons are exploratory, and "
                "what stands out is a question for the next study.",
                "caution",
            )
        )
    tests = [t for t in found.subgroups if t.p is not None and t.measure.name in table.plan.primary]
    parts += [Words(_interaction(test)) for test in tests[:_MOST_RESULTS]]
    return parts


def _answer(contrast: Contrast) -> str:
    what = f"{contrast.measure.title}, {contrast.group} against {contrast.reference}: "
    if contrast.effect is None:
        return f"{what}no difference can be told. {contrast.note}"
    effect, unit = contrast.effect, contrast.measure.unit
    return (
        f"{what}{_difference(effect, contrast.measure)} {unit} (95 % interval "
        f"{_span(effect.low, effect.high, contrast.measure)}), "
        f"p {_p(contrast.adjusted_p, equals=True)} by Holm's method; "
        f"{contrast.n_walks:,} walks of {contrast.n_people:,} people."
    )


def _interaction(test: SubgroupTest) -> str:
    if test.adjusted_p is not None and test.adjusted_p < 0.05:
        begin = "The difference of the groups depends on"
    else:
        begin = _SAME
    p = _p(test.adjusted_p, equals=True)
    return f"{begin} {test.column}: {test.measure.title}, interaction p {p} (adjusted)."


# ---------------------------------------------------------------- walks and people


def _flow(found: StudyFindings) -> list[Part]:
    flow = found.flow
    words = (
        f"{flow.n_walks} walks of {flow.n_people} people in the manifest; {flow.n_measured} "
        f"measured, {flow.n_walks - flow.n_measured} out. "
        + "; ".join(
            f"{name}: {walks} walks of {people} people" for name, walks, people, _ in flow.groups
        )
    )
    parts: list[Part] = [Picture(flow_chart(flow, found.visits is not None), words)]
    if flow.reasons:
        rows = [
            (r.status, r.code or "without a code", f"{r.n_walks:,}", f"{r.n_people:,}", r.example)
            for r in flow.reasons
        ]
        head = ("Out", "Code", "Walks", "People", "For example")
        parts.append(Grid(head, rows, (1, 2, 0.8, 0.8, 5), (2, 3)))
    return parts


def _people(found: StudyFindings) -> list[Part]:
    rows = [
        (
            c.group or "not known", f"{c.people:,}", f"{c.visits:,}", f"{c.walks:,}",
            f"{c.measured:,}", f"{c.refused:,}", f"{c.failed:,}",
        )
        for c in found.counts
    ]  # fmt: skip
    head = ("Group", "People", "Visits", "Walks", "Measured", "Refused", "Failed")
    parts: list[Part] = [Grid(head, rows, (3, 1, 1, 1, 1, 1, 1), (1, 2, 3, 4, 5, 6))]
    told = [
        (c.group or "not known", name, what) for c in found.counts for name, what in c.covariates
    ]
    if told:
        told = sorted(told, key=lambda row: row[1])
        parts.append(Grid(("Group", "Column", "People"), told, (2, 2, 6)))
    return parts


# ---------------------------------------------------------------- comparison


def _comparison(table: StudyTable, found: StudyFindings) -> list[Part]:
    if not found.contrasts:
        return [Words("There is one group: nothing is compared.")]
    spread = {
        d.measure.name: float(d.values.std(ddof=1)) if len(d.values) > 1 else 0.0
        for d in found.distributions if d.group == table.groups[0]
    }  # fmt: skip
    ordered = sorted(found.contrasts, key=lambda c: not c.primary)
    bars = [
        _bar(c.measure, f"{c.measure.title}: {c.group}", c.effect, spread, strong=c.primary)
        for c in ordered
    ]
    axis = f"Difference from {table.groups[0]}, in standard deviations of its people"
    parts: list[Part] = [
        Picture(forest(part, axis), f"{axis}; the numbers are those of the table below.")
        for part in _batches(bars, ROWS_A_FIGURE)
        if any(bar.estimate is not None for bar in part)
    ]
    notes = list(dict.fromkeys(c.note for c in ordered if c.note))
    rows = [_contrast_row(c, notes) for c in ordered]
    head = (
        "Parameter",
        "Group",
        "Difference",
        "95 % interval",
        "p",
        "p adjusted",
        "Walks/people",
        "",
    )
    parts.append(Grid(head, rows, (3, 1.6, 1.5, 2, 1, 1.2, 1.4, 0.5), (2, 3, 4, 5, 6)))
    parts += [Words(f"[{index}] {text}", "note") for index, text in enumerate(notes, start=1)]
    left_out = max((c.left_out for c in found.contrasts), default=0)
    if left_out:
        parts.append(
            Words(f"Up to {left_out:,} walks are left out: they lack a covariate.", "caution")
        )
    parts.append(
        Words("* primary: adjusted by Holm; all others by Benjamini and Hochberg.", "note")
    )
    return parts


def _bar(
    measure: Measure, name: str, effect: Effect | None, spread: dict[str, float], *, strong: bool
) -> Bar:
    one = spread.get(measure.name, 0.0)
    if effect is None or not one > 0:
        told = DASH if effect is None else f"{_difference(effect, measure)} {measure.unit}"
        return Bar(name, told, None, None, None, strong)
    span = _span(effect.low, effect.high, measure)
    told = f"{_difference(effect, measure)} ({span}) {measure.unit}"
    return Bar(name, told, effect.estimate / one, effect.low / one, effect.high / one, strong)


def _contrast_row(contrast: Contrast, notes: list[str]) -> tuple[str, ...]:
    effect, measure = contrast.effect, contrast.measure
    mark = f"[{notes.index(contrast.note) + 1}]" if contrast.note else ""
    title = _with_unit(measure) + (" *" if contrast.primary else "")
    sizes = f"{contrast.n_walks:,}/{contrast.n_people:,}"
    if effect is None:
        return title, contrast.group, DASH, DASH, DASH, DASH, sizes, mark
    return (
        title, contrast.group, _difference(effect, measure),
        _span(effect.low, effect.high, measure), _p(effect.p),
        _p(contrast.adjusted_p), sizes, mark,
    )  # fmt: skip


def _subgroups(table: StudyTable, found: StudyFindings) -> list[Part]:
    if not found.subgroups:
        return [Words("No subgroups were asked for.")]
    adjust = "Holm" if table.plan.primary else "Benjamini and Hochberg"
    parts: list[Part] = [
        Words(
            f"p is of the interaction: whether the difference of the groups depends on the column "
            f"(adjusted: {adjust}, over {len(found.subgroups)} tests). A difference that is clear "
            "in one row and not in another is no finding: small parts see little."
        )
    ]
    rows: list[tuple[str, ...]] = []
    notes: dict[str, None] = {}
    for test in found.subgroups:
        measure = test.measure
        title = f"{_with_unit(measure)}, by {test.column}"
        p = f"{_p(test.p)} ({_p(test.adjusted_p)})" if test.p is not None else DASH
        rows.append((title, "", "", "", "", p))
        rows += [_level_row(each, measure) for each in test.levels]
        if test.note:
            notes[f"{title}: {test.note}"] = None
    head = ("", "Group", "Difference", "95 % interval", "People", "Interaction p (adjusted)")
    parts.append(Grid(head, rows, (3.6, 2, 1.4, 2, 1.1, 1.7), (2, 3, 4, 5)))
    return [*parts, *(Words(text, "note") for text in notes)]


def _level_row(each: LevelEffect, measure: Measure) -> tuple[str, ...]:
    shown = (DASH, DASH)
    if each.effect is not None:
        effect = each.effect
        shown = (_difference(effect, measure), _span(effect.low, effect.high, measure))
    people = f"{each.n_people[0]:,}/{each.n_people[1]:,}"
    return f"{DASH} {each.level}", each.group, *shown, people, ""


# ---------------------------------------------------------------- distributions


def _distributions(found: StudyFindings) -> list[Part]:
    if not found.distributions:
        return [Words("No parameter was measured.")]
    panels: dict[str, list[Distribution]] = {}
    for one in found.distributions:
        panels.setdefault(one.measure.name, []).append(one)
    drawn = [panel for panel in panels.values() if any(len(d.values) for d in panel)]
    parts: list[Part] = [
        Words(
            "Each person counts once, with the mean of all walks. Dots: people; box: quartiles and "
            "median; shaded: the reference range, where one holds for everybody of the group. "
            "Many published ranges are mean ± 1 SD: a third of healthy people lie outside."
        )
    ]
    for part in _batches(drawn, panels_a_figure(len(drawn[0]) if drawn else 1)):
        names = ", ".join(panel[0].measure.title for panel in part)
        parts.append(Picture(distribution_panels(part), f"Distributions by group: {names}."))
    rows = [_distribution_row(one) for one in found.distributions]
    head = ("Parameter", "Group", "People", "Walks", "Mean", "SD", "Median", "Quartiles",
            "Range", "In reference")  # fmt: skip
    parts.append(Grid(head, rows, (3, 1.5, 0.9, 0.9, 1, 1, 1, 1.7, 1.7, 1.2), tuple(range(2, 10))))
    return parts


def _distribution_row(one: Distribution) -> tuple[str, ...]:
    title = _with_unit(one.measure)
    begin = (title, one.group, f"{len(one.values):,}", f"{one.n_walks:,}")
    if not len(one.values):
        return (*begin, DASH, DASH, DASH, DASH, DASH, DASH)
    low, middle, high = np.percentile(one.values, [25, 50, 75])

    def shown(value: float) -> str:
        return _valued(value, one.measure)

    return (
        *begin,
        shown(float(one.values.mean())),
        shown(float(one.values.std(ddof=1))) if len(one.values) > 1 else DASH,
        shown(middle),
        f"{shown(low)} to {shown(high)}",
        f"{shown(one.values.min())} to {shown(one.values.max())}",
        f"{one.n_within} of {one.n_referred}" if one.n_referred else DASH,
    )


# ---------------------------------------------------------------- retest


def _retest(found: StudyFindings) -> list[Part]:
    if found.visits is None:
        return [Words("Nobody came twice: nothing can be said of reliability.")]
    first, second = found.visits
    parts: list[Part] = [
        Words(
            f"Visit {first} against visit {second}. Where something was done to people between "
            "them this is no reliability. ICC(2,1), also called ICC(A,1): two-way random effects, "
            "absolute agreement, one visit (the mean of its walks). SEM: standard error of "
            "measurement; MDC: the smallest change of one person that is more than error, 95 %."
        )
    ]
    rows = [_retest_row(one) for one in found.retests]
    head = ("Parameter", "Of", "People", "ICC(2,1)", "95 % interval", "SEM", "MDC",
            "Mean change", "95 % interval")  # fmt: skip
    parts.append(Grid(head, rows, (3, 1.5, 0.9, 1.1, 1.7, 1, 1, 1.2, 1.9), tuple(range(2, 9))))
    if any(one.group is not None for one in found.retests):
        parts.append(
            Words("An ICC of groups that differ is high for that alone: see those of each group.",
                  "note")
        )  # fmt: skip
    return parts


def _retest_row(one: Retest) -> tuple[str, ...]:
    title = _with_unit(one.measure)
    begin = (title, one.group or "all", f"{one.n_people:,}")
    if one.sem is None or one.mdc is None or one.shift is None:
        return (*begin, "too few people", DASH, DASH, DASH, DASH, DASH)
    low = DASH if one.low is None else number(one.low, 2)
    high = DASH if one.high is None else number(one.high, 2)
    change = _span(one.shift_low or 0.0, one.shift_high or 0.0, one.measure)
    in_unit = (_valued(value, one.measure, 1) for value in (one.sem, one.mdc, one.shift))
    value = DASH if one.icc is None else number(one.icc, 2)
    return (*begin, value, f"{low} to {high}", *in_unit, change)


# ---------------------------------------------------------------- quality, missing


def _quality(table: StudyTable) -> list[Part]:
    codes = quality_codes(table)
    if not codes:
        return [Words("No walk was refused, failed or measured with a caution.")]
    rows = [
        (r.status, r.code or "without a code", f"{r.n_walks:,}",
         f"{100 * r.n_walks / len(table.walks):.1f} %", f"{r.n_people:,}", r.example)
        for r in codes
    ]  # fmt: skip
    head = ("Status", "Code", "Walks", "Of all", "People", "For example")
    return [Grid(head, rows, (1.2, 2.2, 0.8, 0.9, 0.9, 5), (2, 3, 4))]


def _missing(table: StudyTable, found: StudyFindings) -> list[Part]:
    parts: list[Part] = []
    lost = who_is_missing(table)
    if lost:
        parts.append(
            Words("People without any measured walk beside the others: do they differ?", "caution")
        )
        rows = [(one.column, one.measured, one.lost) for one in lost]
        parts.append(Grid(("Column", "With a measured walk", "Without"), rows, (1.5, 4, 4)))
    lacking = [d for d in found.distributions if d.lacking_walks]
    if not lacking:
        return [*parts, Words("Every measured walk has a value of every parameter.")]
    head = ("Parameter", "Group", "Measured walks without it", "People without it", "95 % interval")
    parts.append(
        Grid(head, [_lacking_row(one) for one in lacking], (3, 1.6, 1.8, 1.8, 1.6), (2, 3, 4))
    )
    reasons = [
        (_title(table, name), reason or "no reason given", f"{walks:,}", f"{people:,}")
        for name, reason, walks, people in why_missing(table)
    ]
    parts.append(Grid(("Parameter", "Why", "Walks", "People"), reasons, (2.5, 5, 0.8, 0.8), (2, 3)))
    return parts


def _lacking_row(one: Distribution) -> tuple[str, ...]:
    share = one.lacking_share
    people = f"{one.lacking_people:,} of {one.lacking_people + len(one.values):,}"
    span = f"{100 * share[1]:.0f} to {100 * share[2]:.0f} %" if share else DASH
    walks = f"{one.lacking_walks:,} of {one.measured_walks:,}"
    return one.measure.title, one.group, walks, people, span


def _title(table: StudyTable, name: str) -> str:
    return next((m.title for m in table.measures if m.name == name), name)


# ---------------------------------------------------------------- methods, dictionary


def _methods(table: StudyTable) -> list[Part]:
    conditions = table.plan.conditions
    sentences = (
        "A walk is a subject, visit and file. A parameter that is given for left and right is the "
        "mean of both in this summary, and missing where one is; the table of results has both.",
        "Comparison: a linear mixed model with groups, visits, covariates and a random intercept "
        "for the person, by restricted maximum likelihood; t tests and intervals with the degrees "
        "of freedom of people (of walks for what varies within people). Where everybody has one "
        f"walk, beyond {MOST_PEOPLE:,} people, or without convergence: least squares with errors "
        "that are robust to what walks of one person share. Walks that lack a covariate are left "
        "out; nothing is imputed. This takes values to be missing at random given what is in the "
        "model: see What is missing.",
        "Multiplicity: Holm's method over all comparisons of primary parameters (the chance of one "
        "false finding at most 5 %), Benjamini and Hochberg's over all others (about 5 % of what "
        "is found false). Intervals are not adjusted.",
        "Subgroups: one test of the interaction of groups and column, never a p value within a "
        "part. Numbers are cut into bands: age at 40, 65, 75 and 85 years, others at the median.",
        "Reference ranges are those that the results bring for the person and the walk."
        if table.references is not None
        else "Reference ranges are those of the catalogue for age, sex and walking aid, taken at "
        f"{conditions.pace or 'unknown'} pace, {conditions.surface or 'surface unknown'}.",
    )
    return [Words(text) for text in sentences]


def _dictionary(table: StudyTable) -> list[Part]:
    rows = [
        (
            name,
            title if title != name else kind,
            what,
            unit,
            "; ".join(filter(None, (view, source))),
        )
        for name, kind, title, what, unit, view, source in dictionary(table)
    ]
    head = ("Name", "Title", "Definition", "Unit", "View; source")
    return [Grid(head, rows, (2.4, 2, 4.6, 0.9, 3))]


# ---------------------------------------------------------------- numbers


def _batches(items: Sequence[_T], size: int) -> list[Sequence[_T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _with_unit(measure: Measure) -> str:
    return f"{measure.title} ({measure.unit})" if measure.unit else measure.title


def _difference(effect: Effect, measure: Measure) -> str:
    sign = "+" if effect.estimate > 0 else ""
    return sign + _valued(effect.estimate, measure, 1)


def _span(low: float, high: float, measure: Measure) -> str:
    return f"{_valued(low, measure, 1)} to {_valued(high, measure, 1)}"


def _valued(value: float, measure: Measure, finer: int = 0) -> str:
    """Return a value with the decimals of the catalogue; differences have one more."""
    decimals = measure.decimals
    return compact(value) if decimals is None else number(value, decimals + finer)


def _p(p: float | None, *, equals: bool = False) -> str:
    if p is None:
        return DASH
    sign = "= " if equals else ""
    return "< 0.001" if p < 0.001 else f"{sign}{p:.3f}"
