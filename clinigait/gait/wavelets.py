"""Time and frequency together: the continuous wavelet transform of a joint's speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import make_interp_spline
from scipy.optimize import nnls

from clinigait.core import BadInputError
from clinigait.gait.regularity import USABLE_SHARE_OF_RATE, even_signal
from clinigait.gait.symmetry import Absent

#: Radians of the wavelet's wave in one unit of its Gaussian envelope. More of them part
#: frequencies better and take more time: at 1 Hz the edges spoil 0.7 s for 3, 0.9 s for 4 and
#: 1.35 s for 6; a wave of half the frequency still shows with 32, 14 and 1 % of its amplitude.
DEFAULT_OMEGA0 = 4.0
_OMEGA0_RANGE = (3.0, 12.0)
LOWEST_HZ, HIGHEST_HZ, N_FREQUENCIES = 0.5, 8.0, 32
#: Shorter gaps are bridged by straight lines; longer ones spoil what is near them like an end.
MAX_GAP_S = 0.2
#: A statistic of a frequency needs this many trusted cycles of it.
_FEWEST_CYCLES = 1.0
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Scalogram:
    """How strongly a signal swings at each frequency and time.

    Parameters
    ----------
    time_s
        (T,) times.
    frequency_hz
        (F,) frequencies, rising, evenly spaced in their logarithm.
    amplitude
        (F, T) in the unit of the signal: a sine of amplitude 1 shows as 1 at its own frequency.
        NaN before the first and after the last sample that is seen.
    trusted
        (F, T) whether a cell is free of the edges, of long gaps and of bridged frames.
    omega0
        Of the wavelet.
    """

    time_s: NDArray[np.float64]
    frequency_hz: NDArray[np.float64]
    amplitude: NDArray[np.float64]
    trusted: NDArray[np.bool_]
    omega0: float


def cone_of_influence_s(
    frequency_hz: ArrayLike, omega0: float = DEFAULT_OMEGA0
) -> NDArray[np.float64]:
    """Return how far an edge reaches into a signal at a frequency.

    sqrt(2) s with s = ω0 / (2 π f): there the trace of a jump at the edge has fallen to 1/e² in
    power. Source: Torrence and Compo 1998,
    doi 10.1175/1520-0477(1998)079<0061:APGTWA>2.0.CO;2.
    """
    return np.asarray(np.sqrt(2) * omega0 / (2 * np.pi * np.asarray(frequency_hz)))


def scalogram(
    signal: ArrayLike,
    rate_hz: float,
    *,
    omega0: float = DEFAULT_OMEGA0,
    low_hz: float = LOWEST_HZ,
    high_hz: float = HIGHEST_HZ,
    n_frequencies: int = N_FREQUENCIES,
    start_s: float = 0.0,
) -> Scalogram | Absent:
    """Return the scalogram of a signal by the complex Morlet wavelet.

    Of the Morlet wavelet exp(i ω0 t) exp(-t² / 2) a scale s shows the frequency ω0 / (2 π s): with
    amplitudes, unlike with energies, a sine peaks exactly there. The wavelet is as it is defined,
    not sampled: its transform exp(-(s ω - ω0)² / 2) weighs the spectrum of the signal, from which
    a straight line is taken off and whose ends are reflected.

    Parameters
    ----------
    signal, rate_hz
        (T,) samples, NaN in gaps, and their rate.
    omega0
        3 to 12; see :data:`DEFAULT_OMEGA0`.
    low_hz, high_hz, n_frequencies
        The grid of frequencies; those of 0.8 of the Nyquist frequency and above are left out.
    start_s
        Time of the first sample.

    Returns
    -------
    Scalogram or Absent
        Absent where fewer than two samples are seen or the rate is too low for every frequency.

    Raises
    ------
    BadInputError
        If signal, rate, grid or ``omega0`` are impossible.
    """
    samples = even_signal(signal, rate_hz)
    frequency_hz = _grid(low_hz, high_hz, n_frequencies, omega0)
    frequency_hz = frequency_hz[frequency_hz < USABLE_SHARE_OF_RATE * rate_hz]
    seen = np.flatnonzero(np.isfinite(samples))
    if len(seen) < 2:
        return Absent("the signal is not seen")
    if not len(frequency_hz):
        return Absent(f"{rate_hz:.0f} frames/s are too few for movement of {low_hz:.1f} Hz")
    inside = slice(int(seen[0]), int(seen[-1]) + 1)
    amplitude = np.full((len(frequency_hz), len(samples)), np.nan)
    filled = _filled(samples[inside])
    amplitude[:, inside] = _amplitude(filled, rate_hz, frequency_hz, omega0)
    trusted = _trusted(samples, rate_hz, cone_of_influence_s(frequency_hz, omega0))
    time_s = start_s + np.arange(len(samples)) / rate_hz
    return Scalogram(time_s, frequency_hz, amplitude, trusted, omega0)


def _grid(low_hz: float, high_hz: float, n: int, omega0: float) -> NDArray[np.float64]:
    if not _OMEGA0_RANGE[0] <= omega0 <= _OMEGA0_RANGE[1]:
        raise BadInputError(f"A Morlet wavelet of {omega0} does not fit.", "Take 3 to 12.")
    if not (0 < low_hz < high_hz < np.inf and n > 1):
        raise BadInputError(
            "The frequencies are no rising range.", "Give 0 < low < high and two or more of them."
        )
    return np.geomspace(low_hz, high_hz, n)


def _filled(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take a straight line off the seen samples and bridge the gaps."""
    index = np.arange(len(samples))
    seen = np.isfinite(samples)
    line = np.polyfit(index[seen], samples[seen], 1)
    rest = samples[seen] - np.polyval(line, index[seen])
    # What the arithmetic leaves of a straight line is no movement.
    rest[np.abs(rest) <= _ROUNDING * np.abs(samples[seen]).max()] = 0.0
    return np.interp(index, index[seen], rest)


def _amplitude(
    samples: NDArray[np.float64],
    rate_hz: float,
    frequency_hz: NDArray[np.float64],
    omega0: float,
) -> NDArray[np.float64]:
    """Return the (F, T) amplitudes of a signal without gaps."""
    if len(samples) < 2:
        return np.zeros((len(frequency_hz), len(samples)))
    # Reflected at its ends without end, a signal has this period and a real spectrum.
    period = 2 * (len(samples) - 1)
    spectrum = np.fft.fft(np.concatenate([samples, samples[-2:0:-1]])).real
    shown_hz = np.fft.fftfreq(period, 1 / rate_hz)
    gain = np.exp(-0.5 * (omega0 * (shown_hz / frequency_hz[:, None] - 1)) ** 2)
    # Half of what is at the Nyquist frequency turns either way.
    nyquist_hz = np.array([rate_hz, -rate_hz])[:, None] / 2
    at_nyquist = np.exp(-0.5 * (omega0 * (nyquist_hz / frequency_hz - 1)) ** 2)
    gain[:, period // 2] = at_nyquist.mean(axis=0)
    # Of a real spectrum the transform there is, but for the sign of the phase, the one back.
    return np.asarray(np.abs(np.fft.rfft(spectrum * gain, axis=1)) * (2 / period))


def _trusted(
    samples: NDArray[np.float64], rate_hz: float, reach_s: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the (F, T) cells that no edge, long gap or bridged frame spoils."""
    seen = np.isfinite(samples)
    is_solid = ~_in_long_gap(seen, rate_hz)
    # Distance of each frame from the nearest frame of a long gap or beyond an end.
    solid = np.concatenate([[False], is_solid, [False]])
    index = np.arange(len(solid))
    before = np.maximum.accumulate(np.where(solid, 0, index))
    after = np.minimum.accumulate(np.where(solid, len(solid), index)[::-1])[::-1]
    distance_s = (np.minimum(index - before, after - index)[1:-1] - 1) / rate_hz
    return np.asarray(seen & (distance_s >= reach_s[:, None] - 1e-9))


def _in_long_gap(seen: NDArray[np.bool_], rate_hz: float) -> NDArray[np.bool_]:
    """Return the frames in gaps too long to bridge, or before the first or after the last seen."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], seen, [True]]).astype(int)))
    start, end = edges[::2], edges[1::2]
    is_long = (end - start) / rate_hz > MAX_GAP_S + 1e-9
    is_long |= (start == 0) | (end == len(seen))
    steps = np.zeros(len(seen) + 1, dtype=int)
    steps[start[is_long]] += 1
    steps[end[is_long]] -= 1
    return np.asarray(np.cumsum(steps)[:-1] > 0)


def dominant_frequency_hz(
    picture: Scalogram, low_hz: float = LOWEST_HZ, high_hz: float = HIGHEST_HZ
) -> float | Absent:
    """Return the frequency between two others at which the signal swings most.

    The peak of the mean power of the trusted cells over time, by a parabola over the logarithm of
    the frequency.

    Parameters
    ----------
    picture
        The scalogram.
    low_hz, high_hz
        The range to look in.

    Returns
    -------
    float or Absent
        Absent where a part of the range is not trusted for one cycle at least, the signal does
        not swing, or its power has no peak within the range.
    """
    spectrum = _spectrum(picture, low_hz, high_hz)
    if isinstance(spectrum, Absent):
        return spectrum
    frequency_hz, power = spectrum
    top = int(np.argmax(power))
    if power[top] <= 0:
        return Absent("nothing moves")
    if top in (0, len(power) - 1):
        return Absent(f"no frequency stands out between {low_hz:.1f} and {high_hz:.1f} Hz")
    below, at, above = np.log(np.maximum(power[top - 1 : top + 2], np.finfo(float).tiny))
    shift = 0.5 * (below - above) / (below - 2 * at + above)
    step = np.log(frequency_hz[1] / frequency_hz[0])
    return float(frequency_hz[top] * np.exp(shift * step))


def band_power(picture: Scalogram, low_hz: float, high_hz: float) -> float | Absent:
    """Return the mean square of the part of the signal between two frequencies.

    The power of the trusted cells, averaged over time and integrated over the logarithm of the
    frequency, on the scale of a mean square: a sine of amplitude A well inside the band gives
    A² / 2, one at its edge about half of that. Bands wider than the wavelet's own width, about
    1 / ω0 of the frequency, are told apart.

    Parameters
    ----------
    picture
        The scalogram.
    low_hz, high_hz
        The band, which the scalogram must cover.

    Returns
    -------
    float or Absent
        In the signal's unit squared. Absent where the window is shorter than two cones of
        influence and one cycle of the lowest frequency, or the scalogram does not cover the band.
    """
    spectrum = _spectrum(picture, low_hz, high_hz)
    if isinstance(spectrum, Absent):
        return spectrum
    frequency_hz, power = spectrum
    # Each frequency of the grid stands for the part of the band that is nearest to it.
    middle_hz = np.sqrt(frequency_hz[1:] * frequency_hz[:-1])
    width = np.diff(np.log(np.concatenate([[low_hz], middle_hz, [high_hz]])))
    return float((power * width).sum() / (2 * _width_of_a_sine(picture.omega0)))


def harmonic_amplitudes(
    picture: Scalogram, fundamental_hz: float, n_harmonics: int
) -> NDArray[np.float64] | Absent:
    """Return the amplitudes of a fundamental frequency and its multiples.

    Each harmonic shows at its neighbours too, by the known shape of the wavelet; the mean powers
    of the trusted cells at all harmonics within the scalogram are parted again by non-negative
    least squares. Take ω0 of 4 or more: with 3, from the third on they are not told apart.

    Parameters
    ----------
    picture
        The scalogram.
    fundamental_hz
        Frequency of the first, for example of the stride.
    n_harmonics
        How many are wanted.

    Returns
    -------
    ndarray or Absent
        (K,) amplitudes in the signal's unit, as many as wanted or as lie within the scalogram.
        Absent where the first does not, or is not trusted for one cycle at least.

    Raises
    ------
    BadInputError
        If the fundamental is not above zero or no harmonic is wanted.
    """
    if not (0 < fundamental_hz < np.inf and n_harmonics > 0):
        raise BadInputError("No harmonics can be had of that.", "Give a frequency and a number.")
    highest_hz = float(picture.frequency_hz[-1])
    multiple = np.arange(1, int(highest_hz / fundamental_hz + 1e-9) + 1)
    # One step of the grid further, so that the first harmonic lies between two of it.
    below_hz = picture.frequency_hz[picture.frequency_hz <= fundamental_hz]
    if not len(below_hz) or not len(multiple):
        return Absent(f"{fundamental_hz:.2f} Hz lies outside of the frequencies looked at")
    spectrum = _spectrum(picture, float(below_hz[-1]), highest_hz)
    if isinstance(spectrum, Absent):
        return spectrum
    frequency_hz, power = spectrum
    if len(power) < 4 or power.max() <= 0:
        return Absent("nothing moves" if len(power) > 3 else "the harmonics are too few to part")
    log_power = np.log(np.maximum(power, _ROUNDING * power.max()))
    shape = make_interp_spline(np.log(frequency_hz), log_power, k=3)
    shown = np.exp(shape(np.log(multiple * fundamental_hz)))
    leak = np.exp(-((picture.omega0 * (multiple / multiple[:, None] - 1)) ** 2))
    parted, _ = nnls(leak, shown)
    return np.asarray(np.sqrt(parted)[:n_harmonics])


def _spectrum(
    picture: Scalogram, low_hz: float, high_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | Absent:
    """Return the frequencies of a band and the mean power over time of their trusted cells."""
    lowest_hz, highest_hz = picture.frequency_hz[[0, -1]]
    if not lowest_hz * (1 - _ROUNDING) <= low_hz < high_hz <= highest_hz * (1 + _ROUNDING):
        return Absent(
            f"{low_hz:.1f} to {high_hz:.1f} Hz are not within the frequencies looked at, "
            f"{lowest_hz:.1f} to {highest_hz:.1f} Hz"
        )
    chosen = picture.frequency_hz >= low_hz * (1 - _ROUNDING)
    chosen &= picture.frequency_hz <= high_hz * (1 + _ROUNDING)
    frequency_hz, trusted = picture.frequency_hz[chosen], picture.trusted[chosen]
    if not len(frequency_hz):
        return Absent(f"no frequency between {low_hz:.2f} and {high_hz:.2f} Hz was looked at")
    frame_s = float(picture.time_s[-1] - picture.time_s[0]) / (len(picture.time_s) - 1)
    n_trusted = trusted.sum(axis=1)
    n_cycles = n_trusted * frame_s * frequency_hz
    if n_cycles.min() < _FEWEST_CYCLES:
        worst_hz = float(frequency_hz[np.argmin(n_cycles)])
        needed_s = 2 * float(cone_of_influence_s(worst_hz, picture.omega0)) + 1 / worst_hz
        return Absent(
            f"movement of {worst_hz:.1f} Hz needs {needed_s:.1f} s without a long gap to be "
            "told from the effect of the ends"
        )
    squares = np.where(trusted, picture.amplitude[chosen], 0.0) ** 2
    return frequency_hz, squares.sum(axis=1) / n_trusted


def _width_of_a_sine(omega0: float) -> float:
    """Return the integral over the logarithm of frequency of the power that a unit sine shows."""
    ratio = np.linspace(0.02, 4, 8000)
    return float(np.trapezoid(np.exp(-((omega0 * (ratio - 1)) ** 2)) / ratio, ratio))
