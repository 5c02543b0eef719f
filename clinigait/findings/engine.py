"""From an assessment to its findings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from clinigait.core import Assessment, Definition, Finding
from clinigait.findings.asymmetries import asymmetry_findings
from clinigait.findings.facts import prediction_id, prediction_keys
from clinigait.findings.levels import level_findings
from clinigait.findings.order import in_order
from clinigait.findings.others import (
    check_findings,
    missing_findings,
    prediction_findings,
    refusal_finding,
)
from clinigait.findings.rules import load_rules
from clinigait.findings.told import Told


def findings_of(
    assessment: Assessment,
    definitions: Mapping[str, Definition],
    reported: Collection[str] | None = None,
) -> tuple[Finding, ...]:
    """Return what the numbers of one assessment say, most important first.

    Parameters
    ----------
    assessment
        Of one visit; refused, its one finding is that nothing was measured.
    definitions
        Titles, groups and order by parameter name.
    reported
        Names of the parameters that the protocol asks for; None for all that there are.

    Returns
    -------
    tuple of Finding
        The same whatever the order of the parameters, and the same for an assessment that was
        written and read back.
    """
    rules = load_rules()
    checks, missing = rules.rule("quality_check"), rules.rule("quality_missing")
    if assessment.measurement is None:
        return (refusal_finding(assessment, missing, rules),)
    outdated = _outdated(assessment)
    told = Told(assessment.measurement, definitions, rules, reported)
    found = [
        *_of_parameters(told),
        *(
            finding
            for rule in rules.of("prediction")
            for finding in prediction_findings(assessment.predictions, rule, rules)
            if not outdated.intersection(finding.facts)
        ),
        *check_findings(assessment.measurement.quality, checks, rules),
        *missing_findings(told, missing),
    ]
    return in_order(found, definitions)


def _outdated(assessment: Assessment) -> frozenset[str]:
    """Return the facts of models that answered before corrections: nothing is found of them."""
    said = assessment.predictions
    keyed = zip(prediction_keys(said), said, strict=True)
    return frozenset(prediction_id(key) for key, one in keyed if assessment.answered_before(one))


def _of_parameters(told: Told) -> Iterator[Finding]:
    for rule in told.rules.of("level"):
        yield from level_findings(told, rule)
    for rule in told.rules.of("asymmetry"):
        yield from asymmetry_findings(told, rule)
