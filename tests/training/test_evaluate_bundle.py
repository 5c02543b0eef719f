"""A bundle on the disk, its networks and its preparation, judged on walks that are really read."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import Walk
from clinigait.datasets.study import Sample, Study
from clinigait.training.evaluate import METRICS, PREDICTIONS, evaluate
from support import bundles
from support.walker import Gait, synthetic_walk

pytest.importorskip("torch")
pytest.importorskip("safetensors")


@pytest.fixture
def walks() -> tuple[Sample, ...]:
    """Return two records of a walk of four people, one of which is too short."""
    classes = bundles.card().classes

    def walk_of(person: int, camera: int) -> Walk:
        duration_s = 0.5 if (person, camera) == (3, 1) else 1.0 + 0.4 * camera
        return synthetic_walk(Gait(duration_s=duration_s, stride_time_s=1.3 - 0.1 * person))

    return tuple(
        Sample(
            f"{p}_{c}", f"person {p}", "1", classes[p % 3],
            lambda p=p, c=c: walk_of(p, c), view=str(c),
        )
        for p in range(4) for c in range(2)
    )  # fmt: skip


def test_the_numbers_are_those_of_the_scorer(tmp_path: Path, walks, monkeypatch) -> None:
    from clinigait.models.scoring import Scorer

    bundles.know_toy(monkeypatch)
    scorer = Scorer(bundles.seeing(tmp_path / "bundle"))
    study = Study("site", "s", "l", "acted", "Walk.", walks)
    flat = evaluate(scorer, study, tmp_path / "out").metrics
    assert json.loads((tmp_path / "out" / METRICS).read_text()) == json.loads(json.dumps(flat))
    with (tmp_path / "out" / PREDICTIONS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert flat["flow"]["refused"] == {"toy_too_short": 1}
    assert (len(rows), flat["n"], flat["walk_n"]) == (8, 7, 4)
    for row, sample in zip(rows[:7], walks, strict=False):
        p = scorer.probabilities([bundles.toy(sample.read())])
        assert [float(row[f"p_{c}"]) for c in scorer.card.classes] == pytest.approx(p, abs=1e-5)
    pairs = [[bundles.toy(w.read()) for w in walks[i : i + 2]] for i in range(0, 6, 2)]
    together = [scorer.probabilities(pair) for pair in pairs]
    together.append(scorer.probabilities([bundles.toy(walks[6].read())]))
    given = [p[i % 3] for i, p in enumerate(together)]
    assert flat["walk_nll"] == pytest.approx(float(-np.log(given).mean()))
