"""``clinigait weights`` and HRNet: fetched, exported and checked, or one sentence why not."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from typer.testing import CliRunner

from clinigait.cli.app import app
from clinigait.cli.weights import app as weights_app
from clinigait.core import BadInputError
from clinigait.io.fetch import FetchError, UrlSource, full_sha256, path_of
from clinigait.perception import weights
from clinigait.perception.estimators import Models
from clinigait.perception.hrnet import checkpoints, stand_ins
from clinigait.perception.hrnet.card import card_of
from clinigait.perception.hrnet.checkpoints import CHECKPOINTS
from clinigait.perception.hrnet.obtain import (
    is_damaged,
    obtain,
    onnx_of,
    require_network,
    status_of,
)
from clinigait.perception.hrnet.precision import read_verdict
from clinigait.perception.weights import pose_weights, require, sha256_of_weights


def silent(line: str) -> None:
    """Hear what is being done, and say nothing."""


@pytest.fixture
def known(small_by_decoding, monkeypatch) -> str:
    """Put a small HRNet at the head of the table; return its name."""
    checkpoint = small_by_decoding["plain"].checkpoint
    table = {checkpoint.name: checkpoint, **CHECKPOINTS}
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", table)
    monkeypatch.setattr(weights, "CHECKPOINTS", table)
    return checkpoint.name


# ---------------------------------------------------------------- the table


def test_the_table_names_file_hash_and_licence() -> None:
    for name, one in CHECKPOINTS.items():
        assert one.name == name
        (source,) = one.asset.sources
        assert isinstance(source, UrlSource)
        assert source.url.startswith("https://download.openmmlab.com/mmpose/")
        assert re.fullmatch("[0-9a-f]{8}", one.asset.sha256)
        assert f"-{one.asset.sha256}_" in source.url
        assert ("non-commercial" in one.asset.licence) == ("wholebody" in name)
    assert [one.asset.sha256 for one in CHECKPOINTS.values()] == [
        "f5726563", "643e18cb", "469327ef", "81c58e40"
    ]  # fmt: skip
    assert next(iter(CHECKPOINTS)) == "hrnet-w48-wholebody"
    feet = [one.foot_ap for one in CHECKPOINTS.values()]
    assert feet == [0.707, 0.675, 0.564, None], "the best on feet first"


# ---------------------------------------------------------------- fetching


def test_a_checkpoint_from_disk_is_exported_and_recorded(
    small_by_decoding, cache, tmp_path
) -> None:
    small, lines = small_by_decoding["plain"], []
    path = obtain(small.checkpoint, from_file=small.file, say=lines.append)
    assert path == onnx_of(small.checkpoint)
    assert require_network(small.checkpoint)[1].onnx_sha256 == small.card.onnx_sha256
    assert full_sha256(small.checkpoint.asset) == small.card.checkpoint_sha256
    assert status_of(small.checkpoint).word == "present"
    assert any("differs from mmpose by" in line for line in lines)
    assert "bfloat16 is" in lines[-1], "the verdict is said"
    assert read_verdict(path) is not None
    again = []
    obtain(small.checkpoint, from_file=None, say=again.append)
    assert again == [f"{small.checkpoint.name}: present, as its card says"]


def test_another_file_is_refused_by_the_beginning_of_its_hash(small_by_decoding, cache) -> None:
    small = small_by_decoding["plain"]
    with pytest.raises(FetchError, match="another file than the known one") as caught:
        obtain(small.checkpoint, from_file=small_by_decoding["udp"].file, say=silent)
    assert "\n" not in str(caught.value)
    assert status_of(small.checkpoint).word == "missing"


def test_a_network_from_another_machine_needs_neither_torch_nor_mmpose(
    small_by_decoding, cache, monkeypatch
) -> None:
    small = small_by_decoding["dark"]
    monkeypatch.setattr(stand_ins, "is_installed", lambda: False)
    path = obtain(small.checkpoint, from_file=small.onnx, say=silent)
    assert require_network(small.checkpoint) == (path, small.card)
    assert status_of(small.checkpoint).word == "present"


def test_without_the_tools_the_remedy_is_named(small_by_decoding, cache, monkeypatch) -> None:
    small = small_by_decoding["dark"]
    monkeypatch.setattr(stand_ins, "is_installed", lambda: False)
    with pytest.raises(BadInputError, match="make setup") as caught:
        obtain(small.checkpoint, from_file=None, say=silent)
    assert ".onnx" in caught.value.remedy
    assert not cache.exists(), "nothing is downloaded that could not be used"


def test_the_network_of_another_checkpoint_is_refused(small_by_decoding, cache, tmp_path) -> None:
    plain, udp = small_by_decoding["plain"], small_by_decoding["udp"]
    with pytest.raises(BadInputError, match="is not of hrnet-small-plain"):
        obtain(plain.checkpoint, from_file=udp.onnx, say=silent)
    lone = tmp_path / "lone.onnx"
    shutil.copy(plain.onnx, lone)
    with pytest.raises(BadInputError, match=r"lone\.json cannot be read"):
        obtain(plain.checkpoint, from_file=lone, say=silent)
    assert status_of(plain.checkpoint).word == "missing"


def test_a_fetched_checkpoint_that_was_not_exported_is_told(small_by_decoding, cache) -> None:
    small = small_by_decoding["udp"]
    obtain(small.checkpoint, from_file=small.file, say=silent)
    card_of(onnx_of(small.checkpoint)).unlink()
    onnx_of(small.checkpoint).unlink()
    assert status_of(small.checkpoint).word == "export needed"
    obtain(small.checkpoint, from_file=None, say=silent)
    assert status_of(small.checkpoint).word == "present", "no network was asked"


def test_a_tampered_network_is_found_and_made_again(small_by_decoding, cache) -> None:
    small = small_by_decoding["plain"]
    path = obtain(small.checkpoint, from_file=small.file, say=silent)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert is_damaged(small.checkpoint)
    with pytest.raises(BadInputError, match=r"damaged.*weights fetch hrnet-small-plain"):
        require_network(small.checkpoint)
    obtain(small.checkpoint, from_file=None, say=silent)
    assert not is_damaged(small.checkpoint)


# ---------------------------------------------------------------- choosing


def test_the_default_is_hrnet_if_it_is_there_and_blazepose_if_not(
    known, small_by_decoding, cache
) -> None:
    assert pose_weights(None) == "pose-blazepose-heavy"
    with pytest.raises(BadInputError, match="clinigait weights fetch hrnet"):
        pose_weights("hrnet")
    obtain(small_by_decoding["plain"].checkpoint, from_file=small_by_decoding["plain"].onnx,
           say=silent)  # fmt: skip
    assert pose_weights(None) == known
    assert pose_weights("hrnet") == known
    assert require(known).suffix == ".onnx"
    assert sha256_of_weights(known) == small_by_decoding["plain"].card.onnx_sha256


def test_a_name_gives_its_estimator(small_by_decoding, cache, monkeypatch, weights_here) -> None:
    small = small_by_decoding["plain"]
    name = small.checkpoint.name
    monkeypatch.setitem(CHECKPOINTS, name, small.checkpoint)
    with pytest.raises(BadInputError, match="not on this machine"):
        Models.chosen(name)
    path = obtain(small.checkpoint, from_file=small.onnx, say=silent)
    models = Models.chosen(name, flip_test=True)
    pose = models.estimator(threads=1)
    assert (pose.name, pose.layout.name) == (name, "coco17")
    assert models.sha256()[name] == small.card.onnx_sha256
    path.write_bytes(bytes(path.stat().st_size))
    with pytest.raises(BadInputError, match="not the network of its card"):
        Models.chosen(name)


def test_blazepose_has_no_flip_test(cache) -> None:
    with pytest.raises(BadInputError, match=r"blazepose-heavy has no flip test"):
        Models.chosen("blazepose", flip_test=True)


def test_choices_by_name(cache) -> None:
    assert pose_weights("blazepose") == "pose-blazepose-heavy"
    assert pose_weights("blazepose-full") == "pose-blazepose-full"
    assert pose_weights("hrnet-w32-coco") == "hrnet-w32-coco"
    with pytest.raises(
        BadInputError, match=r"no pose estimator dance.*hrnet, hrnet-compact, blaze"
    ):
        pose_weights("dance")
    with pytest.raises(BadInputError, match="weights fetch hrnet-w32-coco"):
        require("hrnet-w32-coco")


# ---------------------------------------------------------------- commands


def _told(*arguments: str) -> str:
    done = CliRunner().invoke(weights_app, list(arguments), catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def _of(name: str, text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(name))


def test_the_commands_know_hrnet(small_by_decoding, cache, monkeypatch) -> None:
    small = small_by_decoding["plain"]
    name = small.checkpoint.name
    monkeypatch.setitem(CHECKPOINTS, name, small.checkpoint)
    assert "missing" in _of(name, _told("list"))
    assert "non-commercial" in _of("hrnet-w48-wholebody", _told("list"))
    assert "missing" in _of(name, _told("verify"))
    told = _told("fetch", name, "--from", str(small.file))
    assert f"{name}: {onnx_of(small.checkpoint)}" in told
    assert "present" in _of(name, _told("list"))
    assert "good" in _of(name, _told("verify"))
    stored = path_of(small.checkpoint.asset)
    assert stored is not None
    stored.write_bytes(bytes(stored.stat().st_size))
    with pytest.raises(BadInputError, match=f"weights {name} are broken"):
        _told("verify")


def test_doctor_says_how_to_get_hrnet(cache) -> None:
    told = CliRunner().invoke(app, ["doctor"]).output
    assert "clinigait weights fetch hrnet-w48-wholebody" in told


def test_the_record_beside_a_checkpoint_is_readable(small_by_decoding, cache) -> None:
    small = small_by_decoding["plain"]
    obtain(small.checkpoint, from_file=small.file, say=silent)
    stored = path_of(small.checkpoint.asset)
    assert stored is not None
    record = json.loads(stored.with_name(f"{stored.name}.sha256.json").read_text())
    assert record == {
        "sha256": small.card.checkpoint_sha256,
        "size_bytes": small.file.stat().st_size,
    }


def test_a_card_with_another_size_of_heatmaps_is_refused(small, tmp_path, cache) -> None:
    onnx = tmp_path / small.onnx.name
    shutil.copy(small.onnx, onnx)
    card = json.loads(card_of(small.onnx).read_text())
    card["heatmap_size_px"] = [24, 32]
    card_of(onnx).write_text(json.dumps(card))
    with pytest.raises(BadInputError, match="gives heatmaps of"):
        obtain(small.checkpoint, from_file=onnx, say=silent)
