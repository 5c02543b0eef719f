"""The virtual gait clinic: a population, filmed walker by walker into a folder.

A walker's folder is written under another name and renamed when it is whole. A run that was
killed, or that ran out of disk, goes on where it was; what comes of it is the same to the bit.
"""

from __future__ import annotations

import csv
import errno
import fcntl
import io
import json
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import av.error

from clinigait._version import __version__
from clinigait.core import BadInputError, Progress
from clinigait.core.synthetic import SYNTHETIC
from clinigait.io.output import replace_file
from clinigait.synthesis.filming import film
from clinigait.synthesis.people import PlannedWalk, check_numbers, person_of, walks_of
from clinigait.synthesis.population import MODALITIES, Modality, Population
from clinigait.synthesis.staging import Filmed, take_of

STUDY, COHORT, WALKERS = "study.json", "cohort.csv", "walkers"
_ROWS = "walker.json"
_PART = ".part-"
_ELSEWHERE = "Choose another --out, or a folder that is yours to write."
_ROOM = "Make room on the disk, and run the same command again: it goes on where it was."


@dataclass(frozen=True)
class Order:
    """What is asked of the clinic.

    Parameters
    ----------
    population
        Who comes.
    out
        The folder.
    walkers
        How many people.
    seed
        Another seed has other people.
    jobs
        Processes.
    sensors, views
        Narrow what the population films; None takes all of it.
    """

    population: Population
    out: Path
    walkers: int
    seed: int
    jobs: int = 1
    sensors: tuple[str, ...] | None = None
    views: tuple[str, ...] | None = None

    def filmed(self) -> Filmed:
        """Return what is filmed.

        Raises
        ------
        BadInputError
            If a number, a sensor or a view is impossible.
        """
        check_numbers(self.walkers, self.seed)
        population = self.population
        sensors: tuple[Modality, ...] = population.sensors
        if self.sensors is not None:
            _check_known("sensor", self.sensors, MODALITIES)
            sensors = tuple(name for name in MODALITIES if name in self.sensors)
        views = population.views
        if self.views is not None:
            _check_known("view", self.views, tuple(view.name for view in views))
            views = tuple(view for view in views if view.name in self.views)
        return Filmed(population, self.seed, sensors, views)


def _check_known(what: str, asked: tuple[str, ...], known: tuple[str, ...]) -> None:
    strangers = [name for name in asked if name not in known]
    if strangers or not asked:
        found = f"There is no {what} {strangers[0][:40]}." if strangers else f"No {what} is named."
        raise BadInputError(found, f"Choose of: {', '.join(known)}.")


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Parameters
    ----------
    made, found
        Walkers filmed now, and those that were there already.
    redrawn
        Draws that no body or gait could have, among all walkers.
    rows
        Rows of ``cohort.csv``.
    failed
        Walkers whose last draw was not as it should be either.
    """

    made: int
    found: int
    redrawn: int
    rows: int
    failed: int = 0


Filming = Callable[[Filmed, int, Path], None]
#: Writes one walker into a folder.
Making = Callable[[int, Path], None]


@dataclass(frozen=True)
class NewStudy:
    """A study's folder, and what stands in it of the whole.

    Parameters
    ----------
    out
        The folder.
    walkers
        How many people.
    content
        What ``study.json`` says; a run goes on only in a folder that says the same.
    jobs
        Processes.
    """

    out: Path
    walkers: int
    content: Mapping[str, Any]
    jobs: int = 1


def _quiet(share: float) -> None:
    del share


def run(order: Order, progress: Progress = _quiet, work: Filming | None = None) -> Outcome:
    """Film all walkers that are not there yet.

    Parameters
    ----------
    order
        What is asked.
    progress
        Called with the share that is done.
    work
        Films one walker into a folder; another one in tests.

    Raises
    ------
    BadInputError
        If the order is impossible, the folder holds another study or cannot be written, or the
        disk is full: walkers that are done stay.
    """
    filmed = order.filmed()
    study = NewStudy(order.out, order.walkers, _study_content(filmed), order.jobs)
    return fill(study, partial(work or film_walker, filmed), progress)


def fill(study: NewStudy, work: Making, progress: Progress = _quiet) -> Outcome:
    """Make all walkers of a study that are not there yet.

    Parameters
    ----------
    study
        The study.
    work
        Writes the walks of a person, by number, into a folder that exists, with ``walker.json``.
    progress
        Called with the share that is done.

    Raises
    ------
    BadInputError
        If the folder holds another study or cannot be written, or the disk is full: walkers that
        are done stay.
    """
    with _told_of_the_disk(study.out), _claimed(study) as folder:
        missing = [i for i in range(study.walkers) if not _place(folder, i).is_dir()]
        found = study.walkers - len(missing)
        progress(found / study.walkers)
        done = found
        try:
            # Closed: nobody is at work any more when what is unfinished is cleared away.
            with closing(_made(study, missing, work)) as making:
                for _ in making:
                    done += 1
                    progress(done / study.walkers)
        finally:
            _clear_parts(folder)
        return _write_cohort(study.out, folder, (len(missing), found))


def film_walker(filmed: Filmed, index: int, folder: Path) -> None:
    """Film all walks of one person into a folder that exists."""
    person = person_of(filmed.population, filmed.seed, index)
    rows = []
    for planned in walks_of(filmed.population, person, filmed.seed):
        place = folder / f"visit_{planned.visit}" / f"walk_{planned.walk}"
        place.mkdir(parents=True)
        take = take_of(filmed, planned)
        film(take, place)
        rows += _rows(filmed, planned, place, folder)
    write_rows(folder, rows, person.redrawn)


def write_rows(folder: Path, rows: list[dict[str, Any]], redrawn: int, failed: int = 0) -> None:
    """Write what ``cohort.csv`` will say of a walker, and what became of the draws."""
    content = {SYNTHETIC: True, "redrawn": redrawn, "rows": rows}
    if failed:
        content["failed"] = failed
    (folder / _ROWS).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _rows(filmed: Filmed, planned: PlannedWalk, place: Path, folder: Path) -> list[dict[str, Any]]:
    """Return what ``cohort.csv`` says of a walk: one row a view."""
    person = planned.person
    begin = Path(WALKERS) / person.code
    rows = []
    for view in filmed.views:
        best = next(
            (place / view.name / name for name in ("film.mp4", "walk.npz", "labels.npz")
             if (place / view.name / name).is_file()),
            place / "truth.json",
        )  # fmt: skip
        rows.append(
            {
                "subject": person.code,
                "visit": planned.visit,
                "walk": planned.walk,
                "view": view.name,
                "file": (begin / best.relative_to(folder)).as_posix(),
                "label": person.label,
                "group": person.group,
                SYNTHETIC: "true",
                **dict(planned.values),
                "mass_kg": person.build.mass_kg,
            }
        )
    return rows


# ---------------------------------------------------------------- the study's folder
@contextmanager
def _claimed(study: NewStudy) -> Iterator[Path]:
    """Claim the folder for a study; give the one of its walkers."""
    out = study.out
    if out.exists() and not out.is_dir():
        raise BadInputError(f"{out.name} is a file, not a folder.", "Choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    known = out / STUDY
    if known.exists():
        _check_same(known, study.content)
    elif any(out.iterdir()):
        raise BadInputError(
            f"The folder {out.name[:80]} holds something else.", "Choose a new or empty --out."
        )
    else:
        replace_file(known, (json.dumps(study.content, indent=1) + "\n").encode())
    with known.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInputError(
                f"Another run is at work in {out.name[:80]}.", "Wait for it, or end it."
            ) from error
        folder = out / WALKERS
        folder.mkdir(exist_ok=True)
        _clear_parts(folder)  # what a killed run left
        yield folder


def _study_content(filmed: Filmed) -> dict[str, Any]:
    population = filmed.population
    return {
        SYNTHETIC: True,
        "note": "Synthetic walkers, not patients.",
        "schema": "clinigait-study-1",
        "clinigait_version": __version__,
        "population": population.name,
        "population_version": population.version,
        "title": population.title,
        "sha256": population.sha256,
        "seed": filmed.seed,
        "sensors": list(filmed.modalities),
        "views": [view.name for view in filmed.views],
        "rate_hz": population.rate_hz,
        "shares": {group.name: group.share for group in population.groups},
    }


def _check_same(path: Path, content: Mapping[str, Any]) -> None:
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"{path.name} of an earlier run cannot be read.", "Choose another --out."
        ) from error
    for key, value in content.items():
        if not isinstance(there, dict) or there.get(key) != value:
            was = there.get(key) if isinstance(there, dict) else None
            what = "protocol" if key in ("sha256", "population") else key
            raise BadInputError(
                f"{path.parent.name[:80]} holds another study: its {what} was "
                f"{str(was)[:60]}, not {str(value)[:60]}.",
                "Choose another --out, or give what was given before.",
            )


def _place(folder: Path, index: int) -> Path:
    return folder / f"P{index + 1:05d}"


def _clear_parts(folder: Path) -> None:
    for part in folder.glob(f"{_PART}*"):
        shutil.rmtree(part, ignore_errors=True)


def _write_cohort(out: Path, folder: Path, counts: tuple[int, int]) -> Outcome:
    """Write one row a walk and view of all walkers that are there."""
    rows: list[dict[str, Any]] = []
    redrawn = failed = 0
    for place in sorted(folder.glob("P*")):
        content = json.loads((place / _ROWS).read_text(encoding="utf-8"))
        redrawn += content["redrawn"]
        failed += content.get("failed", 0)
        rows += content["rows"]
    first = ["subject", "visit", "walk", "view", "file", "label", "group", SYNTHETIC]
    names = [*first, *sorted({name for row in rows for name in row} - set(first))]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    replace_file(out / COHORT, text.getvalue().encode())
    return Outcome(*counts, redrawn, len(rows), failed)


# ---------------------------------------------------------------- the work
def _made(study: NewStudy, missing: list[int], work: Making) -> Generator[int, None, None]:
    """Make walkers in one process or several; yield the number of each when it is whole."""
    folder = study.out / WALKERS
    if study.jobs <= 1 or len(missing) <= 1:
        for index in missing:
            _whole(index, folder, work)
            yield index
        return
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(study.jobs, len(missing)), context, _as_worker)
    try:
        waiting = iter(missing)
        at_work: dict[Future[None], int] = {}
        while True:
            # No more than the processes can take soon: a study may have a million walkers.
            with _ctrl_c_later():
                for number in islice(waiting, 2 * study.jobs - len(at_work)):
                    at_work[pool.submit(_whole, number, folder, work)] = number
            if not at_work:
                return
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()
                yield at_work.pop(future)
    except BrokenProcessPool as error:
        raise BadInputError(
            "A process that filmed was ended from outside, perhaps for want of memory. Walkers "
            "that are done stay.",
            "Run the same command again, with fewer --jobs.",
        ) from error
    except KeyboardInterrupt:
        # Whoever interrupts does not wait for a film to be whole.
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _whole(index: int, folder: Path, work: Making) -> None:
    """Make one walker under another name, and rename the folder when it is whole."""
    place = _place(folder, index)
    part = folder / f"{_PART}{place.name}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        work(index, part)
        part.replace(place)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


@contextmanager
def _ctrl_c_later() -> Iterator[None]:
    """Hold Ctrl-C back; processes that are started meanwhile never hear of it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _as_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _told_of_the_disk(out: Path) -> Iterator[None]:
    """Turn what can go wrong with a disk into one sentence."""
    try:
        yield
    except (OSError, av.error.FFmpegError) as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise BadInputError(
            f"The folder {out.name[:80]} cannot be written: {why}. Walkers that are done stay.",
            _ROOM if error.errno in (errno.ENOSPC, errno.EDQUOT) else _ELSEWHERE,
        ) from error
