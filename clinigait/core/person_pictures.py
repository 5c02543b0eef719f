"""Small pictures of the walker, cut from colour and depth: what networks of pictures look at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PersonPictures:
    """The walker alone, a few times a second, on a clock of its own.

    They show a person: they live as long as the work on a walk, and are written nowhere.

    Parameters
    ----------
    time_s
        (M,) times, strictly increasing, on the clock of the walk.
    colour
        (M, H, W, 3) uint8, RGB; None where there was no colour.
    depth_mm
        (M, H, W) uint16 in mm along the line of sight, 0 where unknown; None where none was filmed.
    person_mm
        (M,) distance of the trunk in mm; NaN where unknown.
    """

    time_s: NDArray[np.float64]
    colour: NDArray[np.uint8] | None
    depth_mm: NDArray[np.uint16] | None
    person_mm: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.colour is None and self.depth_mm is None:
            raise ValueError("pictures are of colour, of depth, or of both")
        for name in ("colour", "depth_mm", "person_mm"):
            part = getattr(self, name)
            if part is not None and len(part) != len(self.time_s):
                raise ValueError(f"{name} has {len(part)} entries for {len(self.time_s)} times")

    def __len__(self) -> int:
        return len(self.time_s)

    def between(self, first_s: float, last_s: float) -> PersonPictures:
        """Return the pictures from one time to another, both included."""
        kept = (self.time_s >= first_s) & (self.time_s <= last_s)
        return replace(
            self,
            time_s=self.time_s[kept],
            colour=None if self.colour is None else self.colour[kept],
            depth_mm=None if self.depth_mm is None else self.depth_mm[kept],
            person_mm=self.person_mm[kept],
        )
