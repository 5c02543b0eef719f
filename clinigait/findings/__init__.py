"""Findings: what the numbers of an assessment say, one sentence each, traced to the facts."""

from clinigait.findings.changes import Compared, change_findings
from clinigait.findings.engine import findings_of
from clinigait.findings.facts import fact
from clinigait.findings.order import in_order, is_noteworthy
from clinigait.findings.rules import Rule, Rules, load_rules
from clinigait.findings.sentences import LANGUAGES, sentence, title_in

__all__ = [
    "LANGUAGES",
    "Compared",
    "Rule",
    "Rules",
    "change_findings",
    "fact",
    "findings_of",
    "in_order",
    "is_noteworthy",
    "load_rules",
    "sentence",
    "title_in",
]
