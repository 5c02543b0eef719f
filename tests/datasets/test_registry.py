"""A data set is known by its layout or by its name, and people are chosen in one way for all."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.datasets.registry import DATA_SETS, open_study
from support.pickled import body, put

ROOT = Path(__file__).parents[2]
SHARED = Path(__file__).parents[3] / "shared" / "data"
NAMES = [data_set.NAME for data_set in DATA_SETS]


def _lay(root: Path, name: str) -> Path:
    """Write the layout of a data set, as small as it can be."""
    root.mkdir()
    if name == "manifest":
        put(root / "b.pkl", body())
        put(root / "c.pkl", body())
        (root / "manifest.csv").write_text(
            "subject,visit,file,label\nP10,1,b.pkl,x\nP2,1,c.pkl,x\n"
        )
    elif name == "virtual-clinic":
        (root / "study.json").write_text('{"schema": "clinigait-study-1"}')
        rows = ["subject,visit,walk,view,file,label"]
        for code in ("P2", "P10"):
            put(root / code / "walk.npz", 0)
            rows.append(f"{code},1,1,v,{code}/walk.npz,frail")
        (root / "cohort.csv").write_text("\n".join(rows))
    elif name == "pathological-gait":
        for walk in ("human2_lurch1", "human10_normal3"):
            path = root / "Pathological_Gaits" / walk / f"{walk}_SkeletonData4.csv"
            path.parent.mkdir(parents=True)
            path.write_text("")
    elif name == "gait-validation":
        folder = root / "video analysis/large model data/ori_keypoints"
        folder.mkdir(parents=True)
        for walk in ("A_2_T1", "A_10_T1"):
            np.save(folder / f"{walk}.npy", np.ones((9, 17, 3)))
    else:
        file = {
            "jhu-frailty": "Frail/silhouettes/silhouettes.pkl",
            "scoliosis1k": "positive/000_180/000_180.pkl",
            "opengait": "nm-01/090/sil.pkl",
        }[name]
        for person in ("2", "10"):
            put(root / person / file, body())
    return root


@pytest.mark.parametrize("name", NAMES)
def test_a_layout_is_recognised_and_a_name_finds_the_same(tmp_path: Path, name: str) -> None:
    root = _lay(tmp_path / "set", name)
    found, named = open_study(root), open_study(root, name.replace("-", "_"))
    assert found.name == named.name == name
    assert len(found.samples) == 2
    assert [s.sequence for s in found.samples] == [s.sequence for s in named.samples]
    assert found.source
    assert found.licence
    assert found.obtain.endswith(".")
    assert len({s.sequence for s in found.samples}) == 2


@pytest.mark.parametrize("name", NAMES)
def test_people_are_chosen_by_number_in_natural_order(tmp_path: Path, name: str) -> None:
    root = _lay(tmp_path / "set", name)
    first = open_study(root, subjects="1")
    assert len(first.people) == 1
    assert re.search(r"2$", first.people[0])
    assert open_study(root, subjects=first.people[0]).people == first.people
    assert len(open_study(root, subjects="1-2").people) == 2
    for wanted in ("3", "nobody", "", "2-1"):
        with pytest.raises(BadInputError):
            open_study(root, subjects=wanted)


def test_an_unknown_layout_lists_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(BadInputError, match="layout of no data set") as refused:
        open_study(tmp_path)
    assert all(f"{d.NAME} ({d.LAYOUT})" in refused.value.remedy for d in DATA_SETS)
    file = tmp_path / "a.txt"
    file.write_text("x")
    with pytest.raises(BadInputError, match="layout of no data set"):
        open_study(file)


def test_an_unknown_name_or_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no data set kitchen"):
        open_study(tmp_path, "kitchen")
    with pytest.raises(BadInputError, match="There is no nowhere"):
        open_study(tmp_path / "nowhere")


@pytest.mark.parametrize("name", NAMES)
def test_the_wrong_name_gets_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(BadInputError) as refused:
        open_study(tmp_path, name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", NAMES)
def test_options_that_mean_nothing_are_refused(tmp_path: Path, name: str) -> None:
    root = _lay(tmp_path / "set", name)
    takes = next(d.TAKES for d in DATA_SETS if name == d.NAME)
    if "record" not in takes:
        with pytest.raises(BadInputError, match="takes no --record"):
            open_study(root, record="true")
    if "labels" not in takes:
        with pytest.raises(BadInputError, match="takes no --labels"):
            open_study(root, labels=tmp_path / "labels.csv")


def test_the_page_has_a_row_for_every_data_set() -> None:
    page = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    for data_set in DATA_SETS:
        assert re.search(rf"^\| `{data_set.NAME}` \|", page, re.MULTILINE), data_set.NAME


# ---------------------------------------------------------------- what they hold


def test_sensors_of_an_acted_walk_share_it(tmp_path: Path) -> None:
    root = _lay(tmp_path / "set", "pathological-gait")
    walk = root / "Pathological_Gaits" / "human2_lurch1"
    (walk / "human2_lurch1_SkeletonData1.csv").write_text("")
    found = open_study(root)
    assert found.kind == "acted"
    two = [s for s in found.samples if s.walk == "human2_lurch1"]
    assert [s.sequence for s in two] == [
        "human2_lurch1_SkeletonData1", "human2_lurch1_SkeletonData4",
    ]  # fmt: skip
    assert [s.view for s in two] == ["sensor 1", "sensor 4"]
    assert {(s.person, s.label) for s in two} == {("human2", "lurch")}
    with pytest.raises(BadInputError):
        two[0].read()


def test_groups_of_gait_validation_are_unknown_without_a_table(tmp_path: Path) -> None:
    root = _lay(tmp_path / "set", "gait-validation")
    found = open_study(root)
    assert {s.label for s in found.samples} == {None}
    assert any("not known" in limit for limit in found.limits)
    table = tmp_path / "groups.csv"
    table.write_text("subject,label\nA_2,healthy\n")
    grouped = open_study(root, labels=table)
    assert [s.label for s in grouped.samples] == ["healthy", None]
    assert grouped.limits == ()
    table.write_text("subject,label\nB_2,healthy\n")
    with pytest.raises(BadInputError, match="No subject"):
        open_study(root, labels=table)
    assert len(found.samples[0].read()) == 9


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_the_real_folders_are_read() -> None:
    acted = open_study(SHARED / "pathological_gait", subjects="1-5")
    assert len(acted.samples) == 1200
    assert len(acted.people) == 5
    assert len({s.walk for s in acted.samples}) == 600
    assert len(acted.samples[0].read()) > 30
    walks = open_study(SHARED / "gait_validation")
    assert len(walks.people) == 10
    assert all("height_m" in s.covariates for s in walks.samples[:5])
