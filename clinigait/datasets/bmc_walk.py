"""BMC: two walks of one person, motion capture over force plates (github demotu/BMC, CC BY 4.0).

Markers in ``walk1.trc`` and ``walk2.trc`` (150 Hz), forces of seven plates in ``walk1.forces`` and
``walk2.forces`` (450 Hz). A foot is on the ground while its plate carries more than 20 N; plates
that are loaded when the record begins or ends tell only the other end of that step. Two walks
are a check, never a place to tune.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, EventKind, Walk
from clinigait.io.trc import read_trc

NAME = "bmc-walk"
_WALKS = ("walk1", "walk2")
_PLATES = 7
_COLUMNS_A_PLATE = 7
_FORCE_RATE_HZ = 450.0
_LOADED_N = 20.0
#: Nothing shorter is a step.
_SHORTEST_S = 0.3
#: A plate that is loaded this near to the end of the record was loaded or left outside of it.
_EDGE_S = 0.01
_MAX_BYTES = 100_000_000


@dataclass(frozen=True, eq=False)
class PlateWalk:
    """One walk and what the plates say of it.

    Parameters
    ----------
    name
        File stem.
    walk
        The markers.
    events_s
        Times at which a foot met or left a plate, by kind of event.
    """

    name: str
    walk: Walk
    events_s: dict[EventKind, NDArray[np.float64]]


def plate_walks(root: Path) -> tuple[PlateWalk, ...]:
    """Read the two walks.

    Raises
    ------
    BadInputError
        If a file is missing or cannot be used.
    """
    return tuple(
        PlateWalk(name, read_trc(root / f"{name}.trc"), plate_events_s(root / f"{name}.forces"))
        for name in _WALKS
    )


def plate_events_s(path: Path) -> dict[EventKind, NDArray[np.float64]]:
    """Return when plates were stepped on and left.

    Raises
    ------
    BadInputError
        If the file is not a table of seven plates.
    """
    forces = _forces(path)
    last = len(forces) - 1
    edge = round(_EDGE_S * _FORCE_RATE_HZ)
    contacts, offs = [], []
    for plate in range(_PLATES):
        own = forces[:, 1 + _COLUMNS_A_PLATE * plate :][:, :3]
        up = int(np.abs(own).max(axis=0).argmax())
        loaded = np.abs(own[:, up]) > _LOADED_N
        edges = np.flatnonzero(np.diff(np.concatenate([[False], loaded, [False]]).astype(np.int8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if (end - start) / _FORCE_RATE_HZ < _SHORTEST_S:
                continue
            contacts += [start / _FORCE_RATE_HZ] if start > edge else []
            offs += [end / _FORCE_RATE_HZ] if end < last - edge else []
    return {
        EventKind.INITIAL_CONTACT: np.sort(np.array(contacts)),
        EventKind.FOOT_OFF: np.sort(np.array(offs)),
    }


def _forces(path: Path) -> NDArray[np.float64]:
    broken = BadInputError(
        f"{path.name} is not a table of {_PLATES} force plates.", "Fetch the file again."
    )
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise broken
        lines = path.read_text(encoding="latin1").splitlines()
        head = next(number for number, line in enumerate(lines) if "FX1" in line)
        rows = [line.split() for line in lines[head + 1 :] if line.strip()]
        table = np.array([[float(cell) for cell in row] for row in rows])
    except (OSError, ValueError, StopIteration) as error:
        raise broken from error
    if table.ndim != 2 or table.shape[1] < 1 + _PLATES * _COLUMNS_A_PLATE or len(table) < 2:
        raise broken
    return table
