"""One person's boxes over time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from clinigait.perception.thumbnails import Album

#: Boxes are brought to an even clock of this step before they are smoothed.
EVEN_STEP_S = 0.1
#: Over so many of these steps the way at either end of the stay is steady.
_STEADY_STEPS = 5


@dataclass(eq=False)
class Track:
    """One person's boxes over time, and how sure it is that they are one person's.

    Parameters
    ----------
    times_s
        When the person was found.
    boxes
        x0, y0, x1, y1 in image pixels at those times.
    expected
        Where the person was expected at those times, by the motion until then.
    looks
        What the person looked like at those times (:func:`.appearance.looks_of`).
    clear
        Whether nobody else was in the way at those times: only then do looks count.
    album
        A few pictures of the person.
    identity
        Probability, 0 to 1, that the track is one person all along.
    unsure_s
        (from, to) stretches in which the box may be another person's, though before and after
        it is the same person.
    cut
        Whether the track begins, and whether it ends, where it was no longer sure who is who.
    """

    times_s: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float64]] = field(default_factory=list)
    expected: list[NDArray[np.float64]] = field(default_factory=list)
    looks: list[NDArray[np.float16]] = field(default_factory=list)
    clear: list[bool] = field(default_factory=list)
    album: Album = field(default_factory=Album)
    identity: float = 1.0
    unsure_s: tuple[tuple[float, float], ...] = ()
    cut: tuple[bool, bool] = (False, False)

    @property
    def start_s(self) -> float:
        """When the person was first found."""
        return self.times_s[0]

    @property
    def end_s(self) -> float:
        """When the person was last found."""
        return self.times_s[-1]

    @property
    def height_px(self) -> float:
        """Median height of the boxes."""
        return float(np.median([box[3] - box[1] for box in self.boxes]))

    def add(
        self,
        time_s: float,
        box: NDArray[np.float64],
        expected: NDArray[np.float64],
        looks: NDArray[np.float16],
        clear: bool,
    ) -> None:
        """Append an observation."""
        self.times_s.append(time_s)
        self.boxes.append(box)
        self.expected.append(expected)
        self.looks.append(looks)
        self.clear.append(clear)

    def part(self, first: int, last: int) -> Track:
        """Return the observations ``first`` up to and with ``last`` as a track of their own."""
        taken = slice(first, last + 1)
        return Track(
            self.times_s[taken],
            self.boxes[taken],
            self.expected[taken],
            self.looks[taken],
            self.clear[taken],
            self.album,
        )

    def is_unsure(self, times_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return (T,) at which of the times the box may be another person's."""
        unsure = np.zeros(len(times_s), bool)
        for start_s, end_s in self.unsure_s:
            unsure |= (times_s >= start_s) & (times_s <= end_s)
        return unsure

    def even(self, step_s: float = EVEN_STEP_S) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (N,) evenly spaced times over the stay and the (N, 4) boxes at them.

        People are looked for more often where somebody is near them.
        """
        known_s = np.array(self.times_s)
        stay_s = known_s[-1] - known_s[0]
        steps = max(1, round(stay_s / step_s)) if stay_s > 0 else 0
        times_s = np.linspace(known_s[0], known_s[-1], steps + 1)
        sides = np.array(self.boxes).T
        return times_s, np.column_stack([np.interp(times_s, known_s, side) for side in sides])

    def at(
        self, times_s: NDArray[np.float64], smooth_s: float = 0.15, beyond_s: float = 0.0
    ) -> NDArray[np.float64]:
        """Return (T, 4) smoothed boxes at ``times_s``; NaN outside the person's stay.

        Parameters
        ----------
        times_s
            (T,) times.
        smooth_s
            Standard deviation of the smoothing.
        beyond_s
            So long before the first and after the last observation the person is expected to move
            as in the half second beside it; not where the track was cut for doubt.
        """
        even_s, boxes = self.even()
        smooth = gaussian_filter1d(boxes, smooth_s / EVEN_STEP_S, axis=0, mode="nearest")
        start_s, end_s = even_s[0], even_s[-1]
        if len(even_s) > 1:
            reach = min(_STEADY_STEPS, len(even_s) - 1)
            before, after = ((0.0 if cut else beyond_s) for cut in self.cut)
            speed = [
                (smooth[reach] - smooth[0]) / (even_s[reach] - even_s[0]),
                (smooth[-1] - smooth[-1 - reach]) / (even_s[-1] - even_s[-1 - reach]),
            ]
            smooth = np.vstack(
                [smooth[0] - before * speed[0], smooth, smooth[-1] + after * speed[1]]
            )
            # The two outer times differ from the inner ones, or np.interp could not tell them.
            even_s = np.concatenate([[start_s - before - 1e-9], even_s, [end_s + after + 1e-9]])
            start_s, end_s = start_s - before, end_s + after
        found = np.column_stack([np.interp(times_s, even_s, side) for side in smooth.T])
        found[(times_s < start_s) | (times_s > end_s)] = np.nan
        return found
