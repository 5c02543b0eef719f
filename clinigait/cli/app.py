"""``clinigait``: the command line, its errors and exit codes."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from typing import NoReturn

# torch and OpenBLAS spin on busy machines unless they are told to wait; before numpy is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import typer
from typer.exceptions import Abort, TyperException

from clinigait._version import __version__
from clinigait.cli import (
    assess,
    audit_log,
    backup,
    card,
    compare,
    dashboard,
    define,
    demo,
    doctor,
    evaluate,
    explain,
    export,
    finetune,
    manifest,
    merge,
    report,
    retention,
    score,
    synthesize,
    train,
    users,
    validate,
    weights,
)
from clinigait.core import BadInputError

EXIT_DEFECT = 1
EXIT_BAD_INPUT = 2
EXIT_REFUSED = 3
#: Rings of objects are looked for after so many new objects, not after 700: importing and writing
#: documents make many that stay, and searching them again and again took 0.3 s.
_GARBAGE = (20_000, 10, 10)
_EXIT_INTERRUPTED = 130
#: No message needs more; names that a user gives may.
_MAX_LETTERS = 1200

app = typer.Typer(
    name="clinigait",
    help="Clinical gait assessment from video. Research software, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo.demo)
app.command("assess")(assess.assess)
app.command("validate")(validate.validate)
app.command("evaluate")(evaluate.evaluate)
app.command("explain")(explain.explain)
app.command("train")(train.train)
app.command("finetune")(finetune.finetune)
app.command("merge")(merge.merge)
app.command("compare")(compare.compare)
app.command("manifest")(manifest.manifest)
app.command("score")(score.score)
app.command("synthesize")(synthesize.synthesize)
app.command("report")(report.report)
app.command("define")(define.define)
app.command("card")(card.card)
app.command("dashboard")(dashboard.dashboard)
app.command("doctor")(doctor.doctor)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("retention")(retention.retention)
app.command("erase")(retention.erase)
app.add_typer(audit_log.app, name="audit-log")
app.add_typer(users.app, name="users")
app.add_typer(weights.app, name="weights")
app.add_typer(export.app, name="export")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"clinigait {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Clinical gait assessment from video."""


def main() -> NoReturn:
    """Run the command line; every end of it is an exit code and at most one line of error."""
    gc.set_threshold(*_GARBAGE)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # Who started us may have asked to go on (nohup, a background job): that stands.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(error.format_message())
            sys.exit(0)
        code = _complain(f"{_one_line(error.format_message())} Try clinigait --help.")
    except BadInputError as error:
        code = _complain(_one_line(str(error)))
    except (KeyboardInterrupt, Abort):
        code = _EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:  # noqa: BLE001  the edge of the program
        code = _defect(error)
    if code == _EXIT_INTERRUPTED:  # typer turns Ctrl-C into this code without a word
        typer.echo("clinigait: Interrupted; nothing was written.", err=True)
        # Threads of the model runtimes may still be at work: an orderly end would wait or abort.
        sys.stderr.flush()
        os._exit(code)
    gc.freeze()  # what ends need not be searched for garbage: a third of a second
    sys.exit(code or 0)


def _interrupt(*_: object) -> NoReturn:
    """Let a request to end clean up as Ctrl-C does, and ask again should it get lost."""
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _interrupt)
        signal.alarm(3)
    raise KeyboardInterrupt


def _complain(sentence: str) -> int:
    typer.echo(f"clinigait: {sentence}", err=True)
    return EXIT_BAD_INPUT


def _defect(error: Exception) -> int:
    if os.environ.get("CLINIGAIT_DEBUG"):
        traceback.print_exc()
    typer.echo(
        f"clinigait: a defect in clinigait: {type(error).__name__}: {_one_line(str(error))}. "
        "Please report it with what CLINIGAIT_DEBUG=1 prints.",
        err=True,
    )
    return EXIT_DEFECT


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_LETTERS else f"{line[:_MAX_LETTERS]} …"
