"""The FHIR bundle is sound R4: complete, consistent in itself, without a name, reproducible."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clinigait.core import Assessment, BadInputError, Parameter, Subject
from clinigait.report.fhir import fhir_bundle, write_fhir
from clinigait.report.fhir_codes import CODE_SYSTEM, LOINC, UCUM, UCUM_CODES
from clinigait.report.wording import RESEARCH_USE_ONLY
from support.assessments import DEFINITIONS, assessed, prediction, refused

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

#: Elements of R4 (4.0.1) that the bundle may use; everything else is another release or a slip.
_ANY = {"resourceType", "id", "meta"}
R4 = {
    "Bundle": _ANY | {"type", "timestamp", "entry"},
    "DiagnosticReport": _ANY
    | {"status", "category", "code", "subject", "effectiveDateTime", "issued", "result"}
    | {"conclusion", "resultsInterpreter", "presentedForm"},
    "Observation": _ANY
    | {"status", "category", "code", "subject", "effectiveDateTime", "issued", "valueQuantity"}
    | {"dataAbsentReason", "note", "bodySite", "method", "device", "referenceRange"}
    | {"hasMember", "component", "interpretation"},
    "RiskAssessment": _ANY
    | {"status", "method", "code", "subject", "occurrenceDateTime", "performer", "basis"}
    | {"prediction", "note"},
    "Device": _ANY | {"status", "deviceName", "type", "version", "note"},
    "Provenance": _ANY | {"target", "recorded", "activity", "agent", "entity"},
    "CodeSystem": _ANY
    | {"url", "name", "title", "status", "experimental", "caseSensitive", "content", "concept"},
}
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
    assert set(bundle) <= R4["Bundle"]
    assert bundle["type"] == "collection"
    for part in _resources(bundle):
        kind = part["resourceType"]
        assert set(part) <= R4[kind]
        assert set(part) >= REQUIRED[kind]


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
    assert not any("interpretation" in part for part in found)


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


def test_hostile_text_gives_a_sound_bundle(tmp_path: Path) -> None:
    nasty = "<b>\x00\n\ud800\t " + "W" * 5000
    made = assessed(1)
    assert made.measurement is not None
    parameter = Parameter(nasty, "left", 1.0, nasty, 1, reason=nasty)
    hostile = replace(
        made,
        subject=Subject(code=nasty),
        measurement=replace(made.measurement, parameters=(parameter,)),
    )
    write_fhir(hostile, tmp_path / "f.json", DEFINITIONS)
    bundle = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    test_nothing_is_empty(bundle)


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
    notes = " ".join(note["text"] for note in risk["note"])
    assert "RESEARCH" in notes
    assert "synthetic walkers only" in notes
    assert not _resources(bundle, "Condition")
    assert all("Positive" not in part.get("conclusion", "") for part in _resources(bundle))


def test_a_model_that_says_nothing_has_no_probability_but_a_note() -> None:
    made = replace(assessed(2), predictions=(prediction(abstains=True),))
    (risk,) = _resources(fhir_bundle(made, DEFINITIONS), "RiskAssessment")
    assert "prediction" not in risk
    assert risk["note"][0]["text"].startswith("The model says nothing. The walk is unlike")
