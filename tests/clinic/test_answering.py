"""Models after corrections: which answers stand, which are asked for again, and what is said."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from clinigait.clinic import asking, assessing, patients, results, signing, worker
from clinigait.clinic.assessing import Choices
from clinigait.clinic.review import AddEvent, MoveEvent, Opened, SwapLegs, keep, opened, recomputed
from clinigait.core import BadInputError, EventKind, Prediction, Review, ReviewStep
from clinigait.io.protocol import load_protocol
from clinigait.report.review_pages import review_text, revision_text
from clinigait.report.wording import ENGLISH, wording
from clinigait.representations.inputs import WITHOUT_KEYPOINTS, prepare
from clinigait.store import Store, open_store
from support.clinics import quick_passwords, user
from support.reviewing import FACTS, Visit, in_this_process, recorded
from support.walker import Gait, synthetic_walk

pytest.importorskip("safetensors", reason="models are not installed")
pytest.importorskip("torch", reason="models are not installed")

_CONTACT = EventKind.INITIAL_CONTACT


def judged_visit(store: Store, folder: Path, protocol: str = "pathology") -> Visit:
    """Assess a walk by a protocol that asks a model."""
    doctor = user(store, "doctor")
    patient = patients.add(store, doctor, "P-7")
    visit = patients.add_visit(store, doctor, patient, date(2026, 11, 2), FACTS)
    one = recorded(store, doctor, visit, synthetic_walk(Gait(noise_px=1)), folder)
    assessing.order(store, doctor, visit, [one], Choices(protocol=protocol))
    assert worker.work_once(store, assessing.TASKS, "w")
    (_, newest), *_ = results.versions(store, doctor, visit)
    return Visit(doctor, patient, visit, (one,), newest)


@pytest.fixture(autouse=True)
def here() -> Iterator[None]:
    with (
        mock.patch.object(assessing, "ask_child", in_this_process),
        mock.patch.object(asking, "ask_child", in_this_process),
    ):
        yield


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[tuple[Store, Visit, Opened]]:
    with quick_passwords():
        store = open_store(tmp_path / "data")
        made = judged_visit(store, tmp_path)
        yield store, made, opened(store, made.doctor, made.assessment)
        store.close()


def moved(found: Opened) -> MoveEvent:
    strides = [s for s in found.assessment.measurement.strides if s.used]
    stride = strides[len(strides) // 2]
    return MoveEvent(_CONTACT, stride.side, stride.start_s, stride.start_s + 0.05)


def swapped(found: Opened) -> SwapLegs:
    stride = next(s for s in found.assessment.measurement.strides if s.used)
    return SwapLegs(stride.start_s + 0.3, stride.start_s + 0.36)


def told(found: Opened, language: str = "en") -> str:
    (said,) = found.assessment.predictions
    return revision_text(found.assessment, said, wording(language))


def models_found(found: Opened) -> list[str]:
    return [one.name for one in found.assessment.findings if one.kind == "prediction"]


def test_moved_events_leave_the_answer_and_put_anew_what_stands_beside_it(judged) -> None:
    store, made, found = judged
    (before,) = found.assessment.predictions
    later = opened(store, made.doctor, keep(store, made.doctor, found, [moved(found)]))
    (after,) = later.assessment.predictions
    assert (after.corrections, after.kept) == (1, True)
    assert (after.classes, after.card_id) == (before.classes, before.card_id)
    assert after.baselines[0].inputs != before.baselines[0].inputs
    assert asking.state(store, made.doctor, later.version.id) is None
    assert told(later) == ENGLISH.model_kept
    assert models_found(later) == models_found(found)
    assert ENGLISH.models_after in review_text(later.assessment, ENGLISH)


def test_exchanged_legs_make_the_answer_one_of_before_until_the_model_was_asked(judged) -> None:
    store, made, found = judged
    second = keep(store, made.doctor, found, [swapped(found)])
    later = opened(store, made.doctor, second)
    assert later.assessment.predictions == found.assessment.predictions
    assert told(later) == ENGLISH.model_outdated.format(count=1)
    assert "1 处" in told(later, "zh")
    assert models_found(later) == []
    assert ENGLISH.models_before in review_text(later.assessment, ENGLISH)
    assert asking.state(store, made.doctor, second).status == "queued"
    assert worker.work_once(store, assessing.TASKS, "w")
    assert asking.state(store, made.doctor, second).status == "done"
    (number, third), *_ = results.versions(store, made.doctor, made.visit)
    asked = opened(store, made.doctor, third)
    (said,) = asked.assessment.predictions
    assert (number, said.corrections, said.kept) == (3, 1, False)
    assert said.classes
    assert told(asked) == ENGLISH.model_asked
    assert models_found(asked) == models_found(found)
    assert asked.assessment.measurement == later.assessment.measurement
    assert asked.version.files == later.version.files
    assert asked.assessment.review == later.assessment.review
    # the person who is chosen later is looked for by the order of the assessment
    assert results.request_of(store, made.doctor, third)["recordings"] == [*made.recordings]


def test_the_model_is_shown_the_exchanged_legs(judged) -> None:
    store, made, found = judged
    seen = []

    def prepared(walk, inputs):
        seen.append(walk)
        return prepare(walk, inputs)

    swap = swapped(found)
    keep(store, made.doctor, found, [swap])
    with mock.patch("clinigait.models.classifier.prepare", prepared):
        assert worker.work_once(store, assessing.TASKS, "w")
    inside = (found.walk.time_s >= swap.from_s) & (found.walk.time_s <= swap.to_s)
    left = found.walk.layout.index("ankle", "left")
    right = found.walk.layout.index("ankle", "right")
    np.testing.assert_array_equal(
        seen[0].keypoints[inside, left], found.walk.keypoints[inside, right]
    )
    np.testing.assert_array_equal(seen[0].keypoints[~inside], found.walk.keypoints[~inside])


def test_what_was_signed_meanwhile_stays_the_newest(judged) -> None:
    store, made, found = judged
    second = keep(store, made.doctor, found, [swapped(found)])
    signing.sign(store, made.doctor, second, b"%PDF")
    assert worker.work_once(store, assessing.TASKS, "w")
    assert len(results.versions(store, made.doctor, made.visit)) == 2
    assert asking.state(store, made.doctor, second).status == "done"


def test_who_corrects_while_the_model_answers_goes_on(judged) -> None:
    store, made, found = judged
    second = opened(store, made.doctor, keep(store, made.doctor, found, [swapped(found)]))
    assert worker.work_once(store, assessing.TASKS, "w")
    fourth = keep(store, made.doctor, second, [moved(second)])
    later = opened(store, made.doctor, fourth)
    assert later.version.number == 4
    assert told(later) == ENGLISH.model_outdated.format(count=2)
    assert asking.state(store, made.doctor, fourth).status == "queued"
    with pytest.raises(BadInputError, match="newer version"):
        keep(store, made.doctor, second, [moved(second)])
    with pytest.raises(BadInputError, match="newer version"):
        keep(store, made.doctor, found, [moved(found)])


def test_an_answer_that_comes_after_another_correction_is_not_kept(judged) -> None:
    store, made, found = judged
    second = opened(store, made.doctor, keep(store, made.doctor, found, [swapped(found)]))
    third = keep(store, made.doctor, second, [moved(second)])
    assert worker.work_once(store, assessing.TASKS, "w")
    assert results.versions(store, made.doctor, made.visit)[0][1] == third
    assert worker.work_once(store, assessing.TASKS, "w")
    newest = opened(store, made.doctor, results.versions(store, made.doctor, made.visit)[0][1])
    assert newest.version.number == 4
    assert newest.assessment.predictions[0].corrections == 2


def test_what_looks_at_silhouettes_alone_does_not_care_which_leg_is_left(
    store: Store, tmp_path: Path
) -> None:
    made = judged_visit(store, tmp_path, "frailty")
    found = opened(store, made.doctor, made.assessment)
    (said,) = recomputed(found, [swapped(found)]).predictions
    assert (said.corrections, said.kept) == (1, True)


def test_an_answer_of_a_model_that_is_not_there_any_more_stays_one_of_before(judged) -> None:
    found = judged[2]
    (said,) = found.assessment.predictions
    other = replace(found.assessment, predictions=(replace(said, card_id="another-0000"),))
    again = recomputed(replace(found, assessment=other), [moved(found)])
    assert again.answered_before(again.predictions[0]) == 1


def test_answers_of_older_files_belong_to_the_walk_before_its_corrections(judged) -> None:
    assessment = judged[2].assessment
    stride = assessment.measurement.strides[0]
    step = ReviewStep("doctor", None, (AddEvent(_CONTACT, "left", stride.start_s),))
    older = replace(assessment, review=Review((step,)))
    assert older.answered_before(older.predictions[0]) == 1
    assert assessment.answered_before(assessment.predictions[0]) == 0
    assert Prediction.__dataclass_fields__["corrections"].default == 0


def test_the_kinds_that_look_at_no_keypoint_are_known_ones() -> None:
    from clinigait.representations.inputs import PREPARATIONS

    assert set(PREPARATIONS) > WITHOUT_KEYPOINTS
    assert load_protocol("pathology").models
