"""A store with one assessed visit, made once for the tests of a file and copied for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinigait.store import Store, open_store
from support.clinics import quick_passwords
from support.reviewing import Visit, assessed_visit


@pytest.fixture(scope="module")
def assessed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Visit]:
    """Return the folder of a store with one assessed visit, to be copied."""
    folder = tmp_path_factory.mktemp("assessed")
    with quick_passwords():
        store = open_store(folder / "data")
        made = assessed_visit(store, folder)
        store.close()
    return folder / "data", made


@pytest.fixture
def case(assessed_once: tuple[Path, Visit], tmp_path: Path) -> Iterator[tuple[Store, Visit]]:
    """Return a store of its own with one assessed visit."""
    shutil.copytree(assessed_once[0], tmp_path / "data")
    with quick_passwords():
        store = open_store(tmp_path / "data")
        yield store, assessed_once[1]
        store.close()
