"""What the legs bear, side against side: inferred from the movement, never measured.

The vertical force of the floor is that of rigid segments (:mod:`clinigait.gait.loads`), so all
that is said of a side is a proxy. Only the sides of one walk are compared: what the model has wrong
of a person, it has wrong of both legs alike. How sure an index is comes from a hundred walks that
are drawn around the one that was seen: with as much noise in the points as there is, with legs
that the sensor shows a little askew, with contacts that are a little off, and with other ones of
its own stances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from clinigait.core import SIDES, Bout, Parameter, Side
from clinigait.gait.filtering import CUTOFF_HZ, low_passed, mean_rate_hz
from clinigait.gait.loads.floor import Stance, shared_by_steps, stances_of
from clinigait.gait.loads.moved import GRAVITY_MPS2, MovedBody, acceleration, moved_body
from clinigait.gait.oriented import Oriented
from clinigait.gait.symmetry import Absent, symmetry_index_pct
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.shared import WholeWalk, absent, around, had, whole_walk

Array = NDArray[np.float64]
#: What is read of a stance: the highest vertical force of its first and of its second half, and
#: the force over its time.
EARLY, LATE, IMPULSE = range(3)
_DRAWS = 100
_NORMAL = 1.96
#: Stances are read at this rate at least: a double support is three frames of a usual camera.
_FINE_HZ = 120.0
#: Slower films do not hold the 6 Hz that the force is made of.
_LEAST_HZ = 24.0
_LEAST_STANCES = 2
_LEAST_SAMPLES = 8
#: An index that is not known to within this says nothing: so much asymmetry is usually asked for.
_USELESS_PCT = 10.0
#: Noise of points remembers itself for so long (that of 3-D joints of a pose model, as fitted for
#: the virtual clinic).
_MEMORY_S = 0.2
#: How far a joint's movement against the pelvis is shown wrong, the same in every stride, as a
#: share of it: half of what was fitted for joints of a pose model (inference).
_ASKEW = 0.016
_NO_METRES = Absent(
    "loads need joints in metres that were measured in three dimensions: record with motion "
    "capture or a depth camera"
)
_TOO_SLOW = Absent(f"loads need {_LEAST_HZ:.0f} frames a second or more")
_NO_KNEES = Absent("loads need both knees")
_TOO_FEW = Absent(f"loads need {_LEAST_STANCES} whole stances of each foot or more")


@dataclass(frozen=True)
class LoadIndex:
    """A symmetry index of inferred loads.

    Parameters
    ----------
    value_pct
        100 (R - L) / (0.5 (R + L)) of the means over the stances.
    error_pct
        Its standard uncertainty.
    n
        Stances of the foot that has fewer.
    """

    value_pct: float
    error_pct: float
    n: int


def load_asymmetry_of(name: str, what: int) -> Callable[[WalkedBouts], Parameter]:
    """Return the function that compares what the legs bear.

    Parameters
    ----------
    name
        The parameter.
    what
        One of :data:`EARLY`, :data:`LATE` and :data:`IMPULSE`.
    """

    def compute(walked: WalkedBouts) -> Parameter:
        found = load_indices(walked)
        if isinstance(found, Absent):
            return absent(name, found)
        index = found[what]
        half = _NORMAL * index.error_pct
        if not half <= _USELESS_PCT:
            return absent(name, _untold(half))
        cautions = ["inferred from the movement, not a measured force"]
        if abs(index.value_pct) <= half:
            cautions.append("the sides cannot be told apart")
        return had(name, index.value_pct, around(index.value_pct, half), index.n, cautions)

    return compute


def _untold(half: float) -> Absent:
    return Absent(
        f"the sides cannot be told apart: noise spreads the index by ±{half:.0f} % here; "
        "record more steps, or with motion capture"
    )


_KNOWN: WeakKeyDictionary[WalkedBouts, tuple[LoadIndex, ...] | Absent] = WeakKeyDictionary()


def load_indices(walked: WalkedBouts) -> tuple[LoadIndex, ...] | Absent:
    """Return the three indices of a walk, or why there is none."""
    if walked not in _KNOWN:
        _KNOWN[walked] = _indices(whole_walk(walked))
    return _KNOWN[walked]


def _indices(walk: WholeWalk) -> tuple[LoadIndex, ...] | Absent:
    scene = walk.scene
    if scene.in_picture or scene.is_guessed:
        return _NO_METRES
    if mean_rate_hz(scene.walk.time_s) < _LEAST_HZ:
        return _TOO_SLOW
    if not all(f"{side}_knee" in scene.even.layout for side in SIDES):
        return _NO_KNEES
    rng = np.random.default_rng(0)
    own: dict[Side, list[Array]] = {side: [] for side in SIDES}
    for bout, part in zip(walk.bouts, walk.parts, strict=True):
        for side, values in _of_bout(walk, bout, part, rng):
            own[side].append(values)
    if min(len(values) for values in own.values()) < _LEAST_STANCES:
        return _TOO_FEW
    return _compared({side: np.stack(values) for side, values in own.items()}, rng)


def _compared(own: dict[Side, Array], rng: np.random.Generator) -> tuple[LoadIndex, ...] | Absent:
    """Compare the sides of (N, 1 + draws, 3) values; the first draw is the walk itself."""
    means = {}
    for side, values in own.items():
        n, draws, _ = values.shape
        others = rng.integers(0, n, (n, draws))
        others[:, 0] = np.arange(n)
        means[side] = np.take_along_axis(values, others[:, :, None], axis=0).mean(axis=0)
    found = []
    n = min(len(values) for values in own.values())
    for what in (EARLY, LATE, IMPULSE):
        pairs = zip(means["left"][:, what], means["right"][:, what], strict=True)
        indices = [symmetry_index_pct(float(left), float(right)) for left, right in pairs]
        known = [index for index in indices if not isinstance(index, Absent)]
        if len(known) < len(indices):
            return next(index for index in indices if isinstance(index, Absent))
        found.append(LoadIndex(known[0], float(np.std(known[1:], ddof=1)), n))
    return tuple(found)


def _of_bout(
    walk: WholeWalk, bout: Bout, part: Oriented, rng: np.random.Generator
) -> list[tuple[Side, Array]]:
    """Return side and (1 + draws, 3) values of every whole stance of a used stride."""
    own = [e for e in walk.events if bout.start_s <= e.time_s <= bout.end_s]
    stances = stances_of(own)
    error_s = {(e.side, e.time_s): e.uncertainty_s for e in own}
    used = {(stride.side, stride.start_s) for stride in walk.used}
    kept = [k for k, s in enumerate(stances) if s.is_whole and (s.side, s.contact_s) in used]
    if not kept:
        return []
    body = moved_body(part, walk.scene.walk.subject.sex)
    coarse = body.floor_npkg[:, 2:] + _errors(walk, body, part, rng)
    time_s, floor_npkg = _finer(part.time_s, coarse, part.rate_hz)
    values = np.empty((len(kept), 1 + _DRAWS, 3))
    for draw in range(1 + _DRAWS):
        moved = [_moved(s, error_s, rng) if draw else s for s in stances]
        feet = shared_by_steps(floor_npkg[:, [draw]], time_s, moved)
        for row, number in enumerate(kept):
            values[row, draw] = _read(feet, time_s, moved[number])
    known = np.asarray(np.isfinite(values).all(axis=(1, 2)))
    return [(stances[number].side, values[row]) for row, number in enumerate(kept) if known[row]]


def _finer(time_s: Array, force: Array, rate_hz: float) -> tuple[Array, Array]:
    """Return times and (T', N) forces between the frames too: feet do not land on frames."""
    factor = int(np.ceil(_FINE_HZ / rate_hz))
    places = np.arange((len(time_s) - 1) * factor + 1) / factor
    before = np.minimum(places.astype(int), len(time_s) - 2)
    share = (places - before)[:, None]
    between = (1 - share) * force[before] + share * force[before + 1]
    return time_s[0] + places / rate_hz, between


def _moved(
    stance: Stance, error_s: dict[tuple[Side, float], float], rng: np.random.Generator
) -> Stance:
    """Return a stance whose ends are off as events are."""
    ends = [
        time_s + rng.normal(0, error_s[stance.side, time_s]) if np.isfinite(time_s) else time_s
        for time_s in (stance.contact_s, stance.off_s)
    ]
    return Stance(stance.side, *ends)


def _read(feet: dict[Side, Array], time_s: Array, stance: Stance) -> Array:
    during = (time_s >= stance.contact_s) & (time_s <= stance.off_s)
    force = feet[stance.side][during, 0] / GRAVITY_MPS2
    if len(force) < _LEAST_SAMPLES:
        return np.full(3, np.nan)
    middle = len(force) // 2
    length_s = stance.off_s - stance.contact_s
    return np.array([force[:middle].max(), force[middle:].max(), force.mean() * length_s])


# ---------------------------------------------------------------- what may be wrong


def _errors(walk: WholeWalk, body: MovedBody, part: Oriented, rng: np.random.Generator) -> Array:
    """Return (T, 1 + draws) errors of the vertical force, in N/kg; none in the first."""
    weights = np.einsum("s,sk->k", body.mass, np.stack([s.centre for s in body.segments]))
    noise_m = _noise_m(walk, weights)
    shape = (len(part.time_s), _DRAWS)
    memory = np.exp(-1 / (_MEMORY_S * part.rate_hz))
    fresh = rng.normal(0, noise_m, shape)
    fresh[1:] *= np.sqrt(1 - memory**2)
    slow = np.asarray(lfilter([1.0], [1.0, -memory], fresh, axis=0))
    trembling = acceleration(low_passed(slow, part.rate_hz, CUTOFF_HZ), part.rate_hz)
    used = np.flatnonzero(weights)
    against_pelvis = part.points[:, used] - part.middle("hip")[:, None]
    flat = acceleration(against_pelvis.reshape(len(against_pelvis), -1), part.rate_hz)
    moves = flat.reshape(against_pelvis.shape) * weights[used, None]
    askew = rng.normal(0, _ASKEW, (*moves.shape[1:], _DRAWS))
    shown_wrong = np.einsum("tkd,kdn->tn", moves, askew)
    return np.concatenate([np.zeros((shape[0], 1)), trembling + shown_wrong], axis=1)


def _noise_m(walk: WholeWalk, weights: Array) -> float:
    """Return the standard deviation of the noise in the height of the centre of mass.

    From third differences of the unfiltered points, which a walk hardly has.
    """
    recorded = walk.scene.walk
    used = np.flatnonzero(weights)
    names = [walk.scene.even.layout.points[k] for k in used]
    columns = [recorded.layout.index(name) for name in names]
    height = (recorded.keypoints[:, columns] @ walk.scene.axes[-1]) @ weights[used]
    jerks = np.abs(np.diff(height, 3))
    jerks = jerks[np.isfinite(jerks)]
    if not len(jerks):
        return float("nan")
    memory = np.exp(-1 / (_MEMORY_S * walk.scene.even.rate_hz))
    shown = 20 - 30 * memory + 12 * memory**2 - 2 * memory**3  # variance of the differences
    return 1.4826 * float(np.median(jerks)) / float(np.sqrt(shown))
