"""The command line as a user meets it: exit codes, one line of error, nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clinigait.io.assessment import write_assessment
from support import films
from support.assessments import assessed, refused, write_frames


def _run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clinigait", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, **environment},
    )


def _complaint(*arguments: object, **environment: str) -> str:
    done = _run(*arguments, **environment)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["assess"],
        ["assess", "film.mp4"],
        ["assess", "film.mp4", "--out", "out", "--height-m", "tall"],
        ["assess", "film.mp4", "--out", "out", "--threads", "0"],
        ["dance"],
        ["define", "shoe_size"],
        ["define", "dubble suport"],
        ["define", "stride", "--language", "de"],
        ["weights", "fetch", "nothing"],
        ["weights", "fetch", "--from", "x"],
        ["report", "nowhere.json", "--out", "r.pdf"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line(arguments: list[str], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    _complaint(*arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--height-m", "172"),
        ("--height-m", "-1.7"),
        ("--height-m", "nan"),
        ("--age-y", "-1"),
        ("--sex", "x"),
        ("--pose", "openpose"),
        ("--protocol", "nothing"),
        ("--known-length", "4m"),
        ("--known-length", "0@1,1,900,1"),
        ("--known-length", "4@1,1,2,1"),
        ("--known-length", "1.2.3@1,1,900,1"),
    ],
)
def test_impossible_arguments(option: str, value: str, tmp_path: Path) -> None:
    film = films.write_film(tmp_path / "room.mp4", films.empty_room_film(10))
    _complaint("assess", film, "--out", tmp_path / "out", option, value)
    assert [p.name for p in tmp_path.iterdir()] == ["room.mp4"]


def test_help_and_version() -> None:
    assert "assess" in _run("--help").stdout
    assert _run("--version").stdout.startswith("clinigait ")
    assert _run().returncode == 0


def test_help_needs_no_model_library() -> None:
    """Help answers at once: nothing heavy is imported for it."""
    code = (
        "import sys; sys.argv = ['clinigait', '--help']\n"
        "from clinigait.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'cv2', 'openvino', 'av', 'matplotlib', 'reportlab'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_define_tells_definition_and_source() -> None:
    told = _run("define", "stride length").stdout
    assert "stride_length_m" in told
    assert "successive foot-prints" in told
    assert "doi" in told


def test_define_tells_terms_in_chinese() -> None:
    told = _run("define", "prediction set", "--language", "zh").stdout
    assert told.startswith("prediction_set（预测集）")
    assert "doi" in told


def test_doctor_says_what_to_do(tmp_path: Path) -> None:
    told = _run("doctor", CLINIGAIT_CACHE=str(tmp_path)).stdout
    assert "clinigait weights fetch pose-blazepose-heavy" in told
    assert "missing" in told.splitlines()[-1]


def test_missing_weights_are_asked_for(tmp_path: Path) -> None:
    film = films.write_film(tmp_path / "room.mp4", films.empty_room_film(40))
    told = _complaint(
        "assess", film, "--out", tmp_path / "out", CLINIGAIT_CACHE=str(tmp_path / "c")
    )
    assert "clinigait weights fetch" in told
    assert not (tmp_path / "out").exists()


def test_a_refusal_exits_with_three(weights, tmp_path: Path) -> None:
    folder = tmp_path / ("Klinik Łódź " + "x" * 100) / ("日本" * 30)
    folder.mkdir(parents=True)
    film = films.write_film(folder / "Gang – früh.mp4", films.empty_room_film(40))
    done = _run("assess", film, "--out", folder / "Bericht ü")
    assert done.returncode == 3
    assert "refused (no_person)" in done.stderr
    stored = json.loads((folder / "Bericht ü" / "assessment.json").read_text(encoding="utf-8"))
    assert (stored["status"], stored["code"]) == ("refused", "no_person")


def test_the_report_can_be_written_again(tmp_path: Path) -> None:
    write_frames(tmp_path)
    write_assessment(assessed(), tmp_path / "assessment.json")
    done = _run("report", tmp_path / "assessment.json", "--out", tmp_path / "again.pdf")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again.pdf").read_bytes().startswith(b"%PDF")
    write_assessment(refused(), tmp_path / "assessment.json")
    assert _run("report", tmp_path / "assessment.json", "--out", tmp_path / "r.pdf").returncode == 0
    told = _complaint("report", tmp_path / "assessment.json", "--out", tmp_path / "r.pdf",
                      "--language", "tlh")  # fmt: skip
    assert "tlh" in told


def test_the_road_of_assess_loads_no_deep_learning_library(tmp_path: Path) -> None:
    """Importing the whole road loads none of them, and would fail if it tried."""
    for name in ("torch", "transformers", "captum", "lightning"):
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name} was imported')")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import clinigait.cli.app, clinigait.pipeline, clinigait.perception.runtime as r\n"
        "import clinigait.report.pdf, clinigait.report.fhir, clinigait.report.tables\n"
        "r.openvino()\n"
        "print(sorted({'torch', 'transformers', 'captum', 'lightning'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_openvino_is_imported_without_its_telemetry() -> None:
    code = (
        "import sys; from clinigait.perception.runtime import openvino; openvino()\n"
        "print([m for m, v in sys.modules.items() if m.startswith('openvino_telemetry') and v])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interruption_leaves_nothing(name: str, demo_clip, weights, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    running = subprocess.Popen(
        [sys.executable, "-m", "clinigait", "assess", demo_clip, "--out", out],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(getattr(signal, name), signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("deep/.clinigait-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)
    running.send_signal(getattr(signal, name))
    _, told = running.communicate(timeout=60)
    assert running.returncode == 130
    assert told.strip().splitlines()[-1] == "clinigait: Interrupted; nothing was written."
    assert list(tmp_path.iterdir()) == []
