"""A process of its own for what recordings may do to it: crash, hang, fill the memory."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TextIO

#: Every library works with one thread: workers share a machine without fighting for it.
THREADS = {
    "GOMP_SPINCOUNT": "0",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
    "TBB_NUM_THREADS": "1",
}
#: Key of lines that tell how far the work is; the first line without it is the answer.
PROGRESS = "progress"
#: What a process that reads recordings need not know.
_SECRETS = ("CLINIGAIT_DATABASE_URL", "CLINIGAIT_KEY_FILE")
_LOOK_S = 0.2
Heard = Callable[[dict[str, Any]], None]
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def taken_answers() -> TextIO:
    """Begin as the process that answers: return where answers go, out of the way of all else."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it ends it
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return answers


class DiedError(Exception):
    """The process ended, or was ended, before it answered.

    Parameters
    ----------
    code
        ``crashed``, ``time_limit`` or ``memory_limit``.
    reason
        One sentence.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Sandbox:
    """Starts a process when it is first needed, asks it, and starts another where it died.

    Parameters
    ----------
    command
        What to start; it answers every line with a line, and may tell its progress before.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def ask(
        self, order: dict[str, Any], limit_s: float, memory_bytes: int, heard: Heard | None = None
    ) -> dict[str, Any]:
        """Return the answer to an order, which gets an empty folder ``scratch`` to work in.

        Parameters
        ----------
        order
            What is asked, as JSON.
        limit_s
            Longest time to wait.
        memory_bytes
            Most memory that the process may hold.
        heard
            Called with every line of progress, and with nothing several times a second; what it
            raises ends the process.

        Raises
        ------
        DiedError
            If the process ended before it answered.
        """
        scratch = tempfile.mkdtemp(prefix="clinigait-")
        try:
            line = json.dumps({**order, "scratch": scratch}).encode() + b"\n"
            while True:
                limits = _Limits(time.monotonic() + limit_s, memory_bytes)
                answer = self._asked(self._running(), line, limits, heard or _unheard)
                if answer is not None:
                    return answer
        except BaseException:
            self.close()  # nobody knows what it would answer next
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):  # its films are read by processes of their own, in its group
            os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={k: v for k, v in os.environ.items() if k not in _SECRETS} | THREADS,
                start_new_session=True,
            )
        return self._process

    def _asked(
        self, process: subprocess.Popen[bytes], line: bytes, limits: _Limits, heard: Heard
    ) -> dict[str, Any] | None:
        """Return the answer; None where the process had gone home before it was asked."""
        if process.stdin is None or process.stdout is None:
            raise ValueError("a process without pipes")
        try:
            process.stdin.write(line)
            process.stdin.flush()
            with selectors.DefaultSelector() as ready:
                ready.register(process.stdout, selectors.EVENT_READ)
                rest = b""
                while True:
                    if ready.select(_LOOK_S):
                        part = os.read(process.stdout.fileno(), 1 << 20)
                        if not part:
                            break
                        *lines, rest = (rest + part).split(b"\n")
                        for told in map(json.loads, lines):
                            if PROGRESS not in told:
                                return dict(told)
                            heard(told)
                    else:
                        heard({})
                        limits.look(process.pid)
        except BrokenPipeError:
            pass
        code = process.wait()
        self.close()
        if code == 0:
            return None
        raise DiedError("crashed", f"The process that scored it crashed ({_ended(code)}).")


class _Limits(NamedTuple):
    """Until when a process may work, by the monotonic clock, and how much it may hold."""

    until: float
    memory_bytes: int

    def look(self, pid: int) -> None:
        """Raise where a process takes too long or too much."""
        if time.monotonic() > self.until:
            raise DiedError("time_limit", "It took longer than the time limit of a walk.")
        if _memory_bytes(pid) > self.memory_bytes:
            raise DiedError("memory_limit", "It needed more memory than the limit of a walk.")


def _unheard(told: dict[str, Any]) -> None:
    del told


def _memory_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES
    except (OSError, ValueError, IndexError):
        return 0


def _ended(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
