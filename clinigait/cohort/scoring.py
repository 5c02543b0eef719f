"""A walk goes in, what is kept of it comes out: the pipeline, called for one row of a manifest."""

from __future__ import annotations

import errno
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from clinigait.cohort.columns import PARAMETER
from clinigait.cohort.pieces import Piece
from clinigait.cohort.plan import Made, Plan, sha256_of_text, version_of_torch
from clinigait.cohort.walks import CohortWalk
from clinigait.core import (
    Assessment,
    BadInputError,
    Grade,
    Prediction,
    Protocol,
    RefusedError,
    Sex,
    Subject,
)
from clinigait.gait.measure import check_names
from clinigait.io.bundle import Bundle
from clinigait.io.keypoints import KeypointHints
from clinigait.io.protocol import load_protocol
from clinigait.passes import merge_passes, refused_as_a_whole
from clinigait.perception.estimators import KeptModels
from clinigait.pipeline import assess, open_models, provenance
from clinigait.report.tables import mark_columns
from clinigait.report.tidy import tidy_rows
from clinigait.request import Request

#: Columns of a parameter, as in the long table of one assessment.
PARAMETER_COLUMNS = (*PARAMETER, "reason")
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass
class Opened:
    """What a worker loads once and keeps: the protocol, its models, what finds people.

    Parameters
    ----------
    protocol
        The protocol.
    bundles
        Its models.
    pose
        Choice of the pose estimator.
    networks
        What finds people and keypoints; None until the first film.
    """

    protocol: Protocol
    bundles: tuple[tuple[Bundle, ...], ...]
    pose: str | None
    networks: KeptModels | None = field(default=None)

    def for_films(self) -> KeptModels:
        """Return what finds people and keypoints in films.

        Raises
        ------
        BadInputError
            If weights are missing or damaged.
        """
        if self.networks is None:
            self.networks = KeptModels.chosen(self.pose)
        return self.networks


def opened(protocol: str, pose: str | None) -> Opened:
    """Open what scores walks.

    Raises
    ------
    BadInputError
        If the protocol or one of its models cannot be used.
    """
    loaded = load_protocol(protocol)
    check_names(loaded)
    return Opened(loaded, open_models(loaded), pose)


def made_by(tools: Opened, *, films: bool) -> Made:
    """Return what results depend on besides the walks, on this machine.

    Parameters
    ----------
    tools
        What scores walks.
    films
        Whether films are among them.

    Raises
    ------
    BadInputError
        If weights are missing or damaged.
    """
    found = provenance()
    versions = {"clinigait": found.clinigait_version, "python": found.python_version}
    versions |= found.packages
    if tools.bundles:
        versions["torch"] = version_of_torch()
    cards = [[bundle.card.id for bundle in place] for place in tools.bundles]
    return Made(
        protocol_sha256=tools.protocol.sha256,
        bundles_sha256=_hash(cards) if cards else "",
        networks_sha256=_hash(tools.for_films().sha256()) if films else "",
        versions_sha256=_hash(versions),
        clinigait_version=found.clinigait_version,
    )


def _hash(facts: object) -> str:
    return sha256_of_text(json.dumps(facts, sort_keys=True))


def score(walk: CohortWalk, plan: Plan, tools: Opened, scratch: Path, report: Path | None) -> Piece:
    """Score one walk.

    Parameters
    ----------
    walk
        The row.
    plan
        What is wanted.
    tools
        What scores it.
    scratch
        An empty folder for what is not kept.
    report
        Folder of its report; None where none is wanted.

    Returns
    -------
    Piece
        What is kept of it.

    Raises
    ------
    BadInputError
        If a disk is full, which is no fault of the walk.
    """
    try:
        assessment = _assessed(walk, tools, scratch, report)
    except BadInputError as error:
        if is_full(error):
            raise
        tools.networks = None  # what was under way in them is forgotten
        return Piece("failed", "bad_input", str(error), plan_facts(plan))
    return piece_of(assessment, plan)


def _assessed(walk: CohortWalk, tools: Opened, scratch: Path, report: Path | None) -> Assessment:
    request = Request(
        protocol=tools.protocol,
        subject=Subject(
            code=walk.subject,
            age_y=cast("float | None", walk.facts["age_y"]),
            sex=cast("Sex | None", walk.facts["sex"]),
            height_m=cast("float | None", walk.facts["height_m"]),
            mass_kg=cast("float | None", walk.facts["mass_kg"]),
        ),
        hints=KeypointHints(
            cast("float | None", walk.hints["rate_hz"]),
            cast("str | None", walk.hints["layout"]),
            cast("str | None", walk.hints["unit"]),
        ),
        threads=1,
        documents=report is not None,
        networks=tools.for_films() if walk.filmed else None,
        bundles=tools.bundles,
    )
    out = report or scratch / "assessment"
    if len(walk.paths) == 1:
        assessment = assess(walk.paths[0], out, request)
    else:
        assessment = _merged(walk, request, scratch, out)
    if assessment.status == "refused":
        tools.networks = None
    return assessment


def _merged(walk: CohortWalk, request: Request, scratch: Path, out: Path) -> Assessment:
    """Assess every pass, and put together those that can be measured."""
    tried = [
        (path, scratch / f"pass-{number}", assess(path, scratch / f"pass-{number}", request))
        for number, path in enumerate(walk.paths, 1)
    ]
    good = [(path, folder) for path, folder, found in tried if found.status == "assessed"]
    if not good:
        return tried[0][2]
    if len(good) == 1:
        return assess(good[0][0], out, request)
    folders = [folder for _, folder in good]
    try:
        return merge_passes(
            folders, out, request.protocol, bundles=request.bundles, documents=request.documents
        )
    except RefusedError as error:
        return refused_as_a_whole(tried[0][2], error)


def piece_of(assessment: Assessment, plan: Plan) -> Piece:
    """Return what is kept of an assessment."""
    facts = {**plan_facts(plan), **mark_columns(assessment)}
    if assessment.refusal is not None:
        why = assessment.refusal
        return Piece("refused", why.code, why.message, facts)
    checks = assessment.measurement.quality if assessment.measurement else ()
    warned = [check.code or check.name for check in checks if check.grade is Grade.WARNING]
    facts["warnings"] = ";".join(dict.fromkeys(warned))
    rows = [{name: row[name] for name in PARAMETER_COLUMNS} for row in tidy_rows(assessment)]
    said = [row for prediction in assessment.predictions for row in _said(prediction)]
    return Piece("measured", None, None, facts, [*rows, *said])


def plan_facts(plan: Plan) -> dict[str, Any]:
    """Return what every result tells of how it was made."""
    return {"protocol": Path(plan.protocol).stem, **asdict(plan.made)}


def _said(prediction: Prediction) -> list[dict[str, Any]]:
    """Return the probabilities of a model as rows; where it says nothing, why."""
    empty: dict[str, Any] = dict.fromkeys(PARAMETER_COLUMNS)
    empty |= {"side": "both", "unit": "1"}
    if prediction.abstained is not None and not prediction.classes:
        why = prediction.abstained
        reason = f"{why.code}: {why.message}"
        return [{**empty, "parameter": f"p_{prediction.task}", "reason": reason}]
    return [
        {
            **empty, "parameter": f"p_{prediction.task}_{one.label}",
            "value": one.probability, "low": one.low, "high": one.high,
        }
        for one in prediction.classes
    ]  # fmt: skip


def is_full(error: BaseException | None) -> bool:
    """Tell whether a full disk is behind an error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False
