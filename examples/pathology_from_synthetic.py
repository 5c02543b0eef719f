"""Learn acted gaits from synthetic walkers alone, and be judged on real people.

    python examples/pathology_from_synthetic.py DATA [--walkers 150] [--threads 1]

DATA is the folder of the Pathological Gait Dataset. A model learns from walkers of
``textbook_gaits_population`` only, which owe nothing to that data set (textbook signs, upper-body
curves of another source), by the recipe of ``pathology_skeleton``; all people of the folder are
then judged by it. Beside it stands the model that learned from the people themselves, as its card
has it: each person judged by networks that never saw them.

``--quick`` has few walkers, few steps and one person.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from clinigait.core import BadInputError
from clinigait.datasets.registry import open_study
from clinigait.io.bundle import read_card, shipped_bundles
from clinigait.models.scoring import Scorer
from clinigait.synthesis.population import load_population
from clinigait.synthesis.study import walkers_study
from clinigait.training.evaluate import evaluate
from clinigait.training.plan import Variations, load_plan
from clinigait.training.train import Order, train

_RECIPE, _POPULATION = "pathology_skeleton", "textbook_gaits_population"
_SHOWN = ("accuracy", "walk_accuracy", "balanced_accuracy", "calibration_error")


def main() -> int:
    """Train, judge, and print both rows."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--walkers", type=int, default=150)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    asked = options.parse_args()
    walkers = 30 if asked.quick else asked.walkers
    try:
        people = open_study(asked.data, subjects="1" if asked.quick else None)
        study = walkers_study(load_population(_POPULATION), walkers, asked.seed)
        plan = load_plan(_RECIPE)
        variations = plan.beside.variations if plan.beside else plan.variations
        plan = replace(
            plan, name=f"{_RECIPE}_synthetic", beside=None, variations=variations, outer_folds=5
        )
        if asked.quick:
            networks = tuple(replace(network, seeds=1) for network in plan.networks)
            steps = replace(plan.optimiser, steps=10)
            plan = replace(
                plan, networks=networks, optimiser=steps, outer_folds=2, variations=Variations()
            )
        with tempfile.TemporaryDirectory() as folder:
            order = Order(plan, study, Path(folder) / "bundle", "none", threads=asked.threads)
            bundle = train(order).bundle
            found = evaluate(Scorer(bundle), people, Path(folder) / "judged").metrics
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{walkers} synthetic walkers taught; {found['people']} real people are judged.")
    print("| learned from |", " | ".join(_SHOWN), "|")
    print("|---|" + "---|" * len(_SHOWN))
    print("| synthetic walkers only |", _row(found), "|")
    if _RECIPE in shipped_bundles():
        print("| people, each judged by others |", _row(read_card(_RECIPE).metrics), "|")
    return 0


def _row(metrics: object) -> str:
    assert isinstance(metrics, dict)
    cells = []
    for name in _SHOWN:
        low, high = metrics.get(f"{name}_ci95") or (None, None)
        interval = "" if low is None else f" ({low:.3f} to {high:.3f})"
        cells.append(f"{metrics[name]:.3f}{interval}")
    return " | ".join(cells)


if __name__ == "__main__":
    sys.exit(main())
