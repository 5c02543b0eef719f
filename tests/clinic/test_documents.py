"""Documents of an opened assessment, before and after it is signed."""

import json
from collections.abc import Iterator
from io import BytesIO

import pypdfium2
import pytest
from pydicom import dcmread

from clinigait.clinic import documents, signing
from clinigait.clinic.review import DeleteEvent, Opened, keep, opened
from clinigait.core import BadInputError
from clinigait.store import Store, open_store
from support.clinics import HOSTILE, quick_passwords
from support.reviewing import Visit, assessed_visit


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Iterator[tuple[Store, Visit, Opened]]:
    """A visit that was assessed and corrected."""
    folder = tmp_path_factory.mktemp("documents")
    with quick_passwords():
        store = open_store(folder / "data")
        visit = assessed_visit(store, folder)
        first = opened(store, visit.doctor, visit.assessment)
        event = first.assessment.measurement.events[3]
        corrections = [DeleteEvent(event.kind, event.side, event.time_s)]
        second = keep(store, visit.doctor, first, corrections, " ".join(HOSTILE))
        yield store, visit, opened(store, visit.doctor, second)
        store.close()


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    pages = [document[n].get_textpage().get_text_bounded() for n in range(len(document))]
    return " ".join(" ".join(pages).split())


def test_the_report_says_who_reviewed_and_what_was_corrected(made) -> None:
    text = text_of(documents.report_pdf(made[2]))
    assert "Events reviewed by doctor; corrections: 1." in text
    assert "Review of the events" in text
    assert "Deleted" in text
    assert "<script>alert(1)</script>" in text  # as text
    assert "Berg Balance Scale" in text
    assert "Signed" not in text


def test_it_says_so_in_chinese(made) -> None:
    text = text_of(documents.report_pdf(made[2], "zh", "letter"))
    for said in ("步态事件已由 doctor 复核", "步态事件的复核", "Berg 平衡量表", "删除"):
        assert said.replace(" ", "") in text.replace(" ", "")


def test_fhir_says_so_too_and_is_preliminary(made) -> None:
    bundle = json.loads(documents.fhir(made[2]))
    parts = [entry["resource"] for entry in bundle["entry"]]
    (report,) = [p for p in parts if p["resourceType"] == "DiagnosticReport"]
    assert report["status"] == "preliminary"
    assert "Events reviewed by doctor; corrections: 1." in report["conclusion"]
    (provenance,) = [p for p in parts if p["resourceType"] == "Provenance"]
    assert [a["type"]["coding"][0]["code"] for a in provenance["agent"]] == [
        "assembler",
        "verifier",
    ]
    berg = [p for p in parts if p.get("code", {}).get("text") == "Berg Balance Scale"]
    assert [b["valueQuantity"]["value"] for b in berg] == [51]


def test_what_is_signed_is_final_and_an_amendment_amended(made) -> None:
    store, visit, found = made
    doctor = visit.doctor
    first = documents.sign(store, doctor, found)
    signed = opened(store, doctor, found.version.id)
    assert signed.signed.id == first
    assert (signed.sign_off.by, signed.sign_off.amends) == ("doctor", None)
    pdf = signing.report(store, doctor, first)
    assert "Signed doctor, " in text_of(pdf)
    assert documents.report_pdf(signed) == pdf
    assert b'"preliminary"' not in documents.fhir(signed)
    assert b'"final"' in documents.fhir(signed)
    assert dcmread(BytesIO(documents.dicom(signed, pdf=pdf))).VerificationFlag == "VERIFIED"
    assert dcmread(BytesIO(documents.dicom(found))).VerificationFlag == "UNVERIFIED"
    event = signed.assessment.measurement.events[-4]
    third = keep(store, doctor, signed, [DeleteEvent(event.kind, event.side, event.time_s)])
    with pytest.raises(BadInputError, match="reason"):
        documents.sign(store, doctor, opened(store, doctor, third))
    documents.sign(store, doctor, opened(store, doctor, third), reason="A wrong event.")
    amended = opened(store, doctor, third)
    assert amended.sign_off.amends == "A wrong event."
    assert b'"amended"' in documents.fhir(amended)
    assert "amends an earlier report: A wrong event." in text_of(documents.report_pdf(amended))


def test_the_table_is_the_long_one(made) -> None:
    head, *rows = documents.csv(made[2]).decode().splitlines()
    assert "parameter" in head
    assert len(rows) == len(made[2].assessment.measurement.parameters)


def test_an_unknown_language_is_told(made) -> None:
    with pytest.raises(BadInputError):
        documents.report_pdf(made[2], "xx")
