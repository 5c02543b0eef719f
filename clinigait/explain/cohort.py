"""Where a model looks in the walks of a study: shares by region and phase, with intervals.

Does attention fall on the legs and the pelvis? Of walks whose maps stand their checks the shares
are averaged over people and held against the share of what there is to look at: half of a
silhouette is legs, so that half of the attention on them would be no preference at all.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from clinigait.core import (
    BODY_REGIONS,
    GAIT_PHASES,
    LOWER_BODY,
    BadInputError,
    Event,
    Progress,
    Protocol,
    Refused,
    RefusedError,
    Saliency,
    SaliencyMethod,
    Side,
    Walk,
)
from clinigait.datasets.study import Sample, Study
from clinigait.explain.methods import check_method
from clinigait.explain.walk import Explained, explain
from clinigait.gait.measure import measure
from clinigait.io.bundle import Bundle
from clinigait.io.output import workplace
from clinigait.io.protocol import load_protocol, shipped_protocols
from clinigait.models.pictures import with_pictures_of
from clinigait.stats import bootstrap_estimate
from clinigait.stats.weighted import weighted_mean
from clinigait.training.validate import table_cell

TABLE, SUMMARY, CHART, OVERLAY = "saliency.csv", "summary.json", "chart.png", "overlay.png"
OUTPUTS = (SUMMARY, TABLE, CHART, OVERLAY)
_MEASURED_BY = "walk_spatial"


@dataclass(frozen=True, eq=False)
class Looked:
    """A walk of the study, explained or refused.

    Parameters
    ----------
    sample
        The walk.
    saliency
        What was found; None where it was refused.
    refused
        Why it was.
    """

    sample: Sample
    saliency: Saliency | None = None
    refused: Refused | None = None

    @property
    def reason(self) -> str:
        """Why the walk is left out; empty where it counts."""
        if self.saliency is None:
            return self.refused.code if self.refused else ""
        failed = [check.name for check in self.saliency.checks if not check.passed]
        return f"fails {' and '.join(failed)}" if failed else ""


@dataclass(frozen=True, eq=False)
class Attention:
    """The answer for a study.

    Parameters
    ----------
    walks
        All of them, in the order of the study.
    summary
        The content of ``summary.json``.
    first
        The first walk whose map is shown, with its map; None where there is none.
    """

    walks: tuple[Looked, ...]
    summary: dict[str, Any]
    first: Explained | None


def explain_study(
    bundle: Bundle,
    study: Study,
    method: str,
    out: Path,
    progress: Progress | None = None,
    *,
    draw: Callable[[Attention, Path], None] | None = None,
) -> Attention:
    """Explain the walks of a study and write where the model looked.

    Parameters
    ----------
    bundle
        As of :func:`clinigait.models.classifier.open_model`.
    study
        The walks; labels are not needed.
    method
        How each is explained.
    out
        Folder for ``summary.json``, ``saliency.csv`` and what is drawn, all or nothing.
    progress
        Called with the fraction of the work done.
    draw
        Draws :data:`CHART` and :data:`OVERLAY` into the folder that it is given.

    Raises
    ------
    BadInputError
        If there is no such method, no walk, or the folder cannot be written.
    RefusedError
        If no walk at all can be explained: with the commonest reason.
    """
    how = check_method(method)
    samples = with_pictures_of(study, bundle.card.inputs).samples
    if not samples:
        raise BadInputError(f"{study.name} holds no walks.", "Give walks to explain.")
    task = bundle.card.task
    protocol = load_protocol(task if task in shipped_protocols() else _MEASURED_BY)
    walks: list[Looked] = []
    first: Explained | None = None
    with workplace(out, OUTPUTS, SUMMARY) as folder:
        for number, sample in enumerate(samples):
            tell = _part_of(progress, number, len(samples))
            looked, explained = _looked(bundle, sample, protocol, how, tell)
            walks.append(looked)
            tell(1.0)
            if first is None and explained is not None and explained.saliency.shown:
                first = explained
        if all(walk.saliency is None for walk in walks):
            raise _nothing_explained(walks)
        found = Attention(tuple(walks), summary_of(bundle, study, how, walks), first)
        text = json.dumps(found.summary, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / SUMMARY).write_text(f"{text}\n", encoding="utf-8")
        (folder / TABLE).write_text(saliency_csv(walks), encoding="utf-8")
        if draw is not None:
            draw(found, folder)
    return found


def _part_of(progress: Progress | None, done: int, of: int) -> Progress:
    def tell(share: float) -> None:
        if progress is not None:
            progress((done + share) / of)

    return tell


def _looked(
    bundle: Bundle, sample: Sample, protocol: Protocol, method: SaliencyMethod, tell: Progress
) -> tuple[Looked, Explained | None]:
    try:
        walk = sample.read()
        events, near_side = _events(walk, protocol)
        found = explain(bundle, walk, events, near_side, method, tell)
    except RefusedError as error:
        return Looked(sample, refused=error.refused), None
    except BadInputError as error:
        return Looked(sample, refused=Refused("unreadable", error.message, error.remedy)), None
    return Looked(sample, found.saliency), found


def _events(walk: Walk, protocol: Protocol) -> tuple[tuple[Event, ...], Side | None]:
    """Return what was measured of the steps; nothing of a walk that cannot be measured."""
    try:
        found = measure(walk, replace(protocol, kind="clinical"))
    except (RefusedError, BadInputError):
        return (), None
    return found.events, found.near_side


def _nothing_explained(walks: Sequence[Looked]) -> RefusedError:
    reasons = [walk.refused for walk in walks if walk.refused is not None]
    code, times = Counter(reason.code for reason in reasons).most_common(1)[0]
    reason = next(reason for reason in reasons if reason.code == code)
    return RefusedError(
        code,
        f"None of {len(walks)} walks can be explained; {times} for this reason: {reason.message}",
        reason.remedy,
    )


def summary_of(
    bundle: Bundle, study: Study, method: SaliencyMethod, walks: Sequence[Looked]
) -> dict[str, Any]:
    """Return the content of ``summary.json``.

    Shares are means over the walks that are shown, intervals by the bootstrap over people.

    Parameters
    ----------
    bundle, study, method
        What was asked.
    walks
        What came out; refused ones and those that fail a check are counted and left out.
    """
    shown = [walk for walk in walks if walk.saliency is not None and walk.saliency.shown]
    left_out = Counter(walk.reason for walk in walks if walk.reason)
    summary: dict[str, Any] = {
        "bundle": bundle.card.id,
        "task": bundle.card.task,
        "learned_from": bundle.card.learned_from,
        "data_set": study.name,
        "data_set_kind": study.kind,
        "method": method,
        "walks": len(walks),
        "shown": len(shown),
        "people_shown": len({walk.sample.person for walk in shown}),
        "left_out": dict(left_out.most_common()),
    }
    if not shown:
        return summary
    people = np.array([walk.sample.person for walk in shown])
    maps = [walk.saliency for walk in shown if walk.saliency is not None]
    regions = [name for name in BODY_REGIONS if any(name in each.regions for each in maps)]

    def entry(names: frozenset[str], phases: frozenset[str]) -> dict[str, Any]:
        pairs = np.array([
            [_share(getattr(each, table), each, names, phases) for table in ("share", "area")]
            for each in maps
        ])  # fmt: skip
        found: dict[str, Any] = {}
        more = {"share": pairs[:, 0], "area": pairs[:, 1], "excess": pairs[:, 0] - pairs[:, 1]}
        for name, values in more.items():
            estimate = bootstrap_estimate(weighted_mean, people, values)
            found[name] = _rounded(estimate.value)
            found[f"{name}_ci95"] = [_rounded(estimate.low), _rounded(estimate.high)]
        return found

    everywhere, always = frozenset(BODY_REGIONS), frozenset(GAIT_PHASES)
    summary["lower_limbs_and_pelvis"] = entry(LOWER_BODY, always)
    summary["regions"] = {name: entry(frozenset({name}), always) for name in regions}
    summary["phases"] = {name: entry(everywhere, frozenset({name})) for name in GAIT_PHASES}
    summary["region_by_phase"] = {
        name: {
            phase: entry(frozenset({name}), frozenset({phase}))["share"] for phase in GAIT_PHASES
        }
        for name in regions
    }
    return summary


def statement(summary: Mapping[str, Any]) -> str:
    """Return in one sentence whether attention falls on the legs and the pelvis."""
    lower = summary.get("lower_limbs_and_pelvis")
    if lower is None:
        return f"No map of {summary['walks']} walks stands the checks: there is no answer."
    low, high = lower["excess_ci95"]
    if low is None or high is None:
        verdict = "too few people for an interval"
    elif low > 0:
        verdict = "more than their size explains"
    elif high < 0:
        verdict = "less than their size would give"
    else:
        verdict = "no more than their size explains"
    return (
        f"{100 * lower['share']:.0f} % of the attention falls on the lower limbs and the pelvis, "
        f"which are {100 * lower['area']:.0f} % of what there is to look at: {verdict} "
        f"({summary['shown']} of {summary['walks']} walks)."
    )


def _share(
    table: Sequence[Sequence[float]], of: Saliency, names: frozenset[str], phases: frozenset[str]
) -> float:
    columns = [c for c, phase in enumerate(of.phases) if phase in phases]
    rows = [r for r, name in enumerate(of.regions) if name in names]
    return sum(table[r][c] for r in rows for c in columns)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)


def saliency_csv(walks: Sequence[Looked]) -> str:
    """Return a row for each walk, region and phase; a walk that is left out has one, with why."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ("sequence", "subject", "label", "explained", "region", "phase")
    writer.writerow([*head, "share", "area", "net_nats", "left_out"])
    for walk in walks:
        sample, found = walk.sample, walk.saliency
        start = [sample.sequence, sample.person, sample.label or "", found.label if found else ""]
        rows: list[list[str | float | None]] = []
        if walk.reason:
            rows.append([*start, *[""] * 5, walk.reason])
        if found is not None and found.shown:
            for r, region in enumerate(found.regions):
                for c, phase in enumerate(found.phases):
                    net = found.net_nats[r][c] if found.net_nats else None
                    numbers = (found.share[r][c], found.area[r][c], net)
                    rows.append([*start, region, phase, *numbers, ""])
        writer.writerows([table_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
