"""``assessment.json`` keeps everything, and nothing that is broken or foreign gets in."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigait.core import Assessment, BadInputError, Event, EventKind, Finding, Parameter, Subject
from clinigait.io.assessment import (
    assessment_json,
    is_inside,
    read_assessment,
    write_assessment,
)
from clinigait.io.output import replace_file
from support.assessments import assessed, prediction, refused, saliency

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
numbers = st.floats(-1e9, 1e9)
texts = st.text(max_size=40)

FINDING = Finding(
    id="level.stride_length_m.left", rule="level@1", kind="level", name="stride_length_m",
    title="Stride length", side="left", relation="below",
    values={"value": 1.01, "low": 1.21, "high": 1.46}, unit="m", grade="moderate",
    facts=("parameters.stride_length_m.left",), source="Somebody 2011", text="It is short.",
)  # fmt: skip

CASES: dict[str, Callable[[], Assessment]] = {
    "nine strides": assessed,
    "one stride": lambda: assessed(1, with_curves=False),
    "body heights": lambda: assessed(3, "BH"),
    "nobody known": lambda: assessed(2, subject=Subject()),
    "a model": lambda: replace(assessed(1), predictions=(prediction(research=True),)),
    "an explained model": lambda: replace(
        assessed(1), predictions=(replace(prediction(), saliency=saliency()),)
    ),
    "a silent model": lambda: replace(assessed(1), predictions=(prediction(abstains=True),)),
    "refused": refused,
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_is_read_back(name: str, tmp_path: Path) -> None:
    write_assessment(CASES[name](), tmp_path / "a.json")
    first = read_assessment(tmp_path / "a.json")
    write_assessment(first, tmp_path / "b.json")
    assert read_assessment(tmp_path / "b.json") == first
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_rounding_loses_nothing_that_counts(tmp_path: Path) -> None:
    before = assessed()
    write_assessment(before, tmp_path / "a.json")
    after = read_assessment(tmp_path / "a.json")
    assert before.measurement is not None
    assert after.measurement is not None
    for old, new in zip(before.measurement.parameters, after.measurement.parameters, strict=True):
        assert (new.value is None) == (old.value is None)
        assert (new.value or 0.0) == pytest.approx(old.value or 0.0, rel=1e-6)
    for old, new in zip(before.measurement.events, after.measurement.events, strict=True):
        assert new.time_s == pytest.approx(old.time_s, abs=0.5e-4)
        assert new.by_method["zeni"] == round(old.by_method["zeni"], 4)
    for old, new in zip(before.measurement.curves, after.measurement.curves, strict=True):
        assert new.mean == pytest.approx(old.mean, abs=0.5e-2)
    assert after.subject == before.subject
    assert after.perception == before.perception


def test_facts_on_silhouettes_come_back_and_may_be_missing(tmp_path: Path) -> None:
    made = assessed(1)
    write_assessment(made, tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert content["perception"]["silhouettes"]["aid_side"] == "left"
    assert read_assessment(tmp_path / "a.json").perception.silhouettes.usable_pct == 97.5
    del content["perception"]["silhouettes"]  # of an older version
    (tmp_path / "b.json").write_text(json.dumps(content), encoding="utf-8")
    assert read_assessment(tmp_path / "b.json").perception.silhouettes is None


def test_files_without_predictions_are_still_read(tmp_path: Path) -> None:
    content = json.loads(assessment_json(assessed(1)))
    del content["predictions"]  # of an older version
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    assert read_assessment(tmp_path / "a.json").predictions == ()


def test_findings_come_back_and_may_be_missing(tmp_path: Path) -> None:
    made = replace(assessed(1), findings=(FINDING,))
    write_assessment(made, tmp_path / "a.json")
    assert read_assessment(tmp_path / "a.json").findings == (FINDING,)
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    del content["findings"]  # of an older version
    (tmp_path / "b.json").write_text(json.dumps(content), encoding="utf-8")
    assert read_assessment(tmp_path / "b.json").findings == ()


@pytest.mark.parametrize(
    "harm",
    [
        {"relation": "likely"},
        {"side": "port"},
        {"grade": "certain"},
        {"facts": []},
        {"kind": "wish"},
    ],
)
def test_a_finding_that_cannot_be_is_damage(harm: dict[str, Any], tmp_path: Path) -> None:
    content = json.loads(assessment_json(replace(assessed(1), findings=(FINDING,))))
    content["findings"][0].update(harm)
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BadInputError, match="damaged"):
        read_assessment(tmp_path / "a.json")


def test_two_findings_with_one_id_are_damage(tmp_path: Path) -> None:
    content = json.loads(assessment_json(replace(assessed(1), findings=(FINDING,))))
    content["findings"] *= 2
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BadInputError, match="damaged"):
        read_assessment(tmp_path / "a.json")


def test_probabilities_that_do_not_add_up_are_damage(tmp_path: Path) -> None:
    content = json.loads(assessment_json(replace(assessed(1), predictions=(prediction(),))))
    content["predictions"][0]["classes"][0]["probability"] = 0.99
    (tmp_path / "a.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(BadInputError, match="damaged"):
        read_assessment(tmp_path / "a.json")


def test_the_keys_that_others_rely_on(tmp_path: Path) -> None:
    write_assessment(assessed(), tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert content["status"] == "assessed"
    speed = content["measurement"]["parameters"][0]
    assert {"name", "side", "value", "unit", "n", "low", "high"} <= set(speed)
    assert speed["name"] == "speed_mps"
    write_assessment(refused(), tmp_path / "r.json")
    content = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert content["status"] == "refused"
    assert content["code"] == "too_few_strides"
    assert content["message"]
    assert content["remedy"]
    assert content["measurement"] is None


def test_the_file_is_plain_utf_8_and_a_curve_takes_a_line(tmp_path: Path) -> None:
    write_assessment(assessed(), tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert "Ж-17" in text
    assert "walk_Łódź_03.mp4" in text
    assert len(text.splitlines()) < 2500


@quick
@given(code=texts, condition=texts, value=numbers, spread=st.floats(0, 1e6), time_s=numbers)
def test_any_text_and_number_survives(
    tmp_path: Path, code: str, condition: str, value: float, spread: float, time_s: float
) -> None:
    base = assessed(1, with_curves=False)
    assert base.measurement is not None
    parameter = Parameter("x", "both", value, code, 3, value - spread, value + spread, spread)
    event = Event(EventKind.FOOT_OFF, "left", time_s, 0.01, 0.5, {condition: time_s})
    made = replace(
        base,
        subject=Subject(code=code, condition=condition),
        measurement=replace(base.measurement, parameters=(parameter,), events=(event,)),
    )
    write_assessment(made, tmp_path / "a.json")
    read = read_assessment(tmp_path / "a.json")
    assert read.subject == made.subject
    assert assessment_json(read) == assessment_json(made)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_never_written(bad: float, tmp_path: Path) -> None:
    broken = replace(assessed(1), subject=Subject(height_m=bad))
    with pytest.raises(ValueError, match="height_m"):
        write_assessment(broken, tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_that_is_no_utf_8_can_be_written(tmp_path: Path) -> None:
    made = assessed(1)
    assert made.recording is not None
    odd = replace(made, recording=replace(made.recording, file_name="walk\udcff.mp4"))
    write_assessment(odd, tmp_path / "a.json")
    read = read_assessment(tmp_path / "a.json")
    assert read.recording is not None
    assert read.recording.file_name == "walk?.mp4"


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be written"):
        write_assessment(refused(), tmp_path / "no" / "a.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(BadInputError, match="cannot be written"):
        replace_file(tmp_path / "taken", b"x")
    with pytest.raises(BadInputError, match="cannot be written"):
        replace_file(tmp_path / "a\0b", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_an_older_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("x" * 1_000_000)
    write_assessment(refused(), path)
    assert read_assessment(path).status == "refused"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def _changed(**top: Any) -> bytes:
    return json.dumps({**json.loads(assessment_json(assessed(1))), **top}).encode()


def _in_measurement(**inner: Any) -> bytes:
    content = json.loads(assessment_json(assessed(1)))
    content["measurement"].update(inner)
    return json.dumps(content).encode()


def _curve(**inner: Any) -> bytes:
    content = json.loads(assessment_json(assessed(1)))
    content["measurement"]["curves"][0].update(inner)
    return json.dumps(content).encode()


def _frame(file: str) -> bytes:
    return _changed(frames=[{"file": file, "time_s": 1.0, "caption": "x"}])


_BROKEN: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"gait",
    "cut off": assessment_json(refused()).encode()[:-40],
    "binary": bytes(range(256)),
    "UTF-16": assessment_json(refused()).encode("utf-16"),
    "a list": b"[]",
    "an object": b"{}",
    "a number": b"1",
    "another format": b'{"resourceType": "Bundle"}',
    "deep nesting": b"[" * 200_000,
    "deep nesting inside": _changed(extra=0).replace(b'"extra": 0', b'"x": ' + b"[" * 5000),
    "NaN": _changed(subject={"height_m": math.nan}),
    "infinite": _changed(subject={"height_m": math.inf}),
    "too large": _changed(subject={"height_m": 0}).replace(b'm": 0}', b'm": 1e999}'),
    "too long": _changed(subject={"height_m": 10**400}),
    "too long to parse": _changed(subject={"age_y": 0}).replace(b'y": 0}', b'y": 1' + b"0" * 9999),
    "beyond measure": _changed(subject={"height_m": 1e13}),
    "wrong type": _changed(subject="Ж-17"),
    "number as text": _changed(subject={"height_m": "1.7"}),
    "unknown status": _changed(status="fine"),
    "unknown sex": _changed(subject={"sex": "x"}),
    "assessed without measurement": _changed(measurement=None),
    "assessed with a refusal": _changed(code="a", message="b", remedy="c"),
    "refused without a reason": _changed(status="refused", measurement=None),
    "value without value or reason": _in_measurement(
        parameters=[{"name": "x", "side": "left", "value": None, "unit": "", "n": 0}]
    ),
    "no version": _changed(schema_version=None),
    "odd version": _changed(schema_version="one"),
    "version as number": _changed(schema_version=1.0),
    "newer version": _changed(schema_version="1.1"),
    "much newer version": _changed(schema_version="9.0"),
    "outdated version": _changed(schema_version="0.9"),
    "short curve": _curve(mean=[1.0, 2.0]),
    "long stride of a curve": _curve(strides=[[0.0] * 102]),
    "curve without its strides": _curve(stride_numbers=[]),
    "picture above": _frame("../secret.jpg"),
    "picture above, later": _frame("frames/../../secret.jpg"),
    "picture at the root": _frame("/secret.jpg"),
    "picture on a drive": _frame("C:\\secret.jpg"),
    "picture above, other slashes": _frame("..\\secret.jpg"),
    "picture with a null": _frame("a\0b"),
}


@pytest.mark.parametrize("name", _BROKEN)
def test_a_broken_or_foreign_file_is_a_bad_input(name: str, tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    path.write_bytes(_BROKEN[name])
    with pytest.raises(BadInputError) as caught:
        read_assessment(path)
    assert "given.json" in caught.value.message
    assert caught.value.message.endswith(".")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert str(tmp_path) not in str(caught.value)


def test_a_missing_file_and_a_folder_are_bad_inputs(tmp_path: Path) -> None:
    for path in (tmp_path / "no.json", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(BadInputError):
            read_assessment(path)


def test_a_newer_version_says_update(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(_changed(schema_version="2.0"))
    with pytest.raises(BadInputError, match="Update clinigait"):
        read_assessment(tmp_path / "a.json")


def test_keys_that_are_not_known_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(_changed(note="from a friend"))
    assert read_assessment(tmp_path / "a.json").status == "assessed"


_TEXT = assessment_json(assessed(1))
_LEAF = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
_JSON = st.recursive(_LEAF, lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@quick
@given(start=st.integers(0, len(_TEXT)), length=st.integers(0, 60), filler=st.text(max_size=8))
def test_a_damaged_file_is_read_or_refused(
    tmp_path: Path, start: int, length: int, filler: str
) -> None:
    path = tmp_path / "a.json"
    path.write_text(_TEXT[:start] + filler + _TEXT[start + length :], encoding="utf-8")
    _read_or_refuse(path)


@quick
@given(data=st.data(), value=_JSON)
def test_any_part_may_be_replaced_by_nonsense(
    tmp_path: Path, data: st.DataObject, value: Any
) -> None:
    content = json.loads(_TEXT)
    node = content
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            node[key] = value
            break
        node = node[key]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    _read_or_refuse(path)


def _read_or_refuse(path: Path) -> None:
    try:
        read = read_assessment(path)
    except BadInputError:
        return
    assert assessment_json(read)


@pytest.mark.parametrize("file", ["1.jpg", "frames/1.jpg", "frames/ä b.jpg", "a..b/c.jpg"])
def test_a_path_below_the_folder_is_inside(file: str) -> None:
    assert is_inside(file)


def test_pictures_of_people_are_written_and_read(tmp_path: Path) -> None:
    made = assessed(2)
    people = (
        replace(made.perception.people[0], picture="frames/person-1.jpg", identity=0.97),
        replace(made.perception.people[1], cut=(True, False)),
    )
    made = replace(made, perception=replace(made.perception, people=people))
    write_assessment(made, tmp_path / "a.json")
    assert read_assessment(tmp_path / "a.json").perception.people == people


def test_people_of_older_files_have_no_picture(tmp_path: Path) -> None:
    content = json.loads(assessment_json(assessed(2)))
    for person in content["perception"]["people"]:
        for name in ("picture", "identity", "cut"):
            del person[name]
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert all(p.picture is None for p in read_assessment(tmp_path / "a.json").perception.people)


@pytest.mark.parametrize("file", ["../secret.jpg", "/etc/passwd", "frames/../../x.jpg"])
def test_pictures_of_people_stay_in_the_folder(file: str, tmp_path: Path) -> None:
    made = assessed(2)
    people = (replace(made.perception.people[0], picture=file),)
    made = replace(made, perception=replace(made.perception, people=people))
    write_assessment(made, tmp_path / "a.json")
    with pytest.raises(BadInputError, match="outside of its own folder"):
        read_assessment(tmp_path / "a.json")
