"""What is asked of a study, fixed before its results are seen: a page of YAML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from pydantic import TypeAdapter, ValidationError

from clinigait.cohort.columns import FACTS, WALK
from clinigait.cohort.walks import Cohort
from clinigait.core import BadInputError
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.norms import WalkConditions
from clinigait.io.protocol import plain_data

_MAX_BYTES = 1_000_000
#: Parameters that are probabilities of models begin so.
_OF_MODELS = "p_"


@dataclass(frozen=True)
class StudyPlan:
    """What is asked of the results of a study; to be fixed before they are seen.

    Parameters
    ----------
    title
        Title of the summary.
    group
        Column that holds the groups; None takes ``group`` where there is one.
    reference_group
        The group that the others are compared with; None takes the one with most people.
    primary
        Parameters of the question that was asked before; all others are exploratory.
    covariates
        Columns that comparisons are adjusted for.
    subgroups
        Columns in which the difference of the groups may differ.
    retest_visits
        Two visits between which nothing should have changed; None takes the first two.
    conditions
        How people walked, for reference ranges.
    about
        Facts to print, such as the protocol and hashes: (label, text).
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {
        "extra": "forbid", "coerce_numbers_to_str": True,
    }  # fmt: skip

    title: str = "Summary of a cohort"
    group: str | None = None
    reference_group: str | None = None
    primary: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    retest_visits: tuple[str, str] | None = None
    conditions: WalkConditions = field(default_factory=WalkConditions)
    about: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it names."""
        group = () if self.group is None else (self.group,)
        return tuple(dict.fromkeys((*group, *self.covariates, *self.subgroups)))


_ADAPTER = TypeAdapter(StudyPlan)


def read_study(path: Path) -> StudyPlan:
    """Read the plan of a study; its hash becomes one of the facts that are printed.

    Raises
    ------
    BadInputError
        If there is no such file, or it is no valid plan; the first fault is named.
    """
    name = path.name[:80]
    try:
        content = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else b""
    except (OSError, ValueError) as error:
        raise BadInputError(f"There is no plan {name}.", "Give the path of a YAML file.") from error
    try:
        data = plain_data(content, name)
    except BadInputError as error:
        raise BadInputError(f"{name} is no readable YAML.", "Correct it and try again.") from error
    if not isinstance(data, dict) or not data:
        raise BadInputError(f"{name} holds no plan.", "docs/cohorts_summary.md has an example.")
    try:
        plan = _ADAPTER.validate_python(data)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part)[:40] for part in fault["loc"]) or "the file"
        raise BadInputError(
            f"{name} is not a valid plan: {where}: {fault['msg']}.",
            "docs/cohorts_summary.md has an example.",
        ) from error
    sha256 = hashlib.sha256(content).hexdigest()
    return replace(plan, about=(*plan.about, ("Plan", f"{name}, SHA-256 {sha256}")))


def check_study(plan: StudyPlan, cohort: Cohort) -> None:
    """Refuse a plan that the results of a manifest can never answer, before they are made.

    Raises
    ------
    BadInputError
        If it names a column, a group, a visit or a parameter that there is not.
    """
    known = (*WALK, *FACTS, *cohort.covariates)
    _check_kinds("visit", plan.retest_visits or (), {walk.visit for walk in cohort.walks})
    if plan.reference_group is not None and (column := plan.group or "group") in cohort.covariates:
        groups = {walk.covariates[column] for walk in cohort.walks}
        _check_kinds("group", (plan.reference_group,), groups)
    for name in plan.columns:
        if name not in known:
            raise BadInputError(
                f"The plan names the column {name[:40]}, which the manifest does not have.",
                f"Choose of: {', '.join(map(str, known))[:300]}.",
            )
    for name in plan.primary:
        if name not in CATALOGUE and not name.startswith(_OF_MODELS):
            raise BadInputError(
                f"The plan names the parameter {name[:40]}, which clinigait does not measure.",
                "Names stand in the column parameter of any results, such as speed_mps.",
            )


def _check_kinds(what: str, asked: Iterable[str], there: set[str]) -> None:
    for name in asked:
        if name not in there:
            raise BadInputError(
                f"The plan names the {what} {name[:40]}, which the manifest does not have.",
                f"Choose of: {', '.join(sorted(there))[:300]}.",
            )
