"""The order in which findings are told: what matters most first, and always the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from clinigait.core import Definition, Finding
from clinigait.core.finding import GRADES
from clinigait.findings.rules import load_rules
from clinigait.findings.told import place_of

_NOTEWORTHY = ("change", "level", "asymmetry")
_QUIET = ("unchanged", "within", "alike")


def in_order(
    findings: Iterable[Finding], definitions: Mapping[str, Definition]
) -> tuple[Finding, ...]:
    """Return findings in the order in which they are told, the first of each id.

    Parameters
    ----------
    findings
        In any order.
    definitions
        Groups and order of the catalogue.
    """
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.id, finding)
    return tuple(sorted(first.values(), key=lambda one: _key(one, definitions)))


def is_noteworthy(finding: Finding) -> bool:
    """Whether a finding tells of a value, a difference or a change beyond its limit.

    A difference of the sides counts only where the evidence is better than limited.
    """
    unsure = finding.kind == "asymmetry" and finding.grade == "limited"
    return finding.kind in _NOTEWORTHY and finding.relation not in _QUIET and not unsure


def _key(finding: Finding, definitions: Mapping[str, Definition]) -> tuple[object, ...]:
    rules = load_rules()
    steps = {told: n for n, step in enumerate(rules.order) for told in step}
    told = f"{finding.kind}.{finding.relation}"
    known = definitions.get(finding.name)
    group = known.group if known is not None else ""
    place = rules.groups.index(group) if group in rules.groups else len(rules.groups)
    return (
        steps.get(f"{told}.{finding.grade}", steps[told]),
        GRADES.index(finding.grade),
        place,
        place_of(finding.name, definitions),
        ("left", "right", "both", "").index(finding.side),
        finding.id,
    )
