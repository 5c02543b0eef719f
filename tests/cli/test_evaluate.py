"""``clinigait evaluate`` as a user meets it."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer import Exit

from clinigait.cli.evaluate import evaluate
from clinigait.core import BadInputError, InputSpec
from support import bundles
from support.pickled import body, put

pytest.importorskip("torch")
pytest.importorskip("safetensors")

FILE = "silhouettes/silhouettes.pkl"
CATEGORIES = ("Nonfrail", "Prefrail", "Frail")


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clinigait", "evaluate", *map(str, arguments)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    """Return an untrained model of frailty that looks at silhouettes."""
    folder = tmp_path_factory.mktemp("model") / "bundle"
    network = {**bundles.card().networks[0], "inputs": ["silhouettes"]}
    bundles.seeing(folder, inputs=(InputSpec("silhouettes"),), networks=(network,))
    return folder


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Return seven people, one of whom was filmed for too short a time."""
    root = tmp_path / "people"
    for person in range(6):
        put(root / str(person) / CATEGORIES[person % 3] / FILE, body())
    put(root / "6" / "Frail" / FILE, body()[:4])
    return root


def test_people_are_judged_counted_and_told_of(bundle, people, tmp_path) -> None:
    out = tmp_path / "out"
    done = _run(bundle, "--data", people, "--out", out)
    assert done.returncode == 0, done.stderr
    flat = json.loads((out / "metrics.json").read_text())
    with (out / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = [row["label"] == row["prediction"] for row in rows if row["prediction"]]
    assert flat["accuracy"] == pytest.approx(sum(right) / 6)
    assert (len(rows), flat["n"], flat["people"]) == (7, 6, 6)
    assert sorted(flat["per_subject"]) == list("0123456")
    assert sum(flat["flow"]["refused"].values()) == 1
    for picture in ("confusion.png", "reliability.png"):
        assert (out / picture).read_bytes().startswith(b"\x89PNG")
    low, high = flat["accuracy_ci95"]
    assert re.search(rf"accuracy +{flat['accuracy']:.3f} +{low:.3f}–{high:.3f}", done.stdout)
    assert "6 records of 6 people judged, of 7 of 7" in done.stdout
    assert "Only 6 people" in done.stdout
    assert "learned from synthetic walkers only" in done.stdout


def test_if_nobody_can_be_judged_the_reason_is_one_line_and_code_3(
    bundle, people, tmp_path, capsys
) -> None:
    with pytest.raises(Exit) as end:
        evaluate(str(bundle), people, tmp_path / "out", subjects="6")
    assert end.value.exit_code == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("clinigait: refused (")
    assert "None of 1 record can be judged" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"data": "nowhere"}, "There is no nowhere"),
        ({"subjects": "nobody"}, "nobody"),
        ({"data_set": "no-such-set"}, "There is no data set no-such-set"),
        ({"labels": "labels.csv"}, "takes no --labels"),
        ({"out": "taken"}, "taken is a file"),
        ({"bundle": "people"}, "people has no card.json"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    change, sentence, bundle, people, tmp_path
) -> None:
    (tmp_path / "taken").touch()
    before = sorted(tmp_path.rglob("*"))
    paths = ("bundle", "data", "labels", "out")
    given = {k: tmp_path / v if k in paths else v for k, v in change.items()}
    with pytest.raises(BadInputError, match=re.escape(sentence)):
        evaluate(**{"bundle": bundle, "data": people, "out": tmp_path / "out", **given})
    assert sorted(tmp_path.rglob("*")) == before


def test_a_label_of_another_task_is_said_before_anything_is_judged(
    bundle, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("clinigait.models.scoring.Scorer", None)
    put(tmp_path / "set" / "7" / "negative" / "000_180" / "000_180.pkl", body())
    with pytest.raises(BadInputError) as caught:
        evaluate(str(bundle), tmp_path / "set", tmp_path / "out")
    assert "has the label negative, which the model frailty_test does not know" in str(caught.value)
    assert "Use one of: robust, pre_frail, frail." in str(caught.value)
