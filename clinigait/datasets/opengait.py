"""Pickles as OpenGait lays them out: ``subject/type/view/*.pkl``.

So come CASIA-B, OUMVLP, GREW, CCPG and most sets of gait recognition after OpenGait's preparation,
and what a clinic prepares in the same way. The label is the name of the type, unless the user
gives a table of labels by subject, type or sequence (``subject/type/view``). Several pickles in one
folder are several modalities: silhouettes and poses are read, other ones are left out.

To obtain the data: from their owners, by their agreement; licences differ, and mostly forbid to
pass data on. Frame rates are not in the files: 30 Hz are assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from clinigait.core import BadInputError, Subject, Walk
from clinigait.datasets.labels import read_labels
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.people import natural
from clinigait.datasets.study import Sample, Study
from clinigait.io.aligned import RECORDS, read_aligned

NAME = "opengait"
LAYOUT = "subject/type/view/*.pkl"
TAKES: tuple[str, ...] = ("record", "labels")
SOURCE = "silhouettes or poses as OpenGait prepares them (github ShiqiYu/OpenGait)"
LICENCE = "that of the data set; not stated here"
OBTAIN = "Ask the owners of the data set, and prepare it with OpenGait's own scripts."
_LIMITS = (
    "Who walked, and at how many frames a second, is not in the files.",
    "Size, rise and fall of the bodies are lost in these silhouettes.",
)


@dataclass(frozen=True)
class Folder:
    """The pickles of one walk by one camera.

    Parameters
    ----------
    subject, kind, view
        Names of the three folders.
    files
        The pickles in it.
    """

    subject: str
    kind: str
    view: str
    files: tuple[Path, ...]

    @property
    def sequence(self) -> str:
        """The three names."""
        return f"{self.subject}/{self.kind}/{self.view}"


def folders(root: Path) -> Iterator[Folder]:
    """Give all folders with pickles, in natural order.

    Raises
    ------
    BadInputError
        If a folder cannot be read.
    """
    try:
        for subject in _inside(root):
            for kind in _inside(subject):
                for view in _inside(kind):
                    files = tuple(sorted(f for f in view.glob("*.pkl") if f.is_file()))
                    if files:
                        yield Folder(subject.name, kind.name, view.name, files)
    except OSError as error:
        raise BadInputError(
            f"The folder {root.name[:80]} cannot be read.", "Check that it is yours to read."
        ) from error


def _inside(folder: Path) -> list[Path]:
    found = [entry for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != "."]
    return sorted(found, key=lambda entry: (natural(entry.name), entry.name))


def is_here(root: Path) -> bool:
    """Tell whether a folder has the layout."""
    return root.is_dir() and next(folders(root), None) is not None


def study(root: Path, options: StudyOptions | None = None) -> Study:
    """Return the walks as a study.

    Raises
    ------
    BadInputError
        If there are none, or the record or the table of labels cannot be used.
    """
    options = options or StudyOptions()
    record = checked_record(options.record)
    found = list(folders(root))
    if not found:
        raise BadInputError(
            f"There are no pickles in {root.name[:80] or 'this folder'} as {LAYOUT}.",
            "Give the folder that holds the subjects.",
        )
    labels = read_labels(options.labels) if options.labels else None
    if labels and options.labels:
        names = {"sequence": "sequence", "subject": "subject", "type": "kind"}[labels.key]
        labels.check_used({getattr(folder, names) for folder in found}, options.labels)
    samples = tuple(
        sample_of(
            folder,
            labels.of(sequence=folder.sequence, subject=folder.subject, type=folder.kind)
            if labels
            else folder.kind,
            record,
        )
        for folder in found
    )
    return Study(NAME, SOURCE, LICENCE, "mixed", OBTAIN, samples, _LIMITS)


def checked_record(record: str | None) -> str | None:
    """Return the record after making sure that there is one of that name.

    Raises
    ------
    BadInputError
        If there is none.
    """
    if record is not None and record not in RECORDS:
        raise BadInputError(
            f"These files hold no record {record[:40]}.", f"Choose of: {', '.join(RECORDS)}."
        )
    return record


def sample_of(folder: Folder, label: str | None, record: str | None) -> Sample:
    """Return a folder as a sample."""
    return Sample(
        sequence=folder.sequence,
        person=folder.subject,
        walk=f"{folder.subject}/{folder.kind}",
        label=label,
        read=partial(read_folder, folder, record),
        view=folder.view,
    )


def read_folder(folder: Folder, record: str | None = None, data_set: str = NAME) -> Walk:
    """Read the walk of a folder.

    Raises
    ------
    BadInputError
        If its files cannot be used.
    """
    return of_person(read_aligned(folder.files, record=record), folder.subject, data_set)


def of_person(walk: Walk, code: str, data_set: str) -> Walk:
    """Return the walk with the person's code and the name of the data set."""
    provenance = {**walk.provenance, "data set": data_set}
    return replace(walk, subject=Subject(code=code), provenance=provenance)
