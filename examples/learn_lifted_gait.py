"""Learn the corrections for 3-D joints from video again, and show what each idea brings.

Run: ``python examples/learn_lifted_gait.py PATH [--write] [--quick]``, with PATH the folder of the
GaitValidation data set. Every figure is of people whom the numbers were not learned from (leave
one person out); the choice of the predictors themselves was made with all ten people in view.
``--write`` puts the numbers into ``clinigait/gait/lifted.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.gait import lifted as shipped
from clinigait.training.lifted import Lesson, learned, lessons, predicted_without

_TARGET = Path(shipped.__file__).parent / "lifted.json"


def main() -> int:
    """Learn, print the table, and write the numbers if asked."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("path", type=Path)
    options.add_argument("--write", action="store_true")
    options.add_argument("--quick", action="store_true", help="three people only")
    asked = options.parse_args()
    walks = lessons(asked.path, "1-3" if asked.quick else None)
    print(f"{len(walks)} walks of {len({w.person for w in walks})} people\n")
    _double_support(walks)
    _speed(walks)
    _steps(walks)
    if asked.write:
        _TARGET.write_text(json.dumps(learned(walks), indent=1) + "\n", encoding="utf-8")
        print(f"written: {_TARGET.name}")
    return 0


def _double_support(walks: list[Lesson]) -> None:
    truth = np.array([w.truth["double_support_pct", "both"] for w in walks])
    stride_s = np.array([w.truth["stride_time_s", "both"] for w in walks])
    seen = np.array([w.seen.double_support() for w in walks])
    ideas: dict[str, NDArray[np.float64]] = {
        "one share for everybody": predicted_without(walks, seen[:, :0], truth, ridge=0.03),
        "coordinate method, as seen": 2 * seen[:, 0] - 100,
        "coordinate method, calibrated": predicted_without(walks, seen[:, :1], truth, ridge=0.03),
        "+ fastest rise of the ankle": predicted_without(walks, seen[:, :2], truth, ridge=0.03),
        "speed alone": predicted_without(walks, seen[:, 2:], truth, ridge=0.03),
        "all three": predicted_without(walks, seen, truth, ridge=0.03),
    }
    print("double support time          MAE (s)      r    r of %")
    for name, share in ideas.items():
        time_s, true_s = share / 100 * stride_s, truth / 100 * stride_s
        print(f"  {name:<30}{np.abs(time_s - true_s).mean():7.4f}{_r(time_s, true_s)}"
              f"{_r(share, truth)}")  # fmt: skip


def _speed(walks: list[Lesson]) -> None:
    walks = [w for w in walks if np.isfinite(w.speed_mps)]
    truth = np.array([w.speed_mps for w in walks])
    seen = np.array([w.seen.speed() for w in walks])
    people = np.array([w.person for w in walks])
    guessed = np.exp(seen[:, 0])
    log_truth = np.log(truth)
    ideas = {
        "guessed path": np.array([w.seen.guessed_mps for w in walks]),
        "+ body height": guessed,
        "+ one factor": guessed
        * np.exp(predicted_without(walks, seen[:, :0], log_truth - seen[:, 0], robust=True)),
        "+ slow walks guessed too fast": np.exp(
            predicted_without(walks, seen, log_truth, ridge=0.1, robust=True)
        ),
    }
    inside = np.array([p != _outlier(guessed / truth, people) for p in people])
    print("\nspeed                          MAE (m/s)   without the outlying person")
    for name, speed in ideas.items():
        error = np.abs(speed - truth)
        print(f"  {name:<32}{error.mean():6.3f}{error[inside].mean():12.3f}")


def _outlier(ratio: NDArray[np.float64], people: NDArray[np.str_]) -> str:
    means = {p: abs(np.log(ratio[people == p]).mean()) for p in sorted(set(people))}
    return max(means, key=lambda p: means[p])


def _steps(walks: list[Lesson]) -> None:
    numbers_of = {
        w.person: shipped.calibration_of(
            learned([o for o in walks if o.person != w.person])["all"]  # type: ignore[arg-type]
        )
        for w in {w.person: w for w in walks}.values()
    }
    truth = np.array(
        [(w.truth["step_time_s", "left"] - w.truth["step_time_s", "right"]) / 2 for w in walks]
    )
    seen = np.array([w.seen.step_difference_s for w in walks])
    shrunk = np.array(
        [numbers_of[w.person].real_step_difference_s(w.seen.step_difference_s) for w in walks]
    )
    print("\nhalf the difference of the step times: MAE (s)")
    for name, value in (("taken as zero", 0 * seen), ("as seen", seen), ("shrunk", shrunk)):
        print(f"  {name:<30}{np.nanmean(np.abs(value - truth)):7.4f}")
    print()


def _r(first: NDArray[np.float64], second: NDArray[np.float64]) -> str:
    return f"{np.corrcoef(first, second)[0, 1]:8.3f}" if np.ptp(first) > 0 else "       –"


if __name__ == "__main__":
    sys.exit(main())
