"""How long an assessment takes: wall and processor time over the length of the film, by stage.

Run: ``python benchmarks/assessment.py [FILM] [--pose NAME …] [--rounds N] [--threads N]``. The film
is the demonstration clip where none is given. Every pose estimator whose weights are present is
measured in a fresh process, as a user starts it, without the overlay film; of several rounds the
fastest counts. An HRNet that is asked for by name and is not here runs with random weights (see
``random_hrnet.py``; that needs torch and mmpose), in single precision and, where the processor has
it, in bfloat16, which trained weights run in where their keypoints bear it. Beside it stands how
fast the same machine multiplies matrices at that moment: it tells a slow machine, or a busy one,
from slow software.
"""

from __future__ import annotations

import argparse
import atexit
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from clinigait.io.fetch import path_of
from clinigait.io.sample import DEMO_CLIP
from clinigait.io.video import open_recording
from clinigait.perception.hrnet.card import read_card
from clinigait.perception.hrnet.checkpoints import CHECKPOINTS
from clinigait.perception.hrnet.obtain import status_of
from clinigait.perception.hrnet.precision import Verdict
from clinigait.perception.runtime import cpu_has_bf16, cpu_name
from clinigait.perception.weights import POSES, WEIGHTS

_RANDOM = Path(__file__).with_name("random_hrnet.py")

#: What is wanted of two cores: wall time over the length of the film.
_WANTED = {"blazepose": 1.5, "blazepose-full": 1.0, "hrnet-w32-wholebody": 3.0}


class Run(NamedTuple):
    """One assessment in a process of its own."""

    wall_s: float
    cpu_s: float
    output: str


def _run(film: Path, pose: str, threads: int, random: Path | None) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        script = ["-m", "clinigait"] if random is None else [str(_RANDOM), str(random)]
        command = [
            *(sys.executable, *script, "assess", str(film), "--out", f"{folder}/out"),
            *("--pose", pose, "--threads", str(threads), "--no-overlay", "--profile"),
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wall_s = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(done.stderr)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall_s, cpu_s, done.stdout)


def _length_s(film: Path) -> float:
    times_s = [frame.time_s for frame in open_recording(film).frames()]
    return times_s[-1] - times_s[0] + (times_s[-1] - times_s[0]) / max(len(times_s) - 1, 1)


def _gflops() -> float:
    """Return single-precision operations per second of one core, in billions."""
    matrix = np.ones((1024, 1024), np.float32)
    seconds = []
    for _ in range(8):
        start = time.process_time()
        matrix @ matrix
        seconds.append(time.process_time() - start)
    return 2 * 1024**3 / min(seconds) / 1e9


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("film", nargs="?", type=Path, default=path_of(DEMO_CLIP))
    arguments.add_argument("--pose", nargs="*", default=[p for p in POSES if _present(p)])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=min(os.cpu_count() or 1, 4))
    asked = arguments.parse_args()
    if asked.film is None:
        sys.exit("The demonstration clip is not here: `clinigait demo` fetches it.")
    length_s = _length_s(asked.film)
    print(f"film {length_s:.1f} s, {asked.threads} threads, {_gflops():.0f} GFLOP/s a core (f32)")
    for pose in asked.pose:
        random = _random_network(pose) if pose in CHECKPOINTS and not _present(pose) else None
        precisions = ("f32", "bf16") if random is not None and cpu_has_bf16() else ("",)
        for precision in precisions:
            if random is not None and precision == "bf16":
                _allow_bf16(random)
            best = min(_run(asked.film, pose, asked.threads, random) for _ in range(asked.rounds))
            wanted = f", wanted {_WANTED[pose]:.1f}" if pose in _WANTED else ""
            print(
                f"\n{pose} {precision}".rstrip() + f": {best.wall_s:.1f} s, "
                f"{best.wall_s / length_s:.2f} x the film{wanted}; "
                f"{best.cpu_s:.1f} s of processor time"
            )
            print("\n".join(line for line in best.output.splitlines() if line.endswith(" s")))


def _allow_bf16(onnx: Path) -> None:
    """Let a network run in bfloat16 unchecked: what it says of random weights means nothing."""
    verdict = Verdict(
        cpu=cpu_name(), onnx_sha256=read_card(onnx).onnx_sha256, bf16=True, reason="for timing"
    )
    onnx.with_suffix(".precision.json").write_text(verdict.model_dump_json(), encoding="utf-8")


def _present(pose: str) -> bool:
    if pose in CHECKPOINTS:
        return status_of(CHECKPOINTS[pose]).exported
    return path_of(WEIGHTS[POSES[pose]]) is not None


def _random_network(pose: str) -> Path:
    """Export a network of random weights once a run of this script."""
    import hrnet  # noqa: PLC0415  needs torch

    from clinigait.perception.hrnet.export import export  # noqa: PLC0415
    from clinigait.perception.hrnet.stand_ins import import_mmpose  # noqa: PLC0415

    import_mmpose()

    folder = Path(tempfile.mkdtemp(prefix="clinigait-random-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    checkpoint, file, _ = hrnet.random_checkpoint(CHECKPOINTS[pose], folder)
    export(checkpoint, file, folder / f"{pose}.onnx")
    print(f"\n{pose} is not here: it runs with random weights, for timing only")
    return folder / f"{pose}.onnx"


if __name__ == "__main__":
    main()
