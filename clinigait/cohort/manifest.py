"""The manifest of a cohort: one row a walk, checked whole before anything is measured.

Columns ``subject``, ``visit`` and ``file`` are needed; ``file`` may name several passes of one
visit, ``;`` between them. ``age_y``, ``sex``, ``height_m`` and ``mass_kg`` say what is known of the
person, ``rate_hz``, ``layout`` and ``unit`` what a file of keypoints does not say itself,
``synthetic`` that no person walks; all other columns are covariates and stand in the results as
they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clinigait.cohort.columns import FACTS, WALK
from clinigait.cohort.walks import Cohort, CohortWalk
from clinigait.core import SYNTHETIC, BadInputError
from clinigait.datasets.manifest import faults_of_cells
from clinigait.datasets.table import MAX_ROWS, UNKNOWN, Line, Row, number, odd_lines, read_lines
from clinigait.io.keypoints import READERS, is_keypoint_file
from clinigait.io.rgbd import is_rgbd_folder
from clinigait.io.rgbd_folder import FILM_SUFFIXES
from clinigait.passes import MOST_PASSES
from clinigait.report.tidy import parquet_library

#: What a file of keypoints does not say itself.
HINTS = ("rate_hz", "layout", "unit")
SUFFIXES = (".csv", ".parquet")
_PIECE_ROWS, _LARGEST_BYTES = 1000, 512 * 1024**2
#: Other films that cameras write.
_FILMS = (*FILM_SUFFIXES, ".3gp", ".flv", ".m2ts", ".mts", ".ts")
_NO_WALKS = (".mot", ".sto")
_MOST_LETTERS = {"subject": 64, "visit": 64}


class ManifestFaultsError(BadInputError):
    """A manifest cannot be used, for all these reasons.

    Parameters
    ----------
    name
        Name of the manifest.
    faults
        Every fault with its line.
    """

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        # A cell may hold a line feed, or worse; a fault stays one line.
        self.faults = tuple("".join(c if c.isprintable() else "?" for c in f) for f in faults)
        count = "a fault" if len(faults) == 1 else f"{len(faults)} faults, the first"
        super().__init__(
            f"{name} has {count}: {self.faults[0]}.", "Mend the manifest; nothing was measured."
        )


def read_cohort(path: Path, reserved: Sequence[str] = ()) -> Cohort:
    """Read a manifest and check all of it; no recording is opened.

    Parameters
    ----------
    path
        A CSV or Parquet file; recordings are named from where it lies.
    reserved
        Columns that results have themselves.

    Raises
    ------
    ManifestFaultsError
        With every fault in it.
    BadInputError
        If it is no readable table.
    """
    lines, what = _lines(path)
    if not lines:
        raise BadInputError(f"{path.name} is empty.", "Its first line names the columns.")
    columns = lines[0][1]
    faults = _faults_of_head(columns, reserved)
    if not 1 < len(lines) <= MAX_ROWS:
        faults.append(f"it has {len(lines) - 1:,} rows, not 1 to {MAX_ROWS:,}")
    faults += odd_lines(lines)
    rows = [
        Row(line, dict(zip(columns, cells, strict=True)))
        for line, cells in lines[1:]
        if len(cells) == len(columns)
    ]
    needed = [name for name in WALK if name in columns]
    files: dict[Path, int] = {}
    for row in rows:
        found = [*_faults_of(row, needed), *_faults_of_files(row, path.parent, files, what)]
        faults += [f"{what} {row.line}: {fault}" for fault in found]
    if faults:
        raise ManifestFaultsError(path.name, faults)
    own = (*WALK, *FACTS, *HINTS, SYNTHETIC)
    covariates = tuple(dict.fromkeys(("group", *(c for c in columns if c not in own))))
    return Cohort(path.name, covariates, tuple(_walk(row, path.parent, covariates) for row in rows))


def _lines(path: Path) -> tuple[list[Line], str]:
    """Return the lines of a table, and what to call one."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise BadInputError(f"{path.name[:80]} is no manifest.", "Give a CSV or Parquet file.")
    try:
        there = path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise BadInputError(
            f"There is no manifest {path.name[:80]}.",
            "Write a first one with clinigait manifest DIR.",
        )
    if suffix == ".csv":
        return read_lines(path), "line"
    return _lines_of_parquet(path), "row"


def _lines_of_parquet(path: Path) -> list[Line]:
    parquet = parquet_library()
    try:
        file = parquet.ParquetFile(path)
        names = file.schema_arrow.names
        if file.metadata.num_rows > MAX_ROWS:
            raise BadInputError(
                f"{path.name} has {file.metadata.num_rows:,} rows.", "Give fewer rows."
            )
        columns: list[list[object]] = [[] for _ in names]
        unpacked = 0
        # Piece by piece: one text that stands in all rows takes no room in the file.
        for piece in file.iter_batches(_PIECE_ROWS):
            unpacked += piece.nbytes
            if unpacked > _LARGEST_BYTES:
                raise BadInputError(f"{path.name} unpacks to too much.", "Give shorter texts.")
            for column, cells in zip(columns, piece.columns, strict=True):
                column.extend(cells.to_pylist())
    except (OSError, ValueError) as error:  # what pyarrow raises are kinds of these
        raise BadInputError(f"{path.name} is not a readable Parquet file.", "Save it anew.") from (
            error
        )
    rows = [
        (n, [_text(cell) for cell in cells])
        for n, cells in enumerate(zip(*columns, strict=True), 1)
    ]
    return [(0, [name.strip() for name in names]), *rows]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list):
        return ";".join(map(_text, cell))
    return f"{cell:g}" if isinstance(cell, float) and cell == int(cell or 0) else str(cell).strip()


def _faults_of_head(columns: Sequence[str], reserved: Sequence[str]) -> list[str]:
    said = [f"there is no column {name}" for name in WALK if name not in columns]
    if said and len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        said.append("something else than commas stands between its cells")
    said += [
        f"the column {name[:40] or 'without a name'} is there {columns.count(name)} times"
        for name in dict.fromkeys(columns)
        if columns.count(name) > 1
    ]
    if "" in columns and columns.count("") == 1:
        said.append("a column has no name")
    taken = set(reserved) - {*WALK, *HINTS, SYNTHETIC, "group"}
    said += [
        f"the column {name} has the name of a column of the results: call it something else"
        for name in dict.fromkeys(columns)
        if name in taken
    ]
    return said


def _faults_of(row: Row, needed: Sequence[str]) -> list[str]:
    said = [f"there is no {name}" for name in needed if not row.get(name)]
    for name, most in _MOST_LETTERS.items():
        text = row.get(name)
        if len(text) > most or not text.isprintable():
            said.append(f"{name} is longer than {most} letters or holds control characters")
    return [*said, *faults_of_cells(row)]


def _faults_of_files(row: Row, folder: Path, files: dict[Path, int], what: str) -> list[str]:
    names = _names(row)
    said = [fault for name in names if (fault := _fault_of_recording(folder / name))]
    if row.get("file") and not names:
        said.append("there is no file")
    if len(names) > MOST_PASSES:
        said.append(f"{len(names)} passes; {MOST_PASSES} are the most")
    own: set[Path] = set()
    for name in names:
        try:
            place = (folder / name).resolve()
        except (OSError, ValueError, RuntimeError):
            continue
        if place in own:
            said.append(f"{name[:80]} is named twice")
        elif files.setdefault(place, row.line) != row.line:
            said.append(f"{name[:80]} is in {what} {files[place]} already")
        own.add(place)
    return said


def _names(row: Row) -> list[str]:
    return [name for part in row.get("file").split(";") if (name := part.strip())]


def _fault_of_recording(path: Path) -> str | None:
    """Return why a path cannot be a recording, by its name and place alone."""
    name, suffix = path.name[:80], path.suffix.lower()
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError):
        is_folder = is_file = False
    if is_folder:
        known = is_rgbd_folder(path) or is_keypoint_file(path)
        return None if known else f"{name} is a folder, and no recording"
    if not is_file:
        return f"there is no file {name}"
    if suffix in _NO_WALKS or suffix not in (*READERS, *_FILMS):
        return f"{name} is no recording that clinigait reads"
    return None


def is_recording(path: Path) -> bool:
    """Tell whether a path may be a recording, by its name and place alone."""
    return _fault_of_recording(path) is None


def _walk(row: Row, folder: Path, covariates: Sequence[str]) -> CohortWalk:
    facts: dict[str, float | str | None] = {name: number(row.get(name)) for name in FACTS}
    facts["sex"] = _known(row.get("sex").lower())
    paths = tuple(str((folder / name).absolute()) for name in _names(row))
    return CohortWalk(
        line=row.line,
        subject=row.get("subject"),
        visit=row.get("visit"),
        file=row.get("file"),
        paths=paths,
        filmed=not all(is_keypoint_file(Path(path)) for path in paths),
        facts=facts,
        hints={
            "rate_hz": number(row.get("rate_hz")),
            "layout": _known(row.get("layout").lower()),
            "unit": _known(row.get("unit").lower()),
        },
        covariates={name: row.get(name) for name in covariates},
        synthetic=row.get(SYNTHETIC).lower() == "true",
    )


def _known(text: str) -> str | None:
    return None if text in UNKNOWN else text
