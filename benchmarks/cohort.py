"""What scoring a cohort costs over calling the pipeline, how it scales, and that memory is flat.

Run: ``python benchmarks/cohort.py [--walks N] [--many N] [--workers 1,2] [--films COHORT]``. It
makes keypoint walks in a temporary folder and prints

* the overhead per walk of one worker over calling the pipeline in a loop, and of a second run that
  finds everything kept: in wall time, and in CPU time of all processes, which a busy machine
  disturbs less;
* the speed with several workers over that with one, and the speed-up that this machine gives two
  processes that have nothing to do with each other: no cluster can do better;
* the memory of the client, and the largest of a worker's process, after each tenth of many walks;
* of the films of a virtual clinic, how they ended and how long they took, unattended.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clinigait.cohort.columns import RESERVED
from clinigait.cohort.engine import Counts, Run, Workers, cluster
from clinigait.cohort.manifest import read_cohort
from clinigait.cohort.pieces import Pieces
from clinigait.cohort.plan import Plan
from clinigait.cohort.road import Options, plan_of, score_cohort
from clinigait.cohort.tables import write_results
from clinigait.cohort.walks import Cohort
from clinigait.core import Subject
from clinigait.io.protocol import load_protocol
from clinigait.io.walk import write_walk
from clinigait.pipeline import assess, open_models
from clinigait.request import Request
from support.walker import Gait, synthetic_walk

_PROTOCOL = "walk_sagittal"
#: So many different walks; the cohort holds copies of them under other names and people.
_KINDS = 20
_MIB = 1024**2


@dataclass
class Spent:
    """Seconds of wall time and of all processors."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


def make_cohort(folder: Path, n: int) -> Cohort:
    """Return a cohort of so many keypoint walks of 6 to 8 s at 60 pictures a second."""
    folder.mkdir()
    rows = ["subject,visit,file,height_m,group"]
    kinds = [folder / f"kind{k}.npz" for k in range(min(n, _KINDS))]
    for k, path in enumerate(kinds):
        write_walk(synthetic_walk(Gait(duration_s=6 + k / 10, noise_px=1.0)), path)
    for number in range(n):
        name = f"{number:07}.npz"
        (folder / name).hardlink_to(kinds[number % len(kinds)])
        rows.append(f"P{number // 2},{number % 2},{name},1.7,{'ab'[number // 2 % 2]}")
    (folder / "cohort.csv").write_text("\n".join(rows) + "\n")
    return read_cohort(folder / "cohort.csv", RESERVED)


@contextmanager
def spent() -> Iterator[Spent]:
    """Take the time of this process and of the children that have ended by then."""
    found = Spent()
    start_s, cpu_s = time.perf_counter(), _cpu_s()
    yield found
    found.wall_s, found.cpu_s = time.perf_counter() - start_s, _cpu_s() - cpu_s


def _cpu_s() -> float:
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def directly(cohort: Cohort, scratch: Path) -> Spent:
    """Call the pipeline in a loop, everything loaded before."""
    protocol = load_protocol(_PROTOCOL)
    request = Request(protocol, threads=1, documents=False, bundles=open_models(protocol))
    first = cohort.walks[0]
    assess(first.paths[0], scratch, request)
    with spent() as found:
        for walk in cohort.walks:
            subject = Subject(code=walk.subject, height_m=1.7)
            assess(walk.paths[0], scratch, replace(request, subject=subject))
            shutil.rmtree(scratch)
    return found


def by_workers(
    cohort: Cohort, plan: Plan, count: int, watch: Callable[[Counts, list[int]], None] | None = None
) -> tuple[float, float]:
    """Score a cohort; return wall and CPU seconds of the work, starts and ends of processes not."""
    with cluster(Workers(count=count), lambda _: None) as client:
        warm = _warm_up(plan)
        Run(client, cohort.walks[: 4 * count], warm, Workers(), lambda _: None).outcomes()
        pids = _family(os.getpid())
        start_s, before_s = time.perf_counter(), _cpu_of(pids)

        def tell(counts: Counts) -> None:
            if watch is not None:
                watch(counts, pids)

        run = Run(client, cohort.walks, plan, Workers(), tell)
        outcomes = run.outcomes()
        wall_s = time.perf_counter() - start_s
        cpu_s = _cpu_of(pids) - before_s
    if run.counts.measured != len(cohort.walks):
        raise SystemExit(f"not all were measured: {run.counts}")
    if watch is not None:
        write_results(cohort, outcomes, Pieces(Path(plan.kept)), Path(f"{plan.kept}.parquet"))
    return wall_s, cpu_s


def _warm_up(plan: Plan) -> Plan:
    """Return the same order with another place for what is kept."""
    return replace(plan, kept=f"{plan.kept}-warm-{time.monotonic_ns()}")


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            parents[int(entry.name)] = int(stat[1])
        except (OSError, ValueError):
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _cpu_of(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(stat[11]) + int(stat[12])
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory_mib(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def two_strangers() -> float:
    """Return the speed-up of two processes that compute and share nothing, over one."""
    code = "import time\nend = time.process_time() + 2.0\nwhile time.process_time() < end: pass"

    def wall_s(count: int) -> float:
        start_s = time.perf_counter()
        running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]
        for process in running:
            process.wait()
        return time.perf_counter() - start_s

    return 2 * wall_s(1) / wall_s(2)


def main() -> None:
    """Print all numbers."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument(
        "--walks", type=int, default=400, help="walks for overhead and scaling; 0: no"
    )
    asked.add_argument("--many", type=int, default=10_000, help="walks for memory; 0 leaves it out")
    asked.add_argument("--workers", default="1,2", help="numbers of workers")
    asked.add_argument("--films", type=Path, help="folder of `clinigait synthesize`, with films")
    asked.add_argument("--pose", help="pose model for them; left out: the best that is here")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="clinigait-") as name:
        folder = Path(name)
        if options.walks:
            scaling(folder, options.walks, [int(n) for n in options.workers.split(",")])
        if options.many:
            memory(folder, options.many)
        if options.films:
            filmed(folder, options.films / "cohort.csv", options.pose)


def scaling(folder: Path, n: int, counts: list[int]) -> None:
    """Print overhead and speed."""
    cohort = make_cohort(folder / "walks", n)
    direct = directly(cohort, folder / "direct")
    print(f"{n} keypoint walks, no reports")
    print(f"pipeline in a loop   {1e3 * direct.wall_s / n:7.2f} ms wall "
          f"{1e3 * direct.cpu_s / n:7.2f} ms CPU a walk")  # fmt: skip
    walls: dict[int, float] = {}
    for count in counts:
        plan = plan_of(cohort, _PROTOCOL, folder / f"by{count}.parquet")
        walls[count], cpu_s = by_workers(cohort, plan, count)
        over_wall, over_cpu = walls[count] * count - direct.wall_s, cpu_s - direct.cpu_s
        print(f"{count} worker(s)          {1e3 * walls[count] / n:7.2f} ms wall "
              f"{1e3 * cpu_s / n:7.2f} ms CPU a walk; over the pipeline {1e3 * over_wall / n:+.2f} "
              f"ms wall a worker, {1e3 * over_cpu / n:+.2f} ms CPU in all processes")  # fmt: skip
        again_s, cpu_s = by_workers(cohort, plan, count)
        print(f"  found kept         {1e3 * again_s / n:7.2f} ms wall "
              f"{1e3 * cpu_s / n:7.2f} ms CPU a walk")  # fmt: skip
    if 1 in walls:
        for count in counts[1:]:
            print(f"{count} workers are {walls[1] / walls[count]:.2f} x one")
        print(f"two processes that share nothing are {two_strangers():.2f} x one, here and now")


def memory(folder: Path, n: int) -> None:
    """Print the memory of client and workers while many walks are scored."""
    cohort = make_cohort(folder / "many", n)
    plan = plan_of(cohort, _PROTOCOL, folder / "many.parquet")
    told = [0]
    print(f"\n{n} keypoint walks, two workers: memory in MiB")

    def watch(counts: Counts, pids: list[int]) -> None:
        if counts.done * 10 // n > told[0]:
            told[0] = counts.done * 10 // n
            client, *others = (_memory_mib(pid) for pid in pids)
            print(
                f"  {counts.done:8,} done: client {client:6.0f}, largest other "
                f"{max(others):6.0f}, all {client + sum(others):6.0f}",
                flush=True,
            )

    wall_s, cpu_s = by_workers(cohort, plan, 2, watch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {n / wall_s:.1f} walks/s, {1e3 * cpu_s / n:.1f} ms CPU a walk; client at most "
          f"{peak:.0f} MiB, tables written")  # fmt: skip


def filmed(folder: Path, manifest: Path, pose: str | None) -> None:
    """Score the films of a virtual clinic from end to end, and print how they ended."""
    cohort = read_cohort(manifest, RESERVED)
    out = folder / "films.csv"
    start_s = time.perf_counter()
    counts = score_cohort(cohort, plan_of(cohort, _PROTOCOL, out, Options(pose=pose)), out)
    wall_s, n = time.perf_counter() - start_s, len(cohort.walks)
    print(f"\n{n} films: {counts.measured} measured, {counts.refused} refused, {counts.failed} "
          f"failed; {wall_s / n:.1f} s wall a film, summary and tables written")  # fmt: skip
    with out.open(newline="", encoding="utf-8") as table:
        codes = {
            (row["file"], row["code"])
            for row in csv.DictReader(table)
            if row["status"] != "measured"
        }
    for code, number in Counter(code for _, code in codes).most_common():
        print(f"  {number} {code}")


if __name__ == "__main__":
    main()
