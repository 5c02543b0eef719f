"""What all tests share: quiet threads, no network, and files that only some machines have."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Before numpy and its kin are imported: waiting threads that spin make small machines crawl.
for _name, _value in {
    "GOMP_SPINCOUNT": "0",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OPENBLAS_NUM_THREADS": "1",
}.items():
    os.environ.setdefault(_name, _value)

# The same examples in every run, however slow the machine.
settings.register_profile("clinigait", derandomize=True, deadline=None)
settings.load_profile("clinigait")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that reaches for anything but this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_here(address[0]):
            pytest.fail(f"the network was used: {address}")
        connect(self, address)

    def look_up_here(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_here(host):
            pytest.fail(f"the network was used: {host}")
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)


def _is_here(host: object) -> bool:
    return host is None or str(host) in {"", "localhost", "::1"} or str(host).startswith("127.")


@pytest.fixture(scope="session")
def demo_clip() -> Path:
    """Return the example film, or skip where it has not been fetched."""
    from clinigait.io.fetch import path_of
    from clinigait.io.sample import DEMO_CLIP

    path = path_of(DEMO_CLIP)
    if path is None:
        pytest.skip("the example film is not here; `make test` fetches it where there is a network")
    return path


@pytest.fixture(scope="session")
def weights() -> dict[str, Path]:
    """Return the weights that an assessment needs by name, or skip where one is missing."""
    from clinigait.io.fetch import path_of
    from clinigait.perception.weights import DEFAULT, WEIGHTS

    found = {name: path_of(WEIGHTS[name]) for name in DEFAULT}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.skip(f"weights are not here ({', '.join(missing)}): clinigait weights fetch")
    return {name: path for name, path in found.items() if path is not None}
