"""The transform is the wavelet's definition, for every sequence of a batch by itself."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
wavelets = pytest.importorskip("clinigait.nn.wavelets")

from clinigait.gait import wavelets as by_numpy  # noqa: E402

RATE_HZ = 30.0
GRID = wavelets.frequencies_hz(RATE_HZ)


def _waves(time_s: np.ndarray) -> np.ndarray:
    parts = ((1.0, 1.05, 0.2), (0.4, 2.1, 1.0), (0.2, 3.3, 2.0), (0.1, 6.4, 0.5))
    return sum(a * np.sin(2 * np.pi * f * time_s + p) for a, f, p in parts)


def _amplitude(x: np.ndarray, rate_hz: float = RATE_HZ, grid: torch.Tensor = GRID, **options):
    found = wavelets.morlet_amplitude(torch.tensor(x)[None, None], rate_hz, grid, **options)
    return found[0, 0].numpy()


@pytest.mark.parametrize("omega0", [3.0, 4.0, 6.0])
@pytest.mark.parametrize("n_frames", [360, 900])  # by products, by transforms
def test_it_is_the_integral_that_defines_the_wavelet_transform(omega0, n_frames) -> None:
    at = n_frames // 2
    found = _amplitude(_waves(np.arange(n_frames) / RATE_HZ), omega0=omega0)[:, at]
    step = 1e-3
    u = np.arange(-7, 7, step)
    wavelet = np.exp(-1j * omega0 * u - u**2 / 2)
    area = np.sqrt(2 * np.pi) / 2  # what a sine of amplitude 1 gives at its own frequency
    for row, frequency_hz in enumerate(GRID.numpy()):
        scale_s = omega0 / (2 * np.pi * frequency_hz)
        if 5 * scale_s > at / RATE_HZ:
            continue  # the ends are within the wavelet's reach
        seen = _waves(at / RATE_HZ + scale_s * u)
        assert found[row] == pytest.approx(abs((seen * wavelet).sum() * step) / area, abs=1e-4)


def test_it_agrees_with_pywavelets_where_that_integrates_well_enough() -> None:
    pywt = pytest.importorskip("pywt")
    rate_hz, omega0 = 240.0, 6.0  # many samples in every wave
    grid = torch.tensor([0.9, 1.3, 2.0, 3.0])
    x = _waves(np.arange(2400) / rate_hz)
    scale = omega0 / (2 * np.pi * grid.numpy()) * rate_hz
    theirs, _ = pywt.cwt(x, scale, f"cmor2-{omega0 / (2 * np.pi):.12f}", method="fft")
    # Energies, not amplitudes, and a wavelet of area 1 / sqrt(2 pi).
    theirs = np.abs(theirs) * 2 / np.sqrt(scale)[:, None]
    ours = _amplitude(x, rate_hz, grid, omega0=omega0)
    middle = slice(1000, 1400)
    assert ours[:, middle] == pytest.approx(theirs[:, middle], abs=0.01)


@pytest.mark.parametrize("n_frames", [2, 3, 46, 151, 700])
def test_the_clinical_reading_has_the_same_transform(n_frames) -> None:
    x = np.cumsum(np.random.default_rng(0).normal(size=n_frames))
    theirs = by_numpy.scalogram(x, RATE_HZ, omega0=3.0, n_frequencies=24)
    grid = torch.tensor(theirs.frequency_hz)
    assert wavelets.frequencies_hz(RATE_HZ).numpy() == pytest.approx(theirs.frequency_hz)
    real = torch.ones(1, 1, n_frames, dtype=torch.float64)
    straight = wavelets.detrended(torch.tensor(x)[None, None], real)
    ours = wavelets.morlet_amplitude(straight, RATE_HZ, grid)[0, 0].numpy()
    assert ours == pytest.approx(theirs.amplitude, abs=2e-4 * theirs.amplitude.max() + 1e-9)
    reach_s = wavelets.cone_of_influence_s(grid)
    assert reach_s.numpy() == pytest.approx(by_numpy.cone_of_influence_s(grid.numpy(), 3.0))
    trusted = wavelets.trusted(torch.tensor([n_frames]), n_frames, RATE_HZ, reach_s)
    assert (trusted[0].numpy() == theirs.trusted).all()


@pytest.mark.parametrize("frequency_hz", [1.0, 2.0, 5.0])
def test_a_tone_shows_as_its_amplitude_at_its_frequency(frequency_hz) -> None:
    time_s = np.arange(300) / RATE_HZ
    grid = torch.tensor([frequency_hz / 2, frequency_hz, 2 * frequency_hz])
    found = _amplitude(0.7 * np.sin(2 * np.pi * frequency_hz * time_s), grid=grid)
    assert found[1, 150] == pytest.approx(0.7, abs=1e-3)
    assert max(found[0, 150], found[2, 150]) < 0.25


def test_the_ridge_follows_a_chirp() -> None:
    time_s = np.arange(600) / RATE_HZ
    at_hz = 1 + 0.2 * time_s
    found = _amplitude(np.sin(2 * np.pi * (time_s + 0.1 * time_s**2)), omega0=6.0)
    for frame in range(90, 510, 30):
        ridge_hz = float(GRID[found[:, frame].argmax()])
        assert ridge_hz == pytest.approx(at_hz[frame], rel=0.08)


def test_a_sequence_has_the_same_picture_in_a_batch_as_alone() -> None:
    lengths = torch.tensor([45, 1, 151, 45, 2, 420])
    x = torch.randn(6, 3, 420)
    for row, length in enumerate(lengths):
        x[row, :, length:] = math.nan
    together = wavelets.morlet_amplitude(x, RATE_HZ, GRID, lengths)
    for row, length in enumerate(lengths):
        alone = wavelets.morlet_amplitude(x[row : row + 1, :, :length], RATE_HZ, GRID)
        torch.testing.assert_close(together[row, ..., :length], alone[0], atol=1e-5, rtol=1e-5)
        assert not together[row, ..., length:].any()


@pytest.mark.parametrize("n_frames", [20, 402])
def test_slopes_are_those_of_the_transform(n_frames) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 1, n_frames, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([n_frames, n_frames - 7])
    grid = GRID[::9]
    weights = torch.randn(2, 1, len(grid), n_frames, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda given: (wavelets.morlet_amplitude(given, RATE_HZ, grid, lengths) * weights).sum(),
        (x,),
        fast_mode=n_frames > 100,
    )
    still = torch.zeros(1, 1, n_frames, requires_grad=True)
    wavelets.morlet_amplitude(still, RATE_HZ, grid).sum().backward()
    assert bool(still.grad.isfinite().all())


def test_a_line_is_taken_off_what_is_real() -> None:
    time = torch.arange(40.0)
    x = torch.stack([3 + 0.5 * time, 1 - 2 * time])[None]
    real = (time < 30).float()[None, None]
    x[..., 30:] = math.nan
    assert wavelets.detrended(x, real) == pytest.approx(torch.zeros(1, 2, 40), abs=1e-4)
    one = wavelets.detrended(torch.tensor([[[5.0, 9.0]]]), torch.tensor([[[1.0, 0.0]]]))
    assert not one.any()


def test_gaps_are_bridged_by_straight_lines() -> None:
    nan = math.nan
    x = torch.tensor([[[nan, 2.0, nan, nan, 8.0, nan], [nan] * 6]])
    found = wavelets.bridged(x, x.isfinite())
    assert found.tolist() == [[[2.0, 2.0, 4.0, 6.0, 8.0, 8.0], [0.0] * 6]]


def test_too_few_frames_a_second_are_refused() -> None:
    assert float(wavelets.frequencies_hz(15.0).max()) < 6.0
    with pytest.raises(ValueError, match="1 frames/s are too few for movement"):
        wavelets.frequencies_hz(1.0)
