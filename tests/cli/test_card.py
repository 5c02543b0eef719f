"""``clinigait card`` as a user meets it."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from clinigait.cli.card import card
from clinigait.core import BadInputError
from support.bundles import write

_APP = typer.Typer()
_APP.command()(card)


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(_APP, [str(argument) for argument in arguments])


def test_a_shipped_card_is_told_and_written(tmp_path: Path) -> None:
    done = _run("scoliosis_silhouette_synthetic", "--out", tmp_path / "card.pdf")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Model of synthetic walkers only")
    for wanted in ("Age and sex", "0.868 (0.835 to 0.898)", "Sensitivity", "CC0", "Seed"):
        assert wanted in done.stdout
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF-")


def test_a_folder_works_as_well_and_markup_is_text(tmp_path: Path) -> None:
    write(tmp_path / "mine", title="[red]title[/red] \x1b[31m")
    done = _run(tmp_path / "mine")
    assert done.exit_code == 0, done.output
    assert "[red]title[/red]" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("bundle", ["nothing", "", "a\0b"])
def test_what_is_no_bundle_is_one_sentence(bundle: str, tmp_path: Path) -> None:
    done = _run(bundle, "--out", tmp_path / "card.pdf")
    assert isinstance(done.exception, BadInputError)
    assert list(tmp_path.iterdir()) == []


def test_only_a_pdf_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = _run("pathology_skeleton", "--out", tmp_path / "notes.txt")
    assert isinstance(done.exception, BadInputError)
    assert (tmp_path / "notes.txt").read_text() == "mine"
