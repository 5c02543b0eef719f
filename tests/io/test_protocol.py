"""Protocols are data: checked whole, hashed, and never trusted."""

from pathlib import Path

import pytest
import yaml

from clinigait.core import BadInputError
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.kinematics import CURVES
from clinigait.gait.quality import RULES
from clinigait.io.protocol import load_protocol, parse_protocol, shipped_protocols


@pytest.fixture
def text() -> str:
    path = Path(__file__).parents[2] / "protocols" / "walk_sagittal.yaml"
    return path.read_text(encoding="utf-8")


def _fault(content: str | bytes) -> str:
    raw = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(BadInputError) as caught:
        parse_protocol(raw, "mine.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", shipped_protocols())
def test_shipped_protocols_name_only_what_exists(name: str) -> None:
    protocol = load_protocol(name)
    assert protocol.name == name
    assert len(protocol.sha256) == 64
    assert set(protocol.parameters) <= set(CATALOGUE)
    assert set(protocol.curves) <= set(CURVES)
    assert set(protocol.limits) <= set(RULES)
    for check, limit in protocol.limits.items():
        if limit.warn is not None and limit.refuse is not None:
            assert (limit.warn < limit.refuse) is RULES[check].too_much


def test_a_file_of_ones_own(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("name: walk_sagittal", "name: mine"), encoding="utf-8")
    mine = load_protocol(str(path))
    assert mine.name == "mine"
    assert mine.sha256 != load_protocol("walk_sagittal").sha256


def test_no_such_protocol_names_those_that_exist() -> None:
    with pytest.raises(BadInputError, match="walk_sagittal"):
        load_protocol("walk_backwards")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"kind": "party"}, "kind"),
        ({"view": None}, "view"),
        ({"colour": "red"}, "colour"),
        ({"limits": {"strides": {"warn": "many", "refuse": 3}}}, "limits.strides.warn"),
        ({"limits": {"strides": {"warn": 6, "refuse": 3, "maybe": 4}}}, "limits.strides.maybe"),
        ({"walker": {}}, "walker"),
        ({"parameters": "speed_mps"}, "parameters"),
    ],
)
def test_the_first_fault_is_named(text: str, change: dict, named: str) -> None:
    assert named in _fault(yaml.safe_dump({**yaml.safe_load(text), **change}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"parameters": ["speed_mps", "shoe_size"]}, "shoe_size"),
        ({"curves": ["elbow_deg"]}, "elbow_deg"),
        ({"limits": {"mood": {"warn": 1, "refuse": 2}}}, "mood"),
        ({"kind": "evaluation"}, "clinical"),
        ({"kind": "training"}, "clinigait train"),
        ({"parameters": []}, "no parameter"),
        ({"parameters": ["cadence_spm", "cadence_spm"]}, "twice"),
    ],
)
def test_unknown_names_are_refused_by_the_road(
    text: str, change: dict, named: str, tmp_path: Path
) -> None:
    from clinigait.pipeline import assess
    from clinigait.request import Request

    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(text), **change}), encoding="utf-8")
    with pytest.raises(BadInputError, match=named):
        assess(tmp_path / "film.mp4", tmp_path / "out", Request(protocol=str(path)))


def test_hostile_files_do_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "made"
    for content in (
        f"!!python/object/apply:os.system ['touch {marker}']",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "[" * 5000,
        "a: 2001-99-99",
        "a: !!int abc",
        "a: " + "9" * 5000,
        "a: &a {b: 1}\nc: {<<: [" + ", ".join(["*a"] * 50) + "]}",
        b"\xff\xfe\x00\x00\xd8",
        "",
        "just text",
        "- a\n- list",
        ".nan",
    ):
        _fault(content)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", ""])
def test_names_that_no_file_can_have(name: str) -> None:
    with pytest.raises(BadInputError) as caught:
        load_protocol(name)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf"])
def test_limits_are_finite(text: str, number: str) -> None:
    _fault(text.replace("{warn: 6, refuse: 3}", f"{{warn: {number}, refuse: 3}}"))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_bytes(b"#" * 2_000_000)
    with pytest.raises(BadInputError, match="too large"):
        load_protocol(str(path))


def test_half_of_a_letter_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text + '\n"\\ud800": 1\n')
    with pytest.raises(BadInputError, match="not a readable protocol"):
        load_protocol(str(path))
