"""Acted pathological gaits, seen by Kinect v2 sensors (Jun 2020, github kooksung).

One folder a walk, ``human<person>_<gait><walk>``, and in it one table a sensor,
``…_SkeletonData<sensor>.csv``. Healthy adults acted the gaits; the sensors of one walk are not
independent, so data are split by person. No licence is stated: the data are read where they stand
and never copied.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from clinigait.core import BadInputError, Subject, Walk
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.people import chosen_people, natural
from clinigait.datasets.study import Sample, Study
from clinigait.io.kinect import read_kinect

NAME = "pathological-gait"
LAYOUT = "Pathological_Gaits/human<n>_<gait><n>/*.csv"
TAKES: tuple[str, ...] = ()
SOURCE = "Jun et al. 2020, IEEE Access 8:139881, doi 10.1109/ACCESS.2020.3013029"
LICENCE = "none stated; the authors invite use with citation"
OBTAIN = (
    "Download the data set of github kooksung/pathological_gait_datasets; give the folder that "
    "holds Pathological_Gaits."
)
GAITS = ("normal", "antalgic", "lurch", "steppage", "stiff_legged", "trendelenburg")
_FOLDER = "Pathological_Gaits"
_FILE = re.compile(r"(human\d+)_([a-z_]+?)(\d+)_SkeletonData(\d+)")


@dataclass(frozen=True)
class Trial:
    """One walk as one sensor saw it.

    Parameters
    ----------
    subject, gait
        Who acted what.
    walk, sensor
        Numbers of the walk and of the sensor.
    path
        The table of joints.
    """

    subject: str
    gait: str
    walk: int
    sensor: int
    path: Path


def trials(root: Path, subjects: str | None = None) -> tuple[Trial, ...]:
    """Return the walks of a folder, by person, gait, walk and sensor.

    Parameters
    ----------
    root
        The folder that holds ``Pathological_Gaits``.
    subjects
        People to keep, as for the other data sets; None keeps all.

    Raises
    ------
    BadInputError
        If there is no such walk, or nobody of that name.
    """
    found = []
    for path in (root / _FOLDER).glob("*/*.csv"):
        name = _FILE.fullmatch(path.stem)
        if name and name[2] in GAITS:
            found.append(Trial(name[1], name[2], int(name[3]), int(name[4]), path))
    if not found:
        raise BadInputError(
            f"{root.name[:80] or 'This'} holds no walks of {NAME}: there is no {_FOLDER} in it.",
            f"Give the folder that holds {_FOLDER}.",
        )
    kept = chosen_people(sorted({t.subject for t in found}, key=natural), subjects)
    found.sort(key=lambda t: (t.subject, t.gait, t.walk, t.sensor))
    return tuple(trial for trial in found if trial.subject in kept)


def study(root: Path, _: StudyOptions | None = None) -> Study:
    """Return the walks as a study; the sensors of a walk share its name.

    Raises
    ------
    BadInputError
        If there is no such walk.
    """
    samples = tuple(
        Sample(
            sequence=trial.path.stem,
            person=trial.subject,
            walk=f"{trial.subject}_{trial.gait}{trial.walk}",
            label=trial.gait,
            read=partial(read_trial, trial),
            view=f"sensor {trial.sensor}",
            # Not stated anywhere; in the records everybody acts it on the right.
            covariates={"affected_side": "right"},
        )
        for trial in trials(root)
    )
    limits = ("The gaits were acted by healthy adults; nobody was a patient.",)
    return Study(NAME, SOURCE, LICENCE, "acted", OBTAIN, samples, limits)


def is_here(root: Path) -> bool:
    """Tell whether a folder has the layout."""
    return (root / _FOLDER).is_dir()


def read_trial(trial: Trial) -> Walk:
    """Read the joints of a walk.

    Raises
    ------
    BadInputError
        If the table cannot be used.
    """
    walk = read_kinect(trial.path)
    return replace(
        walk,
        subject=Subject(code=trial.subject, condition=trial.gait),
        provenance={**walk.provenance, "data set": NAME},
    )
