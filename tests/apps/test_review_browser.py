"""A real browser sees, corrects, signs and takes out: from the first frame to the signed PDF."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("streamlit", reason="the extra `clinic` is not installed")
pytest.importorskip("clinigait.apps", reason="clinigait.apps is not linked or installed")
pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright import sync_api

from clinigait.clinic import recordings, results, signing
from clinigait.clinic.review import opened
from clinigait.clinic.viewing import write_copy
from clinigait.io.overlay import BrowserWriter
from clinigait.io.video import open_recording
from clinigait.perception.annotate import draw_skeleton
from clinigait.store import Store, open_store
from clinigait.store.tables import Recording
from support import media
from support.clinics import PASSWORD, quick_passwords, unprobed, user
from support.reviewing import Visit, assessed_visit
from support.walker import Gait, synthetic_walk

ROOT = Path(__file__).parents[2]
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: A busy machine with few cores draws a page slowly.
_WAIT_MS = 120_000

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless Chromium of this machine."""
    found = next((path for name in _CHROMIUMS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[tuple[Store, Visit, str]]:
    """Return a store with an assessed visit that has a film, and where its server listens."""
    with quick_passwords():
        store = open_store(tmp_path / "data")
        user(store, "boss", "admin")
        made = _with_film(store, assessed_visit(store, tmp_path), tmp_path)
    with Serving(tmp_path / "data", tmp_path / "server.log") as address:
        yield store, made, address
    store.close()


def _with_film(store: Store, made: Visit, folder: Path) -> Visit:
    """Keep the assessment anew with a film of its skeleton, as the worker does of a real film."""
    found = opened(store, made.doctor, made.assessment)
    walk = found.walk
    writer = BrowserWriter(folder, 640, 360, 60.0, 1)
    with writer:
        for index, time_s in enumerate(walk.time_s):
            image = np.full((1080, 1920, 3), 90, np.uint8)
            draw_skeleton(image, walk, index)
            writer.write(image[::3, ::3].copy(), float(time_s))
    film = next(folder.glob("film.*"))
    with store.files.receiving([film.read_bytes()], 10**9) as received, store.writing() as db:
        files = {**found.version.files, film.name: store.files.keep(db, received)}
        new = results.keep(db, made.visit, found.assessment, files, made.doctor.id)
    return Visit(made.doctor, made.patient, made.visit, made.recordings, new)


class Serving:
    """A server in a process of its own."""

    def __init__(self, data: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._data, self._log = data, log

    def __enter__(self) -> str:
        address = f"http://127.0.0.1:{self._port}"
        command = [sys.executable, "-m", "clinigait.apps.dashboard", "--data", str(self._data)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=self._log.open("wb"), stderr=subprocess.STDOUT,
        )  # fmt: skip
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=5).close()  # noqa: S310
            except OSError:
                time.sleep(0.5)
            else:
                return address
        raise TimeoutError(self._log.read_text())

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def _opened(browser: Any, address: str, assessment_id: str, **options: Any) -> tuple[Any, list]:
    """Sign in and open the results; return the page and all that went wrong on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, **options)
    context.set_default_timeout(_WAIT_MS)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
            else wrong.append(asked.url)
        ),
    )
    page.goto(f"{address}/sign-in")
    page.fill("#name", "doctor")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("[data-testid=stSidebar]")
    page.goto(f"{address}/results?assessment={assessment_id}")
    page.wait_for_selector(".viewer .clock")
    return page, wrong


def _frame(page: Any) -> int:
    """Return the number of the frame that is shown."""
    return int(re.search(r"(\d+) / \d+", page.locator(".clock").inner_text())[1])


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.2)
    raise TimeoutError("it did not come about")


def test_from_the_film_to_the_signed_report(
    browser: Any, clinic: tuple[Store, Visit, str], tmp_path: Path
) -> None:
    pdfium = pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed")
    store, made, address = clinic
    page, wrong = _opened(browser, address, made.assessment, accept_downloads=True)

    # see: the film plays, stops, goes on frame by frame, and the skeleton is in step
    assert page.locator(".wait").is_hidden()
    begin = _frame(page)
    page.locator("[data-do=play]").click()
    _until(lambda: _frame(page) > begin + 20)
    page.locator("[data-do=play]").click()
    page.wait_for_timeout(1000)
    stopped = _frame(page)
    for key in (".", ".", ","):
        page.locator(".timeline").press(key)
    page.wait_for_timeout(1000)
    assert _frame(page) == stopped + 1

    # correct: a mark is dragged, and numbers change at once
    page.locator("[data-pick=edit]").check()
    mark = page.locator(".event.initial_contact").nth(4)
    before = mark.get_attribute("aria-label")
    box = mark.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y, steps=6)
    page.mouse.up()
    page.get_by_text(re.compile(r"parameters change")).wait_for()
    assert page.locator(f'.event[aria-label="{before}"]').count() == 0
    page.get_by_role("button", name="Keep 1 corrections").click()
    page.get_by_text("events reviewed by doctor, 1 corrections").wait_for()

    # sign: with the password, on the newest version
    page.get_by_label("Your password again, doctor").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    page.get_by_text("A signed report never changes").wait_for()

    # take out at once, while the page is still drawn anew: the report that was signed
    with page.expect_download() as coming:
        page.get_by_role("link", name="Report (PDF)").click()
    (signed,) = signing.signatures(store, made.doctor, made.visit)
    assert signed.assessment_id == results.versions(store, made.doctor, made.visit)[0][1]
    coming.value.save_as(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes() == signing.report(store, made.doctor, signed.id)
    report = pdfium.PdfDocument(tmp_path / "report.pdf")
    text = " ".join(part.get_textpage().get_text_range() for part in report)
    assert "doctor" in text
    assert "P-7" in text
    assert wrong == []


def _as_filmed(store: Store, folder: Path) -> Visit:
    """Assess a walk of uneven frames that begins late, of a film that browsers cannot play."""
    whole = synthetic_walk(Gait(noise_px=1))
    kept = np.flatnonzero(np.random.default_rng(3).random(len(whole)) > 0.2)
    walk = replace(whole.part(kept), time_s=np.round(whole.time_s[kept] + 0.25, 3))
    made = assessed_visit(store, folder, [walk])
    found = opened(store, made.doctor, made.assessment)
    times_s = [float(time_s) for time_s in walk.time_s]
    pictures = [media.picture(number % 256, 640, 360) for number in range(len(walk))]
    film = media.write_film(
        folder / "film.mkv",
        media.Film(codec="mjpeg", pixel_format="yuvj420p", times_s=times_s, rate_hz=60),
        pictures,
    )
    with unprobed():
        added = recordings.add(store, made.doctor, made.visit, [film.read_bytes()], {})
    opened_film = open_recording(film)
    facts = replace(
        found.assessment.recording, source="film", layout=None, sha256=opened_film.sha256,
        codec=opened_film.codec, start_s=times_s[0],
    )  # fmt: skip
    assert write_copy(film, facts, folder / "copy", lambda _: None)
    (copy,) = (folder / "copy").iterdir()
    with store.files.receiving([copy.read_bytes()], 10**9) as received, store.writing() as db:
        sha256 = store.files.keep(db, received)
        db.get_one(Recording, added).viewing_sha256 = sha256
        files = {**found.version.files, copy.name: sha256}
        assessment = replace(found.assessment, recording=facts)
        new = results.keep(db, made.visit, assessment, files, made.doctor.id)
    return Visit(made.doctor, made.patient, made.visit, made.recordings, new)


_NUMBER = """video => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0);
  let number = 0;
  for (let bit = 0; bit < 8; bit += 1) {
    const at = Math.floor(canvas.width * (2 * bit + 1) / 16);
    if (pen.getImageData(at, canvas.height / 2, 1, 1).data[0] > 128) number += 1 << bit;
  }
  return number;
}"""


def test_the_copy_of_a_film_that_browsers_cannot_play_is_in_step(
    browser: Any, tmp_path: Path
) -> None:
    with quick_passwords():
        store = open_store(tmp_path / "data")
        user(store, "boss", "admin")
        made = _as_filmed(store, tmp_path)
    with Serving(tmp_path / "data", tmp_path / "server.log") as address:
        page, wrong = _opened(browser, address, made.assessment)
        page.get_by_text("Show faces").click()
        video = page.locator(".viewer video")
        _until(lambda: "faces=" in (video.get_attribute("src") or ""))
        _until(lambda: video.evaluate("video => video.readyState") >= 2)
        assert page.locator(".wait").is_hidden()
        for keys in ([], ["."], ["."] * 7, [","], ["End"], [","], ["Home"], ["."]):
            for key in keys:
                page.locator(".timeline").press(key)
            page.wait_for_timeout(1500)
            assert video.evaluate(_NUMBER) == (_frame(page) - 1) % 256
        assert wrong == []
    store.close()


def test_the_keyboard_and_a_finger_can_do_what_the_mouse_can(
    browser: Any, clinic: tuple[Store, Visit, str]
) -> None:
    _, made, address = clinic
    page, wrong = _opened(
        browser, address, made.assessment, has_touch=True, color_scheme="dark", locale="zh-CN"
    )
    page.locator("[data-pick=edit]").check()
    mark = page.locator(".event.foot_off").nth(2)
    before = mark.get_attribute("aria-label")
    mark.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.get_by_text("项参数中有").wait_for()
    assert page.locator(f'.event[aria-label="{before}"]').count() == 0
    page.keyboard.press("Control+z")
    page.locator(f'.event[aria-label="{before}"]').wait_for(state="attached")
    page.locator(".event.foot_off").nth(2).tap()
    page.locator("[data-do=delete]").tap()
    page.get_by_text("删除").first.wait_for()
    page.locator(".stride").nth(1).tap()
    assert page.locator("[data-do=loop]").get_attribute("aria-pressed") == "true"
    assert wrong == []
