"""Scoliosis1K: ``id/<positive|neutral|negative>/000_180/*.pkl``, silhouettes and poses.

Zhou et al. 2024, "Gait Patterns as Biomarkers: A Video-Based Approach for Classifying Scoliosis",
MICCAI, arXiv 2407.05726; poses with "Pose as Clinical Prior", arXiv 2509.00872. 1,493 sequences of
1,050 adolescents who walk to and from a camera at a school screening. **An id is a sequence, not a
person**: nobody can tell from the files which sequences are of one person. Labels are those of the
screening; how they were made is told in two ways, so they are no Cobb angles.

To obtain the data: sign the agreement of the authors, for research only; the data are read where
they stand and never copied.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from clinigait.core import BadInputError
from clinigait.datasets.opengait import checked_record, folders, read_folder, sample_of
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.study import Study

NAME = "scoliosis1k"
LAYOUT = "id/positive|neutral|negative/000_180/*.pkl"
TAKES: tuple[str, ...] = ("record",)
SOURCE = "Scoliosis1K: Zhou et al. 2024, arXiv 2407.05726; 2025, arXiv 2509.00872"
LICENCE = "by agreement with the authors, research only"
OBTAIN = "Sign the agreement of the Scoliosis1K authors; give the folder that holds the ids."
LABELS = ("negative", "neutral", "positive")
LIMITS = (
    "Ids are sequences, not people: that nobody is in two folds cannot be verified.",
    "Labels are categories of a school screening, not curves on radiographs.",
    "Four in ten or more of these adolescents are positive, of all schoolchildren 1 to 3 in 100: "
    "predictive values do not carry over.",
    "Size, rise and fall of the bodies are lost in these silhouettes.",
)


def is_here(root: Path) -> bool:
    """Tell whether a folder has the layout: all its types are the three labels."""
    if not root.is_dir():
        return False
    found = folders(root)
    first = next(found, None)
    return first is not None and all(f.kind.lower() in LABELS for f in chain([first], found))


def study(root: Path, options: StudyOptions | None = None) -> Study:
    """Return the sequences as a study; ``record`` may be ``silhouettes`` or ``pose``.

    Raises
    ------
    BadInputError
        If there are none, a label is none of the three, or an id has two.
    """
    record = checked_record(options.record if options else None)
    samples, label_of = [], dict[str, str]()
    for folder in folders(root):
        label = folder.kind.lower()
        if label not in LABELS:
            raise BadInputError(
                f"{folder.subject[:40]} has the label {folder.kind[:40]}, which is none of "
                "Scoliosis1K.",
                f"Labels are {', '.join(LABELS)}.",
            )
        if label_of.setdefault(folder.subject, label) != label:
            raise BadInputError(
                f"The id {folder.subject[:40]} has two labels: {label_of[folder.subject]} and "
                f"{label}.",
                "Keep the one that is right.",
            )
        sample = sample_of(folder, label, record)
        samples.append(replace(sample, read=partial(read_folder, folder, record, NAME)))
    if not samples:
        raise BadInputError(
            f"There are no pickles in {root.name[:80] or 'this folder'} as {LAYOUT}.",
            "Give the folder that holds the ids.",
        )
    return Study(NAME, SOURCE, LICENCE, "patients", OBTAIN, tuple(samples), LIMITS)
