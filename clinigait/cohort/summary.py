"""The summary of a cohort: what went in and out, and what it shows, as HTML and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from clinigait.cohort.study_describe import dictionary_csv
from clinigait.cohort.study_findings import StudyFindings, findings_of
from clinigait.cohort.study_plan import StudyPlan
from clinigait.cohort.study_table import checked
from clinigait.cohort.summary_html import html_of
from clinigait.cohort.summary_pdf import pdf_of
from clinigait.cohort.summary_story import story_of
from clinigait.io.output import replace_file

HTML, PDF, DICTIONARY = "summary.html", "summary.pdf", "data_dictionary.csv"
#: All that is written.
OUTPUTS: Final = (HTML, PDF, DICTIONARY)


def write_summary(
    results: pd.DataFrame, folder: Path, plan: StudyPlan | None = None, begin: str = ""
) -> StudyFindings:
    """Write ``summary.html``, ``summary.pdf`` and ``data_dictionary.csv``.

    Parameters
    ----------
    results
        One row a walk, parameter and side, as :mod:`clinigait.cohort.tables` writes them; those
        of :data:`~clinigait.cohort.study_table.NEEDED` suffice. A walk without a measurement has
        one row without a parameter. Where ``synthetic`` or ``pose_synthetic`` is true, every
        page says so.
    folder
        Where to; it exists. Older summaries are replaced.
    plan
        What is asked; by default everything is exploratory.
    begin
        What the names of the files begin with.

    Returns
    -------
    StudyFindings
        The same as numbers.

    Raises
    ------
    BadInputError
        If the results or the plan cannot be used, a file cannot be written, or statsmodels is not
        installed. All is calculated before the first file is written.
    """
    table = checked(results, plan or StudyPlan())
    found = findings_of(table)
    story = story_of(table, found)
    contents = {
        HTML: html_of(story),
        PDF: pdf_of(story),
        DICTIONARY: dictionary_csv(table).encode("utf-8", "replace"),
    }
    for name, content in contents.items():
        replace_file(folder / f"{begin}{name}", content)
    return found
