"""The DICOM file names the right patient and study, holds the PDF as it was, and others read it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from clinigait.core import Assessment, BadInputError, Subject
from clinigait.report.dicom import DicomOrder, dicom_dataset, read_pdf, write_dicom
from clinigait.report.wording import ENGLISH
from support.assessments import assessed, refused, spoilt, with_synthetic_pose

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NAME = "Kowalska^Łucja^^Dr.=山田^花子"
ORDER = DicomOrder("4711", NAME, "1979-02-28", "A-2026/17", "1.2.840.99.1")
ASSESSED = assessed(1, with_curves=False)

#: Attributes of the mandatory modules of the Encapsulated PDF IOD (PS3.3 A.45.1) with their type:
#: 1 has a value, 2 is there, perhaps empty. Conditional ones are those whose condition holds.
IOD = {
    "patient": {"PatientName": 2, "PatientID": 2, "PatientBirthDate": 2, "PatientSex": 2},
    "general study": {
        "StudyInstanceUID": 1, "StudyDate": 2, "StudyTime": 2, "AccessionNumber": 2,
        "ReferringPhysicianName": 2, "StudyID": 2,
    },
    "encapsulated document series": {"Modality": 1, "SeriesInstanceUID": 1, "SeriesNumber": 1},
    "general equipment": {"Manufacturer": 2},
    "sc equipment": {"ConversionType": 1},
    "encapsulated document": {
        "InstanceNumber": 1, "ContentDate": 2, "ContentTime": 2, "AcquisitionDateTime": 2,
        "BurnedInAnnotation": 1, "ConceptNameCodeSequence": 2, "DocumentTitle": 2,
        "EncapsulatedDocument": 1, "MIMETypeOfEncapsulatedDocument": 1,
    },
    "sop common": {"SOPClassUID": 1, "SOPInstanceUID": 1, "SpecificCharacterSet": 1},
}  # fmt: skip
CASES = {
    "an order": (ASSESSED, ORDER),
    "no order": (ASSESSED, DicomOrder()),
    "nobody known": (assessed(1, subject=Subject()), DicomOrder()),
    "refused": (refused(), ORDER),
    "synthetic": (
        replace(ASSESSED, provenance=replace(ASSESSED.provenance, synthetic=True)), DicomOrder(),
    ),
}  # fmt: skip


def _written(made: Assessment, order: DicomOrder, path: Path, pdf: bytes = PDF) -> FileDataset:
    write_dicom(made, pdf, path, order)
    return dcmread(path)


@pytest.mark.parametrize("case", CASES)
def test_every_attribute_that_the_standard_asks_for_is_there(case: str, tmp_path: Path) -> None:
    found = _written(*CASES[case], tmp_path / "r.dcm")
    for module, attributes in IOD.items():
        for name, kind in attributes.items():
            assert name in found, f"{module}: {name}"
            assert kind == 2 or not found[name].is_empty, f"{module}: {name}"
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert found.file_meta.MediaStorageSOPClassUID == found.SOPClassUID
    assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
    assert found.SOPClassUID.name == "Encapsulated PDF Storage"
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert found[name].value.is_valid
    assert (tmp_path / "r.dcm").read_bytes()[:132] == b"\0" * 128 + b"DICM"


def test_patient_and_study_are_those_of_the_order(tmp_path: Path) -> None:
    found = _written(ASSESSED, ORDER, tmp_path / "r.dcm")
    assert found.SpecificCharacterSet == "ISO_IR 192"
    assert (found.PatientID, found.PatientBirthDate, found.PatientSex) == ("4711", "19790228", "F")
    assert (found.PatientName.family_name, found.PatientName.given_name) == ("Kowalska", "Łucja")
    assert found.PatientName.name_prefix == "Dr."
    assert found.PatientName.ideographic == "山田^花子"
    assert (found.AccessionNumber, found.StudyInstanceUID) == ("A-2026/17", "1.2.840.99.1")
    assert (found.PatientAge, found.PatientSize, found.PatientWeight) == ("047Y", 1.71, 68.5)
    # When the study of the order began, clinigait does not know.
    assert found.StudyDate == found.StudyTime == ""


def test_without_an_order_the_code_is_the_patient_and_the_study_is_the_assessments() -> None:
    found = dicom_dataset(ASSESSED, PDF, DicomOrder())
    assert found.PatientID == "Ж-17"
    assert found.PatientName == ""
    assert found.StudyInstanceUID.startswith("2.25.")
    assert (found.StudyDate, found.StudyTime) == ("20261122", "140509")
    assert found.TimezoneOffsetFromUTC == "+0100"
    assert found.VerificationFlag == "UNVERIFIED"
    assert found.SyntheticData == "NO"


def test_a_synthetic_walker_is_marked_as_no_person() -> None:
    found = dicom_dataset(*CASES["synthetic"][:1], PDF, DicomOrder())
    assert found.SyntheticData == "YES"
    assert ENGLISH.synthetic in found.DocumentTitle


@pytest.mark.parametrize("made", [ASSESSED, refused()], ids=["assessed", "refused"])
def test_the_title_says_that_synthetic_walkers_taught_the_keypoints_of_a_person(
    made: Assessment,
) -> None:
    found = dicom_dataset(with_synthetic_pose(made), PDF, DicomOrder())
    assert ENGLISH.pose_synthetic in found.DocumentTitle
    assert found.SyntheticData == "NO"
    assert "synthetic" not in dicom_dataset(made, PDF, DicomOrder()).DocumentTitle


@pytest.mark.parametrize("odd", [b"", b"\n"], ids=["even", "odd"])
def test_the_pdf_comes_back_as_it_was(odd: bytes, tmp_path: Path) -> None:
    pdf = PDF + odd
    found = _written(ASSESSED, ORDER, tmp_path / "r.dcm", pdf)
    assert found.EncapsulatedDocumentLength == len(pdf)
    assert found.EncapsulatedDocument[: len(pdf)] == pdf
    assert len(found.EncapsulatedDocument) % 2 == 0
    assert found.MIMETypeOfEncapsulatedDocument == "application/pdf"


def test_equal_input_gives_equal_bytes_and_other_content_another_instance(tmp_path: Path) -> None:
    one, two = (_written(ASSESSED, ORDER, tmp_path / name) for name in "ab")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    others = [
        dicom_dataset(ASSESSED, PDF + b"\n", ORDER),
        dicom_dataset(ASSESSED, PDF, replace(ORDER, patient_id="4712")),
        dicom_dataset(assessed(1, seed=8), PDF, ORDER),
    ]
    uids = {found.SOPInstanceUID for found in (one, two, *others)}
    assert len(uids) == 4
    assert others[0].SeriesInstanceUID == one.SeriesInstanceUID
    assert others[2].SeriesInstanceUID != one.SeriesInstanceUID
    # One study cannot be of two patients.
    first, second = (dicom_dataset(ASSESSED, PDF, DicomOrder(patient_id=p)) for p in "ab")
    assert first.StudyInstanceUID != second.StudyInstanceUID


def test_a_reader_that_is_not_pydicom_reads_it(tmp_path: Path) -> None:
    gdcm = pytest.importorskip("gdcm", reason="python-gdcm is not installed")
    path = tmp_path / "r.dcm"
    write_dicom(ASSESSED, PDF, path, ORDER)
    reader = gdcm.Reader()
    reader.SetFileName(str(path))
    assert reader.Read()
    text = gdcm.StringFilter()
    text.SetFile(reader.GetFile())
    for tag, value in {
        (0x0008, 0x0005): "ISO_IR 192",
        (0x0008, 0x0016): "1.2.840.10008.5.1.4.1.1.104.1",
        (0x0008, 0x0050): "A-2026/17",
        (0x0010, 0x0010): NAME,
        (0x0010, 0x0020): "4711",
        (0x0010, 0x0030): "19790228",
        (0x0020, 0x000D): "1.2.840.99.1",
        (0x0042, 0x0010): "Gait report",
        (0x0042, 0x0012): "application/pdf",
    }.items():
        assert text.ToString(gdcm.Tag(*tag)).strip(" \0") == value
    held = reader.GetFile().GetDataSet().GetDataElement(gdcm.Tag(0x0042, 0x0011)).GetByteValue()
    assert held.GetBuffer() == PDF.decode()


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (DicomOrder(patient_id=""), "patient ID is empty"),
        (DicomOrder(patient_id="x" * 65), "65 letters; DICOM takes up to 64"),
        (DicomOrder(patient_id="a\\b"), "a backslash"),
        (DicomOrder(patient_id="a\nb"), "hidden sign U+000A"),
        (DicomOrder(patient_id="\u202e17"), "hidden sign U+202E"),
        (DicomOrder(patient_name="  "), "name is empty"),
        (DicomOrder(patient_name="^^"), "name is empty"),
        (DicomOrder(patient_name="x" * 65), "65 letters"),
        (DicomOrder(patient_name="a^b^c^d^e^f"), "more than five parts"),
        (DicomOrder(patient_name="a=b=c=d"), "4 spellings"),
        (DicomOrder(patient_name="a\0"), "hidden sign U+0000"),
        (DicomOrder(birth_date="28.2.1979"), "no date of birth"),
        (DicomOrder(birth_date="1979-02-30"), "no date of birth"),
        (DicomOrder(birth_date="2179-02-28"), "no date of birth"),
        (DicomOrder(accession_number="x" * 17), "17 letters; DICOM takes up to 16"),
        (DicomOrder(study_uid=""), "no DICOM identifier"),
        (DicomOrder(study_uid="1.02.3"), "no DICOM identifier"),
        (DicomOrder(study_uid="3.2.1"), "no DICOM identifier"),
        (DicomOrder(study_uid="1." + "2" * 63), "no DICOM identifier"),
        (DicomOrder(study_uid="1.2.x"), "no DICOM identifier"),
        (DicomOrder(study_uid="1.٢"), "no DICOM identifier"),
    ],
)
def test_a_value_that_breaks_the_rules_is_one_sentence(
    order: DicomOrder, said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadInputError) as error:
        write_dicom(ASSESSED, PDF, tmp_path / "r.dcm", order)
    assert said in error.value.message
    assert error.value.remedy
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=20))
def test_any_text_is_kept_as_it_is_or_refused(code: str, name: str, number: str) -> None:
    try:
        made = dicom_dataset(ASSESSED, PDF, DicomOrder(code, name, None, number))
    except BadInputError:
        return
    content = BytesIO()
    made.save_as(content, enforce_file_format=True)
    found = dcmread(BytesIO(content.getvalue()))
    assert found.PatientID == code.strip(" ")
    assert str(found.PatientName).rstrip("^= ") == name.strip(" ").rstrip("^= ")
    assert found.AccessionNumber == number.strip(" ")


def test_a_code_that_no_dicom_file_can_hold_asks_for_another(tmp_path: Path) -> None:
    odd = replace(ASSESSED, subject=Subject(code="W" * 10_000))
    with pytest.raises(BadInputError, match="--patient-id"):
        write_dicom(odd, PDF, tmp_path / "r.dcm", DicomOrder())
    assert _written(odd, ORDER, tmp_path / "r.dcm").PatientID == "4711"


@pytest.mark.parametrize("nasty", ["<b>\0\\\n\u202e=1+1", "W" * 10_000, "\ud800"])
def test_hostile_text_of_the_assessment_does_no_harm(nasty: str, tmp_path: Path) -> None:
    found = _written(spoilt(ASSESSED, nasty), ORDER, tmp_path / "r.dcm")
    assert len(found.SoftwareVersions) <= 64
    assert "\0" not in found.SoftwareVersions


@pytest.mark.parametrize("age_y", [0.5, 1.99, 2.0, 102.7, 1e9, -1.0])
def test_an_age_is_told_in_months_first_then_in_years(age_y: float) -> None:
    made = replace(ASSESSED, subject=Subject(age_y=age_y, height_m=1e9, mass_kg=-3.0))
    found: Dataset = dicom_dataset(made, PDF, DicomOrder())
    wanted = {0.5: "006M", 1.99: "023M", 2.0: "002Y", 102.7: "102Y"}.get(age_y)
    assert found.get("PatientAge") == wanted
    assert "PatientSize" not in found
    assert "PatientWeight" not in found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a PDF"),
        (b"<html>", "not a PDF"),
        (PDF[:-8], "cut short"),
        (PDF.replace(b"<<>>\n%%", b"<</Encrypt 5 0 R>>\n%%"), "password"),
    ],
)
def test_what_is_no_open_and_whole_pdf_is_refused(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "r.pdf").write_bytes(content)
    with pytest.raises(BadInputError, match=said):
        read_pdf(tmp_path / "r.pdf")
    with pytest.raises(BadInputError, match=said):
        write_dicom(ASSESSED, content, tmp_path / "r.dcm", ORDER)
    assert not (tmp_path / "r.dcm").exists()


@pytest.mark.parametrize("name", ["nothing.pdf", ".", "a\0b"])
def test_a_pdf_that_is_not_there_is_a_bad_input(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        read_pdf(tmp_path / name)


def test_a_time_without_a_zone_and_a_place_that_is_not_there_are_bad_inputs(
    tmp_path: Path,
) -> None:
    odd = replace(ASSESSED, provenance=replace(ASSESSED.provenance, created_at="2026-11-22"))
    with pytest.raises(BadInputError, match="when it was made"):
        write_dicom(odd, PDF, tmp_path / "r.dcm", ORDER)
    with pytest.raises(BadInputError, match="cannot be written"):
        write_dicom(ASSESSED, PDF, tmp_path / "no" / "r.dcm", ORDER)
    assert list(tmp_path.iterdir()) == []
