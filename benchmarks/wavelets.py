"""How much faster the batched wavelet transform is than ``pywt.cwt(axis=-1, method="fft")``.

Run: ``python benchmarks/wavelets.py`` (one thread). 64 walks of 34 signals (17 joints, two
coordinates) at 30 frames/s, 24 frequencies from 0.5 to 8 Hz, the complex Morlet wavelet of ω0 = 3.
Both give the amplitudes of every signal, frequency and time. They take turns, and the ratio is the
median of those of the single turns, in CPU time, so that others on the machine matter little.
PyWavelets computes in double precision as it is usually called, and here in single precision too;
ours is single. Ours reflects the signals at their ends, PyWavelets takes zeros.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import partial

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import pywt  # type: ignore[import-untyped]
import torch

from clinigait.nn.wavelets import OMEGA0, frequencies_hz, morlet_amplitude

_WALKS, _SIGNALS, _RATE_HZ = 64, 34, 30.0
#: Walks of 3, 5 and 10 s; with both ends, or without the last frame.
_FRAMES = (90, 150, 151, 300)
_ROUNDS = 7
_WANTED, _WANTED_AT = 5.0, 150


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    """Measure, print, and say whether the wanted ratio was reached."""
    torch.set_num_threads(1)
    frequency_hz = frequencies_hz(_RATE_HZ)
    wavelet = pywt.ContinuousWavelet(f"cmor2-{OMEGA0 / (2 * np.pi):.12f}")
    scale = OMEGA0 / (2 * np.pi * frequency_hz.numpy()) * _RATE_HZ
    wanted = 0.0
    print("frames   ours, ms   pywt (double), ms   ratio   ratio (single)")
    for frames in _FRAMES:
        x = torch.randn(_WALKS, _SIGNALS, frames)
        single = x.numpy()
        double = single.astype(np.float64)
        ways: dict[str, Callable[[], object]] = {
            "ours": partial(morlet_amplitude, x, _RATE_HZ, frequency_hz),
            "double": partial(_theirs, double, scale, wavelet),
            "single": partial(_theirs, single, scale, wavelet),
        }
        rounds = [{name: _cpu_s(way) for name, way in ways.items()} for _ in range(_ROUNDS + 1)]
        rounds = rounds[1:]  # the first one warms up
        taken = {name: np.array([one[name] for one in rounds]) for name in ways}
        ratio = {name: float(np.median(taken[name] / taken["ours"])) for name in ways}
        ms = {name: 1000 * float(np.median(times)) for name, times in taken.items()}
        print(
            f"{frames:6}   {ms['ours']:8.0f}   {ms['double']:17.0f}   {ratio['double']:5.1f}   "
            f"{ratio['single']:14.1f}"
        )
        if frames == _WANTED_AT:
            wanted = ratio["double"]
    print(f"wanted: {_WANTED:g} times for {_WANTED_AT} frames; found: {wanted:.1f}")
    return 0 if wanted >= _WANTED else 1


def _theirs(x: np.ndarray, scale: np.ndarray, wavelet: pywt.ContinuousWavelet) -> np.ndarray:
    found, _ = pywt.cwt(x, scale, wavelet, method="fft", axis=-1)
    return np.abs(found)


if __name__ == "__main__":
    sys.exit(main())
