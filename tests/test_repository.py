"""What the repository around the code promises."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import clinigait

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "clinigait"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("base", "server", "dev", "models", "hrnet")
APPS = ROOT / "apps"
SOURCES = sorted([*PACKAGE.rglob("*.py"), *APPS.rglob("*.py")])


# ---------------------------------------------------------------- floors


def test_every_folder_imports_only_what_its_floor_allows() -> None:
    pytest.importorskip("importlinter")
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert "0 broken" in run.stdout


def test_starting_the_command_loads_no_deep_learning_library() -> None:
    code = (
        "import sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'torch', 'transformers', 'captum', 'lightning'}:\n"
        "            sys.exit(f'{name} was asked for')\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import clinigait.cli.app, clinigait.pipeline\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def _imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    return plain | {n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module}


def test_only_the_fetch_commands_know_the_network() -> None:
    network = {"aiohttp", "ftplib", "http", "httpx", "requests", "socket", "urllib", "urllib3"}
    users = {
        str(path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else ROOT))
        for path in SOURCES
        for name in _imports(path)
        if name.split(".")[0] in network and name != "urllib.parse"
    }
    # The door reads the cookies of those who ask; it asks nobody.
    assert users <= {"io/fetch.py", "apps/dashboard/door.py"}


def test_nothing_imports_the_programs_that_are_started_as_processes() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert not {name for name in _imports(path) if name.startswith("clinigait.apps")}, path


def test_every_imported_package_is_declared() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    named = [*PROJECT["project"]["dependencies"], *extras["models"], *extras["hrnet"]]
    whole = named + extras["synthesis"] + extras["parquet"] + extras["cohort"] + extras["clinic"]
    declared = _names(whole)
    # HRNet's own project goes in by itself; onnxruntime is carried by onnxruntime-gpu, extra `gpu`.
    declared |= {"mmcv-lite", "mmengine", "mmpose", "onnxruntime"} | _names(extras["gpu"])
    homes = metadata.packages_distributions()
    for path in SOURCES:
        for module in {name.split(".")[0] for name in _imports(path)}:
            if module in {"clinigait", "_typeshed"} | sys.stdlib_module_names:
                continue
            if module not in homes:
                continue  # of an extra that is not installed: who carries it is not known here
            carriers = {canonicalize_name(home) for home in homes[module]}
            assert carriers & declared, f"{path.name} imports {module}"


# ---------------------------------------------------------------- packaging


def test_every_package_folder_is_declared() -> None:
    inits = [*PACKAGE.rglob("__init__.py"), *APPS.rglob("__init__.py")]
    there = {".".join(init.parent.relative_to(ROOT).parts) for init in inits}
    there = {f"clinigait.{name}" if name.startswith("apps") else name for name in there}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == there | {"clinigait.protocols"}


def test_the_protocols_at_the_top_are_the_ones_that_are_found() -> None:
    pytest.importorskip(
        "clinigait.protocols", reason="clinigait is not installed: pip install -e ."
    )
    found = {entry.name for entry in files("clinigait.protocols").iterdir()}
    there = {path.name for path in (ROOT / "protocols").glob("*.yaml")}
    assert there
    assert there <= found


def test_the_version_is_the_same_everywhere() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == clinigait.__version__
    assert f"## [{clinigait.__version__}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_wheel_carries_all_of_the_package_and_finds_its_protocols(tmp_path: Path) -> None:
    if int(metadata.version("setuptools").split(".")[0]) < 77:
        pytest.skip("setuptools is older than the build asks for: `make test` brings the right one")
    wheel = _build_wheel(tmp_path)
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    missing = _shipped_files() - carried
    assert not missing
    assert not [name for name in carried if name.startswith(("tests/", "docs/"))]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from importlib.resources import files\n"
        "folder = files('clinigait.protocols')\n"
        "assert str(folder).startswith(sys.argv[1]), folder\n"
        "print(*(entry.name for entry in folder.iterdir()))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "installed")],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {p.name for p in (ROOT / "protocols").glob("*.yaml")} <= set(run.stdout.split())


def _build_wheel(folder: Path) -> Path:
    source = folder / "source"
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("clinigait", "apps", "protocols"):
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
         "--no-build-isolation", "--wheel-dir", str(folder), str(source)],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(folder.glob("clinigait-*.whl"))


def _shipped_files() -> set[str]:
    # What Python and numba compile is no source.
    there = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    shipped = {path.relative_to(ROOT).as_posix() for path in there}
    programs = [p for p in APPS.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    shipped |= {f"clinigait/{path.relative_to(ROOT).as_posix()}" for path in programs}
    return shipped | {f"clinigait/protocols/{p.name}" for p in (ROOT / "protocols").glob("*.yaml")}


# ---------------------------------------------------------------- dependencies


def _names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("base", []),
        ("server", ["cohort", "clinic"]),
        ("dev", ["dev"]),
        ("models", ["models", "hrnet", "synthesis"]),
    ],
)
def test_a_lock_pins_all_that_is_declared_within_its_bounds(lock: str, extras: list[str]) -> None:
    declared = list(PROJECT["project"]["dependencies"])
    for extra in extras:
        declared += PROJECT["project"]["optional-dependencies"][extra]
    pins = _pins(lock) | (_pins("torch") if lock == "models" else {})
    for line in declared:
        wanted = Requirement(line)
        version = pins[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version), f"{line}, but {lock}.txt has {version}"


def test_the_locks_agree_with_each_other() -> None:
    base = _pins("base")
    for lock in ("server", "dev", "models"):
        pins = _pins(lock)
        assert {name: pins.get(name) for name in base} == base
    server = _pins("server")
    for lock in ("dev", "models"):
        assert all(server.get(name, pin) == pin for name, pin in _pins(lock).items())


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash_and_no_lock_names_a_place(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    pins = re.split(r"\n(?=[\w.-]+==)", text)[1:]
    assert len(pins) == len(_pins(lock)) > 0
    assert all("--hash=sha256:" in pin for pin in pins)
    assert "://" not in text
    assert "--find-links" not in text


def test_torch_is_pinned_and_torchvision_is_nowhere() -> None:
    assert _pins("torch") == {"torch": "2.13.0"}
    assert not any("torchvision" in _pins(lock) for lock in LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_locked_package_is_under_gpl_or_agpl(lock: str) -> None:
    for name in _pins(lock):
        try:
            facts = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue  # of another system or another extra
        stated = [facts.get("License-Expression") or "", *(facts.get_all("Classifier") or [])]
        bad = [s for s in stated if re.search(r"(?<!L)GPL|Affero|GNU General Public", s)]
        assert not bad, f"{name}: {bad}"


# ---------------------------------------------------------------- make and CI


def _venv(folder: Path, step: str, python: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "requirements" / "venv.sh"), step],
        cwd=folder,
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def old_python(tmp_path: Path) -> str:
    """Return a Python that is too old for everything."""
    return _script(tmp_path / "old-python", "exit 1")


@pytest.fixture
def new_python(tmp_path: Path) -> str:
    """Return a Python that makes an environment of one file."""
    make = '[ "$2" != venv ] || { mkdir -p .venv/bin && cp "$0" .venv/bin/python; }'
    return _script(tmp_path / "new-python", make)


def _script(path: Path, body: str) -> str:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_a_missing_or_old_python_is_named_in_one_sentence(tmp_path: Path, old_python: str) -> None:
    for python in (old_python, str(tmp_path / "absent")):
        run = _venv(tmp_path, "ensure", python)
        assert run.returncode == 1
        assert "no Python 3.11 or newer" in run.stderr
        assert python in run.stderr
        assert not (tmp_path / ".venv").exists()


def test_a_good_environment_is_left_alone(tmp_path: Path, new_python: str) -> None:
    assert _venv(tmp_path, "ensure", new_python).returncode == 0
    (tmp_path / ".venv" / "kept").touch()
    stamp = tmp_path / ".venv" / ".stamps" / "venv"
    made = stamp.stat().st_mtime_ns
    assert _venv(tmp_path, "ensure", new_python).stdout == ""
    assert (tmp_path / ".venv" / "kept").exists()
    assert stamp.stat().st_mtime_ns == made


@pytest.mark.parametrize("harm", ["interrupted", "moved", "half made"])
def test_a_broken_environment_is_made_afresh(tmp_path: Path, new_python: str, harm: str) -> None:
    assert _venv(tmp_path, "ensure", new_python).returncode == 0
    (tmp_path / ".venv" / "left-over").touch()
    stamps = tmp_path / ".venv" / ".stamps"
    if harm == "interrupted":
        (stamps / "installing").touch()
    elif harm == "moved":
        (stamps / "place").write_text("/elsewhere\n")
    else:
        (tmp_path / ".venv" / "bin" / "python").unlink()
    run = _venv(tmp_path, "ensure", new_python)
    assert run.returncode == 0
    assert "afresh" in run.stdout
    assert not (tmp_path / ".venv" / "left-over").exists()


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
def test_make_alone_lists_the_commands() -> None:
    run = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("setup", "demo", "test", "test-slow", "lint", "lock", "clean", "help"):
        assert f"make {command} " in run.stdout


def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert "make test" in (ROOT / ".ci" / "run").read_text()


# ---------------------------------------------------------------- papers


def test_the_licence_is_the_unchanged_apache_licence() -> None:
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_the_citation_file_has_what_its_format_asks_for() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert all(citation[key] for key in ("message", "title", "authors"))


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name
)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


# ---------------------------------------------------------------- filming guide


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """Return the script that draws the pictures."""
    path = ROOT / "docs" / "make_pictures.py"
    spec = importlib.util.spec_from_file_location("make_pictures", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


def _table_rows(page: str, columns: int) -> list[list[str]]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").replace("*", "")
    rows = [line.strip(" |").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if len(row) == columns and row[0][0].isdigit()]


def test_the_distance_table_holds_what_the_formulas_give(pictures: ModuleType) -> None:
    rows = _table_rows("filming.md", 5)
    assert len(rows) == 6
    for distance, width, height, usual, short in rows:
        distance_m = float(distance.removesuffix(" m"))
        assert width == f"{pictures.visible_width_m(distance_m):.1f} m"
        assert height == f"{pictures.person_height_px(distance_m):.0f} px"
        assert usual == "{} to {}".format(*pictures.full_strides(distance_m, 1.3))
        assert short == "{} to {}".format(*pictures.full_strides(distance_m, 0.9))


def test_the_frame_rate_table_holds_what_the_formula_gives(pictures: ModuleType) -> None:
    rows = _table_rows("filming.md", 3)
    assert len(rows) == 5
    for rate, sd, share in rows:
        sd_ms = pictures.timing_sd_ms(float(rate))
        assert sd == f"{sd_ms:.1f} ms"
        assert share == f"{sd_ms / 1100:.2%}".replace("%", " %")


def test_whole_frame_timing_spreads_stride_times_as_the_formula_says(pictures: ModuleType) -> None:
    rate_hz, rng = 30.0, np.random.default_rng(0)
    starts_s = rng.uniform(0, 10, 100_000)
    ends_s = starts_s + rng.normal(1.1, 0.05, len(starts_s))
    timed_s = (np.ceil(ends_s * rate_hz) - np.ceil(starts_s * rate_hz)) / rate_hz
    error_ms = 1000 * (timed_s - (ends_s - starts_s))
    assert pictures.timing_sd_ms(rate_hz) == pytest.approx(error_ms.std(), rel=0.02)


def test_the_pictures_are_those_that_the_script_draws(pictures: ModuleType, tmp_path: Path) -> None:
    for name, draw in pictures.PICTURES.items():
        pictures.save(draw(), tmp_path / name)
        committed = ROOT / "docs" / "pictures" / name
        assert (tmp_path / name).read_bytes() == committed.read_bytes(), f"make pictures: {name}"
