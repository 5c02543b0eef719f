"""Every example runs, in its quick form."""

import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clinigait.core import SIDES
from support.gait_validation import HERE, ROOT, WHY_NOT
from support.walkers import need_bodies

_FOLDER = Path(__file__).parents[1] / "examples"


def _run(example: Path, monkeypatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [str(example), *map(str, arguments), "--quick"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(example), run_name="__main__")
    assert ended.value.code == 0


def test_assess_a_film(demo_clip, weights, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    _run(_FOLDER / "assess_a_film.py", monkeypatch)
    assert "cadence_spm" in capsys.readouterr().out


def test_pose_comparison(demo_clip, weights, tmp_path, monkeypatch) -> None:
    need_bodies()
    pytest.importorskip("torch")
    _run(
        _FOLDER / "pose_comparison.py", monkeypatch,
        "--out", tmp_path, "--pose", "blazepose", "blazepose-full",
    )  # fmt: skip
    table = (tmp_path / "pose_comparison.md").read_text(encoding="utf-8")
    medians = re.findall(r"\| (blazepose\S*) \| (\d\.\d\d) ", table)[:2]
    assert [name for name, _ in medians] == ["blazepose", "blazepose-full"]
    assert all(1 < float(median) < 4 for _, median in medians)  # percent of height
    assert "3 people; 6 pictures" in table
    with Image.open(tmp_path / "contact_sheet.png") as sheet:
        assert sheet.width == 3 * 300


def test_marks_of_the_pose_comparison_are_whole() -> None:
    content = json.loads((_FOLDER / "pose_marks.json").read_text(encoding="utf-8"))
    frames = content["frames"]
    assert len({(one["film"], one["frame"]) for one in frames}) == len(frames) >= 40
    points = {f"{side}_{p}" for side in SIDES for p in ("hip", "knee", "ankle", "heel", "toe")}
    for one in frames:
        x0, y0, x1, y1 = one["box"]
        assert set(one["points"]) <= points
        for x, y, *hidden in one["points"].values():
            assert x0 - 60 <= x <= x1 + 60
            assert y0 <= y <= y1 + 30
            assert hidden in ([], [1])


@pytest.mark.skipif(not HERE, reason=WHY_NOT)
def test_learn_lifted_gait(monkeypatch, capsys) -> None:
    _run(_FOLDER / "learn_lifted_gait.py", monkeypatch, ROOT)
    table = capsys.readouterr().out
    assert "all three" in table
    assert "slow walks guessed too fast" in table


@pytest.mark.skipif(
    not all((ROOT.parent / name).is_dir() for name in ("cmu_walk", "pathological_gait"))
    or not HERE,
    reason="the real walks are not here",
)
def test_fit_the_virtual_clinic(monkeypatch, capsys) -> None:
    _run(_FOLDER / "fit_the_virtual_clinic.py", monkeypatch, ROOT.parent)
    table = capsys.readouterr().out
    for name in ("curves.json", "curves_cmu.json", "pathologies.json", "keypoint_error.json"):
        assert name in table


def test_inferred_loads(tmp_path, monkeypatch, capsys) -> None:
    need_bodies()
    plates = ROOT.parent / "bmc_walk"
    asked = ["--plates", plates] if plates.is_dir() else []
    _run(_FOLDER / "inferred_loads.py", monkeypatch, "--out", tmp_path, *asked)
    found = json.loads((tmp_path / "inferred_loads.json").read_text(encoding="utf-8"))
    forces = found["clinic"]["forces"]
    assert [row["rmse_pct"] <= 13 for row in forces] == [True] * 3
    assert forces[0]["r"] > 0.9
    assert all(row["told_wrongly"] == 0 for row in found["clinic"]["indices"])
    assert len(found.get("plates", [])) in (0, 12)
    assert "Side-to-side indices" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(
    not (ROOT.parent / "pathological_gait").is_dir(), reason="the acted gaits are not here"
)
def test_pathology_from_synthetic(monkeypatch, capsys) -> None:
    pytest.importorskip("lightning")
    need_bodies()
    _run(_FOLDER / "pathology_from_synthetic.py", monkeypatch, ROOT.parent / "pathological_gait")
    assert "synthetic walkers only" in capsys.readouterr().out


@pytest.mark.slow
def test_prove_the_virtual_clinic(tmp_path, monkeypatch, capsys) -> None:
    _run(_FOLDER / "prove_the_virtual_clinic.py", monkeypatch, "--out", tmp_path)
    facts = json.loads((tmp_path / "proof.json").read_text())
    assert facts["synthetic"] is True
    assert all(abs(row["speed_error"]) < 0.01 for row in facts["from_true_keypoints"])
    assert max(facts["stature_error_m"]) < 0.001
    assert (tmp_path / "proof.pdf").read_bytes().startswith(b"%PDF")
    assert "Speed within" in capsys.readouterr().out


@pytest.mark.slow
def test_parkinson_ablation(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("lightning")
    need_bodies()
    from clinigait.synthesis.clinic import Order, run
    from clinigait.synthesis.population import load_population

    cohort = tmp_path / "cohort"
    run(Order(load_population("parkinson_rgbd_population"), cohort, walkers=12, seed=3))
    _run(_FOLDER / "parkinson_ablation.py", monkeypatch, cohort, "--out", tmp_path / "table.md")
    table = (tmp_path / "table.md").read_text()
    assert table in capsys.readouterr().out
    for row in ("colour", "depth + MLGE", "both, early", "both, neck + MLGE", "Speed, stride"):
        assert f"| {row}" in table
    assert "| than | as filmed | in the dark | legs hidden |" in table


@pytest.mark.slow
@pytest.mark.skipif(
    not (ROOT.parent / "pathological_gait").is_dir(), reason="the acted gaits are not here"
)
def test_skeleton_dynamics(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("lightning")
    data, kept = ROOT.parent / "pathological_gait", tmp_path / "fits"
    for number in range(2):  # the second time nothing is fitted
        _run(
            _FOLDER / "skeleton_dynamics.py", monkeypatch, data, "--keep", kept,
            "--backbones", "gaitgraph", "--out", tmp_path / "table.md",
        )  # fmt: skip
        said = capsys.readouterr()
        assert ("without human1" in said.err) == (number == 0)
    table = (tmp_path / "table.md").read_text()
    assert table in said.out
    for added in ("", " + wavelet", " + loads", " + loads by gate", " + loads by attention"):
        assert f"| gaitgraph{added} |" in table
    assert "coat and bag, per walk" in table
    assert len(list(kept.glob("*.npz"))) == 5 * 2


@pytest.mark.slow
@pytest.mark.skipif(
    not (ROOT.parent / "pathological_gait").is_dir(), reason="the acted gaits are not here"
)
def test_multi_branch_fusion(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("lightning")
    table = tmp_path / "table.md"
    _run(
        _FOLDER / "multi_branch_fusion.py", monkeypatch, ROOT.parent / "pathological_gait",
        "--out", table,
    )  # fmt: skip
    text = table.read_text()
    assert text in capsys.readouterr().out
    for row in ("all three", "without proportions", "proportions alone", "motion alone"):
        assert f"| {row} |" in text
    assert "Put on other bodies, the same gait is called otherwise in" in text
    assert "Proportions alone are right in" in text


@pytest.mark.slow
def test_selective_finetuning(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("lightning")
    need_bodies()
    from clinigait.synthesis.clinic import Order, run
    from clinigait.synthesis.population import load_population

    for name, walkers, seed, sensors in (
        ("identity", 4, 31, ("silhouettes", "keypoints")),
        ("frailty", 18, 11, ("silhouettes", "keypoints", "estimated")),
    ):
        population = load_population(f"{name}_population")
        run(Order(population, tmp_path / name, walkers, seed, sensors=sensors, views=("sagittal",)))
    tables = [tmp_path / "table.md", tmp_path / "again.md"]
    for table in tables:  # the second time nothing is fitted
        _run(
            _FOLDER / "selective_finetuning.py", monkeypatch, tmp_path / "identity",
            tmp_path / "frailty", "--out", table, "--keep", tmp_path / "fits",
        )  # fmt: skip
    _, table, differences = tables[0].read_text().split("\n\n")
    assert len(table.splitlines()) == 2 + 4
    last = differences.splitlines()[-1]
    assert last.startswith("| all frozen but the head |"), "against every other row"
    assert last.count(" to ") == 3
    assert tables[0].read_text() == tables[1].read_text()
    assert len(list((tmp_path / "fits").glob("*.npz"))) == 1 + 4
    assert "Identity: 2 people taught" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(
    not (ROOT.parent / "pathological_gait").is_dir(), reason="the acted gaits are not here"
)
def test_pathology_generation(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("torch")
    example, data = _FOLDER / "pathology_generation.py", ROOT.parent / "pathological_gait"
    kept, table = ("--keep", tmp_path / "kept"), tmp_path / "table.md"
    _run(example, monkeypatch, data, *kept, "--out", table, "--pictures", tmp_path)
    text = table.read_text()
    assert text in capsys.readouterr().out
    for row in ("people", "made walks only", "people + made walks", "people + plain changes"):
        assert f"| {row} |" in text
    assert "| trendelenburg |" in text
    assert "Fréchet" in text
    assert Image.open(tmp_path / "pathology_generation.png").width > 1000
    # Once more: all that fits said is there, and the table is the same.
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()}
    _run(example, monkeypatch, data, *kept, "--out", table)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()} == made
    assert table.read_text() == text
    _run(example, monkeypatch, data, "--bundle", tmp_path / "bundle")
    card = json.loads((tmp_path / "bundle" / "card.json").read_text())
    assert card["learned_from"].startswith("2 healthy adults who acted")
    assert "Pathological Gait Dataset" in card["learned_from"]


def test_what_a_model_sees(demo_clip, weights, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    _run(_FOLDER / "what_a_model_sees.py", monkeypatch)
    assert "postural asymmetry" in capsys.readouterr().out
    page = Image.open(tmp_path / "out" / "seen" / "what_a_model_sees.png").convert("L")
    assert page.width > 1000
    assert 0.2 < np.mean(np.asarray(page) < 10) < 0.8


@pytest.mark.slow
def test_cohort_study(tmp_path, monkeypatch, capsys) -> None:
    pytest.importorskip("statsmodels")
    pytest.importorskip("distributed")
    need_bodies()
    _run(_FOLDER / "cohort_study.py", monkeypatch, "--out", tmp_path, "--quick")
    said = capsys.readouterr().out
    assert "frail walk" in said
    assert "95 % interval" in said
    assert (tmp_path / "summary.pdf").read_bytes().startswith(b"%PDF")
    assert "SYNTHETIC WALKERS" in (tmp_path / "summary.html").read_text(encoding="utf-8")
    assert Image.open(tmp_path / "answer.png").width > 1000


def test_every_example_is_run_here() -> None:
    assert {p.stem for p in _FOLDER.glob("*.py")} == {
        "assess_a_film",
        "cohort_study",
        "compact_hrnet",
        "fit_the_virtual_clinic",
        "inferred_loads",
        "learn_lifted_gait",
        "learn_the_narrator",
        "multi_branch_fusion",
        "narration_faithfulness",
        "parkinson_ablation",
        "pathology_from_synthetic",
        "pathology_generation",
        "pose_comparison",
        "prove_the_virtual_clinic",
        "selective_finetuning",
        "skeleton_dynamics",
        "what_a_model_sees",
    }


def test_narration_faithfulness(monkeypatch, capsys) -> None:
    _run(_FOLDER / "narration_faithfulness.py", monkeypatch)
    assert (
        "| false sentences that get through the check | 0.0 % (0 of 1,6" in capsys.readouterr().out
    )


def test_compact_hrnet(tmp_path, monkeypatch, capsys) -> None:
    from support.hrnets import need_mmpose

    need_mmpose()
    need_bodies()
    example, keep = _FOLDER / "compact_hrnet.py", tmp_path / "keep"
    begin = ["--keep", keep, "--until", "weights"]
    _run(example, monkeypatch, "--out", tmp_path / "bundle", *begin)
    assert not (tmp_path / "bundle").exists()
    _run(example, monkeypatch, "--out", tmp_path / "bundle", "--keep", keep)
    table = capsys.readouterr().out
    assert "ms of one core for a crop" in table
    assert "| median_error_pct |" in table
    card = json.loads((tmp_path / "bundle" / "hrnet-compact.json").read_text())
    assert card["learning"]["synthetic_share"] == 1
    assert card["learning"]["training"]["steps"] == 12
    # The weights alone make the same network elsewhere.
    weights = ["--keep", keep, "--weights", keep / "weights.safetensors"]
    _run(example, monkeypatch, "--out", tmp_path / "again", *weights)
    first, second = (tmp_path / name / "hrnet-compact.onnx" for name in ("bundle", "again"))
    assert first.read_bytes() == second.read_bytes()
    # Another fit goes on from them, and the card tells of both.
    more = ["--keep", tmp_path / "more", "--seed", "1", "--begin", keep / "weights.safetensors"]
    _run(example, monkeypatch, "--out", tmp_path / "longer", *more)
    longer = json.loads((tmp_path / "longer" / "hrnet-compact.json").read_text())["learning"]
    told = longer["training"]
    assert (told["fit_1_steps"], told["fit_2_steps"], told["fit_2_seed"]) == (12, 12, 1)
    assert longer["learned_from"].startswith("32 pictures of 8 made people")
