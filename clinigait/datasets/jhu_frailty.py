"""Johns Hopkins frailty silhouettes: ``subject/<category>/silhouettes/silhouettes.pkl``.

Categories are Frail, Prefrail and Nonfrail.

McDaniel et al. 2026, arXiv 2603.24434; layout of github lauramcdaniel006/CF_OpenGait. One sequence
a person, people with walking aids among them. **The label is the name of the folder.** A table of
numbers lies beside the published code whose key contradicts its own example, so no table is read
here: whoever has one writes a manifest with labels in words.

To obtain the data: ask the authors. No licence is stated: the data are read where they stand and
never copied.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from clinigait.core import BadInputError, Walk
from clinigait.datasets.opengait import of_person
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.people import natural
from clinigait.datasets.study import Sample, Study
from clinigait.io.aligned import read_aligned

NAME = "jhu-frailty"
LAYOUT = "subject/Frail|Prefrail|Nonfrail/silhouettes/silhouettes.pkl"
TAKES: tuple[str, ...] = ()
SOURCE = "McDaniel et al. 2026, arXiv 2603.24434 (github lauramcdaniel006/CF_OpenGait)"
LICENCE = "none stated; by agreement with the authors"
OBTAIN = "Ask the authors of arXiv 2603.24434; give the folder that holds the subjects."
#: Labels of the task by the folder's name, small letters only.
LABELS = {"nonfrail": "robust", "prefrail": "pre_frail", "frail": "frail"}
_FILE = Path("silhouettes") / "silhouettes.pkl"
_LIMITS = (
    "One sequence a person: what differs from walk to walk of one person cannot be learned.",
    "Size, rise and fall of the bodies are lost in these silhouettes.",
)


def is_here(root: Path) -> bool:
    """Tell whether a folder has the layout."""
    return root.is_dir() and any(_label(path) for path in root.glob(f"*/*/{_FILE}"))


def _label(path: Path) -> str | None:
    """Return the label of ``subject/<category>/silhouettes/silhouettes.pkl``."""
    return LABELS.get(re.sub(r"[^a-z]", "", path.parent.parent.name.lower()))


def study(root: Path, _: StudyOptions | None = None) -> Study:
    """Return the sequences as a study.

    Raises
    ------
    BadInputError
        If there are none, a category is none of the three, or a person is in two of them.
    """
    found = sorted(root.glob(f"*/*/{_FILE}"), key=lambda p: natural(str(p.relative_to(root))))
    samples: dict[str, Sample] = {}
    for path in found:
        category, person = path.parents[1].name, path.parents[2].name
        label = _label(path)
        if label is None:
            raise BadInputError(
                f"{person[:40]} is in the category {category[:40]}, which is none of the three.",
                "Categories are Frail, Prefrail and Nonfrail.",
            )
        if person in samples:
            raise BadInputError(
                f"{person[:40]} is in two categories: {samples[person].label} and {label}.",
                "Keep the one that is right.",
            )
        read = partial(_read, path, person)
        samples[person] = Sample(person, person, person, label, read)
    if not samples:
        raise BadInputError(
            f"There is no subject/<Frail|Prefrail|Nonfrail>/{_FILE.as_posix()} in "
            f"{root.name[:80] or 'this folder'}.",
            "Give the folder that holds the subjects.",
        )
    limits = (*_LIMITS, *_left_out(root, set(samples)))
    return Study(NAME, SOURCE, LICENCE, "patients", OBTAIN, tuple(samples.values()), limits)


def _left_out(root: Path, people: set[str]) -> list[str]:
    """Say which tables were not read, and who has no silhouettes."""
    said = []
    tables = sorted(path.name for path in root.glob("*.csv"))
    if tables:
        said.append(
            f"{tables[0][:60]} was not read: labels are the names of the folders, since a "
            "published table of codes contradicts its own key."
        )
    empty = sorted(p.name for p in root.iterdir() if p.is_dir() and p.name[0] != ".")
    empty = [name for name in empty if name not in people]
    if empty:
        said.append(
            f"{len(empty)} without silhouettes were left out: {', '.join(empty[:10])[:200]}."
        )
    return said


def _read(path: Path, person: str) -> Walk:
    return of_person(read_aligned([path], record="silhouettes"), person, NAME)
