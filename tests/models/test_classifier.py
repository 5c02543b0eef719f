"""A prediction says how sure it is, or why it says nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import (
    BadInputError,
    Card,
    Measurement,
    Prediction,
    RefusedError,
    Subject,
    Typicality,
    Walk,
    marked,
)
from clinigait.io.assessment import assessment_json
from clinigait.io.bundle import Bundle
from clinigait.models import classifier
from clinigait.models.beside import predictive_values, signed_measures
from clinigait.models.classifier import (
    LEAST_WINDOWS,
    check_card,
    held_out,
    open_model,
    predict,
    probability_interval,
    windows_apart,
)
from clinigait.models.sets import prediction_set
from clinigait.models.task import load_task
from clinigait.representations.inputs import inputs_sha256
from support import bundles
from support.assessments import assessed
from support.walker import Gait, synthetic_walk

SNAPSHOT = Path(__file__).with_name("prediction.json")


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    bundles.know_toy(monkeypatch)


@pytest.fixture(scope="module")
def walk() -> Walk:
    """Return the walk of a synthetic figure that claims to be a person."""
    return synthetic_walk(Gait(duration_s=4.0))


class _Says:
    """A scorer that says what a test wants."""

    def __init__(self, windows: np.ndarray, typicality: Typicality | None = None) -> None:
        self.windows = windows
        self.typicality = typicality

    def look(self, clip: object) -> tuple[np.ndarray, None]:
        return self.windows, None

    def embedding_of(self, looks: object) -> None:
        return None

    def typicality_of(self, looks: object) -> Typicality | None:
        return self.typicality


def _windows(probabilities: Sequence[float], n: int = 12, spread: float = 0.0) -> np.ndarray:
    noise = np.random.default_rng(1).normal(0, spread, (n, len(probabilities)))
    return np.log(probabilities) + noise


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, walk: Walk):
    """Return a function that asks a bundle which finds given probabilities in every window."""

    def asked(
        probabilities: Sequence[float] = (0.7, 0.2, 0.1),
        card: Card | None = None,
        of: Walk = walk,
        n: int = 12,
        spread: float = 0.0,
        typicality: Typicality | None = None,
        **options: Any,
    ) -> Prediction:
        windows = _windows(probabilities, n, spread)
        monkeypatch.setattr(classifier, "_scorer", lambda bundle: _Says(windows, typicality))
        bundle = Bundle(card or _card(), {}, Path("nowhere"))
        made = assessed()
        return predict(
            bundle, [of], made.subject, options.pop("measured", made.measurement), **options
        )

    return asked


def _card(
    task: str = "frailty", temperature: float = 1.0, threshold: float = 0.75, **changes
) -> Card:
    made = bundles.card(task, **{"kind": "acted", **changes})
    thresholds = dict.fromkeys(made.classes, threshold)
    return replace(
        made, calibration=replace(made.calibration, temperature=temperature, thresholds=thresholds)
    )


# ---------------------------------------------------------------- what it says


def test_probabilities_are_those_of_the_scores_by_temperature(ask) -> None:
    said = ask((0.7, 0.2, 0.1), _card(temperature=2.0))
    root = np.sqrt([0.7, 0.2, 0.1])
    assert [c.probability for c in said.classes] == pytest.approx(list(root / root.sum()))
    assert [c.label for c in said.classes] == ["robust", "pre_frail", "frail"]
    assert said.prediction == "robust"
    assert said.coverage == pytest.approx(0.9)
    assert said.abstained is None
    assert not said.research


def test_one_label_in_the_set_is_said_in_the_words_of_the_task(ask) -> None:
    said = ask()
    assert said.prediction_set == ("robust",)
    assert said.statement.startswith("Robust: a category like that of the people")


def test_two_labels_in_the_set_cannot_be_told_apart(ask) -> None:
    said = ask((0.5, 0.4, 0.1))
    assert said.prediction_set == ("robust", "pre_frail")
    assert said.prediction == "robust"
    assert said.statement.startswith("The model cannot tell between Robust and Pre-frail")


def test_all_labels_in_the_set_say_nothing_of_the_walk(ask) -> None:
    said = ask((0.4, 0.3, 0.3))
    assert len(said.prediction_set) == 3
    assert "no category can be excluded" in said.statement


def test_task_and_card_limits_are_carried_along_once(ask) -> None:
    task = load_task("frailty")
    said = ask(card=_card(limits=(task.limits[0], "Another.")))
    assert said.limits == (*task.limits, "Another.")


def test_the_baseline_stands_beside_it(ask) -> None:
    (said,) = ask().baselines
    assert said.title == "Speed, age and sex"
    assert list(said.probabilities) == ["robust", "pre_frail", "frail"]


@pytest.mark.parametrize(
    ("kind", "metrics", "said"),
    [
        ("acted", {"accuracy": 0.823, "accuracy_ci95": [0.75, 0.88]},
         "Right in 82 % of the walks of people it had not seen (95 % interval 75 to 88 %)."),
        ("synthetic", {"accuracy": 0.9, "accuracy_ci95": [None, None]},
         "Right in 90 % of the walks of synthetic walkers it had not seen."),
        ("acted", {"validation": "none"}, "Not validated: how often it is right is not known."),
    ],
)  # fmt: skip
def test_how_good_the_model_was_is_said_or_that_nobody_knows(kind, metrics, said: str) -> None:
    assert held_out(bundles.card(kind=kind, metrics=metrics)) == said


# ---------------------------------------------------------------- intervals


def test_an_interval_needs_enough_windows_and_says_how_many(ask) -> None:
    whole = ask(n=2 * LEAST_WINDOWS)  # neighbours overlap by half
    assert all(c.low <= c.probability <= c.high for c in whole.classes)
    assert whole.interval_reason is None
    few = ask(n=2 * LEAST_WINDOWS - 1)
    assert all(c.low is None is c.high for c in few.classes)
    assert "4 separate windows" in few.interval_reason
    assert str(LEAST_WINDOWS) in few.interval_reason


def test_the_interval_widens_with_the_disagreement_of_the_windows() -> None:
    widths = []
    for spread in (0.0, 0.2, 1.0):
        low, high = probability_interval([_windows((0.6, 0.3, 0.1), 20, spread)], 1.0, 2)
        widths.append((high - low).max())
    assert widths[0] == pytest.approx(0, abs=1e-12)
    assert widths[0] < widths[1] < widths[2]


def test_overlapping_windows_do_not_count_as_more_evidence() -> None:
    apart = _windows((0.6, 0.3, 0.1), 12, 0.5)
    doubled = np.repeat(apart, 2, axis=0)  # each seen twice by its neighbour
    widths = [
        np.ptp(probability_interval([w], 1.0, block), axis=0).max()
        for w, block in ((apart, 1), (doubled, 2))
    ]
    assert widths[1] == pytest.approx(widths[0], rel=0.35)


def test_runs_do_not_cross_from_one_record_to_the_next() -> None:
    one = _windows((0.6, 0.3, 0.1), 6, 0.1)
    assert probability_interval([one, one], 1.0, 2) is not None
    assert probability_interval([one[:5], one[:5]], 1.0, 2) is None


def test_equal_walks_get_equal_intervals(ask) -> None:
    assert ask(spread=0.4) == ask(spread=0.4)


def test_windows_apart_are_told_by_the_card() -> None:
    entry = bundles.card().networks[0]
    entries = ({**entry, "window_frames": 60, "hop_frames": 20}, {**entry, "window_frames": None})
    assert windows_apart(bundles.card(networks=entries)) == 3
    assert windows_apart(bundles.card(networks=entries[1:])) == 1


# ---------------------------------------------------------------- why it says nothing


def test_inputs_that_are_refused_come_first(ask, walk: Walk) -> None:
    said = ask(card=_card(kind="synthetic"), of=walk.part(slice(0, 20)))
    assert said.abstained.code == "toy_too_short"
    assert said.abstained.remedy == "Film a longer walk."
    assert said.classes == ()
    assert said.prediction is None


def test_a_refusal_of_the_scorer_is_told(ask, monkeypatch: pytest.MonkeyPatch, walk: Walk) -> None:
    class Refuses:
        def look(self, clip: object) -> None:
            raise RefusedError("clip_too_short", "Too short.", "Film a longer way.")

    monkeypatch.setattr(classifier, "_scorer", lambda bundle: Refuses())
    made = assessed()
    said = predict(Bundle(_card(), {}, Path()), [walk], made.subject, made.measurement)
    assert said.abstained.code == "clip_too_short"


def test_a_synthetic_model_says_nothing_of_people_and_is_not_even_asked(
    monkeypatch: pytest.MonkeyPatch, walk: Walk
) -> None:
    monkeypatch.setattr(classifier, "_scorer", lambda bundle: pytest.fail("it was asked"))
    made = assessed()
    bundle = Bundle(_card(kind="synthetic"), {}, Path())
    said = predict(bundle, [walk], made.subject, made.measurement, prevalence_pct=5.0)
    assert said.abstained.code == "synthetic_model"
    assert said.classes == ()
    assert said.predictive_values == ()
    assert [b.probabilities for b in said.baselines] == [{}]  # it learned from the same walkers
    assert "synthetic walkers" in said.baselines[0].reason
    assert said.limits
    assert said.synthetic


def test_for_research_it_shows_its_number_marked(ask) -> None:
    said = ask(card=_card(kind="synthetic"), research=True)
    assert said.prediction == "robust"
    assert said.baselines[0].probabilities
    assert said.research
    assert said.synthetic


def test_of_synthetic_walkers_it_speaks_freely(ask, walk: Walk) -> None:
    walker = replace(walk, provenance=marked(walk.provenance))
    said = ask(card=_card(kind="synthetic"), of=walker)
    assert said.prediction == "robust"
    assert not said.research
    assert said.synthetic


def test_research_marks_nothing_that_would_be_shown_anyway(ask) -> None:
    assert not ask(research=True).research


@pytest.mark.parametrize("research", [False, True])
def test_an_empty_set_is_an_atypical_walk(ask, research: bool) -> None:
    said = ask((0.4, 0.35, 0.25), _card(threshold=0.5), research=research)
    assert said.abstained.code == "atypical_walk"
    assert said.classes == ()


@settings(max_examples=80, deadline=None)
@given(
    logits=st.lists(st.floats(-20, 20), min_size=3, max_size=3), threshold=st.floats(0, 1),
    more=st.floats(0, 0.5),
)  # fmt: skip
def test_sets_grow_with_the_threshold(logits: list[float], threshold: float, more: float) -> None:
    p = np.exp(logits - np.logaddexp.reduce(logits))
    small = prediction_set(_card(threshold=threshold), p)
    large = prediction_set(_card(threshold=threshold + more), p)
    assert set(small) <= set(large)
    assert not small or _card().classes[int(np.argmax(p))] in small


# ---------------------------------------------------------------- what a result is worth


def test_predictive_values_follow_bayes() -> None:
    card = bundles.card(
        "scoliosis", metrics={"per_class": {"positive": {"sensitivity": 0.8, "specificity": 0.765}}}
    )
    task = load_task("scoliosis")
    (rare,) = predictive_values(card, task, 2.0)
    assert rare.positive == pytest.approx(0.065, abs=0.0005)
    (common,) = predictive_values(card, task, 56.0)
    assert common.positive == pytest.approx(0.81, abs=0.005)
    assert (rare.label, rare.prevalence_pct) == ("positive", 2.0)
    assert predictive_values(card, task, None) == ()


@pytest.mark.parametrize(
    "entry", [{}, {"sensitivity": None, "specificity": 0.9}, {"sensitivity": 0, "specificity": 1}]
)
def test_without_known_metrics_there_is_no_predictive_value(entry: dict[str, Any]) -> None:
    card = bundles.card("scoliosis", metrics={"per_class": {"positive": entry}})
    assert predictive_values(card, load_task("scoliosis"), 2.0) == ()
    bare = bundles.card("scoliosis", metrics={})
    assert predictive_values(bare, load_task("scoliosis"), 2.0) == ()


# ---------------------------------------------------------------- posture with its direction


def _front() -> Measurement:
    made = assessed().measurement
    return replace(made, view="frontal")


def test_posture_is_signed_and_counts_to_the_right_like_the_catalogue(walk: Walk) -> None:
    points = walk.keypoints.copy()
    height = np.nanmax(points[..., 1]) - np.nanmin(points[..., 1])
    left, right = (walk.layout.index("shoulder", side) for side in ("left", "right"))
    points[:, left, 0], points[:, right, 0] = points[:, left, 0] + 40, points[:, left, 0] - 40
    points[:, right, 1] = points[:, left, 1] - 0.05 * height  # y grows downward
    tilted = replace(walk, keypoints=points)
    found = {m.name: m for m in signed_measures([tilted], _front())}
    assert found["shoulder_height_pctbh"].value > 0
    assert found["shoulder_height_pctbh"].positive == "right shoulder higher"
    assert found["shoulder_tilt_deg"].value > 0
    mirrored = points.copy()
    mirrored[:, right, 1] = points[:, left, 1] + 0.05 * height
    other = {m.name: m for m in signed_measures([replace(walk, keypoints=mirrored)], _front())}
    assert other["shoulder_height_pctbh"].value < 0


def test_measured_angles_go_before_the_means_over_frames(walk: Walk) -> None:
    made = _front()
    tilt = replace(
        made.parameters[0], name="shoulder_tilt_deg", value=-3.2, unit="deg", low=-4.0, high=-2.0
    )
    found = signed_measures([walk], replace(made, parameters=(tilt,)))
    assert [m.value for m in found if m.name == "shoulder_tilt_deg"] == [-3.2]


def test_from_the_side_there_is_no_posture(ask) -> None:
    assert ask(card=_card("scoliosis")).measures == ()
    assert ask(card=_card("scoliosis"), measured=_front()).measures
    assert ask(measured=_front()).measures == ()


# ---------------------------------------------------------------- bundles that do not fit


def _fitting(**changes: Any) -> Card:
    made = bundles.card(**changes)
    return replace(made, inputs_sha256=inputs_sha256(made.inputs))


def test_a_card_that_fits_is_taken() -> None:
    check_card(_fitting())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task": "parkinsons"}, "no task"),
        ({"classes": ("pre_frail", "robust", "frail")}, "in this order"),
        ({"classes": ("robust", "frail")}, "in this order"),
        ({"inputs_sha256": "0" * 64}, "another way"),
    ],
)
def test_a_card_that_does_not_fit_is_refused_in_one_sentence(changes, said: str) -> None:
    with pytest.raises(BadInputError, match=said) as caught:
        check_card(replace(_fitting(), **changes))
    assert "\n" not in str(caught.value)


def test_an_unknown_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    card = _fitting()
    unknown = replace(card, inputs=(replace(card.inputs[0], kind="radar"),))
    with pytest.raises(BadInputError, match="radar"):
        check_card(unknown)


def test_another_version_of_the_preparation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    card = _fitting()
    monkeypatch.setitem(classifier.PREPARATIONS, "toy", ("2", bundles.toy))
    with pytest.raises(BadInputError, match="another way"):
        check_card(card)


def test_a_bundle_on_the_disk_is_opened_and_asked(tmp_path: Path, walk: Walk) -> None:
    pytest.importorskip("safetensors")
    bundles.seeing(tmp_path / "b", kind="acted")
    bundle = open_model(tmp_path / "b")
    made = assessed()
    said = predict(bundle, [walk], made.subject, made.measurement)
    assert sum(c.probability for c in said.classes) == pytest.approx(1)
    assert predict(open_model(tmp_path / "b"), [walk], made.subject, made.measurement) == said


def test_without_torch_the_remedy_is_named(tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("safetensors")
    bundles.seeing(tmp_path / "b")
    monkeypatch.setattr(classifier, "find_spec", lambda name: None)
    with pytest.raises(BadInputError, match="PyTorch"):
        open_model(tmp_path / "b")


# ---------------------------------------------------------------- as JSON


def test_the_json_of_a_prediction_is_what_others_rely_on(ask) -> None:
    said = ask(
        (0.5, 0.4, 0.1), _card("scoliosis"), spread=0.3, prevalence_pct=2.0, measured=_front()
    )
    made = replace(assessed(), predictions=(said,), subject=Subject())
    stored = json.loads(assessment_json(made))["predictions"]
    expected = json.loads(SNAPSHOT.read_text("utf-8"))
    assert _alike(stored, expected)


def _alike(found: object, expected: object) -> bool:
    """Compare JSON, numbers to six digits."""
    if isinstance(found, dict) and isinstance(expected, dict):
        return list(found) == list(expected) and all(_alike(found[k], expected[k]) for k in found)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(_alike, found, expected))
    if isinstance(found, float) and isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-6, abs=1e-9)
    return found == expected


@pytest.mark.parametrize(("score", "says"), [(3.9, True), (4.0, True), (4.1, False)])
def test_a_walk_beyond_the_limit_of_typical_ones_is_not_judged(ask, score, says) -> None:
    said = ask(typicality=Typicality(score, 4.0))
    assert said.typicality == Typicality(score, 4.0)
    assert (said.prediction is not None) is says
    if not says:
        assert said.abstained.code == "atypical_walk"
        assert "unlike all" in said.abstained.message
    assert ask().typicality is None


def test_a_person_before_a_model_of_synthetic_walkers_is_told_how_unlike_them(
    monkeypatch: pytest.MonkeyPatch, walk: Walk
) -> None:
    far = Typicality(31.0, 4.0)
    monkeypatch.setattr(classifier, "_scorer", lambda _: _Says(_windows((0.7, 0.2, 0.1)), far))
    made, card = assessed(), _card(kind="synthetic")
    arrays = {"0.typical.limit": np.array([4.0], np.float32)}
    said = predict(Bundle(card, arrays, Path()), [walk], made.subject, made.measurement)
    assert said.abstained.code == "synthetic_model"
    assert said.typicality == far
    assert said.classes == ()
    research = predict(
        Bundle(card, arrays, Path()), [walk], made.subject, made.measurement, research=True
    )
    assert research.abstained.code == "atypical_walk"
