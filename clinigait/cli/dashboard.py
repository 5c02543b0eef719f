"""``clinigait dashboard``: the clinician's dashboard, and the workers that do what is ordered."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinigait.cli.clinic_data import Url, need_clinic
from clinigait.core import BadInputError

if TYPE_CHECKING:
    from clinigait.store import Store

_SERVER, _WORKER = "clinigait.apps.dashboard", "clinigait.apps.worker"
_LOOK_EVERY_S = 0.5
_AGAIN_AFTER_S = 5.0
_PATIENCE_S = 10.0
_DEFAULT_DATA = Path.home() / ".local" / "share" / "clinigait"


def dashboard(  # noqa: PLR0913, PLR0917  every option of the command line is an argument
    data: Annotated[
        Path, typer.Option("--data", envvar="CLINIGAIT_DATA", help="Data folder of the clinic.")
    ] = _DEFAULT_DATA,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen at; others than this machine's need TLS."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8501,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Name by which browsers call the server; may be repeated."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Certificate of TLS, in PEM.")
    ] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Its key, in PEM.")] = None,
    behind_proxy: Annotated[
        str | None,
        typer.Option("--behind-proxy", help="Address of the reverse proxy that speaks TLS."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=0, max=16, help="Processes that assess; 0 for none.")
    ] = 1,
    url: Url = None,
) -> None:
    """Start the dashboard for clinicians; Ctrl-C ends it."""
    _need_parts()
    from clinigait.store import open_store  # noqa: PLC0415  --help stays quick

    # Here, before there are several processes that would make the tables.
    store = open_store(data, url or None)
    _warn_of_lost_key(store)
    store.close()
    options = [f"--host={host}", f"--port={port}", *(f"--name={one}" for one in name or [])]
    for option, value in (
        ("certificate", certificate), ("key", key), ("behind-proxy", behind_proxy),
    ):  # fmt: skip
        options += [f"--{option}={value}"] if value is not None else []
    environment = {**os.environ, "CLINIGAIT_DATABASE_URL": url or ""}
    server = _started(environment, _SERVER, f"--data={data}", *options)
    team: list[subprocess.Popen[bytes]] = []
    try:
        team += [_started(environment, _WORKER, f"--data={data}") for _ in range(workers)]
        code = _watched(server, team, environment, data)
    except KeyboardInterrupt:
        code = 0  # the usual end
    finally:
        _end([server, *team])
    if code:
        raise typer.Exit(code)


def _warn_of_lost_key(store: Store) -> None:
    """Say what to do where users' second factors cannot be opened; all others sign in as ever."""
    from clinigait.store import totp  # noqa: PLC0415  --help stays quick

    with store.reading() as db:
        try:
            totp.check_key(db)
        except BadInputError as error:
            typer.echo(f"clinigait: {error}", err=True)


def _need_parts() -> None:
    need_clinic()
    for part in ("streamlit", "uvicorn", "plotly"):
        if find_spec(part) is None:
            raise BadInputError(
                f"The package {part} is not installed.",
                "Install the clinic's server: pip install 'clinigait[clinic]'.",
            )


def _started(environment: dict[str, str], module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module, *arguments], env=environment)


def _watched(
    server: subprocess.Popen[bytes],
    team: list[subprocess.Popen[bytes]],
    environment: dict[str, str],
    data: Path,
) -> int:
    """Wait for the server's end; a worker that ended is started again after a while."""
    due: dict[int, float] = {}
    while server.poll() is None:
        time.sleep(_LOOK_EVERY_S)
        for number, worker in enumerate(team):
            if worker.poll() is None:
                continue
            if number not in due:
                typer.echo("A worker ended; another one takes its place.", err=True)
                due[number] = time.monotonic() + _AGAIN_AFTER_S
            elif time.monotonic() >= due[number]:
                del due[number]
                # The job that was under way is taken again once its lease has run out.
                team[number] = _started(environment, _WORKER, f"--data={data}")
    return server.returncode


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """End all children: asked first, made to after a while. Jobs go on after the next start."""
    for child in children:
        child.terminate()
    patience = time.monotonic() + _PATIENCE_S
    for child in children:
        try:
            child.wait(max(0.1, patience - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
