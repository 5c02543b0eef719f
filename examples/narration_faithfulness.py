"""Is the narration true to the findings? Rates before the check, and what the check lets through.

    python examples/narration_faithfulness.py --out TABLE.md     # all, about ten minutes of a core
    python examples/narration_faithfulness.py --quick            # as a test; without the model too

Assessments carry the commanded numbers of walkers of the virtual clinic at two visits: levels
against the robust walkers, asymmetries, changes and predictions. A sentence of the model passes
if the check of words finds all that it states true of its finding, and no value is left out. The
model never sees a number, so equal facts give equal sentences: each is asked for once.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import yaml

from clinigait.core import (
    Assessment,
    BadInputError,
    ClassProbability,
    Finding,
    Measurement,
    Parameter,
    Prediction,
    ProtocolFacts,
    Provenance,
    Reference,
    Refused,
    Subject,
)
from clinigait.explain.check_edits import edits_of
from clinigait.explain.check_facts import ways_to_write
from clinigait.explain.check_words import WordCheck
from clinigait.explain.narration.narrate import BATCH, Draft, draft_of
from clinigait.explain.narration.narrator import Narrator, load_narrator, narrator_card
from clinigait.findings import change_findings, findings_of, sentence, title_in
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.compare import Comparison
from clinigait.models.task import load_task
from clinigait.stats import Change
from clinigait.synthesis.people import person_of, walks_of
from clinigait.synthesis.population import load_population
from clinigait.synthesis.prescription import Prescription

SEED = 777
#: Half the 95 % interval of a commanded number, as a share of it: about what a film gives.
ERROR = 0.03
LANGUAGES = ("en", "zh")
PARAPHRASES = Path(__file__).parent / "narration_paraphrases.yaml"
_VALUES = dict[tuple[str, str], float]
Assessments = Sequence[Sequence[Finding]]


# ---------------------------------------------------------------- assessments from the clinic


def numbers_of(prescription: Prescription) -> _VALUES:
    """Return commanded values by parameter and side."""
    pace = prescription.resolved()
    values: _VALUES = {
        ("speed_mps", "both"): pace.speed,
        ("cadence_spm", "both"): pace.cadence,
        ("step_width_m", "both"): prescription.step_width_m,
        ("trunk_sway_deg", "both"): prescription.trunk_sway_deg,
        ("stride_time_cv_pct", "both"): prescription.variability.stride_time_cv_pct,
    }
    stride_s = 120.0 / pace.cadence
    for side in ("left", "right"):
        own = prescription.side(side)
        other = prescription.side("right" if side == "left" else "left")
        values |= {
            ("step_length_m", side): pace.stride_length * own.step_length_share,
            ("step_time_s", side): stride_s * own.step_time_share,
            ("stance_pct", side): own.stance_pct,
            ("swing_pct", side): 100 - own.stance_pct,
            ("stance_time_s", side): stride_s * own.stance_pct / 100,
            ("swing_time_s", side): stride_s * (1 - own.stance_pct / 100),
            ("single_support_pct", side): 100 - other.stance_pct,
            ("arm_swing_deg", side): own.arm_swing_deg,
            ("toe_clearance_m", side): own.foot_clearance_m,
        }
        if own.knee_peak_flexion_deg is not None:
            values["knee_flexion_peak_swing_deg", side] = own.knee_peak_flexion_deg
    return values


def ranges_of(people: Sequence[tuple[str, _VALUES]]) -> dict[tuple[str, str], Reference]:
    """Return mean ± 1 SD of the robust walkers."""
    robust = [values for label, values in people if label == "robust"]
    ranges = {}
    for key in robust[0]:
        sample = np.array([values[key] for values in robust if key in values])
        low, high = sample.mean() - sample.std(), sample.mean() + sample.std()
        ranges[key] = Reference(
            float(low), float(high), "mean ± 1 SD", "robust walkers of the virtual clinic", "clinic"
        )
    return ranges


def assessment_of(
    values: _VALUES, ranges: dict[tuple[str, str], Reference], rng: np.random.Generator
) -> Assessment:
    """Return an assessment with these numbers; now and then one could not be measured."""
    parameters = []
    for (name, side), value in values.items():
        half, unit = abs(value) * ERROR, CATALOGUE[name].unit
        if rng.random() < 0.03:
            parameters.append(Parameter(name, side, None, unit, 0, reason="not seen"))
            continue
        parameters.append(
            Parameter(name, side, value, unit, 8, value - half, value + half,
                      reference=ranges[name, side])
        )  # fmt: skip
    measurement = Measurement(
        "sagittal", 0.0, "left", 30.0, None, (), (), (), tuple(parameters), (), ()
    )
    return Assessment(
        "assessed", Subject(), ProtocolFacts("walk", "1", "Walk", "0" * 64),
        Provenance("2026-01-01T00:00:00+00:00", "0", "3", {}, synthetic=True),
        measurement=measurement, predictions=tuple(predictions(rng)),
    )  # fmt: skip


def predictions(rng: np.random.Generator) -> Iterator[Prediction]:
    """Yield what a model might say: one class, two, or nothing."""
    task = load_task(str(rng.choice(["frailty", "pathology", "scoliosis"])))
    if rng.random() < 0.3:
        yield Prediction(task.name, task.title, "card", "walkers", synthetic=False,
                         abstained=Refused("unlike", "Unlike.", "None."))  # fmt: skip
        return
    shares = np.sort(rng.dirichlet(np.full(len(task.labels), 0.7)))[::-1]
    classes = tuple(
        ClassProbability(label.name, label.title, float(share))
        for label, share in zip(rng.permutation(np.array(task.labels, object)), shares, strict=True)
    )
    inside = tuple(c.label for c in classes[: 1 if shares[0] > 0.7 else 2])
    yield Prediction(task.name, task.title, "card", "walkers", synthetic=False, classes=classes,
                     prediction=classes[0].label, prediction_set=inside, coverage=0.9)  # fmt: skip


def changes_between(first: Assessment, second: Assessment) -> Iterator[Comparison]:
    """Yield the comparison of two visits, each number with its own error."""
    for a in first.measurement.parameters:
        b = second.measurement.parameter(a.name, a.side)
        if a.value is None or b is None or b.value is None:
            continue
        limit, difference = float(np.hypot(a.value, b.value)) * ERROR, b.value - a.value
        change = Change(difference, difference - limit, difference + limit, limit,
                        abs(difference) > limit)  # fmt: skip
        yield Comparison(a.name, a.side, a.unit, a.value, b.value, change, False, None)


def clinic(n: int) -> list[tuple[Finding, ...]]:
    """Return the findings of ``n`` assessments: second visits, with the changes since the first."""
    population = replace(load_population("frailty_population"), visits=2)
    people = [person_of(population, SEED, index, lambda _: True) for index in range(n)]
    walks = {p.index: walks_of(population, p, SEED) for p in people}
    visits = {
        i: [numbers_of(w.prescription) for w in each if w.walk == 1] for i, each in walks.items()
    }
    ranges = ranges_of([(p.label, visits[p.index][0]) for p in people])
    rng, found = np.random.default_rng(SEED), []
    for person in people:
        first, second = (assessment_of(v, ranges, rng) for v in visits[person.index])
        findings = findings_of(second, CATALOGUE)
        rows = changes_between(first, second)
        found.append((*change_findings(rows, first, second, CATALOGUE), *findings))
    return found


# ---------------------------------------------------------------- the check


def edits_through(quick: bool) -> tuple[Counter[str], int]:
    """Return how many false sentences were made, by kind of edit, and how many got through."""
    rows = paraphrased()
    made: Counter[str] = Counter()
    through = 0
    for language in LANGUAGES:
        check = WordCheck([one for one, _ in rows], language)
        for one, said in rows:
            ways = ways_to_write(title_in(language, one.name, one.title), language)
            others = other_titles(one, rows, language)
            texts = [sentence(one, language), *said[language]]
            for text in texts[:2] if quick else texts:
                for edit in edits_of(text, sorted(ways), others):
                    made[edit.kind] += 1
                    if check.sentence(edit.sentence).accepted:
                        through += 1
                        print(f"GOT THROUGH ({edit.kind}): {edit.sentence}")
    return made, through


def other_titles(
    one: Finding, rows: Sequence[tuple[Finding, dict[str, list[str]]]], language: str
) -> list[str]:
    """Return titles of findings of which another thing is true, and two of none at all."""
    there = [
        title_in(language, each.name, each.title)
        for each, _ in rows
        if each.title != one.title and (each.side, each.relation) != (one.side, one.relation)
    ]
    return [*there[:4], "hip extension, peak", "髋伸展峰值"]


def paraphrased() -> list[tuple[Finding, dict[str, list[str]]]]:
    """Return findings, each with true sentences that were worded by hand."""
    rows = yaml.safe_load(PARAPHRASES.read_text("utf-8"))
    return [
        (
            Finding(
                id=str(number), rule="example@1", facts=("example",), source="example", text="",
                **{"grade": "strong", **row["finding"]},
            ),
            {key: row.get(key, []) for key in (*LANGUAGES, "later")},
        )
        for number, row in enumerate(rows)
    ]  # fmt: skip


def accepted_paraphrases(language: str) -> tuple[int, int]:
    """Return how many true sentences are accepted, of how many; ``later`` are English ones."""
    rows = paraphrased()
    check = WordCheck([one for one, _ in rows], "zh" if language == "zh" else "en")
    found = [
        check.sentence(text).findings == (one.id,) for one, said in rows for text in said[language]
    ]
    return sum(found), len(found)


# ---------------------------------------------------------------- the model


def drafts_of(
    assessments: Sequence[Sequence[Finding]], language: str
) -> list[tuple[Finding, Draft]]:
    """Return what the model is told of all findings that have a form it knows."""
    found = [(one, draft_of(one, language)) for findings in assessments for one in findings]
    return [(one, draft) for one, draft in found if draft is not None]


def said_to(narrator: Narrator, lines: Sequence[str], language: str) -> dict[str, str]:
    """Return what the model says to each line, before any check."""
    ordered = sorted(set(lines), key=len)
    said: dict[str, str] = {}
    for start in range(0, len(ordered), BATCH):
        part = ordered[start : start + BATCH]
        said |= dict(zip(part, narrator.speak(part, language), strict=True))
    return said


def passes(one: Finding, text: str | None, language: str) -> bool:
    """Whether a sentence is true of its finding."""
    return text is not None and one.id in WordCheck([one], language).sentence(text).findings


def rates(
    narrator: Narrator, assessments: Assessments, language: str, most: int
) -> list[tuple[str, str]]:
    """Return the rates of the adapted model before the check.

    Of equal facts all sentences are equal but for their digits: the first one is checked, and each
    counts as often as it comes. Of more than ``most`` different facts, so many drawn at random.
    """
    by_line: dict[str, list[tuple[Finding, Draft]]] = {}
    for one, draft in drafts_of(assessments, language):
        by_line.setdefault(draft.told.line, []).append((one, draft))
    order = np.random.default_rng(SEED).permutation(sorted(by_line))[:most].tolist()
    said = said_to(narrator, order, language)
    unseen, good, verbatim, count, new = set(narrator_card()["unseen"]), {}, {}, {}, {}
    for line in order:
        one, draft = by_line[line][0]
        good[line] = passes(one, draft.finished(said[line]), language)
        verbatim[line] = good[line] and said[line] in draft.told.sentences
        count[line], new[line] = len(by_line[line]), one.name in unseen
        if not good[line]:
            print(f"{language}, not accepted: {line} -> {said[line]}")
    every = sum(count.values())
    fresh = [line for line in order if new[line]]
    what = f"of {len(by_line)} different facts {len(order)} were asked for"
    return [
        (f"{language}: sentences that pass before the check ({what})",
         share(sum(count[line] for line in order if good[line]), every)),
        (f"{language}: the same, different facts counted once",
         share(sum(good.values()), len(order))),
        (f"{language}: of parameters never trained, facts counted once",
         share(sum(good[line] for line in fresh), len(fresh))),
        (f"{language}: of those that pass, verbatim sentences of the training frames",
         share(sum(verbatim.values()), sum(good.values()))),
    ]  # fmt: skip


def prompted(narrator: Narrator, assessments: Assessments, n: int, shots: int) -> tuple[int, int]:
    """Return how many sentences pass that the model makes of a prompt alone, numbers and all."""
    from clinigait.explain.narration.decode import decode
    from clinigait.explain.narration.frames import filled
    from clinigait.explain.narration.prefix import prefix_of_text

    drafts = drafts_of(assessments, "en")
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(drafts))
    kinds: dict[str, list[tuple[Finding, Draft]]] = {}
    for index in order:
        one, draft = drafts[index]
        kinds.setdefault(f"{one.kind}.{one.relation}", []).append((one, draft))
    mixed = [each[k] for k in range(n) for each in kinds.values() if k < len(each)]
    shown, asked = mixed[:shots], mixed[shots : shots + n]
    task = "Write one sentence for a clinician that states this finding and nothing else."
    examples = [
        f"{filled(text, draft.values)}\n"
        for _, draft in shown
        for text in (draft.told.line, draft.told.sentences[0])
    ]
    text = f"<|im_start|>user\n{task}\n" if not shots else f"{task}\n{''.join(examples)}"
    end = "<|im_end|>\n<|im_start|>assistant" if not shots else ""
    prefix, good = prefix_of_text(narrator.model, text), 0
    for start in range(0, len(asked), BATCH):
        part = asked[start : start + BATCH]
        lines = [f"{filled(draft.told.line, draft.values)}{end}" for _, draft in part]
        for (one, _), said in zip(part, decode(narrator.model, prefix, lines), strict=True):
            good += passes(one, said, "en")
    return good, len(asked)


def speed(narrator: Narrator, assessments: Assessments) -> tuple[float, float]:
    """Return CPU seconds for eight sentences in one batch, and the most memory in GB."""
    lines = [draft.told.line for _, draft in drafts_of(assessments, "en")]
    eight = sorted(set(lines), key=len)[:: max(1, len(set(lines)) // BATCH)][:BATCH]
    began = time.process_time()
    narrator.speak(eight, "en")
    return time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def share(part: int, whole: int) -> str:
    """Return a share with its numbers."""
    return f"{100 * part / whole:.1f} % ({part:,} of {whole:,})" if whole else "none"


# ---------------------------------------------------------------- all


def narrator_or_none() -> Narrator | None:
    """Return the narrator; None where its packages or weights are not there."""
    try:
        return load_narrator()
    except BadInputError as error:
        print(f"Without the language model: {error.message} {error.remedy}")
        return None


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assessments", type=int, default=500)
    parser.add_argument("--prompts", type=int, default=40, help="sentences by prompting alone")
    parser.add_argument("--facts", type=int, default=1000, help="different facts a language")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--no-model", action="store_true", help="the check alone")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    assessments = clinic(20 if asked.quick else asked.assessments)
    n = sum(map(len, assessments))
    rows = [("assessments", f"{len(assessments):,} with {n:,} findings")]
    made, through = edits_through(asked.quick)
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in made.most_common())
    rows.append(("false sentences that get through the check", share(through, made.total())))
    rows.append(("of these edits", kinds))
    rows.append(("en: worded after the grammar, accepted", share(*accepted_paraphrases("later"))))
    for language in LANGUAGES:
        rows.append(
            (f"{language}: true paraphrases accepted", share(*accepted_paraphrases(language)))
        )
        true = [
            passes(one, sentence(one, language), language)
            for findings in assessments[: 5 if asked.quick else 20]
            for one in findings
        ]
        rows.append((f"{language}: template sentences accepted", share(sum(true), len(true))))
    narrator = None if asked.no_model or asked.quick else narrator_or_none()
    if narrator is not None:
        seconds, memory = speed(narrator, assessments)
        rows.append(("eight sentences in one batch, CPU seconds of one core", f"{seconds:.1f}"))
        rows.append(("most memory", f"{memory:.2f} GB"))
        for language in LANGUAGES:
            rows += rates(narrator, assessments, language, asked.facts)
        for shots in (0, 6):
            what = f"{shots} examples" if shots else "a plain request"
            rows.append(
                (
                    f"en: {what} as prompt",
                    share(*prompted(narrator, assessments, asked.prompts, shots)),
                )
            )
    table = "\n".join(["| what | result |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)])
    print(table)
    if asked.out is not None:
        asked.out.write_text(table + "\n", encoding="utf-8")
    return int(through > 0)


if __name__ == "__main__":
    sys.exit(main())
