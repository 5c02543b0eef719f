"""The bill of materials is valid CycloneDX; nothing locked, shipped or carried is missing."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clinigait.perception.hrnet.shipped import compact_onnx

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements" / "server.txt"


@pytest.fixture(scope="module")
def bom() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bom", ROOT / "requirements" / "bom.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bill(bom: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("bom") / "new" / "bom.json"
    bom.main([str(out)])
    return dict(json.loads(out.read_text("utf-8")))


def _all(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for part in parts for one in (part, *_all(part.get("components", [])))]


def test_it_is_valid_cyclonedx(bill: dict[str, Any]) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    validator = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bill)) is None
    bill = {**bill, "components": [{"type": "nothing"}]}
    assert validator.validate_str(json.dumps(bill)) is not None


def test_every_locked_package_is_there_with_all_its_hashes(bill: dict[str, Any]) -> None:
    text = LOCK.read_text("utf-8")
    there = {part["name"]: part for part in bill["components"] if part["type"] == "library"}
    pins = re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE)
    assert len(pins) > 100
    for name, version in pins:
        assert there[name]["version"] == version
    digests = {one["content"] for part in there.values() for one in part.get("hashes", [])}
    assert digests == set(re.findall(r"sha256:([0-9a-f]{64})", text))


def test_what_is_installed_states_its_licence(bill: dict[str, Any]) -> None:
    for part in bill["components"]:
        if part.get("purl") is None:
            continue
        try:
            installed = metadata.version(part["name"])
        except metadata.PackageNotFoundError:
            continue
        if installed == part["version"]:
            assert part["licenses"], part["name"]


def test_models_are_there_with_the_hashes_of_their_weights(bill: dict[str, Any]) -> None:
    models = {one["name"]: one for one in bill["components"] if "modelCard" in one}
    folders = [path.parent for path in (ROOT / "clinigait" / "bundles").glob("*/card.json")]
    shipped = {folder.name for folder in folders}
    assert set(models) == shipped | ({"hrnet_compact"} if compact_onnx().is_file() else set())
    for folder in folders:
        assert models[folder.name]["type"] == "machine-learning-model"
        files = {one["name"]: one["hashes"] for one in models[folder.name]["components"]}
        for path in folder.glob("*.safetensors"):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            assert files[path.name] == [{"alg": "SHA-256", "content": digest}]


def test_scripts_and_fonts_of_others_are_there(bill: dict[str, Any]) -> None:
    names = {one["name"] for one in _all(bill["components"])}
    assert {path.name for path in (ROOT / "clinigait/report/fonts").glob("*.ttf")} <= names
    pytest.importorskip("plotly")
    pytest.importorskip("streamlit")
    assert {"plotly.js", "plotly.min.js", "Streamlit's front end", "KaTeX fonts"} <= names


def test_references_are_each_there_once_and_none_leads_nowhere(bill: dict[str, Any]) -> None:
    refs = [one["bom-ref"] for one in _all(bill["components"])]
    assert len(refs) == len(set(refs))
    for one in bill["dependencies"]:
        assert {one["ref"], *one["dependsOn"]} <= {*refs, "clinigait"}
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    assert any(ref.startswith("pkg:pypi/numpy@") for ref in needs["clinigait"])
    wanted = {ref for on in needs.values() for ref in on}
    packages = {one["bom-ref"] for one in bill["components"] if "purl" in one}
    assert packages <= wanted  # everything is there because something asks for it


def test_the_same_lock_gives_the_same_bill_and_no_address(
    bom: ModuleType, bill: dict[str, Any]
) -> None:
    assert bom.bill(bom.locked(LOCK.read_text("utf-8"))) == bill
    assert "://" not in json.dumps(bill)
