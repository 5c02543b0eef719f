"""Manifests: a table of a site's own walks, one row a record; see ``docs/datasets.md``.

Columns ``subject``, ``visit``, ``file`` and ``label`` are needed; ``walk``, ``view``, ``kind``,
``rate_hz``, ``layout``, ``unit``, ``medication_state``, ``age_y``, ``sex``, ``height_m``,
``mass_kg``, ``speed_mps``, ``cadence_spm`` and ``aid`` have a meaning, all others are kept as they
are. Files are named from where the manifest lies. All faults of a manifest are told at once, before
any file is opened. The data are the user's own, and stay where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast, get_args

from clinigait.core import LAYOUTS, BadInputError, Sex, Walk, is_synthetic
from clinigait.core.card import DataKind
from clinigait.datasets.options import StudyOptions
from clinigait.datasets.study import Sample, Study
from clinigait.datasets.table import UNKNOWN, Row, number, read_table, refuse_faults, value_of
from clinigait.io.aligned import read_aligned, read_pictures
from clinigait.io.keypoints import READERS, KeypointHints, read_keypoints
from clinigait.io.openpose import is_openpose_folder
from clinigait.io.rgbd_folder import FILM_SUFFIXES

NAME = "manifest"
LAYOUT = "a .csv file, or manifest.csv in the folder"
TAKES: tuple[str, ...] = ()
FILE = "manifest.csv"
OBTAIN = "Write a table of your own walks by docs/datasets.md."
NEEDED = ("subject", "visit", "file", "label")
#: Columns of numbers, and the numbers that can be.
NUMBERS = {
    "age_y": (0.0, 120.0), "height_m": (0.4, 2.6), "mass_kg": (2.0, 400.0),
    "speed_mps": (0.0, 5.0), "cadence_spm": (0.0, 400.0), "rate_hz": (1.0, 1000.0),
}  # fmt: skip
KINDS = ("patients", "acted", "synthetic")
#: Columns of words, and the words that can be.
WORDS = {
    "layout": tuple(LAYOUTS),
    "unit": ("px", "m", "cm", "mm"),
    "medication_state": ("on", "off", "not taken", "not known"),
}
_OF_THE_FILE = ("rate_hz", "layout", "unit")
_NO_COVARIATES = frozenset((*NEEDED, "walk", "view", "kind", "synthetic", *_OF_THE_FILE))
_NO_WALKS = (".mot", ".sto")
_WALK = "walk.npz"


def is_here(path: Path) -> bool:
    """Tell whether a path is a manifest, or a folder with one."""
    return _file(path).is_file()


def _file(path: Path) -> Path:
    return path if path.suffix.lower() == ".csv" and not path.is_dir() else path / FILE


def study(path: Path, _: StudyOptions | None = None) -> Study:
    """Return the walks of a manifest.

    Raises
    ------
    BadInputError
        If it cannot be read, or with all the faults in it at once.
    """
    path = _file(path)
    if not path.is_file():
        raise BadInputError(f"There is no manifest {path.name[:80]}.", OBTAIN)
    rows = read_table(path, NEEDED)[1]
    faults: list[str] = []
    files: dict[Path, int] = {}
    records: dict[tuple[str, ...], int] = {}
    for row in rows:
        said = [*_faults(row, path.parent), *_double(row, path.parent, files, records)]
        faults += [f"line {row.line}: {fault}" for fault in said]
    refuse_faults(path, faults)
    kinds = {_kind(row) for row in rows}
    kind: DataKind = cast("DataKind", kinds.pop()) if len(kinds) == 1 else "mixed"
    samples = tuple(_sample(row, path.parent) for row in rows)
    return Study(NAME, f"manifest {path.name}", "the user's own data", kind, OBTAIN, samples)


def _faults(row: Row, folder: Path) -> list[str]:
    """Return what is wrong with a row by itself."""
    said = [f"there is no {name}" for name in NEEDED if not row.get(name)]
    if row.get("file"):
        said += _fault_of_file(folder / row.get("file"))
    said += faults_of_cells(row)
    if row.get("kind") not in (*KINDS, ""):
        said.append(f"kind is {row.get('kind')[:20]}, none of {', '.join(KINDS)}")
    return said


def faults_of_cells(row: Row) -> list[str]:
    """Return what is wrong with the columns of numbers and words that have a meaning."""
    said = []
    for name, (low, high) in NUMBERS.items():
        text = row.get(name)
        value = number(text)
        if text.lower() not in UNKNOWN and (value is None or not low <= value <= high):
            said.append(f"{name} is {text[:20]}, not a number from {low:g} to {high:g}")
    if row.get("sex").lower() not in (*get_args(Sex), *UNKNOWN):
        said.append(f"sex is {row.get('sex')[:20]}, not female or male")
    for name, words in WORDS.items():
        if row.get(name).lower() not in (*words, *UNKNOWN):
            said.append(f"{name} is {row.get(name)[:20]}, none of {', '.join(words)}")
    return said


def _fault_of_file(path: Path) -> list[str]:
    """Return why a file cannot be a walk, by its name and place alone."""
    name, suffix = path.name[:80], path.suffix.lower()
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):
        is_folder = is_file = False
    if not is_folder and not is_file:
        return [f"there is no file {name}"]
    if is_file and suffix in FILM_SUFFIXES:
        return [f"{name} is a film; assess it first with `clinigait assess`, and give its {_WALK}"]
    if is_file and (suffix in _NO_WALKS or suffix not in (*READERS, ".pkl")):
        return [f"{name} is no walk that clinigait reads"]
    if is_folder and not _reader_of_folder(path):
        return [f"{name} is a folder without {_WALK}, OpenPose frames or PNG silhouettes"]
    return []


def _double(
    row: Row, folder: Path, files: dict[Path, int], records: dict[tuple[str, ...], int]
) -> list[str]:
    """Return whether an earlier row has the same file, or the same record of a walk."""
    said = []
    try:
        place = (folder / row.get("file")).resolve()
    except (OSError, ValueError, RuntimeError):
        return []
    if row.get("file") and files.setdefault(place, row.line) != row.line:
        said.append(f"the file of line {files[place]} again")
    record = tuple(row.get(name) for name in ("subject", "visit", "walk", "view"))
    if row.get("walk") and records.setdefault(record, row.line) != row.line:
        said.append(f"the walk and view of line {records[record]} again")
    return said


def _kind(row: Row) -> str:
    """Return who walked; a cohort of the virtual clinic says it in a column of its own."""
    synthetic = row.get("synthetic").lower() == "true"
    return "synthetic" if synthetic else row.get("kind") or "patients"


def _sample(row: Row, folder: Path) -> Sample:
    person, visit = row.get("subject"), row.get("visit")
    covariates = {
        name: value_of(text)
        for name, text in row.cells.items()
        if name not in _NO_COVARIATES and text.lower() not in UNKNOWN - {"none"}
    }
    if "sex" in covariates:
        covariates["sex"] = row.get("sex").lower()
    return Sample(
        sequence=row.get("file"),
        person=person,
        walk=f"{person}/{visit}/{row.get('walk') or row.get('file')}",
        label=row.get("label"),
        read=partial(_read, folder / row.get("file"), row),
        visit=visit,
        view=row.get("view") or None,
        covariates=covariates,
    )


def _read(path: Path, row: Row) -> Walk:
    """Read the walk of a row; what the manifest says of the person counts."""
    rate_hz = number(row.get("rate_hz"))
    if path.is_dir():
        reader = _reader_of_folder(path)
        if reader is None:
            raise BadInputError(f"{path.name[:80]} is no walk any more.", "Check the folder.")
        walk = reader(path, rate_hz)
    elif path.suffix.lower() == ".pkl":
        walk = read_aligned([path], rate_hz)
    else:
        words = [row.get(name).lower() for name in ("layout", "unit")]
        layout, unit = (None if word in UNKNOWN else word for word in words)
        walk = read_keypoints(path, KeypointHints(rate_hz, layout, unit))
    if is_synthetic(walk) and _kind(row) != "synthetic":
        raise BadInputError(
            f"{path.name[:80]} of line {row.line} is of a synthetic walker, and the manifest does "
            "not say so.",
            "Write `synthetic` in the column kind of such rows.",
        )
    sex = row.get("sex").lower()
    subject = replace(
        walk.subject,
        code=row.get("subject"),
        sex=cast("Sex", sex) if sex in get_args(Sex) else walk.subject.sex,
        age_y=_either(row, "age_y", walk.subject.age_y),
        height_m=_either(row, "height_m", walk.subject.height_m),
        mass_kg=_either(row, "mass_kg", walk.subject.mass_kg),
    )
    provenance = {**walk.provenance, "data set": NAME, "manifest line": str(row.line)}
    return replace(walk, subject=subject, provenance=provenance)


def _either(row: Row, name: str, of_the_file: float | None) -> float | None:
    said = number(row.get(name))
    return of_the_file if said is None else said


def _reader_of_folder(path: Path) -> Callable[[Path, float | None], Walk] | None:
    if (path / _WALK).is_file():
        return lambda folder, _: read_keypoints(folder / _WALK)
    if is_openpose_folder(path):
        return lambda folder, rate_hz: read_keypoints(folder, KeypointHints(rate_hz=rate_hz))
    return read_pictures if any(path.glob("*.png")) else None
