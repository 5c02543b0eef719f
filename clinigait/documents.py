"""The report of an assessment with what stands beside it: reference curves, an earlier visit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from clinigait.core import Assessment, SignOff
from clinigait.findings import change_findings, in_order
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.compare import Comparison, compare
from clinigait.gait.norms import curve_reference
from clinigait.report.contents import Beside, ReferenceCurve
from clinigait.report.pdf import write_report

_SPEED = "speed_normalised"
_CURVES = ("hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg")


def write_pdf(
    assessment: Assessment,
    folder: Path,
    path: Path,
    language: str = "en",
    page_size: str = "a4",
    earlier: Assessment | None = None,
    sign_off: SignOff | None = None,
) -> None:
    """Write the report of an assessment.

    Parameters
    ----------
    assessment
        What to print.
    folder
        The folder that the paths of its pictures are relative to.
    path
        The PDF; an older one is replaced.
    language, page_size
        As for :func:`clinigait.report.pdf.write_report`.
    earlier
        An earlier visit, or another condition, of the same person; None for none.
    sign_off
        Who signed; None where nobody did.

    Raises
    ------
    BadInputError
        If the two assessments cannot be compared at all (one was refused, two people), if
        language or size are not known, or if the file cannot be written.
    """
    changes: tuple[Comparison, ...] = ()
    if earlier is not None:
        changes = compare(earlier, assessment)
        told = change_findings(changes, earlier, assessment, CATALOGUE)
        findings = in_order((*assessment.findings, *told), CATALOGUE)
        assessment = replace(assessment, findings=findings)
    beside = Beside(reference_curves(assessment), earlier, changes, sign_off)
    write_report(assessment, folder, path, CATALOGUE, language, page_size, beside)


def reference_curves(assessment: Assessment) -> dict[str, ReferenceCurve]:
    """Return the curves of others at the speed of this walk; none where it is not known."""
    measurement = assessment.measurement
    if measurement is None:
        return {}
    speed = next((p.value for p in measurement.parameters if p.name == _SPEED), None)
    if speed is None:
        return {}
    age_y = assessment.subject.age_y
    return {name: curve_reference(name, speed, age_y) for name in _CURVES}
