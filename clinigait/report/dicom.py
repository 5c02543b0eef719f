"""Write the report of an assessment as a DICOM file: the PDF, encapsulated, with patient and study.

Encapsulated PDF Storage (DICOM PS3.3 A.45.1). What is not known stays empty where the standard
allows it (type 2) and is left out where it is optional; nothing is made up. Unique identifiers come
from what the file holds, below 2.25 (PS3.5 B.2): equal input gives equal bytes, and whatever is
written differently has another instance identifier.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid5

from clinigait._version import __version__
from clinigait.core import Assessment, BadInputError, Subject
from clinigait.io.assessment import assessment_json
from clinigait.io.output import replace_file
from clinigait.report.dates import moment_of
from clinigait.report.fhir_codes import CODE_SYSTEM, REPORT, hidden
from clinigait.report.text import synthetic_mark
from clinigait.report.wording import ENGLISH

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileMetaDataset

ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"
EXPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
_NAMESPACE: Final = UUID("a6779376-ae55-56c6-8849-c30ea9b76e86")
_IMPLEMENTATION_UID: Final = f"2.25.{uuid5(_NAMESPACE, 'clinigait/implementation').int}"
#: Our own coding scheme; designators that begin with 99 need no registration.
_SCHEME: Final = "99CLINIGAIT"
_SEXES: Final = {"female": "F", "male": "M"}

#: Reports with pictures take about 1 MB; anything far larger is something else.
MAX_PDF_BYTES: Final = 256 * 1024 * 1024
_UID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+", re.ASCII)
_DATE = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})", re.ASCII)


@dataclass(frozen=True)
class DicomOrder:
    """What the hospital's order says of patient and study; everything may be unknown.

    Parameters
    ----------
    patient_id
        Identifier of the patient; None takes the pseudonymous code of the assessment.
    patient_name
        ``Family^Given^Middle^Prefix^Suffix``, up to three spellings divided by ``=``.
    birth_date
        ``YYYY-MM-DD`` or ``YYYYMMDD``.
    accession_number
        Number of the order.
    study_uid
        Identifier of the study that the report belongs to; None makes a study of its own.
    """

    patient_id: str | None = None
    patient_name: str | None = None
    birth_date: str | None = None
    accession_number: str | None = None
    study_uid: str | None = None


def write_dicom(
    assessment: Assessment,
    pdf: bytes,
    path: Path,
    order: DicomOrder | None = None,
    *,
    verified: bool = False,
) -> None:
    """Write an Encapsulated PDF, all or nothing.

    Equal input gives equal bytes.

    Parameters
    ----------
    assessment
        What the report tells of; a refused one has a report too.
    pdf
        The report.
    path
        The file; an older one is replaced.
    order
        Patient and study, where the hospital's order is known.
    verified
        Whether a clinician has signed the report.

    Raises
    ------
    BadInputError
        If the file cannot be written, the PDF is none, a value of the order does not keep the
        rules of DICOM, or the assessment does not say when it was made.
    """
    from pydicom import dcmwrite  # noqa: PLC0415  slow to import

    found = dicom_dataset(assessment, pdf, order or DicomOrder(), verified=verified)
    content = BytesIO()
    dcmwrite(content, found, enforce_file_format=True)
    replace_file(path, content.getvalue())


def read_pdf(path: Path) -> bytes:
    """Return the content of a PDF that is whole and open to every reader.

    Raises
    ------
    BadInputError
        If it is missing, none, cut short, protected by a password or too large.
    """
    try:
        if not path.is_file():
            raise BadInputError(f"{path.name} is not there, or not a file.", _PDF_REMEDY)
        if path.stat().st_size > MAX_PDF_BYTES:
            raise BadInputError(f"{path.name} is too large for a report.", _PDF_REMEDY)
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path.name} cannot be read.", _PDF_REMEDY) from error
    _check_pdf(content, path.name)
    return content


_PDF_REMEDY: Final = "Give the PDF that `clinigait report` wrote."


def _check_pdf(content: bytes, name: str) -> None:
    if not content.startswith(b"%PDF-"):
        raise BadInputError(f"{name} is not a PDF.", _PDF_REMEDY)
    if b"%%EOF" not in content[-1024:]:
        raise BadInputError(f"{name} is cut short.", _PDF_REMEDY)
    if b"/Encrypt" in content:
        raise BadInputError(f"{name} is protected by a password.", _PDF_REMEDY)


def dicom_dataset(
    assessment: Assessment, pdf: bytes, order: DicomOrder, *, verified: bool = False
) -> Dataset:
    """Return the data set that is written, with its file meta information.

    Raises
    ------
    BadInputError
        As :func:`write_dicom`, but for the writing.
    """
    from pydicom.dataset import Dataset  # noqa: PLC0415  slow to import

    _check_pdf(pdf, "The report")
    made_at = _made_at(assessment)
    seed = hashlib.sha256(assessment_json(assessment).encode()).hexdigest()
    found = Dataset()
    _patient(found, assessment, order, made_at)
    _study(found, assessment.subject, order, made_at, seed)
    _series_and_equipment(found, assessment, seed)
    _document(found, assessment, pdf, made_at)
    found.VerificationFlag = "VERIFIED" if verified else "UNVERIFIED"
    found.SOPClassUID = ENCAPSULATED_PDF
    found.SOPInstanceUID = _uid("instance", hashlib.sha256(_encoded(found)).hexdigest())
    found.file_meta = _meta(found.SOPInstanceUID)
    return found


def _made_at(assessment: Assessment) -> datetime:
    moment = moment_of(assessment.provenance.created_at)
    if moment is None or moment.tzinfo is None:
        raise BadInputError(
            "The assessment does not say when it was made, in ISO 8601 with an offset.",
            "Give the assessment.json that `clinigait assess` wrote.",
        )
    return moment


def _uid(*parts: str) -> str:
    return f"2.25.{uuid5(_NAMESPACE, '/'.join(parts)).int}"


def _encoded(found: Dataset) -> bytes:
    from pydicom import dcmwrite  # noqa: PLC0415  slow to import

    content = BytesIO()
    dcmwrite(content, found, implicit_vr=False, little_endian=True)
    return content.getvalue()


def _meta(instance_uid: str) -> FileMetaDataset:
    from pydicom.dataset import FileMetaDataset  # noqa: PLC0415  slow to import
    from pydicom.uid import UID  # noqa: PLC0415

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(ENCAPSULATED_PDF)
    meta.MediaStorageSOPInstanceUID = UID(instance_uid)
    meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE_ENDIAN)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_UID)
    meta.ImplementationVersionName = f"CLINIGAIT {__version__}"[:16]
    return meta


def _patient(found: Dataset, assessment: Assessment, order: DicomOrder, made_at: datetime) -> None:
    """Fill the Patient module (PS3.3 C.7.1.1)."""
    subject = assessment.subject
    given = subject.code if order.patient_id is None else order.patient_id
    what = "The patient's code" if order.patient_id is None else "The patient ID"
    found.SpecificCharacterSet = "ISO_IR 192"
    found.PatientName = _name(order.patient_name)
    found.PatientID = _text(given, what, 64, "Give another one with --patient-id.")
    found.PatientBirthDate = _birth_date(order.birth_date, made_at.date())
    found.PatientSex = _SEXES.get(subject.sex or "", "")


def _study(
    found: Dataset, subject: Subject, order: DicomOrder, made_at: datetime, seed: str
) -> None:
    """Fill General Study (C.7.2.1) and Patient Study (C.7.2.2).

    The date of a study that an order names is the order's, and not known here.
    """
    own = order.study_uid is None
    found.StudyInstanceUID = _uid("study", seed, found.PatientID) if own else _study_uid(order)
    found.StudyDate = made_at.strftime("%Y%m%d") if own else ""
    found.StudyTime = made_at.strftime("%H%M%S") if own else ""
    remedy = "Give the number of the order with --accession-number."
    found.AccessionNumber = _text(order.accession_number, "The accession number", 16, remedy)
    found.ReferringPhysicianName = ""
    found.StudyID = ""
    if subject.age_y is not None and 0 <= subject.age_y < 1000:
        months = subject.age_y < 2
        found.PatientAge = f"{int(subject.age_y * (12 if months else 1)):03d}{'YM'[months]}"
    if subject.height_m is not None and 0 < subject.height_m < 10:
        found.PatientSize = f"{subject.height_m:.3f}"
    if subject.mass_kg is not None and 0 < subject.mass_kg < 1000:
        found.PatientWeight = f"{subject.mass_kg:.2f}"


def _series_and_equipment(found: Dataset, assessment: Assessment, seed: str) -> None:
    """Fill Encapsulated Document Series (C.24.1), General and SC Equipment (C.7.5.1, C.8.6.1)."""
    found.Modality = "DOC"
    found.SeriesInstanceUID = _uid("series", seed, found.StudyInstanceUID)
    found.SeriesNumber = 1
    found.SeriesDescription = "Gait report, research use only"
    found.Manufacturer = "clinigait"
    found.ManufacturerModelName = "clinigait"
    found.SoftwareVersions = _plain(assessment.provenance.clinigait_version, 64) or "unknown"
    found.ConversionType = "WSD"


def _document(found: Dataset, assessment: Assessment, pdf: bytes, made_at: datetime) -> None:
    """Fill Encapsulated Document (C.24.2) and SOP Common (C.12.1)."""
    from pydicom.dataset import Dataset  # noqa: PLC0415  slow to import
    from pydicom.sequence import Sequence  # noqa: PLC0415

    mark = synthetic_mark(assessment, ENGLISH)
    title = "Gait report" if assessment.measurement else "Gait report: no measurement"
    code, scheme = Dataset(), Dataset()
    code.CodeValue, code.CodeMeaning = REPORT.code, REPORT.display
    code.CodingSchemeDesignator = scheme.CodingSchemeDesignator = _SCHEME
    scheme.CodingSchemeUID = CODE_SYSTEM.removeprefix("urn:oid:")
    scheme.CodingSchemeName = "Codes of the clinigait gait report"
    found.InstanceNumber = 1
    found.ContentDate = found.InstanceCreationDate = made_at.strftime("%Y%m%d")
    found.ContentTime = found.InstanceCreationTime = made_at.strftime("%H%M%S")
    found.TimezoneOffsetFromUTC = made_at.strftime("%z")[:5]
    found.AcquisitionDateTime = ""  # when the walk was filmed is not known
    found.BurnedInAnnotation = "YES"  # the code of the person stands on every page
    found.ConceptNameCodeSequence = Sequence([code])
    found.CodingSchemeIdentificationSequence = Sequence([scheme])
    found.DocumentTitle = f"{title} ({mark})" if mark else title
    found.SyntheticData = "YES" if assessment.synthetic else "NO"
    found.MIMETypeOfEncapsulatedDocument = "application/pdf"
    found.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    found.EncapsulatedDocumentLength = len(pdf)


# ------------------------------------------------------------------ rules of the values (PS3.5 6.2)


def _text(given: str | None, what: str, most: int, remedy: str) -> str:
    """Return a short or long string (SH, LO): what may stand in it, and how long it may be."""
    if given is None:
        return ""
    text = given.strip(" ")
    if not 1 <= len(text) <= most:
        told = f"has {len(text)} letters; DICOM takes up to {most}" if text else "is empty"
        raise BadInputError(f"{what} {told}.", remedy)
    _check_signs(text, what, remedy)
    return text


def _check_signs(text: str, what: str, remedy: str) -> None:
    bad = next((sign for sign in text if sign == "\\" or hidden(sign)), None)
    if bad is not None:
        told = "a backslash" if bad == "\\" else f"the hidden sign U+{ord(bad):04X}"
        raise BadInputError(f"{what} has {told} in it, which DICOM does not take.", remedy)


def _plain(text: str, most: int) -> str:
    """Return text of our own files as DICOM takes it."""
    kept = "".join(" " if sign == "\\" or hidden(sign) else sign for sign in text)
    return " ".join(kept.split())[:most].rstrip()


def _name(given: str | None) -> str:
    """Return a person's name (PN): groups of at most 64 letters and five parts."""
    if given is None:
        return ""
    what, remedy = "The patient's name", "Write it as Family^Given^Middle^Prefix^Suffix."
    text = given.strip(" ")
    groups = text.split("=")
    if not text.strip("^= "):
        raise BadInputError(f"{what} is empty.", remedy)
    _check_signs(text, what, remedy)
    if len(groups) > 3:
        raise BadInputError(f"{what} has {len(groups)} spellings; DICOM takes up to 3.", remedy)
    for group in groups:
        if len(group) > 64:
            raise BadInputError(f"{what} has {len(group)} letters; DICOM takes up to 64.", remedy)
        if group.count("^") > 4:
            raise BadInputError(f"{what} has more than five parts.", remedy)
    return text


def _birth_date(given: str | None, today: date) -> str:
    if given is None:
        return ""
    found = _DATE.fullmatch(given.strip(" "))
    try:
        born = date(*map(int, found.groups())) if found else None
    except ValueError:
        born = None
    if born is None or not date(1850, 1, 1) <= born <= today:
        raise BadInputError(
            f"{given[:40]!r} is no date of birth.", "Give it as YYYY-MM-DD, with --birth-date."
        )
    return born.strftime("%Y%m%d")


def _study_uid(order: DicomOrder) -> str:
    uid = (order.study_uid or "").strip(" ")
    if len(uid) > 64 or not _UID.fullmatch(uid):
        raise BadInputError(
            f"{uid[:80]!r} is no DICOM identifier of a study.",
            "Give digits and dots, 64 at most, as the order has them, with --study-uid.",
        )
    return uid
