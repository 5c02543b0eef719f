"""A dashboard that really runs: ``clinigait dashboard`` as a process, on a free port.

The network is closed to it: server, workers and what they start reach this machine only.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 120
_CLOSED = Path(__file__).parent / "closed"


@dataclass(frozen=True)
class Served:
    """Where it is, and what it wrote."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]
    _ways_out: Path

    @property
    def ways_out(self) -> str:
        """Return where somebody tried to go outside of this machine."""
        return self._ways_out.read_text() if self._ways_out.exists() else ""

    @property
    def setup_code(self) -> str:
        found = re.search(r"Setup code: (\S+)", self.log.read_text())
        assert found is not None
        return found.group(1)

    def server_pid(self) -> int:
        """Return the process of the server, which is the first child."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[0])


@contextmanager
def serving(folder: Path, workers: int = 1) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log, ways_out = folder / "log.txt", folder / "ways_out.txt"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "clinigait", "dashboard", f"--data={folder / 'data'}",
             f"--port={port}", f"--workers={workers}"],
            stdout=file, stderr=subprocess.STDOUT,
            env={
                **os.environ, "OMP_NUM_THREADS": "1", "CLINIGAIT_DATABASE_URL": "",
                "CLINIGAIT_WAYS_OUT": str(ways_out),
                "PYTHONPATH": os.pathsep.join([str(_CLOSED), os.environ.get("PYTHONPATH", "")]),
            },
        )  # fmt: skip
        try:
            url = f"http://localhost:{port}"
            _wait(url, process)
            yield Served(url, log, process, ways_out)
        finally:
            process.terminate()
            process.wait(60)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None
        try:
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
            connection.request("GET", "/health")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise TimeoutError(url)
