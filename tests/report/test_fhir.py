"""The FHIR bundle is sound R4: complete, consistent in itself, without a name, reproducible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from clinigait.core import Assessment, BadInputError, Parameter, Subject
from clinigait.findings import findings_of
from clinigait.gait.catalogue import CATALOGUE
from clinigait.report.fhir import fhir_bundle, write_fhir
from clinigait.report.fhir_codes import CODE_SYSTEM, LOINC, UCUM, UCUM_CODES
from clinigait.report.wording import RESEARCH_USE_ONLY
from support.assessments import (
    DEFINITIONS,
    REFERENCES,
    assessed,
    prediction,
    refused,
    spoilt,
)
from support.told import of, param

Resource = dict[str, Any]

CASES = {
    "assessed": assessed(),
    "one stride": assessed(1, with_curves=False),
    "body heights": assessed(9, "BH"),
    "nobody known": assessed(2, subject=Subject()),
    "refused": refused(),
    "a model": replace(assessed(3), predictions=(prediction(research=True, synthetic=True),)),
    "a model that says nothing": replace(assessed(3), predictions=(prediction(abstains=True),)),
    "refused early": replace(refused(), recording=None, perception=None),
}

#: Elements of R4 (4.0.1) that the bundle may use, with their types; everything else is another
#: release or a slip. A star: any number. Written down from the published definitions of 4.0.1;
#: `test_a_reader_of_r4_alone_takes_the_bundle` holds the same against another's list.
_ANY = {"resourceType": "", "id": "", "meta": "Meta"}
_CONCEPT = {"code": "CodeableConcept"}
_RESULT = {"status": "", "category": "CodeableConcept*", **_CONCEPT, "subject": "Reference"}
R4: dict[str, dict[str, str]] = {
    "Bundle": {**_ANY, "type": "", "timestamp": "", "entry": "Entry*"},
    "Entry": {"fullUrl": "", "resource": "Resource"},
    "Meta": {"tag": "Coding*"},
    "Coding": {"system": "", "code": "", "display": ""},
    "CodeableConcept": {"coding": "Coding*", "text": ""},
    "Quantity": {"value": "", "unit": "", "system": "", "code": ""},
    "Reference": {"reference": "", "type": "", "identifier": "Identifier", "display": ""},
    "Identifier": {"system": "", "value": ""},
    "Annotation": {"text": ""},
    "Narrative": {"status": "", "div": ""},
    "DiagnosticReport": {
        **_ANY, **_RESULT, "text": "Narrative", "identifier": "Identifier*", "issued": "",
        "result": "Reference*", "conclusion": "",
    },
    "Observation": {
        **_ANY, **_RESULT, "effectiveDateTime": "", "issued": "", "valueQuantity": "Quantity",
        "dataAbsentReason": "CodeableConcept", "interpretation": "CodeableConcept*",
        "note": "Annotation*", "bodySite": "CodeableConcept", "method": "CodeableConcept",
        "device": "Reference", "referenceRange": "Range*", "hasMember": "Reference*",
        "component": "Component*",
    },
    "Range": {
        "low": "Quantity", "high": "Quantity", "appliesTo": "CodeableConcept*", "text": "",
    },
    "Component": {**_CONCEPT, "valueQuantity": "Quantity", "valueInteger": ""},
    "RiskAssessment": {
        **_ANY, "status": "", "method": "CodeableConcept", **_CONCEPT, "subject": "Reference",
        "occurrenceDateTime": "", "performer": "Reference", "basis": "Reference*",
        "prediction": "Outcome*", "note": "Annotation*",
    },
    "Outcome": {"outcome": "CodeableConcept", "probabilityDecimal": "", "rationale": ""},
    "Device": {
        **_ANY, "status": "", "deviceName": "Name*", "type": "CodeableConcept",
        "version": "Version*", "note": "Annotation*",
    },
    "Name": {"name": "", "type": ""},
    "Version": {"type": "CodeableConcept", "value": ""},
    "Provenance": {
        **_ANY, "target": "Reference*", "recorded": "", "activity": "CodeableConcept",
        "agent": "Agent*", "entity": "Entity*",
    },
    "Agent": {"type": "CodeableConcept", "who": "Reference"},
    "Entity": {"role": "", "what": "Reference"},
    "CodeSystem": {
        **_ANY, "url": "", "version": "", "name": "", "title": "", "status": "",
        "experimental": "", "caseSensitive": "", "content": "", "concept": "Concept*",
    },
    "Concept": {"code": "", "display": "", "definition": ""},
}  # fmt: skip
REQUIRED = {
    "DiagnosticReport": {"status", "code"},
    "Observation": {"status", "code"},
    "RiskAssessment": {"status", "subject"},
    "Device": set(),
    "Provenance": {"target", "recorded", "agent"},
    "CodeSystem": {"status", "content"},
}


@pytest.fixture(params=CASES)
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Resource:
    write_fhir(CASES[request.param], tmp_path / "f.json", DEFINITIONS)
    return dict(json.loads((tmp_path / "f.json").read_text(encoding="utf-8")))


def _resources(bundle: Resource, kind: str | None = None) -> list[Resource]:
    found = [entry["resource"] for entry in bundle["entry"]]
    return [part for part in found if kind in (None, part["resourceType"])]


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for child in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from _walk(child)


def _find(bundle: Resource, code: str, side: str | None = None) -> Resource:
    for part in _resources(bundle, "Observation"):
        site = part.get("bodySite", {"coding": [{"code": None}]})["coding"][0]["code"]
        if part["code"]["coding"][0]["code"] == code and site == side:
            return part
    raise AssertionError(f"no Observation {code} {side}")


def test_only_elements_of_r4_are_used_and_the_required_ones_are_there(bundle: Resource) -> None:
    assert bundle["type"] == "collection"
    _check_r4(bundle, "Bundle")
    for part in _resources(bundle):
        assert set(part) >= REQUIRED[part["resourceType"]]


def _check_r4(node: Any, kind: str) -> None:
    """Hold a node and all below it against the table: known elements, lists where lists belong."""
    if not kind:
        assert not isinstance(node, dict | list)
        return
    known = R4[node["resourceType"] if kind == "Resource" else kind]
    assert set(node) <= set(known), set(node) - set(known)
    for name, value in node.items():
        many = known[name].endswith("*")
        assert isinstance(value, list) == many, name
        for each in value if many else [value]:
            _check_r4(each, known[name].rstrip("*"))


def test_a_reader_of_r4_alone_takes_the_bundle(bundle: Resource) -> None:
    """The classes of fhirclient are made from R4 4.0.1: what another release has is superfluous."""
    reader = pytest.importorskip("fhirclient.models.bundle", reason="fhirclient is not installed")
    assert reader.Bundle(bundle).as_json() == bundle


def test_nothing_is_empty(bundle: Resource) -> None:
    for node in _walk(bundle):
        assert node not in ({}, [], "", None)
        assert not isinstance(node, str) or node == node.strip()


def test_every_reference_leads_to_a_resource_of_the_bundle(bundle: Resource) -> None:
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    for entry in bundle["entry"]:
        assert entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}"
    references = [node["reference"] for node in _walk(bundle) if _is(node, "reference")]
    assert references
    assert set(references) <= set(urls)


def _is(node: Any, key: str) -> bool:
    return isinstance(node, dict) and key in node


def test_all_resources_are_marked_for_research_use_only(bundle: Resource) -> None:
    for part in [bundle, *_resources(bundle)]:
        assert part["meta"]["tag"][0]["code"] == "research-use-only"
    assert RESEARCH_USE_ONLY in _resources(bundle, "DiagnosticReport")[0]["conclusion"]


def test_the_conclusion_tells_what_lies_beyond_its_limit_and_nothing_else() -> None:
    beyond, within = param(1.0, side="left"), param(1.3, side="right")
    assessment = of(beyond, within)
    assessment = replace(assessment, findings=findings_of(assessment, CATALOGUE))
    said = {f.id: f.text for f in assessment.findings}
    conclusion = _resources(fhir_bundle(assessment, DEFINITIONS), "DiagnosticReport")[0][
        "conclusion"
    ]
    assert said["level.stride_length_m.left"] in conclusion
    assert "below the reference range" in conclusion
    assert said["level.stride_length_m.right"] not in conclusion


def test_everything_is_preliminary_and_nobody_signed(bundle: Resource) -> None:
    for kind in ("DiagnosticReport", "Observation"):
        assert {part["status"] for part in _resources(bundle, kind)} == {"preliminary"}
    assert "resultsInterpreter" not in _resources(bundle, "DiagnosticReport")[0]


def test_the_report_leads_to_the_panel_and_the_panel_to_all_parameters(bundle: Resource) -> None:
    report = _resources(bundle, "DiagnosticReport")[0]
    panel = _find(bundle, "gait-panel")
    assert report["result"][0]["reference"] == f"urn:uuid:{panel['id']}"
    members = {member["reference"] for member in panel.get("hasMember", [])}
    others = {
        f"urn:uuid:{part['id']}"
        for part in _resources(bundle, "Observation")
        if part is not panel and part["code"]["coding"][0]["system"] == CODE_SYSTEM
    }
    assert members == others


def test_a_quantity_has_a_ucum_unit_of_the_list(bundle: Resource) -> None:
    for node in _walk(bundle):
        if _is(node, "unit"):
            assert node["system"] == UCUM
            assert node["code"] in UCUM_CODES.values()
            assert isinstance(node["value"], int | float)


def test_an_observation_has_either_a_value_or_the_reason_why_not(bundle: Resource) -> None:
    for part in _resources(bundle, "Observation"):
        if "hasMember" in part:
            continue
        assert ("valueQuantity" in part) != ("dataAbsentReason" in part)
        if "dataAbsentReason" in part:
            assert part["dataAbsentReason"]["text"]
            assert "component" not in part


def test_instants_have_date_time_and_zone(bundle: Resource) -> None:
    instant = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
    stamps = [bundle["timestamp"]]
    for part in _resources(bundle):
        stamps += [part[key] for key in ("issued", "recorded", "effectiveDateTime") if key in part]
    assert all(instant.fullmatch(stamp) for stamp in stamps)


def test_every_local_code_is_explained_by_the_code_system(bundle: Resource) -> None:
    concepts = [c["code"] for c in _resources(bundle, "CodeSystem")[0]["concept"]]
    assert len(set(concepts)) == len(concepts)
    used = {n["code"] for n in _walk(bundle) if _is(n, "code") and n.get("system") == CODE_SYSTEM}
    assert used <= set(concepts)


def test_loinc_codes_only_what_was_stated(bundle: Resource) -> None:
    used = {n["code"] for n in _walk(bundle) if _is(n, "system") and n["system"] == LOINC}
    assert used <= {"8302-2", "29463-7"}


def test_the_person_is_a_code_and_the_film_has_no_name(bundle: Resource) -> None:
    text = json.dumps(bundle, ensure_ascii=False)
    assert "walk_" not in text
    assert ".mp4" not in text
    assert '"Patient"' in text
    assert not _resources(bundle, "Patient")


def test_the_provenance_names_the_hashes_and_all_results(tmp_path: Path) -> None:
    bundle = fhir_bundle(assessed(), DEFINITIONS)
    found = _resources(bundle, "Provenance")[0]
    values = [entity["what"]["identifier"]["value"] for entity in found["entity"]]
    assert values == ["1a2b3c4d" * 8, "5e6f7a8b" * 8]
    assert found["entity"][1]["what"]["display"] == "Protocol sagittal_walk 1.0, by its SHA-256"
    targets = {target["reference"] for target in found["target"]}
    for kind in ("DiagnosticReport", "Observation"):
        for part in _resources(bundle, kind):
            stated = part["code"]["coding"][0]["system"] == LOINC
            assert stated or f"urn:uuid:{part['id']}" in targets


def test_the_device_tells_versions_and_weights() -> None:
    device = _resources(fhir_bundle(assessed(), DEFINITIONS), "Device")[0]
    versions = {entry["type"]["text"]: entry["value"] for entry in device["version"]}
    assert versions["clinigait"] == "0.1.0"
    assert versions["weights pose, SHA-256"] == "0f1e2d3c" * 8
    made = replace(assessed(1), predictions=(prediction(),))
    spoken = _resources(fhir_bundle(made, DEFINITIONS), "Device")[0]
    assert "scoliosis_test-0a1b2c3d" in [entry["value"] for entry in spoken["version"]]


def test_a_value_carries_interval_spread_count_and_reference() -> None:
    speed = _find(fhir_bundle(assessed(), DEFINITIONS), "speed_mps")
    assert speed["code"]["text"] == "Walking speed"
    assert speed["valueQuantity"] == {
        "value": pytest.approx(1.205, abs=0.01), "unit": "m/s", "system": UCUM, "code": "m/s",
    }  # fmt: skip
    parts = {part["code"]["coding"][0]["code"]: part for part in speed["component"]}
    low, high = (parts[f"interval-95-{end}"]["valueQuantity"]["value"] for end in ("low", "high"))
    assert low < speed["valueQuantity"]["value"] < high
    assert parts["count"]["valueInteger"] == 18
    assert "standard-deviation" in parts
    limits = speed["referenceRange"][0]
    assert (limits["low"]["value"], limits["high"]["value"]) == (1.19, 1.59)
    assert "Bohannon" in limits["text"]
    assert limits["appliesTo"][0]["text"].startswith("women aged 40")


def test_a_reference_is_given_only_where_one_applies() -> None:
    found = _resources(fhir_bundle(assessed(), DEFINITIONS), "Observation")
    assert sum("referenceRange" in part for part in found) == 1
    for part in found:
        assert ("interpretation" in part) == ("referenceRange" in part)


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1.18, "L", "Below the reference range (mean ± 1 SD)"),
        (1.19, "N", "Within the reference range (mean ± 1 SD)"),
        (1.59, "N", "Within the reference range (mean ± 1 SD)"),
        (1.60, "H", "Above the reference range (mean ± 1 SD)"),
        (None, None, None),
    ],
)
def test_the_interpretation_says_on_which_side_of_which_range(value, code, text) -> None:
    parameter = Parameter(
        "speed_mps", "both", value, "m/s", 4, reason="not seen", reference=REFERENCES["speed_mps"]
    )
    speed = _find(fhir_bundle(_with(parameter), DEFINITIONS), "speed_mps")
    assert "referenceRange" in speed
    if code is None:
        assert "interpretation" not in speed
    else:
        (found,) = speed["interpretation"]
        assert (found["coding"][0]["code"], found["text"]) == (code, text)
        assert found["coding"][0]["system"].endswith("/v3-ObservationInterpretation")


def _with(*parameters: Parameter) -> Assessment:
    made = assessed(1)
    assert made.measurement is not None
    return replace(made, measurement=replace(made.measurement, parameters=parameters))


def test_two_values_of_one_name_have_ids_of_their_own() -> None:
    twice = Parameter("speed_mps", "both", 1.0, "m/s", 4)
    bundle = fhir_bundle(_with(twice, twice, replace(twice, name="speed_mps\0")), DEFINITIONS)
    test_every_reference_leads_to_a_resource_of_the_bundle(bundle)
    test_every_local_code_is_explained_by_the_code_system(bundle)


def test_the_report_prints_its_values_for_whoever_reads_no_structured_data() -> None:
    report = _resources(fhir_bundle(assessed(), DEFINITIONS), "DiagnosticReport")[0]
    page = ElementTree.fromstring(report["text"]["div"])  # noqa: S314
    assert page.tag == "{http://www.w3.org/1999/xhtml}div"
    rows = [[cell.text or "" for cell in row] for row in page[1]]
    assert rows[0] == ["Parameter", "Side", "Value", "95 % interval", "Reference range"]
    (speed,) = (row for row in rows if row[0] == "Walking speed")
    assert speed[2].endswith(" m/s")
    assert speed[4] == "1.19 to 1.59"
    assert ["Arm swing", "left"] in [row[:2] for row in rows]
    assert RESEARCH_USE_ONLY in (page[0].text or "")
    # What cannot be had is its reason in words, never a number.
    assert any("hidden behind the body" in row[2] for row in rows)


def test_cadence_is_counted_in_steps() -> None:
    cadence = _find(fhir_bundle(assessed(), DEFINITIONS), "cadence_spm")
    assert cadence["valueQuantity"]["code"] == "{steps}/min"


def test_the_sides_have_their_own_observations() -> None:
    bundle = fhir_bundle(assessed(), DEFINITIONS)
    left, right = (_find(bundle, "stance_pct", side) for side in ("left", "right"))
    assert left["bodySite"]["text"] == "Left side of the body"
    assert left["id"] != right["id"]
    missing = _find(bundle, "arm_swing_deg", "left")
    assert missing["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert "hidden" in missing["dataAbsentReason"]["text"]


def test_warnings_and_cautions_are_notes() -> None:
    bundle = fhir_bundle(assessed(), DEFINITIONS)
    notes = [note["text"] for note in _find(bundle, "gait-panel")["note"]]
    assert any("24 ms" in text for text in notes)
    assert "30 frames" in _find(bundle, "stride_time_cv_pct", "left")["note"][0]["text"]


def test_height_and_mass_are_vital_signs_in_their_units() -> None:
    bundle = fhir_bundle(assessed(), DEFINITIONS)
    height, mass = _find(bundle, "8302-2"), _find(bundle, "29463-7")
    assert height["valueQuantity"]["value"] == 171.0
    assert height["valueQuantity"]["code"] == "cm"
    assert mass["valueQuantity"]["code"] == "kg"
    nobody = fhir_bundle(assessed(1, subject=Subject()), DEFINITIONS)
    assert not [n for n in _walk(nobody) if _is(n, "system") and n["system"] == LOINC]


def test_a_refusal_has_no_result_but_a_reason() -> None:
    bundle = fhir_bundle(refused(), DEFINITIONS)
    panel = _find(bundle, "gait-panel")
    assert panel["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert "Only 1 whole stride" in panel["dataAbsentReason"]["text"]
    assert "Film a walk" in _resources(bundle, "DiagnosticReport")[0]["conclusion"]


def test_equal_assessments_give_equal_bytes_and_different_ones_other_ids(tmp_path: Path) -> None:
    for name, made in {"a": assessed(), "b": assessed(), "c": assessed(seed=8)}.items():
        write_fhir(made, tmp_path / name, DEFINITIONS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    first, other = (_ids(tmp_path / name) for name in "ac")
    assert not first & other


def _ids(path: Path) -> set[str]:
    return {part["id"] for part in _resources(json.loads(path.read_text(encoding="utf-8")))}


HOSTILE = (
    "<script>alert(1)</script><b/>&amp;", "=1+1", "\u202egnp.exe\u202c", "a\0b\x07c\x1b[31m\ud800",
    "W" * 10_000, "\ufffe\ufdd0", "\t\n\u2028 ",
)  # fmt: skip


@pytest.mark.parametrize("nasty", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_in_every_field_gives_a_sound_bundle(nasty: str, tmp_path: Path) -> None:
    made = replace(
        assessed(1, with_curves=False), predictions=(prediction(), prediction(abstains=True))
    )
    hostile = spoilt(made, nasty)
    path = tmp_path / "f.json"
    write_fhir(hostile, path, DEFINITIONS)
    bundle = json.loads(path.read_text(encoding="utf-8"))
    test_nothing_is_empty(bundle)
    test_every_reference_leads_to_a_resource_of_the_bundle(bundle)
    test_every_local_code_is_explained_by_the_code_system(bundle)
    _check_r4(bundle, "Bundle")
    page = _resources(bundle, "DiagnosticReport")[0]["text"]["div"]
    tags = {node.tag.rpartition("}")[2] for node in ElementTree.fromstring(page).iter()}  # noqa: S314
    assert tags <= {"div", "p", "table", "tr", "th", "td"}
    texts = [node for node in _walk(bundle) if isinstance(node, str)]
    assert not any(sign in text for text in texts for sign in "\0\x1b\u202e\u202c\ufffe\ufdd0")
    assert all(len(text) < 2600 for text in texts if text != page)


@pytest.mark.parametrize("created_at", ["yesterday", "2026-11-22T14:05:09", ""])
def test_a_time_without_a_zone_is_a_bad_input(created_at: str, tmp_path: Path) -> None:
    made: Assessment = assessed(1)
    odd = replace(made, provenance=replace(made.provenance, created_at=created_at))
    with pytest.raises(BadInputError, match="when it was made"):
        write_fhir(odd, tmp_path / "f.json", DEFINITIONS)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        write_fhir(refused(), tmp_path / "no" / "f.json", DEFINITIONS)


def test_what_a_model_says_is_a_preliminary_risk_in_per_cent_and_never_a_condition() -> None:
    made = replace(assessed(2), predictions=(prediction(research=True, synthetic=True),))
    bundle = fhir_bundle(made, DEFINITIONS)
    (risk,) = _resources(bundle, "RiskAssessment")
    assert risk["status"] == "preliminary"
    found = {p["outcome"]["text"]: p["probabilityDecimal"] for p in risk["prediction"]}
    assert found == {"Negative": 52.0, "Neutral": 36.0, "Positive": 12.0}
    first = risk["prediction"][0]["rationale"]
    assert first == "95 % interval 41 to 63 %. In the prediction set at 90 % coverage."
    assert risk["prediction"][2]["rationale"].endswith(
        "Not in the prediction set at 90 % coverage."
    )
    notes = " ".join(note["text"] for note in risk["note"])
    assert "RESEARCH" in notes
    assert "Right in 82 %" in notes
    assert "Baseline beside it: Age and sex: negative 70 %" in notes
    assert "It says nothing. No scale was known" in notes
    assert "synthetic walkers only" in notes
    assert not _resources(bundle, "Condition")
    assert all("Positive" not in part.get("conclusion", "") for part in _resources(bundle))


def test_a_model_that_says_nothing_has_no_probability_but_a_note() -> None:
    made = replace(assessed(2), predictions=(prediction(abstains=True),))
    (risk,) = _resources(fhir_bundle(made, DEFINITIONS), "RiskAssessment")
    assert "prediction" not in risk
    assert risk["note"][0]["text"].startswith("The model says nothing. The walk is unlike")
    assert risk["note"][0]["text"].endswith("Film it again.")
