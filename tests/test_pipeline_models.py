"""The road with a model: from a file to a prediction on paper, or to why there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from clinigait import pipeline
from clinigait.cli.app import app
from clinigait.core import (
    BadInputError,
    InputSpec,
    RefusedError,
    Subject,
    Walk,
    WalkEmbedding,
    marked,
)
from clinigait.io.assessment import read_assessment
from clinigait.io.bundle import shipped_bundles
from clinigait.io.protocol import load_protocol, shipped_protocols
from clinigait.io.trc import write_trc
from clinigait.io.walk import read_walk, write_walk
from clinigait.models import classifier
from clinigait.models.task import load_task
from clinigait.passes import merge_passes
from clinigait.pipeline import assess
from clinigait.report.wording import ENGLISH
from clinigait.representations.inputs import PREPARATIONS, prepare
from clinigait.request import Request
from support import bundles
from support.walker import Gait, synthetic_space_walk, synthetic_walk

pdfium = pytest.importorskip("pypdfium2")
pytest.importorskip("safetensors", reason="models are not installed")
pytest.importorskip("torch", reason="models are not installed")

_GAIT = Gait(duration_s=6.0)
_SUBJECT = Subject(height_m=1.70, age_y=74, sex="female")


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    bundles.know_toy(monkeypatch)


def _protocol(
    folder: Path, model: Path | str, base: str = "walk_sagittal", research: bool = False
) -> str:
    """Write a protocol that asks a model."""
    from importlib.resources import files

    text = files("clinigait.protocols").joinpath(f"{base}.yaml").read_text("utf-8")
    more = f"\nmodels: ['{model}']\nresearch: {str(research).lower()}\nprevalence_pct: 10\n"
    path = folder / f"{base}_asked.yaml"
    path.write_text(text + more, "utf-8")
    return str(path)


def _explained(protocol: str, method: str) -> str:
    """Ask a protocol where the model looked."""
    with Path(protocol).open("a", encoding="utf-8") as file:
        file.write(f"saliency: {method}\n")
    return protocol


def _file(folder: Path, walk: Walk | None = None) -> Path:
    write_walk(walk or synthetic_walk(_GAIT), folder / "walk.npz")
    return folder / "walk.npz"


def _pages(path: Path) -> list[str]:
    pages = [page.get_textpage().get_text_bounded() for page in pdfium.PdfDocument(path)]
    return [" ".join(page.split()) for page in pages]


def test_a_model_speaks_in_all_files_that_should_hear_it(tmp_path: Path) -> None:
    bundles.seeing(tmp_path / "model", kind="acted")
    stages = []
    found = assess(
        _file(tmp_path),
        tmp_path / "out",
        Request(protocol=_protocol(tmp_path, tmp_path / "model"), subject=_SUBJECT),
        progress=lambda stage, share: stages.append(stage),
    )
    assert "Asking the model" in stages
    (said,) = read_assessment(tmp_path / "out" / "assessment.json").predictions
    assert said.prediction in {"robust", "pre_frail", "frail"}
    assert said.card_id == found.predictions[0].card_id
    assert said.baselines[0].inputs["speed_mps"] == pytest.approx(_GAIT.speed_mps, rel=0.03)
    assert said.baselines[0].probabilities
    assert said.predictive_values[0].prevalence_pct == 10
    assert all(one.low <= one.probability <= one.high for one in said.classes)
    (page,) = [p for p in _pages(tmp_path / "out" / "report.pdf") if "Model result (adjunct):" in p]
    assert said.card_id in page
    assert "RESEARCH –" not in page
    fhir = json.loads((tmp_path / "out" / "fhir.json").read_text())
    risks = [e["resource"] for e in fhir["entry"] if "Risk" in e["resource"]["resourceType"]]
    assert len(risks[0]["prediction"]) == 3
    assert "frail" not in (tmp_path / "out" / "parameters.csv").read_text()


def test_what_a_network_made_of_the_walk_is_kept_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = WalkEmbedding(np.ones(4, np.float32), np.ones((2, 3), np.float32), ("a", "b"), "c",
                         "0" * 64)  # fmt: skip
    monkeypatch.setattr("clinigait.models.scoring.Scorer.embedding_of", lambda self, looks: made)
    bundles.seeing(tmp_path / "model", kind="acted")
    protocol = _protocol(tmp_path, tmp_path / "model")
    assess(_file(tmp_path), tmp_path / "out", Request(protocol=protocol, subject=_SUBJECT))
    stored = read_walk(tmp_path / "out" / "walk.npz").embedding
    assert stored.regions == ("a", "b")
    assert stored.card_id == "c"


def test_why_it_is_not_shown_where_a_model_looked_is_kept(tmp_path: Path) -> None:
    pytest.importorskip("captum")
    bundles.seeing(tmp_path / "model", kind="acted")
    protocol = _explained(_protocol(tmp_path, tmp_path / "model"), "occlusion")
    assess(_file(tmp_path), tmp_path / "out", Request(protocol=protocol, subject=_SUBJECT))
    (said,) = read_assessment(tmp_path / "out" / "assessment.json").predictions
    assert said.classes  # the answer stands all the same
    assert said.saliency is None
    assert said.saliency_refused.code == "no_regions"


@pytest.mark.slow
def test_where_a_model_looked_is_in_the_assessment_and_on_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("captum")
    monkeypatch.setattr(classifier, "prepare", prepare)
    walk = synthetic_space_walk(Gait(duration_s=6.0, noise_px=2.0))
    protocol = _explained(_protocol(tmp_path, "pathology_skeleton", "walk_spatial"),
                          "integrated_gradients")  # fmt: skip
    found = assess(_file(tmp_path, walk), tmp_path / "out", Request(protocol=protocol))
    (said,) = read_assessment(tmp_path / "out" / "assessment.json").predictions
    assert said.saliency is not None
    assert said.saliency.label == said.prediction
    assert said.saliency.shown == found.predictions[0].saliency.shown
    text = " ".join(_pages(tmp_path / "out" / "report.pdf"))
    shown, hidden = ENGLISH.saliency_title, ENGLISH.saliency_failed
    assert (shown in text, hidden in text) == (said.saliency.shown, not said.saliency.shown)


def test_a_protocol_with_an_unknown_way_of_explaining_is_refused(tmp_path: Path) -> None:
    bundles.seeing(tmp_path / "model", kind="acted")
    protocol = _explained(_protocol(tmp_path, tmp_path / "model"), "tea_leaves")
    with pytest.raises(BadInputError, match="saliency"):
        load_protocol(protocol)


@pytest.mark.parametrize("walker", ["person", "person, research", "synthetic"])
def test_a_synthetic_model_speaks_of_people_only_for_research(tmp_path: Path, walker: str) -> None:
    bundles.seeing(tmp_path / "model", kind="synthetic")
    walk = synthetic_walk(_GAIT)
    if walker == "synthetic":
        walk = replace(walk, provenance=marked(walk.provenance))
    protocol = _protocol(tmp_path, tmp_path / "model", research="research" in walker)
    request = Request(protocol=protocol, subject=_SUBJECT)
    (said,) = assess(_file(tmp_path, walk), tmp_path / "out", request).predictions
    pages = _pages(tmp_path / "out" / "report.pdf")
    marks = [ENGLISH.model_research in page for page in pages]
    carrying = ["Model result (adjunct):" in page for page in pages]
    assert all(ENGLISH.model_synthetic in p for p, c in zip(pages, carrying, strict=True) if c)
    assert (said.abstained is not None) is (walker == "person")
    assert marks == (carrying if walker == "person, research" else [False] * len(pages))
    if walker == "person":
        assert said.abstained.code == "synthetic_model"
        text = " ".join(pages)
        assert not any(f"{title} " in text for title in ("Robust", "Pre-frail"))


def test_a_walk_without_what_the_model_sees_is_measured_and_the_model_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "prepare", prepare)
    bundles.seeing(tmp_path / "model", kind="acted", inputs=(InputSpec("silhouettes"),))
    protocol = _protocol(tmp_path, tmp_path / "model")
    request = Request(protocol=protocol, subject=_SUBJECT)
    found = assess(_file(tmp_path), tmp_path / "out", request)
    assert found.status == "assessed"
    assert found.predictions[0].classes == ()
    assert found.predictions[0].abstained is not None
    assert found.predictions[0].abstained.remedy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("protocol", "group", "view", "seed"),
    [("frailty", "frail", "sagittal", 3), ("scoliosis", "positive", "frontal", 5)],
)
def test_the_film_of_a_synthetic_walker_goes_all_the_way_to_paper(
    weights: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    protocol: str, group: str, view: str, seed: int,
) -> None:  # fmt: skip
    from clinigait.synthesis.clinic import Order, run
    from clinigait.synthesis.population import load_population
    from support.walkers import need_bodies

    need_bodies()
    population = load_population(f"{protocol}_population").with_share(group, 1.0)
    run(Order(population, tmp_path / "study", 1, seed, sensors=("film",), views=(view,)))
    (film,) = (tmp_path / "study").rglob("film.mp4")
    monkeypatch.setattr(classifier, "prepare", prepare)
    request = Request(protocol=protocol, subject=_SUBJECT, overlay=False)
    found = assess(film, tmp_path / "out", request)
    assert found.status == "assessed", found.message
    (said,) = found.predictions
    assert said.abstained is None or said.abstained.code == "atypical_walk"
    if said.abstained is None:
        # A pose model sees shoulders less tilted than they are: a mild curve may pass for neutral.
        assert said.prediction_set != load_task(protocol).classes[:1]
        assert all(one.low <= one.probability <= one.high for one in said.classes)
    assert set(said.baselines[0].probabilities) == set(load_task(protocol).classes)
    pages = _pages(tmp_path / "out" / "report.pdf")
    (page,) = [text for text in pages if "Model result (adjunct):" in text]
    assert ENGLISH.synthetic in page
    assert ENGLISH.model_synthetic in page
    assert ENGLISH.model_research not in " ".join(pages)


def test_of_models_in_one_place_the_first_speaks_that_can_see_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(walk: Walk, options: object) -> object:
        raise RefusedError("too_dark", "Nothing can be seen.", "Switch the light on.")

    monkeypatch.setattr(classifier, "prepare", prepare)
    monkeypatch.setitem(PREPARATIONS, "blind", ("1", nothing))
    bundles.seeing(tmp_path / "blind", kind="acted", name="blind", inputs=(InputSpec("blind"),))
    bundles.seeing(tmp_path / "model", kind="acted")
    protocol = load_protocol("walk_sagittal")
    walk = synthetic_walk(_GAIT)
    measurement = assess(_file(tmp_path), tmp_path / "out", Request()).measurement
    assert measurement is not None

    def said(*models: object) -> list[str | None]:
        asked = replace(protocol, models=models)
        found = pipeline.ask_models(
            pipeline.open_models(asked), [walk], asked, _SUBJECT, measurement
        )
        reasons = (each.prediction.abstained for each in found)
        return [reason.code if reason else None for reason in reasons]

    blind, model = str(tmp_path / "blind"), str(tmp_path / "model")
    assert said((blind, model)) == [None]
    assert said((model, blind)) == [None]
    assert said((blind, blind)) == ["too_dark"]
    assert said(blind, model) == ["too_dark", None]


def test_a_walk_in_space_is_asked_about_too(tmp_path: Path) -> None:
    bundles.seeing(tmp_path / "model", "pathology", kind="acted")
    write_trc(synthetic_space_walk(_GAIT), tmp_path / "walk.trc")
    protocol = _protocol(tmp_path, tmp_path / "model", "walk_spatial")
    found = assess(tmp_path / "walk.trc", tmp_path / "out", Request(protocol=protocol))
    assert len(found.predictions[0].classes) == 6


def test_a_refused_measurement_has_no_prediction(tmp_path: Path) -> None:
    bundles.seeing(tmp_path / "model", kind="acted")
    file = _file(tmp_path, synthetic_walk(_GAIT).part(slice(0, 45)))
    request = Request(protocol=_protocol(tmp_path, tmp_path / "model"))
    found = assess(file, tmp_path / "out", request)
    assert found.status == "refused"
    assert found.predictions == ()


@pytest.mark.slow
def test_passes_are_judged_together_and_not_by_the_first_alone(tmp_path: Path, monkeypatch) -> None:
    bundles.seeing(tmp_path / "model", kind="acted")
    protocol = _protocol(tmp_path, tmp_path / "model")
    request = Request(protocol=protocol, subject=_SUBJECT)
    for n, direction in enumerate((1, -1)):
        walk = synthetic_walk(replace(_GAIT, direction=direction, noise_px=1.0, seed=n))
        write_walk(walk, tmp_path / f"{n}.npz")
        assess(tmp_path / f"{n}.npz", tmp_path / f"out{n}", request)
    asked = []
    monkeypatch.setattr(
        "clinigait.passes.ask_models",
        lambda models, walks, *rest: (
            asked.extend(walks) or pipeline.ask_models(models, walks, *rest)
        ),
    )
    folders = [tmp_path / "out0", tmp_path / "out1"]
    both = merge_passes(folders, tmp_path / "both", protocol)
    assert len(asked) == 2
    first = read_assessment(tmp_path / "out0" / "assessment.json").predictions[0]
    assert both.predictions[0].classes != first.classes


# ---------------------------------------------------------------- said before the work begins


@pytest.mark.parametrize("harm", ["missing", "damaged", "other classes", "other preparation"])
def test_a_bundle_that_cannot_be_used_is_told_before_the_film_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    folder = tmp_path / "model"
    changes = {"other classes": {"classes": ("robust", "frail")}}.get(harm, {})
    if harm == "other classes":
        base = bundles.card()
        calibration = replace(base.calibration, thresholds={"robust": 0.5, "frail": 0.5})
        changes |= {"calibration": calibration, "baselines": ()}
    if harm != "missing":
        bundles.seeing(folder, **changes)
    if harm == "damaged":
        (folder / "weights.safetensors").write_bytes(b"\xff" * 100)
    if harm == "other preparation":
        monkeypatch.setattr("clinigait.models.classifier.inputs_sha256", lambda inputs: "0" * 64)
    monkeypatch.setattr(pipeline, "read_keypoints", lambda *a: pytest.fail("the film was read"))
    file, request = _file(tmp_path), Request(protocol=_protocol(tmp_path, folder))
    with pytest.raises(BadInputError) as caught:
        assess(file, tmp_path / "out", request)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_missing_bundle_is_exit_code_2_on_one_line(tmp_path: Path) -> None:
    arguments = ["assess", str(_file(tmp_path)), "--out", str(tmp_path / "out"), "--protocol"]
    run = subprocess.run(
        [sys.executable, "-m", "clinigait", *arguments, _protocol(tmp_path, "no_such_bundle")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "There is no model bundle 'no_such_bundle'" in run.stderr
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_terminal_tells_what_the_model_says(tmp_path: Path) -> None:
    bundles.seeing(tmp_path / "model", kind="synthetic")
    protocol = _protocol(tmp_path, tmp_path / "model")
    arguments = ["assess", str(_file(tmp_path)), "--out", str(tmp_path / "out")]
    run = CliRunner().invoke(app, [*arguments, "--protocol", protocol, "--height-m", "1.7"])
    assert run.exit_code == 0
    assert "Frailty category: the model says nothing." in run.stdout


# ---------------------------------------------------------------- shipped protocols


def test_shipped_protocols_name_tasks_and_show_no_research_numbers() -> None:
    asking = {name: load_protocol(name) for name in shipped_protocols()}
    asking = {name: p for name, p in asking.items() if p.models}
    assert set(asking) >= {"frailty", "scoliosis", "pathology", "parkinson"}
    assert not any(protocol.research for protocol in asking.values())
    assert asking["scoliosis"].prevalence_pct is not None


@pytest.mark.parametrize("name", ["frailty", "scoliosis", "pathology", "parkinson"])
def test_every_model_that_a_shipped_protocol_asks_is_shipped(name: str) -> None:
    places = load_protocol(name).models
    asked = [
        bundle for place in places for bundle in ([place] if isinstance(place, str) else place)
    ]
    assert asked
    assert set(asked) <= set(shipped_bundles())
