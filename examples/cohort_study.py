"""Ask a clinical question of a simulated study, from manifest to answer.

How much slower do frail older people walk than robust ones? Run: ``python examples/cohort_study.py
[--out DIR] [--walkers N] [--seed S] [--quick]``. People of the virtual clinic come twice and are
filmed from the side; their keypoints, with the errors of a pose model, are scored by two workers,
as ``clinigait score`` does it. ``DIR`` gets manifest, tables, summary and a picture of the answer;
what was commanded of the walkers is printed beside it. Nobody in it is a person.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from clinigait.cohort.columns import RESERVED
from clinigait.cohort.engine import Workers
from clinigait.cohort.manifest import read_cohort
from clinigait.cohort.road import check_summary, plan_of, score_cohort, summarise
from clinigait.cohort.study_compare import Contrast
from clinigait.cohort.study_findings import StudyFindings
from clinigait.cohort.study_plan import StudyPlan
from clinigait.core import BadInputError
from clinigait.core.synthetic import SYNTHETIC
from clinigait.synthesis.clinic import COHORT, Order, run
from clinigait.synthesis.population import load_population

_QUESTION = "speed_mps"
_PROTOCOL = "walk_sagittal"
_FOUND = "estimated_2d.npz"
_FROM_COHORT = ("subject", "visit", "group", "age_y", "sex", "stature_m", "aid", SYNTHETIC)
_PLAN = StudyPlan(
    title="How much slower do frail older people walk?",
    reference_group="robust",
    primary=(_QUESTION,),
    covariates=("age_y", "sex", "height_m"),
    subgroups=("sex",),
    about=(("Population", "frailty_population, two visits"),),
)


def main() -> int:
    """Film, measure, summarise and answer."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--out", type=Path, default=Path("out/cohort_study"))
    options.add_argument("--walkers", type=int, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--quick", action="store_true", help="eight walkers")
    asked = options.parse_args()
    walkers = 8 if asked.quick else asked.walkers
    try:
        manifest = _filmed(asked.out, walkers, asked.seed)
        found = scored(asked.out)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    _answer(found, manifest, asked.out)
    return 0


def _filmed(out: Path, walkers: int, seed: int) -> pd.DataFrame:
    """Film the walkers at two visits, and write the manifest."""
    population = replace(load_population("frailty_population"), visits=2)
    run(
        Order(
            population, out / "clinic", walkers, seed,
            sensors=("keypoints", "estimated"), views=("sagittal",),
        )
    )  # fmt: skip
    # The walkers may not lend the study what only the clinic knows: what was commanded of them.
    cohort = pd.read_csv(out / "clinic" / COHORT, dtype={"visit": str}, keep_default_na=False)
    manifest = cohort[list(_FROM_COHORT)].rename(columns={"stature_m": "height_m"})
    files = [Path("clinic", Path(file).parent, _FOUND).as_posix() for file in cohort["file"]]
    manifest.insert(2, "file", files)
    manifest.to_csv(out / "manifest.csv", index=False)
    return manifest.assign(commanded_mps=cohort[_QUESTION])


def scored(out: Path) -> StudyFindings:
    """Score every walk of the manifest and summarise: what ``clinigait score`` does."""
    table = out / "results.parquet"
    cohort = read_cohort(out / "manifest.csv", RESERVED)
    plan = plan_of(cohort, _PROTOCOL, table)
    check_summary(cohort, _PLAN)
    counts = score_cohort(cohort, plan, table, Workers(count=2))
    print(f"{counts.measured} of {counts.total} walks measured: {table}")
    return summarise(cohort, plan, table, _PLAN)


def _answer(found: StudyFindings, manifest: pd.DataFrame, out: Path) -> None:
    """Print the answer, and draw it beside the truth."""
    answers = [c for c in found.contrasts if c.primary and c.effect is not None]
    truth = _commanded(manifest)
    for contrast in answers:
        effect = contrast.effect
        assert effect is not None
        print(
            f"{contrast.group} walk {-effect.estimate:.2f} m/s slower than {contrast.reference} "
            f"(95 % interval {-effect.high:.2f} to {-effect.low:.2f}), adjusted for age, sex and "
            f"height; commanded, unadjusted: {-truth[contrast.group]:.2f} m/s"
        )
    again = next(r for r in found.retests if r.measure.name == _QUESTION and r.group is None)
    if again.icc is not None and again.mdc is not None:
        print(f"Two visits: ICC {again.icc:.2f}, minimal detectable change {again.mdc:.2f} m/s")
    print(f"The summary is {out / 'summary.pdf'}, the picture {out / 'answer.png'}")
    _draw(answers, found, out / "answer.png")


def _commanded(manifest: pd.DataFrame) -> dict[str, float]:
    means = manifest.groupby(["group", "subject"])["commanded_mps"].mean().groupby("group").mean()
    return {str(g): float(means[g] - means["robust"]) for g in means.index}


def _draw(answers: list[Contrast], found: StudyFindings, path: Path) -> None:
    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    people, difference = figure.subplots(1, 2, width_ratios=(3, 2))
    shown = [d for d in found.distributions if d.measure.name == _QUESTION]
    for row, one in enumerate(shown):
        sway = 0.25 * np.sin(np.arange(len(one.values)) * 2.4)
        people.plot(one.values, row + sway, "o", alpha=0.5, markersize=4, color="#17425C")
        if len(one.values):
            people.plot(
                [np.median(one.values)] * 2, [row - 0.35, row + 0.35], color="#1F2933", lw=2
            )
    people.set_yticks(range(len(shown)), [d.group.replace("_", "-") for d in shown])
    people.set_ylim(len(shown) - 0.5, -0.5)
    people.set_xlabel("Walking speed of each person in m/s (line: median)")
    for row, contrast in enumerate(answers):
        effect = contrast.effect
        assert effect is not None
        difference.plot([effect.low, effect.high], [row, row], color="#17425C", lw=2)
        difference.plot([effect.estimate], [row], "s", color="#17425C", markersize=7)
    difference.axvline(0, color="#5F6C77", lw=1)
    difference.set_yticks(range(len(answers)), [c.group.replace("_", "-") for c in answers])
    difference.set_ylim(len(answers) - 0.5, -0.5)
    difference.set_xlabel("Difference in m/s (adjusted, 95 %)")
    figure.suptitle(
        "Against robust people. SYNTHETIC WALKERS: computed, not people",
        color="#A3201B",
        fontsize=11,
    )
    figure.savefig(path)


if __name__ == "__main__":
    sys.exit(main())
