"""Continuous wavelet transform of a batch: differentiable, and no padding frame is seen.

The complex Morlet wavelet exp(i ω0 t) exp(-t² / 2) at the scale s = ω0 / (2 π f), on the scale of
amplitudes: a sine of amplitude 1 shows as 1 at its own frequency f. The definition, frequencies and
cone of influence are those of `clinigait.gait.wavelets`, which knows no PyTorch.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: Of the wavelet: at 1 Hz the edges spoil 0.68 s, so that something is left of a walk of seconds.
OMEGA0 = 3.0
LOWEST_HZ, HIGHEST_HZ, N_FREQUENCIES = 0.5, 8.0, 24
#: Frequencies are trusted up to this share of the rate: 0.8 of the Nyquist frequency.
USABLE_SHARE_OF_RATE = 0.4
#: Signals of more samples are transformed by Fourier transforms; shorter ones by matrix products.
_LONG = 400
#: So many sequences at once stay in the processor's cache.
_BLOCK = 16
#: Beyond its own frequency times 1 + this / ω0 a wavelet hears less than 1/20 000 of a wave.
_HEARD = 4.5
_ROUNDING, _TINY = 1e-6, 1e-24


def frequencies_hz(
    rate_hz: float, low_hz: float = LOWEST_HZ, high_hz: float = HIGHEST_HZ, n: int = N_FREQUENCIES
) -> Tensor:
    """Return frequencies that are even in their logarithm, (F,), rising.

    Parameters
    ----------
    rate_hz
        Frames a second; those of 0.8 of the Nyquist frequency and above are left out.
    low_hz, high_hz, n
        The grid.

    Raises
    ------
    ValueError
        If no frequency is left.
    """
    grid = [low_hz * (high_hz / low_hz) ** (place / (n - 1)) for place in range(n)]
    usable = [each for each in grid if each < USABLE_SHARE_OF_RATE * rate_hz]
    if not usable:
        raise ValueError(f"{rate_hz:g} frames/s are too few for movement of {low_hz:g} Hz")
    return torch.tensor(usable, dtype=torch.float64)


def morlet_amplitude(
    x: Tensor,
    rate_hz: float,
    frequency_hz: Tensor,
    lengths: Tensor | None = None,
    omega0: float = OMEGA0,
) -> Tensor:
    """Return how strongly signals swing at each frequency and time.

    A signal is reflected at its ends, as often as the wavelet reaches. Reflected without end it has
    a period of 2 (T - 1) samples and a real spectrum, which gives every frequency exactly: by sums
    of waves up to 400 samples, by Fourier transforms beyond. Sequences of one length are
    transformed together, and know nothing of the others.

    Parameters
    ----------
    x
        (N, S, T) signals without gaps; what lies behind a sequence may be anything.
    rate_hz
        Samples a second.
    frequency_hz
        (F,) frequencies.
    lengths
        (N,) samples of each sequence; None where all have T.
    omega0
        Of the wavelet.

    Returns
    -------
    Tensor
        (N, S, F, T) in the unit of the signals, 0 behind each sequence.
    """
    lengths = torch.full((len(x),), x.shape[2]) if lengths is None else lengths.cpu()
    found = x.new_zeros(*x.shape[:2], len(frequency_hz), x.shape[2])
    for length in sorted(set(lengths.tolist())):
        own = (lengths == length).nonzero()[:, 0].to(x.device)
        swings = _of_one_length(x[own, :, :length], rate_hz, frequency_hz, omega0)
        if len(own) == len(x) and length == x.shape[2]:
            return swings
        room = torch.nn.functional.pad(swings, (0, x.shape[2] - length))
        found = found.index_copy(0, own, room)
    return found


def _of_one_length(x: Tensor, rate_hz: float, frequency_hz: Tensor, omega0: float) -> Tensor:
    length = x.shape[2]
    if length < 2:
        return x.new_zeros(*x.shape[:2], len(frequency_hz), length)
    period = 2 * (length - 1)
    spectrum = torch.fft.rfft(torch.cat([x, x[..., 1:-1].flip(-1)], -1)).real.contiguous()
    shown_hz = torch.arange(length, device=x.device) * (rate_hz / period)
    relative = shown_hz.double() / frequency_hz.to(x.device).double()[:, None]
    # Of a real wave the wavelet hears a part that turns with it and, faintly, one against it.
    turning = torch.stack([torch.exp(-0.5 * (omega0 * (sign * relative - 1)) ** 2)
                           for sign in (1, -1)])  # fmt: skip
    turning[1, :, 0] = 0
    turning[:, :, -1] /= 2
    gain = turning * (2 / period)
    if length > _LONG:
        return _by_transforms(spectrum, gain.to(x.dtype))
    heard = (relative <= 1 + _HEARD / omega0).sum(1).tolist()
    return _by_products(spectrum, gain, heard)


def _by_transforms(spectrum: Tensor, gain: Tensor) -> Tensor:
    """Return (N, S, F, T), one real Fourier transform a frequency."""
    both = torch.cat([spectrum, spectrum[..., 1:-1].flip(-1)], -1)
    with_ends = gain.clone()
    with_ends[0, :, -1] += with_ends[1, :, -1]
    around = torch.cat([with_ends[0], gain[1, :, 1:-1].flip(-1)], -1)
    # Of a real spectrum the transform there is, but for the sign of the phase, the one back.
    return torch.stack([torch.fft.rfft(both * own).abs() for own in around], 2)


def _by_products(spectrum: Tensor, gain: Tensor, heard: list[int]) -> Tensor:
    """Return the same as a sum of the few waves that each wavelet hears: quicker for short ones."""
    count = spectrum.shape[-1]
    place = torch.arange(count, device=spectrum.device)
    angle = (place[:, None] * place % (2 * (count - 1))).double() * (math.pi / max(count - 1, 1))
    waves = torch.stack([angle.cos(), angle.sin()], 1)  # (K, 2, T)
    bases = [
        (torch.stack([own[0] + own[1], own[0] - own[1]], 1)[:k, :, None] * waves[:k])
        .flatten(1)
        .to(spectrum.dtype)
        for own, k in zip(gain.unbind(1), heard, strict=True)
    ]
    found = spectrum.new_empty(*spectrum.shape[:2], len(bases), count)
    for first in range(0, len(spectrum), _BLOCK):
        block = spectrum[first : first + _BLOCK]
        flat = block.flatten(0, 1)
        for number, basis in enumerate(bases):
            squares = (flat[:, : len(basis)] @ basis).square_()
            # A root has no slope at 0.
            swings = squares[:, :count].add_(squares[:, count:]).add_(_TINY).sqrt_()
            found[first : first + _BLOCK, :, number] = swings.reshape(block.shape)
    return found


def cone_of_influence_s(frequency_hz: Tensor, omega0: float = OMEGA0) -> Tensor:
    """Return how far an end of a signal reaches into it, (F,): sqrt(2) s.

    Source: Torrence and Compo 1998, doi 10.1175/1520-0477(1998)079<0061:APGTWA>2.0.CO;2.
    """
    return math.sqrt(2) * omega0 / (2 * math.pi * frequency_hz)


def trusted(lengths: Tensor, frames: int, rate_hz: float, reach_s: Tensor) -> Tensor:
    """Return the cells that the ends do not spoil, (N, F, T) bool.

    Parameters
    ----------
    lengths
        (N,) samples of each sequence.
    frames
        T.
    rate_hz
        Samples a second.
    reach_s
        (F,) as of `cone_of_influence_s`.
    """
    place = torch.arange(frames, device=lengths.device)
    distance = torch.minimum(place, lengths[:, None] - 1 - place)  # below 0 behind the end
    reach = reach_s.to(lengths.device)[:, None] * rate_hz - _ROUNDING
    return (distance[:, None] >= reach) & (distance >= 0)[:, None]


def detrended(x: Tensor, real: Tensor) -> Tensor:
    """Take a straight line off signals, by least squares.

    Parameters
    ----------
    x
        (N, S, T).
    real
        (N, 1 or S, T), 1.0 for samples that count, else 0.0; the rest is 0 afterwards.
    """
    real = real.expand_as(x)
    count = real.sum(-1, keepdim=True).clamp(min=1)
    place = torch.arange(x.shape[2], device=x.device, dtype=x.dtype)
    place = (place - (place * real).sum(-1, keepdim=True) / count) * real
    centred = torch.where(real > 0, x, 0.0)
    centred = (centred - centred.sum(-1, keepdim=True) / count) * real
    slope = (centred * place).sum(-1, keepdim=True)
    return centred - slope / (place * place).sum(-1, keepdim=True).clamp(min=_ROUNDING) * place


def bridged(x: Tensor, seen: Tensor) -> Tensor:
    """Bridge gaps by straight lines, beyond the first and last seen sample by these.

    Parameters
    ----------
    x
        (N, S, T).
    seen
        (N, S, T) bool. A signal that is never seen becomes 0.
    """
    frames = x.shape[2]
    place = torch.arange(frames, device=x.device).expand_as(x)
    before = torch.where(seen, place, -1).cummax(-1).values
    after = torch.where(seen, place, frames).flip(-1).cummin(-1).values.flip(-1)
    first, last = after[..., :1], before[..., -1:]
    before = torch.where(before < 0, first, before).clamp(0, frames - 1)
    after = torch.where(after >= frames, last, after).clamp(0, frames - 1)
    known = torch.where(seen, x, 0.0)
    low, high = known.gather(-1, before), known.gather(-1, after)
    share = ((place - before) / (after - before).clamp(min=1)).clamp(0, 1)
    return low + (high - low) * share.to(x.dtype)
