"""The pages that show, correct, sign and give out: what each role sees, and what is kept."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

pytest.importorskip("streamlit", reason="the extra `clinic` is not installed")
pytest.importorskip("clinigait.apps", reason="clinigait.apps is not linked or installed")

from clinigait.apps.dashboard import viewer
from clinigait.apps.dashboard.review.draft import Draft, save, tried
from clinigait.apps.dashboard.session import Session, plain
from clinigait.clinic import asking, drafts, patients, results, signing
from clinigait.clinic.review import opened, unmeasured
from clinigait.core import EventKind, MoveEvent, Review, ReviewStep
from clinigait.io.assessment import assessment_json
from clinigait.report.wording import wording
from clinigait.store import Store, sign_ins
from clinigait.store.jobs import State
from support.assessments import (
    assessed,
    of_synthetic_walker,
    prediction,
    refused,
    with_synthetic_pose,
)
from support.clinics import HOSTILE, PASSWORD, user
from support.pages import page, signed_in, texts
from support.reviewing import Visit, assessed_visit
from support.walker import Gait, synthetic_walk

APPS = Path(__file__).parents[2] / "apps" / "dashboard"


def _session(store: Store, made: Visit) -> Session:
    token = sign_ins.sign_in(store, made.doctor.name, PASSWORD).token
    return Session(store, made.doctor, "en", token)


def _move(store: Store, made: Visit) -> dict:
    strides = opened(store, made.doctor, made.assessment).assessment.measurement.strides
    stride = [s for s in strides if s.used][2]
    return {
        "action": "move_event", "kind": EventKind.INITIAL_CONTACT.value, "side": stride.side,
        "time_s": stride.start_s, "to_s": stride.start_s + 0.06,
    }  # fmt: skip


# ---------------------------------------------------------------- words


def _words() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {}
    for name in ("words_shell.yaml", "words_review.yaml"):
        words |= yaml.safe_load((APPS / name).read_text("utf-8"))["words"]
    return words


def test_every_text_is_there_in_both_languages_with_the_same_places_to_fill() -> None:
    for key, text in _words().items():
        assert set(text) == {"en", "zh"}, key
        places = [set(re.findall(r"{(\w+)}", text[language])) for language in ("en", "zh")]
        assert places[0] == places[1], key
        assert all(str(text[language]).strip() for language in text), key


def test_no_text_is_asked_for_that_is_not_there() -> None:
    known = set(_words())
    asked = {f"viewer_{name}" for name in viewer.WORDS}
    for file in [*APPS.glob("review/*.py"), *(APPS / "screens").glob("*.py")]:
        asked |= set(re.findall(r'say\(\s*"([a-z_]+)"', file.read_text("utf-8")))
    assert asked <= known, asked - known


# ---------------------------------------------------------------- results


def test_quality_comes_before_the_numbers_and_the_events_can_be_confirmed(
    case: tuple[Store, Visit],
) -> None:
    store, made = case
    with signed_in(store, made.doctor) as gone:
        shown = page("results", assessment=made.assessment)
        assert not shown.exception
        assert "P\\-7" in shown.title[0].value
        heads = [one.value for one in shown.subheader]
        assert heads.index("Quality of the measurement") < heads.index("See and correct")
        assert len(shown.metric) == 5
        shown.button(key="reviewed").click().run()
    (number, newest), *_ = results.versions(store, made.doctor, made.visit)
    assert (number, gone) == (2, [("results", {"assessment": newest})])
    review = opened(store, made.doctor, newest).assessment.review
    assert (review.by, review.corrections) == (("doctor",), ())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_edit_shows_what_it_changes_and_is_kept_with_its_note(
    case: tuple[Store, Visit], language: str
) -> None:
    store, made = case
    found = opened(store, made.doctor, made.assessment)
    said = {"serial": 1, "edits": [_move(store, made)]}
    draft = tried(_session(store, made), found, Draft(made.assessment), said)
    with signed_in(store, made.doctor, language) as gone:
        shown = page("results", assessment=made.assessment)
        shown.session_state["draft"] = draft
        shown.run()
        assert not shown.exception
        edited = [one.value for one in shown.markdown if "60 ms" in plain_of(one.value)
                  or "60 毫秒" in plain_of(one.value)]  # fmt: skip
        assert edited
        tables = [set(one.value.columns) for one in shown.dataframe]
        wanted = {"Before", "After"} if language == "en" else {"校正前", "校正后"}
        assert any(wanted <= columns for columns in tables)
        shown.text_input(key=f"note-{made.assessment}").set_value("seen in slow motion").run()
        shown.button(key="keep").click().run()
    newest = results.versions(store, made.doctor, made.visit)[0][1]
    assert gone == [("results", {"assessment": newest})]
    kept = opened(store, made.doctor, newest)
    assert kept.assessment.review.steps[-1].note == "seen in slow motion"
    assert [one.change.kind for one in kept.version.edits] == ["move_event"]


def test_a_draft_is_there_again_on_a_page_that_is_opened_anew(case: tuple[Store, Visit]) -> None:
    store, made = case
    found = opened(store, made.doctor, made.assessment)
    said = {"serial": 1, "edits": [_move(store, made)]}
    with signed_in(store, made.doctor) as gone:
        session = _session(store, made)
        save(session, tried(session, found, Draft(made.assessment), said))
        shown = page("results", assessment=made.assessment)
        assert not shown.exception
        text = plain_of(texts(shown))
        assert "are here again" in text
        assert "60 ms" in text
        shown.button(key="discard").click().run()
        assert "are here again" not in plain_of(texts(shown))
        assert drafts.load(store, made.doctor, made.assessment) is None
        save(session, tried(session, found, Draft(made.assessment), said))
        shown = page("results", assessment=made.assessment)
        shown.button(key="keep").click().run()
    newest = results.versions(store, made.doctor, made.visit)[0][1]
    assert gone == [("results", {"assessment": newest})]
    assert drafts.load(store, made.doctor, made.assessment) is None


def test_a_draft_that_cannot_be_any_more_is_told(case: tuple[Store, Visit]) -> None:
    store, made = case
    edit = {**_move(store, made), "time_s": 5000.0}
    drafts.save(store, made.doctor, made.assessment, [edit])
    with signed_in(store, made.doctor):
        shown = page("results", assessment=made.assessment)
        assert not shown.exception
        assert "There is no" in plain_of(" ".join(one.value for one in shown.error))
        assert {one.key for one in shown.button} & {"keep"} == set()


@pytest.mark.parametrize(
    ("status", "said"),
    [("queued", "are being asked"), ("running", "are being asked"), ("failed", "could not be")],
)
def test_the_page_says_that_models_are_asked_about_the_corrected_walk(
    case: tuple[Store, Visit], status: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, made = case
    found = opened(store, made.doctor, made.assessment).assessment
    move = _move(store, made)
    move = MoveEvent(EventKind.INITIAL_CONTACT, move["side"], move["time_s"], move["to_s"])
    review = Review((ReviewStep("doctor", "2026-11-02T10:00:00+00:00", (move,)),))
    before = replace(found, predictions=(prediction(),), review=review)
    with store.writing() as db:
        kept = results.keep(db, made.visit, before, {}, made.doctor.id)
    stands = State(status, 0.5, "Asking the model", 1, ("a defect: OSError",))
    monkeypatch.setattr(asking, "state", lambda *_: stands)
    with signed_in(store, made.doctor):
        shown = page("results", assessment=kept)
        assert not shown.exception
        text = plain_of(texts(shown))
    assert said in text
    assert "was asked before the last corrections (1)" in text
    assert ("report signed now" in text) == (status != "failed")


def plain_of(text: str) -> str:
    return text.replace("\\", "")


def test_who_may_only_see_can_neither_correct_nor_sign_nor_take_out(
    case: tuple[Store, Visit],
) -> None:
    store, made = case
    viewer_ = user(store, "looker", "viewer", all_patients=True)
    with signed_in(store, viewer_):
        shown = page("results", assessment=made.assessment)
        assert not shown.exception
        assert "Corrections" not in [one.value for one in shown.subheader]
        assert {one.key for one in shown.button} & {"keep", "reviewed"} == set()
        assert not shown.text_input
    assert not shown.get("link_button")


def test_another_doctor_s_patient_is_not_shown_even_where_the_page_was_open(
    case: tuple[Store, Visit],
) -> None:
    store, made = case
    stranger = user(store, "stranger")
    with signed_in(store, stranger):
        shown = page("results", assessment=made.assessment)
        assert not shown.title
        assert "no such record" in plain_of(texts(shown))
    admin = user(store, "boss", "admin")
    with signed_in(store, made.doctor):
        shown = page("results", assessment=made.assessment)
        patients.give(store, admin, made.doctor.id, made.patient, seen=False)
        shown.run()
        assert not shown.title
        assert not shown.metric


def test_a_refused_walk_says_why_and_what_to_do(case: tuple[Store, Visit]) -> None:
    store, made = case
    with store.writing() as db:
        bad = results.keep(db, made.visit, refused(), {}, made.doctor.id)
    with signed_in(store, made.doctor):
        shown = page("results", assessment=bad)
        assert not shown.exception
        said = plain_of(texts(shown))
    assert refused().message in said
    assert refused().remedy in said
    assert "Nothing is lost" in said
    assert not shown.metric


def test_a_refused_walk_is_corrected_until_it_can_be_measured(store: Store, tmp_path: Path) -> None:
    made = assessed_visit(store, tmp_path, [synthetic_walk(Gait(noise_px=1)).part(slice(0, 150))])
    found = opened(store, made.doctor, made.assessment)
    foot_off = unmeasured(found, []).measurement.events[1]
    gone = {
        "action": "delete_event", "kind": foot_off.kind.value, "side": foot_off.side,
        "time_s": foot_off.time_s,
    }  # fmt: skip
    missed = {"action": "add_event", "kind": "initial_contact", "side": "left", "time_s": 0.02}
    session = _session(store, made)
    still = tried(session, found, Draft(made.assessment), {"serial": 1, "edits": [gone]})
    assert (len(still.corrections), still.assessment, still.refused) == (1, None, "")
    with signed_in(store, made.doctor) as gone_to:
        shown = page("results", assessment=made.assessment)
        assert not shown.exception
        text = plain_of(texts(shown))
        assert "Were events missed" in text
        assert found.assessment.message in text
        assert {one.key for one in shown.button} & {"keep", "reviewed"} == set()
        shown.session_state["draft"] = still
        shown.run()
        assert not shown.exception
        assert "Still refused: " + found.assessment.message[:10] in plain_of(texts(shown))
        assert {one.key for one in shown.button} & {"keep", "reviewed"} == set()
        said = {"serial": 2, "edits": [missed]}
        shown.session_state["draft"] = tried(session, found, still, said)
        shown.run()
        assert "the walk can be measured" in " ".join(one.value for one in shown.success)
        assert not shown.metric
        shown.button(key="keep").click().run()
    newest = results.versions(store, made.doctor, made.visit)[0][1]
    assert gone_to == [("results", {"assessment": newest})]
    assert opened(store, made.doctor, newest).assessment.status == "assessed"


def test_everybody_in_every_recording_can_be_chosen(case: tuple[Store, Visit]) -> None:
    store, made = case
    both = assessed(2)
    own = assessment_json(both).encode()
    with store.writing() as db, store.files.receiving([own], 10**7) as file:
        sha256 = store.files.keep(db, file)
        files = {f"pass-{number}/assessment.json": sha256 for number in (1, 2)}
        kept = results.keep(db, made.visit, both, files, made.doctor.id)
    with signed_in(store, made.doctor):
        shown = page("results", assessment=kept)
        assert not shown.exception
        keys = {one.key for one in shown.button if str(one.key).startswith("person-")}
        assert keys == {"person-1-2", "person-2-2"}


def test_what_models_say_comes_with_its_marks_and_silence_with_its_reason(
    case: tuple[Store, Visit],
) -> None:
    store, made = case
    spoken = (prediction(research=True), prediction(abstains=True, synthetic=True))
    told = replace(assessed(2), predictions=spoken)
    with store.writing() as db:
        kept = results.keep(db, made.visit, told, {}, made.doctor.id)
    with signed_in(store, made.doctor):
        shown = page("results", assessment=kept)
        assert not shown.exception
        said = plain_of(texts(shown))
    assert "RESEARCH – not for clinical use" in said
    assert "Model of synthetic walkers only" in said
    assert spoken[1].abstained.message in said


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kinds", [(), ("walker",), ("pose", "pose"), ("walker", "pose")])
def test_comparison_and_course_say_once_what_rests_on_synthetic_walkers(
    case: tuple[Store, Visit], kinds: tuple[str, ...], language: str
) -> None:
    store, made = case
    plainly = assessed(2, with_curves=False)
    shapes = {"walker": of_synthetic_walker(plainly), "pose": with_synthetic_pose(plainly)}
    patient = patients.add(store, made.doctor, "P-8")
    every = [shapes[kind] for kind in kinds]
    every += [plainly] * (2 - len(every))
    ids = []
    for day, one in enumerate(every, 1):
        visit = patients.add_visit(store, made.doctor, patient, date(2026, 3, day), {})
        with store.writing() as db:
            ids.append(results.keep(db, visit, one, {}, made.doctor.id))
    words = wording(language)
    marks = {"walker": words.synthetic, "pose": words.pose_synthetic}
    wanted = [int(kind in kinds) for kind in marks]
    with signed_in(store, made.doctor, language):
        pages = page("compare", first=ids[0], second=ids[1]), page("course", patient=patient)
        for shown in pages:
            assert not shown.exception
            said = [plain_of(one.value).strip("*") for one in shown.warning]
            assert [said.count(mark) for mark in marks.values()] == wanted


@pytest.mark.parametrize("kind", ["", "synthetic", "pose_synthetic"])
def test_the_viewer_marks_what_rests_on_synthetic_walkers(
    case: tuple[Store, Visit], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, made = case
    found = opened(store, made.doctor, made.assessment)
    change = {"synthetic": of_synthetic_walker, "pose_synthetic": with_synthetic_pose}
    told = change[kind](found.assessment) if kind else found.assessment
    with store.writing() as db:
        kept = results.keep(db, made.visit, told, found.version.files, made.doctor.id)
    marks = []
    monkeypatch.setattr(viewer, "show", lambda key, data, on_change: marks.append(data["mark"]))
    with signed_in(store, made.doctor):
        assert not page("results", assessment=kept).exception
    assert marks == [getattr(wording("en"), kind) if kind else ""]


@pytest.mark.parametrize("code", HOSTILE)
def test_a_code_is_shown_letter_for_letter(case: tuple[Store, Visit], code: str) -> None:
    shown = plain(code)
    assert re.sub(r"\\(.)", r"\1", shown) == code
    assert not re.search(r"(?<!\\)[<>*_`$\[\]#]", shown)


# ---------------------------------------------------------------- signing and taking out


def test_signing_takes_the_password_and_an_amendment_a_reason(case: tuple[Store, Visit]) -> None:
    store, made = case
    with signed_in(store, made.doctor):
        shown = page("results", assessment=made.assessment)
        shown.text_input(key="sign_password").set_value("not the password")
        _submit(shown)
        assert signing.signatures(store, made.doctor, made.visit) == []
        assert "Nothing was signed" in plain_of(texts(shown))
        shown.text_input(key="sign_password").set_value(PASSWORD)
        _submit(shown)
        (signed,) = signing.signatures(store, made.doctor, made.visit)
        assert signed.assessment_id == made.assessment
        shown = page("results", assessment=made.assessment)
        assert "signed by doctor" in plain_of(" ".join(one.value for one in shown.success))
        assert not [one for one in shown.text_input if one.key == "sign_password"]


def _submit(shown) -> None:
    button = next(b for b in shown.button if str(b.label).startswith("Sign"))
    button.click().run()
