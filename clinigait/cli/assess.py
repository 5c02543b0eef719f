"""``clinigait assess``: a video goes in, a report comes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinigait.cli.progress import progress_bars
from clinigait.core import (
    Assessment,
    BadInputError,
    Finding,
    PersonSeen,
    Prediction,
    Subject,
    percent_text,
)
from clinigait.core.refusal import Refused

if TYPE_CHECKING:
    from clinigait.gait.stature import KnownLength
    from clinigait.request import Request

_LENGTH = re.compile(r"^([\d.]+)@(-?[\d.]+),(-?[\d.]+),(-?[\d.]+),(-?[\d.]+)$")
#: More people are not listed on the terminal.
_MAX_LINES = 12
_MAX_FINDINGS = 6
_SEXES = {"f": "female", "female": "female", "m": "male", "male": "male"}


def assess(  # noqa: PLR0913, PLR0917  every option of the command line is an argument
    video: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="The walking video; a folder of colour and depth; or keypoints: C3D, TRC, NPZ, "
            "NPY, COCO or OpenPose JSON, Kinect CSV.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report and its data.")],
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            help="Protocol: a name, or the path of a YAML file. By default walk_sagittal, for "
            "points in space and for depth walk_spatial.",
        ),
    ] = None,
    height_m: Annotated[
        float | None, typer.Option("--height-m", help="Body height in m: makes lengths metric.")
    ] = None,
    age_y: Annotated[float | None, typer.Option("--age-y", help="Age in years.")] = None,
    sex: Annotated[str | None, typer.Option("--sex", help="female or male.")] = None,
    mass_kg: Annotated[float | None, typer.Option("--mass-kg", help="Body mass in kg.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Pseudonymous code, never a name.")
    ] = None,
    condition: Annotated[
        str | None, typer.Option("--condition", help="Footwear, walking aid, brace, medication.")
    ] = None,
    person: Annotated[
        int | None, typer.Option("--person", help="Measure this person, not the rule's choice.")
    ] = None,
    pose: Annotated[
        str | None,
        typer.Option(
            "--pose",
            help="Pose estimator: hrnet, hrnet-compact, blazepose, blazepose-full or the name of "
            "an HRNet; default: hrnet where its weights are here, else blazepose.",
        ),
    ] = None,
    flip_test: Annotated[
        bool, typer.Option("--flip-test", help="HRNet: use the mirror image too; twice the work.")
    ] = False,
    known_length: Annotated[
        str | None,
        typer.Option(
            "--known-length",
            metavar="M@X0,Y0,X1,Y1",
            help="A length in m between two points of the picture, in the plane of the walk.",
        ),
    ] = None,
    rate_hz: Annotated[
        float | None, typer.Option("--rate-hz", help="Frame rate of keypoints that do not say it.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option("--layout", help="Layout of keypoints that do not say it.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Unit of keypoints: px, m, cm or mm.")
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay/--no-overlay", help="Write the film with the skeleton.")
    ] = True,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, max=256, help="CPU threads.")
    ] = None,
    profile: Annotated[bool, typer.Option("--profile", help="Print the time by stage.")] = False,
) -> None:
    """Assess a walking video: measurements, report and data, all into one folder."""
    from clinigait.io.keypoints import KeypointHints  # noqa: PLC0415  --help stays quick
    from clinigait.request import Request  # noqa: PLC0415

    request = Request(
        protocol=protocol,
        subject=Subject(
            code=subject,
            height_m=height_m,
            mass_kg=mass_kg,
            age_y=age_y,
            sex=_sex(sex),  # type: ignore[arg-type]
            condition=condition,
        ),
        person=person,
        pose=pose,
        flip_test=flip_test,
        known_length=_known_length(known_length),
        hints=KeypointHints(rate_hz=rate_hz, layout=layout, unit=unit),
        overlay=overlay,
    )
    if threads:
        request = replace(request, threads=threads)
    run(video, out, request, profile=profile)


def run(video: Path, out: Path, request: Request | None = None, *, profile: bool) -> None:
    """Assess with progress bars and print what came of it, and the time by stage if asked."""
    from clinigait.pipeline import assess as assess_film  # noqa: PLC0415  --help stays quick
    from clinigait.request import Stopwatch  # noqa: PLC0415

    stopwatch = Stopwatch()
    with progress_bars() as progress:
        assessment = assess_film(video, out, request, progress=progress, stopwatch=stopwatch)
    if profile:
        for stage, seconds in stopwatch.seconds.items():
            typer.echo(f"{stage:<24}{seconds:8.2f} s")
    tell(assessment, out)


def tell(assessment: Assessment, out: Path) -> None:
    """Print what came of it; a refusal ends the program with exit code 3."""
    if assessment.refusal is not None:
        typer.echo(refusal_line(assessment.refusal), err=True)
        for line in people_lines(assessment):
            typer.echo(line, err=True)
        raise typer.Exit(3)
    measurement = assessment.measurement
    if measurement is None:
        return
    shown = ("speed_mps", "speed_bhps", "cadence_spm", "stance_pct", "double_support_pct")
    for name in shown:
        parameter = measurement.parameter(name)
        if parameter is not None and parameter.value is not None:
            typer.echo(
                f"{name:<20}{parameter.value:8.2f} {parameter.unit}"
                f"   (95 % {parameter.low:.2f} to {parameter.high:.2f}, n = {parameter.n})"
            )
    said = (model_line(prediction) for prediction in assessment.predictions)
    for line in (*finding_lines(assessment.findings), *said, *people_lines(assessment)):
        typer.echo(line)
    for check in measurement.quality:
        if check.message:
            typer.echo(f"{check.grade.value}: {check.message} {check.remedy}")
    typer.echo(f"Report: {out / 'report.pdf'}")


def finding_lines(findings: Sequence[Finding]) -> list[str]:
    """Return a line for each finding beyond its limit, as many as can be taken in at once."""
    from clinigait.findings import is_noteworthy  # noqa: PLC0415  --help stays quick

    told = [finding.text for finding in findings if is_noteworthy(finding)]
    lines = [f"finding: {text}" for text in told[:_MAX_FINDINGS]]
    if len(told) > _MAX_FINDINGS:
        lines.append(f"{len(told) - _MAX_FINDINGS} more findings are in the file.")
    return lines


def model_line(prediction: Prediction) -> str:
    """Return what a model says as the line that a user reads."""
    if prediction.abstained is not None:
        why = prediction.abstained
        return f"{prediction.title}: the model says nothing. {why.message} {why.remedy}"
    shares = ", ".join(f"{one.title} {percent_text(one.probability)}" for one in prediction.classes)
    mark = "RESEARCH, not for clinical use: " if prediction.research else ""
    source = f" (learned from {prediction.learned_from})"
    return f"{mark}{prediction.title}: {shares}. {prediction.statement}{source}"


def people_lines(assessment: Assessment) -> list[str]:
    """Return a line for each person who can be chosen, where there is a choice.

    Parameters
    ----------
    assessment
        Of a film; where it is refused, one person is choice enough.
    """
    seen = assessment.perception
    if seen is None:
        return []
    walkers = [p for p in seen.people if p.score > 0 or p.number == seen.walker]
    shown = (walkers or list(seen.people)) if assessment.refusal else walkers
    if len(shown) < 2 and not assessment.refusal:
        return []
    lines = [_person_line(person, seen.walker) for person in shown[:_MAX_LINES]]
    if len(shown) > _MAX_LINES:
        lines.append(f"{len(shown) - _MAX_LINES} more people are in assessment.json.")
    return lines


def _person_line(person: PersonSeen, walker: int | None) -> str:
    note = "measured" if person.number == walker else f"--person {person.number}"
    picture = f" ({person.picture})" if person.picture else ""
    return (
        f"person {person.number}: {person.start_s:.1f} to {person.end_s:.1f} s, "
        f"{person.travel_heights:.1f} body heights of way, {person.height_px:.0f} px tall"
        f"{picture}: {note}"
    )


def refusal_line(refusal: Refused) -> str:
    """Return a refusal as the line that a user reads."""
    return f"clinigait: refused ({refusal.code}): {refusal.message} {refusal.remedy}"


def _sex(text: str | None) -> str | None:
    if text is None:
        return None
    if text.lower() not in _SEXES:
        raise BadInputError(f"The sex {text} is not known.", "Give female or male.")
    return _SEXES[text.lower()]


def _known_length(text: str | None) -> KnownLength | None:
    from clinigait.gait.stature import KnownLength  # noqa: PLC0415

    if text is None:
        return None
    match = _LENGTH.match(text)
    remedy = "Give metres and two points in pixels, for example 4.0@120,900,1650,905."
    if match is None:
        raise BadInputError(f"The known length {text} cannot be read.", remedy)
    try:
        length_m, x0, y0, x1, y1 = (float(group) for group in match.groups())
    except ValueError:
        raise BadInputError(f"The known length {text} cannot be read.", remedy) from None
    known = KnownLength(length_m, (x0, y0), (x1, y1))
    if not 0.1 <= length_m <= 100 or not 10 <= known.length_px <= 1e5:
        raise BadInputError(f"The known length {text[:60]} is too short or impossible.", remedy)
    return known
