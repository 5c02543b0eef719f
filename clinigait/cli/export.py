"""``clinigait export``: a walk or an assessment in a format of other programs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinigait.cli.clinic_data import Data, Url, opened
from clinigait.core import BadInputError, Depth, Space, Walk

if TYPE_CHECKING:
    from clinigait.core import Assessment

app = typer.Typer(
    no_args_is_help=True, help="Write a walk or an assessment in a format of other programs."
)

_WalkFile = Annotated[Path, typer.Argument(metavar="WALK.npz", help="A walk of an assessment.")]
_AssessmentFile = Annotated[
    Path, typer.Argument(metavar="ASSESSMENT.json", help="What `clinigait assess` wrote.")
]
_Out = Annotated[Path, typer.Option("--out", help="The file to write.")]


@app.command("trc")
def trc(walk_file: _WalkFile, out: _Out) -> None:
    """Write the keypoints of a walk as a TRC file (OpenSim, Pose2Sim)."""
    from clinigait.io.trc import write_trc  # noqa: PLC0415  --help stays quick

    _export_walk(walk_file, out, ".trc", write_trc)


@app.command("c3d")
def c3d(walk_file: _WalkFile, out: _Out) -> None:
    """Write the keypoints of a walk in three dimensions as a C3D file."""
    from clinigait.io.c3d import write_c3d  # noqa: PLC0415  --help stays quick

    _export_walk(walk_file, out, ".c3d", write_c3d)


@app.command("fhir")
def fhir(assessment_file: _AssessmentFile, out: _Out) -> None:
    """Write an assessment as a FHIR R4 bundle; of a refused one it says why there is no result."""
    from clinigait.gait.catalogue import CATALOGUE  # noqa: PLC0415  --help stays quick
    from clinigait.report.fhir import write_fhir  # noqa: PLC0415

    assessment = _assessment(assessment_file, out, ".json")
    write_fhir(assessment, out, CATALOGUE)
    _told(assessment, out)


@app.command("csv")
def csv(assessment_file: _AssessmentFile, out: _Out) -> None:
    """Write the parameters of an assessment as one long table (CSV)."""
    from clinigait.report.tidy import write_csv  # noqa: PLC0415  --help stays quick

    assessment = _assessment(assessment_file, out, ".csv")
    write_csv(assessment, out)
    _told(assessment, out)


@app.command("parquet")
def parquet(assessment_file: _AssessmentFile, out: _Out) -> None:
    """Write the same long table as Parquet, with types; needs the package pyarrow."""
    from clinigait.report.tidy import write_parquet  # noqa: PLC0415  --help stays quick

    assessment = _assessment(assessment_file, out, ".parquet")
    write_parquet(assessment, out)
    _told(assessment, out)


@app.command("dicom")
def dicom(  # noqa: PLR0913, PLR0917  every option of the command line is an argument
    assessment_file: _AssessmentFile,
    out: _Out,
    report: Annotated[
        Path | None, typer.Option("--report", help="PDF to use; made afresh where none is given.")
    ] = None,
    patient_id: Annotated[
        str | None, typer.Option("--patient-id", help="As the hospital has it; else the code.")
    ] = None,
    patient_name: Annotated[
        str | None, typer.Option("--patient-name", help="Family^Given^Middle^Prefix^Suffix.")
    ] = None,
    birth_date: Annotated[str | None, typer.Option("--birth-date", help="YYYY-MM-DD.")] = None,
    accession_number: Annotated[
        str | None, typer.Option("--accession-number", help="Number of the order.")
    ] = None,
    study_uid: Annotated[
        str | None, typer.Option("--study-uid", help="Study of the order; else one of its own.")
    ] = None,
) -> None:
    """Write the report of an assessment as DICOM (Encapsulated PDF) for an archive of pictures."""
    from clinigait.report.dicom import DicomOrder, read_pdf, write_dicom  # noqa: PLC0415

    assessment = _assessment(assessment_file, out, ".dcm")
    if report is not None and _same(report, out):
        raise BadInputError("The output would replace the report.", "Choose another --out.")
    pdf = read_pdf(report) if report else _report(assessment, assessment_file.parent)
    order = DicomOrder(patient_id, patient_name, birth_date, accession_number, study_uid)
    write_dicom(assessment, pdf, out, order)
    _told(assessment, out)
    if patient_name is None or not (patient_id or assessment.subject.code):
        typer.echo("No patient is named: an archive may ask for --patient-id and --patient-name.")


def _report(assessment: Assessment, folder_of_frames: Path) -> bytes:
    from clinigait.gait.catalogue import CATALOGUE  # noqa: PLC0415
    from clinigait.report.pdf import write_report  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="clinigait-") as folder:
        path = Path(folder) / "report.pdf"
        write_report(assessment, folder_of_frames, path, CATALOGUE)
        return path.read_bytes()


@app.command("research")
def research(
    data: Data,
    out: _Out,
    codes: Annotated[
        list[str] | None,
        typer.Option("--code", help="Of this patient; may be repeated. Of all if not given."),
    ] = None,
    url: Url = None,
) -> None:
    """Write measurements of the clinic's patients, de-identified and with shifted dates (ZIP)."""
    _check_out(data, out, ".zip")
    with opened(data, url) as store:
        from clinigait.clinic import research as exporting  # noqa: PLC0415  --help stays quick
        from clinigait.io.output import replace_file  # noqa: PLC0415
        from clinigait.store.erasure import patient_of_code  # noqa: PLC0415

        with store.reading() as db:
            ids = [patient_of_code(db, code) for code in codes] if codes else None
        made = exporting.export(store, None, ids)
        replace_file(out, made.content)
    typer.echo(
        f"{out}: {made.patients} patients, {made.visits} visits; README.txt in it tells of what."
    )


def _assessment(assessment_file: Path, out: Path, suffix: str) -> Assessment:
    from clinigait.io.assessment import read_assessment  # noqa: PLC0415

    _check_out(assessment_file, out, suffix)
    return read_assessment(assessment_file)


def _told(assessment: Assessment, out: Path) -> None:
    typer.echo(f"Written: {out}")
    if assessment.refusal is not None:
        typer.echo("The assessment is a refusal: the file says why there is no measurement.")


def _check_out(source: Path, out: Path, suffix: str) -> None:
    if _same(source, out):
        raise BadInputError("The output would replace the input.", "Choose another --out.")
    try:
        there = out.exists()
    except (OSError, ValueError):  # a name that no file can have: the writer says so
        return
    if there and out.suffix.lower() != suffix:
        raise BadInputError(
            f"{out.name} exists and is not a {suffix} file.", "Choose another --out."
        )


def _same(source: Path, out: Path) -> bool:
    try:
        return source.exists() and out.exists() and out.samefile(source)
    except (OSError, ValueError):
        return False


def _export_walk(
    walk_file: Path, out: Path, suffix: str, write: Callable[[Walk, Path], object]
) -> None:
    from clinigait.io.keypoints import read_keypoints  # noqa: PLC0415

    _check_out(walk_file, out, suffix)
    walk = read_keypoints(walk_file)
    write(walk, out)
    typer.echo(f"Written: {out}")
    if walk.depth is Depth.INFERRED and walk.space is not Space.IMAGE_PX:
        typer.echo(
            "Depth and size of this walk were guessed by a pose model. The file cannot say so: "
            "other programs, and clinigait itself, will take them for measured."
        )
