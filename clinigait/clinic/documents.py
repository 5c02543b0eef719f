"""What is taken out of the clinic: report, FHIR, DICOM and tables of an opened assessment.

These make the bytes; whoever hands them to a user audits that first by
:func:`clinigait.clinic.results.export`.
"""

from __future__ import annotations

from clinigait.clinic.review import Opened
from clinigait.core import Assessment
from clinigait.core.review import SignOff
from clinigait.report.dicom import DicomOrder
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
    raise NotImplementedError


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
    raise NotImplementedError


def fhir(opened: Opened, signed: SignOff | None = None) -> bytes:
    """Return a FHIR R4 bundle: preliminary, final once signed, amended where it amends."""
    raise NotImplementedError


def dicom(
    opened: Opened,
    order: DicomOrder | None = None,
    language: str = "en",
    page_size: str = "a4",
    signed: SignOff | None = None,
    pdf: bytes | None = None,
) -> bytes:
    """Return the report as DICOM Encapsulated PDF; ``pdf`` is the signed one where there is one."""
    raise NotImplementedError


def csv(opened: Opened) -> bytes:
    """Return all parameters as one long table, harmless to spreadsheets."""
    raise NotImplementedError
