"""A dashboard that really runs: ``clinigait dashboard`` as a process, on a free port."""

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


@dataclass(frozen=True)
class Served:
    """Where it is, and what it wrote."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

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
    log = folder / "log.txt"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "clinigait", "dashboard", f"--data={folder / 'data'}",
             f"--port={port}", f"--workers={workers}"],
            stdout=file, stderr=subprocess.STDOUT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "CLINIGAIT_DATABASE_URL": ""},
        )  # fmt: skip
        try:
            url = f"http://localhost:{port}"
            _wait(url, process)
            yield Served(url, log, process)
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
