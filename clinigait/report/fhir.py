"""Write an assessment as a FHIR R4 Bundle.

One preliminary DiagnosticReport points to a panel Observation, the panel to one Observation a
parameter and side. What a model says, or that it says nothing, is a preliminary RiskAssessment.
LOINC has no code for a parameter of a clinic walk without its context, so the codes are of a local
system that the bundle carries along. Nothing names the person or the file. When the walk was filmed
is not known, so no result but the stated vital signs has an effective time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from clinigait.core import (
    Assessment,
    BadInputError,
    Grade,
    Measurement,
    Parameter,
    Reference,
    SignOff,
)
from clinigait.core.definition import Definition
from clinigait.findings import is_noteworthy
from clinigait.io.assessment import assessment_json
from clinigait.io.output import replace_file
from clinigait.report.dates import moment_of
from clinigait.report.fhir_codes import (
    ABSENT_SYSTEM,
    BODY_HEIGHT,
    BODY_MASS,
    CATEGORY_SYSTEM,
    CODE_SYSTEM,
    COMPONENTS,
    HASH_SYSTEM,
    INTERPRETATION_SYSTEM,
    PANEL,
    PARTICIPANT_SYSTEM,
    REPORT,
    REPORT_SECTION_SYSTEM,
    RESEARCH_USE,
    SIDES,
    SUBJECT_SYSTEM,
    TEST_DATA,
    URI_SYSTEM,
    Code,
    clean,
    quantity,
)
from clinigait.report.fhir_risk import prediction_notes, prediction_parts
from clinigait.report.fhir_text import narrative
from clinigait.report.review_pages import review_text, revision_text
from clinigait.report.wording import ENGLISH, RESEARCH_USE_ONLY

Resource = dict[str, Any]

_NAMESPACE = UUID("11bfb122-0fb0-5bab-b67d-ff2c031c8d1f")


def write_fhir(
    assessment: Assessment,
    path: Path,
    definitions: Mapping[str, Definition],
    sign_off: SignOff | None = None,
) -> None:
    """Write a FHIR R4 Bundle of type ``collection``, all or nothing.

    Equal assessments give equal bytes, ids included.

    Parameters
    ----------
    assessment
        What to write; of a refused one the report says why there is no result.
    path
        The file; an older one is replaced.
    definitions
        What the parameters mean, by name.
    sign_off
        Who signed: then everything is final, or amended where an earlier report was signed.

    Raises
    ------
    BadInputError
        If the file cannot be written, or the assessment does not say when it was made.
    """
    from fhir.resources.R4B.bundle import Bundle  # noqa: PLC0415  slow to import

    bundle = fhir_bundle(assessment, definitions, sign_off)
    Bundle.model_validate(bundle)
    replace_file(path, (json.dumps(bundle, ensure_ascii=False, indent=1) + "\n").encode())


def fhir_bundle(
    assessment: Assessment,
    definitions: Mapping[str, Definition],
    sign_off: SignOff | None = None,
) -> Resource:
    """Return the bundle as the JSON object that is written."""
    draft = _Draft(assessment, sign_off)
    results = _results(draft, definitions)
    device = _device(draft)
    stated = [*_stated(draft), *_scored(draft)]
    report = _report(draft, results, stated)
    risks = [_risk(draft, number) for number in range(len(assessment.predictions))]
    resources = [report, *results, *risks, *stated, device]
    targets = [report, *results, *risks]
    resources += [_provenance(draft, targets), _code_system(draft, definitions)]
    return {
        "resourceType": "Bundle",
        "id": draft.id("bundle"),
        "meta": _meta(assessment),
        "type": "collection",
        "timestamp": draft.made_at,
        "entry": [{"fullUrl": f"urn:uuid:{part['id']}", "resource": part} for part in resources],
    }


class _Draft:
    """What all resources of one bundle share."""

    def __init__(self, assessment: Assessment, sign_off: SignOff | None = None) -> None:
        self.assessment = assessment
        self.sign_off = sign_off
        self.made_at = _instant(assessment.provenance.created_at)
        content = assessment_json(assessment).encode()
        self._seed = hashlib.sha256(content).hexdigest()

    @property
    def status(self) -> str:
        """How far report and results have come."""
        if self.sign_off is None:
            return "preliminary"
        return "final" if self.sign_off.amends is None else "amended"

    def id(self, role: str) -> str:
        """Return the id of a resource: always the same for the same assessment."""
        name = f"{self._seed}/{role}".encode("utf-8", "backslashreplace").decode()
        return str(uuid5(_NAMESPACE, name))

    def reference(self, role: str) -> Resource:
        """Return a reference to the resource of that role."""
        return {"reference": f"urn:uuid:{self.id(role)}"}

    def start(self, kind: str, role: str) -> Resource:
        """Return a resource with what every one has."""
        return {"resourceType": kind, "id": self.id(role), "meta": _meta(self.assessment)}

    def subject(self) -> Resource:
        """Return the person by pseudonymous code; no Patient is part of the bundle."""
        code = clean(self.assessment.subject.code or "")
        if not code:
            return {"type": "Patient", "display": ENGLISH.no_code}
        return {"type": "Patient", "identifier": {"system": SUBJECT_SYSTEM, "value": code}}


def _meta(assessment: Assessment) -> Resource:
    tags = [RESEARCH_USE.coding()]
    if assessment.synthetic:
        tags.append(TEST_DATA.coding())
    return {"tag": tags}


def _instant(created_at: str) -> str:
    moment = moment_of(created_at)
    if moment is None or moment.tzinfo is None:
        raise BadInputError(
            "The assessment does not say when it was made, in ISO 8601 with an offset.",
            "Give the assessment.json that `clinigait assess` wrote.",
        )
    return moment.isoformat()


def _results(draft: _Draft, definitions: Mapping[str, Definition]) -> list[Resource]:
    """Return the panel and, after it, its members."""
    measurement = draft.assessment.measurement
    panel = _observation(draft, "panel", PANEL.concept())
    refusal = draft.assessment.refusal
    if refusal is not None:
        panel["dataAbsentReason"] = _absent("not-performed", "Not Performed", refusal.message)
        return [panel]
    parameters = measurement.parameters if measurement else ()
    members = [
        _parameter(draft, f"parameter/{number}", parameter, definitions)
        for number, parameter in enumerate(parameters)
    ]
    if members:
        panel["hasMember"] = [{"reference": f"urn:uuid:{member['id']}"} for member in members]
    notes = [
        {"text": clean(f"{check.name}: {check.message or check.limit} {check.remedy or ''}")}
        for check in (measurement.quality if measurement else ())
        if check.grade is not Grade.PASS
    ]
    return [{**panel, "note": notes} if notes else panel, *members]


def _observation(draft: _Draft, role: str, code: Resource) -> Resource:
    return {
        **draft.start("Observation", role),
        "status": draft.status,
        "category": [_category("procedure", "Procedure")],
        "code": code,
        "subject": draft.subject(),
        "issued": draft.made_at,
        "device": draft.reference("device"),
    }


def _category(code: str, display: str) -> Resource:
    return {"coding": [{"system": CATEGORY_SYSTEM, "code": code, "display": display}]}


def _parameter(
    draft: _Draft, role: str, parameter: Parameter, definitions: Mapping[str, Definition]
) -> Resource:
    entry = definitions.get(parameter.name)
    code = clean(parameter.name) or "parameter"
    title = clean(entry.title) if entry else code
    found = _observation(draft, role, Code(code, title).concept())
    if parameter.side in SIDES:
        found["bodySite"] = SIDES[parameter.side].concept()
    if parameter.value is None:
        reason = parameter.reason or "no reason given"
        found["dataAbsentReason"] = _absent("unknown", "Unknown", reason)
    else:
        found["valueQuantity"] = quantity(parameter.value, parameter.unit)
        caution = clean(parameter.reason or "")
        if caution:
            found["note"] = [{"text": caution}]
    found["method"] = {"text": _method(draft.assessment)}
    if parameter.reference:
        found["referenceRange"] = [_range(parameter.reference, parameter.unit)]
        if parameter.value is not None:
            found["interpretation"] = [_interpretation(parameter.value, parameter.reference)]
    components = _components(parameter)
    return {**found, "component": components} if components else found


def _absent(code: str, display: str, reason: str) -> Resource:
    coding = {"system": ABSENT_SYSTEM, "code": code, "display": display}
    return {"coding": [coding], "text": clean(reason) or display}


def _method(assessment: Assessment) -> str:
    seen = assessment.perception
    if seen is None:
        return "Markerless gait analysis of one video"
    learned = f" ({ENGLISH.pose_synthetic})" if assessment.pose_synthetic else ""
    return clean(f"Markerless gait analysis of one video {seen.pose}{learned}")


def _components(parameter: Parameter) -> list[Resource]:
    """Return the limits of the 95 % interval, the spread and the count behind the value."""
    if parameter.value is None:
        return []
    values = {"interval-95-low": parameter.low, "interval-95-high": parameter.high}
    values["standard-deviation"] = parameter.sd
    parts = [
        {"code": COMPONENTS[name].concept(), "valueQuantity": quantity(value, parameter.unit)}
        for name, value in values.items()
        if value is not None
    ]
    count = {"code": COMPONENTS["count"].concept(), "valueInteger": parameter.n}
    return [*parts, count]


def _range(reference: Reference, unit: str) -> Resource:
    return {
        "low": quantity(reference.low, unit),
        "high": quantity(reference.high, unit),
        "appliesTo": [{"text": clean(reference.population) or "not stated"}],
        "text": clean(f"{reference.kind}; {reference.source}"),
    }


def _interpretation(value: float, reference: Reference) -> Resource:
    """Return where the value lies; the words say of which range, for many are narrow ones."""
    code, display = "N", "Normal"
    text = f"Within the reference range ({reference.kind})"
    if value < reference.low:
        code, display, text = "L", "Low", f"Below the reference range ({reference.kind})"
    elif value > reference.high:
        code, display, text = "H", "High", f"Above the reference range ({reference.kind})"
    coding = {"system": INTERPRETATION_SYSTEM, "code": code, "display": display}
    return {"coding": [coding], "text": clean(text)}


def _stated(draft: _Draft) -> list[Resource]:
    """Return body height and mass where they were stated: the two that LOINC has codes for."""
    subject = draft.assessment.subject
    height_cm = None if subject.height_m is None else 100.0 * subject.height_m
    stated = ((BODY_HEIGHT, height_cm, "cm"), (BODY_MASS, subject.mass_kg, "kg"))
    return [
        {
            **draft.start("Observation", code.code),
            "status": draft.status,
            "category": [_category("vital-signs", "Vital Signs")],
            "code": code.concept(),
            "subject": draft.subject(),
            "effectiveDateTime": draft.made_at,
            "valueQuantity": quantity(value, unit),
            "note": [{"text": "As stated for this analysis; when it was measured is not known."}],
        }
        for code, value, unit in stated
        if value is not None
    ]


def _scored(draft: _Draft) -> list[Resource]:
    """Return the scales that the clinician scored; by name, for not all have codes."""
    return [
        {
            **draft.start("Observation", f"score/{score.key}"),
            "status": draft.status,
            "category": [_category("survey", "Survey")],
            "code": {"text": clean(score.name) or "scale"},
            "subject": draft.subject(),
            "effectiveDateTime": draft.made_at,
            "valueQuantity": quantity(score.value, score.unit),
            "note": [{"text": "Scored by a clinician."}],
        }
        for score in draft.assessment.scores
    ]


def _risk(draft: _Draft, number: int) -> Resource:
    """Return what a model says: probabilities of its categories, never a condition.

    A model that says nothing has no prediction, but a note that says why.
    """
    said = draft.assessment.predictions[number]
    notes = [revision_text(draft.assessment, said, ENGLISH), *prediction_notes(said)]
    found: Resource = {
        **draft.start("RiskAssessment", f"risk/{number}"),
        "status": draft.status,
        "method": {"text": clean(f"{ENGLISH.model_title}: {said.card_id}")},
        "code": {"text": clean(said.title) or "Model result"},
        "subject": draft.subject(),
        "occurrenceDateTime": draft.made_at,
        "performer": draft.reference("device"),
        "basis": [draft.reference("panel")],
        "note": [{"text": clean(text)} for text in notes if clean(text)],
    }
    parts = prediction_parts(said)
    return {**found, "prediction": parts} if parts else found


def _device(draft: _Draft) -> Resource:
    made, seen = draft.assessment.provenance, draft.assessment.perception
    versions = {"clinigait": made.clinigait_version, "Python": made.python_version}
    versions.update(made.packages)
    weights = sorted(seen.weights.items()) if seen else []
    versions.update({f"weights {name}, SHA-256": sha256 for name, sha256 in weights})
    versions.update(
        {f"card of the model {p.task}": p.card_id for p in draft.assessment.predictions}
    )
    told = [
        {"type": {"text": clean(name)}, "value": clean(version)}
        for name, version in versions.items()
        if clean(name) and clean(version)
    ]
    found: Resource = {
        **draft.start("Device", "device"),
        "status": "active",
        "deviceName": [{"name": "clinigait", "type": "user-friendly-name"}],
        "type": {"text": "Video gait analysis software"},
        "note": [{"text": RESEARCH_USE_ONLY}],
    }
    return {**found, "version": told} if told else found


def _report(draft: _Draft, results: Sequence[Resource], stated: Sequence[Resource]) -> Resource:
    """Return the report; it lists the panel and what was stated, and prints all of them."""
    section = {"system": REPORT_SECTION_SYSTEM, "code": "OTH", "display": "Other"}
    review = clean(review_text(draft.assessment, ENGLISH))
    parts = [_conclusion(draft.assessment), *([review] if review else []), RESEARCH_USE_ONLY]
    conclusion = " ".join(parts)
    signed = [] if draft.sign_off is None else [_person(draft.sign_off.by)]
    return {
        **draft.start("DiagnosticReport", "report"),
        "text": {"status": "generated", "div": narrative(conclusion, [*stated, *results[1:]])},
        "identifier": [{"system": URI_SYSTEM, "value": f"urn:uuid:{draft.id('report')}"}],
        "status": draft.status,
        "category": [{"coding": [section]}],
        "code": REPORT.concept(),
        "subject": draft.subject(),
        "issued": draft.made_at,
        "result": [{"reference": f"urn:uuid:{result['id']}"} for result in (results[0], *stated)],
        "conclusion": conclusion,
        **({"resultsInterpreter": signed} if signed else {}),
    }


def _person(name: str) -> Resource:
    """Return a member of the clinic's staff by the name of the account."""
    return {"type": "Practitioner", "display": clean(name) or "a user"}


def _conclusion(assessment: Assessment) -> str:
    """Return what was measured and how far to trust it; never what it may mean."""
    refusal, measurement = assessment.refusal, assessment.measurement
    if refusal is not None or measurement is None:
        told = (refusal.message, refusal.remedy) if refusal else ()
        return clean(" ".join((f"{ENGLISH.refusal_title}.", *told)))
    # What a model says stands in its RiskAssessment, never among conclusions.
    found = (f.text for f in assessment.findings if f.kind != "prediction" and is_noteworthy(f))
    return clean(" ".join((f"{_quality(measurement)}. {_strides(measurement)}.", *found)))


def _quality(measurement: Measurement) -> str:
    passed = sum(check.grade is Grade.PASS for check in measurement.quality)
    return ENGLISH.passed.format(count=passed, total=len(measurement.quality))


def _strides(measurement: Measurement) -> str:
    used = [stride.side for stride in measurement.strides if stride.used]
    return ENGLISH.strides_used.format(
        left=used.count("left"),
        right=used.count("right"),
        rejected=len(measurement.strides) - len(used),
    )


def _provenance(draft: _Draft, targets: Sequence[Resource]) -> Resource:
    assessment = draft.assessment
    assembler = {"system": PARTICIPANT_SYSTEM, "code": "assembler", "display": "Assembler"}
    protocol = assessment.protocol
    sources = [(f"Protocol {protocol.name} {protocol.version}", protocol.sha256)]
    if assessment.recording:
        sources.insert(0, ("Recording", assessment.recording.sha256))
    entities = [
        {
            "role": "source",
            "what": {
                "identifier": {"system": HASH_SYSTEM, "value": clean(sha256)},
                "display": clean(f"{name}, by its SHA-256"),
            },
        }
        for name, sha256 in sources
        if clean(sha256)
    ]
    found: Resource = {
        **draft.start("Provenance", "provenance"),
        "target": [{"reference": f"urn:uuid:{target['id']}"} for target in targets],
        "recorded": draft.made_at,
        "activity": {"text": "Gait measured from a video"},
        "agent": [
            {"type": {"coding": [assembler]}, "who": draft.reference("device")},
            *_people(draft),
        ],
    }
    return {**found, "entity": entities} if entities else found


def _people(draft: _Draft) -> list[Resource]:
    """Return who reviewed the events, and who signed, as agents of the provenance."""
    review = draft.assessment.review
    found = [("verifier", "Verifier", name) for name in (review.by if review else ())]
    if draft.sign_off is not None:
        found.append(("attester", "Attester", draft.sign_off.by))
    return [
        {
            "type": {"coding": [{"system": PARTICIPANT_SYSTEM, "code": code, "display": display}]},
            "who": _person(name),
        }
        for code, display, name in found
    ]


def _code_system(draft: _Draft, definitions: Mapping[str, Definition]) -> Resource:
    """Return the local codes with their meaning, so that the bundle explains itself."""
    measurement = draft.assessment.measurement
    entries = {
        clean(p.name) or "parameter": definitions.get(p.name)
        for p in (measurement.parameters if measurement else ())
    }
    concepts = [Code(code).concept_of_system(entry) for code, entry in entries.items()]
    common = [REPORT, PANEL, RESEARCH_USE, *COMPONENTS.values(), *SIDES.values()]
    return {
        **draft.start("CodeSystem", "codes"),
        "url": CODE_SYSTEM,
        "version": clean(draft.assessment.provenance.clinigait_version) or "0",
        "name": "ClinigaitCodes",
        "title": "Codes of the clinigait gait report",
        "status": "draft",
        "experimental": True,
        "caseSensitive": True,
        "content": "fragment",
        "concept": [*(code.concept_of_system(None) for code in common), *concepts],
    }
