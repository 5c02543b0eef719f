"""What fits said, kept in a folder: a table of many fits goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.io.output import beside
from clinigait.training.prepared import Prepared

#: Arrays by condition.
Said = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Kept:
    """What fits on some walks said; nothing is kept where there is no folder.

    Parameters
    ----------
    folder
        Where; None for nowhere.
    walks
        Hash of the walks.
    """

    folder: Path | None
    walks: str

    @classmethod
    def of(cls, folder: Path | None, everybody: Prepared) -> Kept:
        """Open the folder for walks: other walks, other fits."""
        digest = sha256()
        for record in everybody.records:
            digest.update(f"{record.person} {record.label}".encode())
            for _, frames in sorted(record.clip.frames.items()):
                digest.update(np.ascontiguousarray(frames).data)
        return cls(folder, digest.hexdigest())

    def scores(self, fit: object, asked: Callable[[], Said]) -> Said:
        """Return what a fit said, or ask and keep it.

        Parameters
        ----------
        fit
            All that tells one fit from another, by what it prints as.
        asked
            Fits and says.
        """
        if self.folder is None:
            return asked()
        name = sha256(repr((self.walks, fit)).encode()).hexdigest()[:20]
        kept = self.folder / f"{name}.npz"
        if not kept.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            said = asked()
            with beside(kept) as new, new.open("xb") as file:
                np.savez(file, allow_pickle=False, **said)
        with np.load(kept) as file:
            return {condition: file[condition] for condition in file.files}
