"""What is taken out of the clinic: report, FHIR, DICOM and tables of an opened assessment.

These make the bytes; whoever hands them to a user audits that first by
:func:`clinigait.clinic.results.export`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from clinigait.clinic import signing
from clinigait.clinic.review import Opened, iso_of
from clinigait.core import Assessment, SignOff
from clinigait.documents import write_pdf
from clinigait.gait.catalogue import CATALOGUE
from clinigait.report.dicom import DicomOrder, write_dicom
from clinigait.report.fhir import write_fhir
from clinigait.report.tidy import write_csv
from clinigait.store import Store
from clinigait.store.accounts import Account


def report_pdf(
    opened: Opened,
    language: str = "en",
    page_size: str = "a4",
    signed: SignOff | None = None,
    earlier: Assessment | None = None,
) -> bytes:
    """Return the report as PDF.

    Parameters
    ----------
    opened
        Of what.
    language, page_size
        ``en`` or ``zh``; ``a4`` or ``letter``.
    signed
        What the report says of its signature; None takes the assessment's own, if it is signed.
    earlier
        An earlier visit to compare with.

    Raises
    ------
    BadInputError
        If language or page size are not known, or the two cannot be compared.
    """
    with TemporaryDirectory(prefix="clinigait-") as name:
        folder = Path(name)
        _lay_pictures(opened, folder)
        path = folder / "report.pdf"
        sign_off = signed or opened.sign_off
        write_pdf(opened.assessment, folder, path, language, page_size, earlier, sign_off)
        return path.read_bytes()


def _lay_pictures(opened: Opened, folder: Path) -> None:
    """Link the pictures that a report prints to where it looks for them."""
    seen = opened.assessment.perception
    wanted = [frame.file for frame in opened.assessment.frames]
    wanted += [person.picture for person in (seen.people if seen else ()) if person.picture]
    wanted += [
        f"saliency-{number}.png" for number, _ in enumerate(opened.assessment.predictions, 1)
    ]
    for name in wanted:
        source = opened.files.get(name)
        if source is not None:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def sign(
    store: Store,
    account: Account,
    opened: Opened,
    language: str = "en",
    page_size: str = "a4",
    reason: str = "",
) -> str:
    """Make the report with its signature on it and sign it; return the signature's id.

    Parameters
    ----------
    store, account, opened, language, page_size
        As :func:`report_pdf`.
    reason
        Why a signed report of the visit is amended; empty where there is none yet.

    Raises
    ------
    BadInputError, RefusedError
        As :func:`clinigait.clinic.signing.sign`.
    """
    sign_off = SignOff(account.name, iso_of(store.now_ms()), reason.strip() or None)
    pdf = report_pdf(opened, language, page_size, sign_off)
    return signing.sign(store, account, opened.version.id, pdf, reason)


def fhir(opened: Opened, signed: SignOff | None = None) -> bytes:
    """Return a FHIR R4 bundle: preliminary, final once signed, amended where it amends."""
    sign_off = signed or opened.sign_off
    return _written(lambda path: write_fhir(opened.assessment, path, CATALOGUE, sign_off))


def dicom(
    opened: Opened,
    order: DicomOrder | None = None,
    language: str = "en",
    page_size: str = "a4",
    signed: SignOff | None = None,
    pdf: bytes | None = None,
) -> bytes:
    """Return the report as DICOM Encapsulated PDF; ``pdf`` is the signed one where there is one."""
    content = pdf or report_pdf(opened, language, page_size, signed)
    verified = (signed or opened.sign_off) is not None
    return _written(
        lambda path: write_dicom(opened.assessment, content, path, order, verified=verified)
    )


def csv(opened: Opened) -> bytes:
    """Return all parameters as one long table, harmless to spreadsheets."""
    return _written(lambda path: write_csv(opened.assessment, path))


def _written(write: Callable[[Path], None]) -> bytes:
    with TemporaryDirectory(prefix="clinigait-") as folder:
        path = Path(folder) / "document"
        write(path)
        return path.read_bytes()
