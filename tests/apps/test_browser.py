"""The running server: a browser walks from the setup code to results, and a large film comes in."""

from __future__ import annotations

import http.client
import shutil
import struct
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest

from clinigait.apps.dashboard.session import COOKIE, request_token
from clinigait.clinic import patients, visits
from clinigait.io.walk import write_walk
from clinigait.store import audit, open_store, sign_ins
from support.clinics import PASSWORD, user
from support.films import write_film
from support.serving import serving
from support.walker import Gait, synthetic_walk

pytestmark = pytest.mark.slow
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_LARGE_BYTES = 500_000_000
_MOST_MB = 600


def peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if "VmHWM" in line)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_film_of_500_mb_streams_to_disk(tmp_path, capsys):
    store = open_store(tmp_path / "data")
    user(store, "boss", "admin")
    doctor = user(store, "doctor")
    patient = patients.add(store, doctor, "K-1")
    visit = patients.add_visit(store, doctor, patient, date(2026, 11, 2), {})
    frames = [(n / 30, np.full((64, 64, 3), 20 * n, np.uint8)) for n in range(6)]
    film = write_film(tmp_path / "film.mp4", frames).read_bytes()
    padding = _LARGE_BYTES - len(film) - 8

    def content():
        yield film + struct.pack(">I4s", padding + 8, b"free")
        for left in range(padding, 0, -1_000_000):
            yield bytes(min(left, 1_000_000))

    with serving(tmp_path, workers=0) as served:
        host = served.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=300)
        form = urlencode({"name": "doctor", "password": PASSWORD})
        own = {"Origin": served.url}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/sign-in", form, own | kind)
        answer = connection.getresponse()
        answer.read()
        token = answer.headers["set-cookie"].split(f"{COOKIE}=")[1].split(";")[0]
        before_mb = peak_mb(served.server_pid())
        headers = own | {
            "Cookie": f"{COOKIE}={token}", "Content-Length": str(_LARGE_BYTES),
            "X-Clinigait-Request": request_token(token), "X-Clinigait-Facts": "{}",
        }  # fmt: skip
        connection.request("PUT", f"/upload/{visit}", content(), headers)
        answer = connection.getresponse()
        assert answer.status == 201, answer.read()[:200]
        after_mb = peak_mb(served.server_pid())
    with capsys.disabled():
        print(f"server: {before_mb:.0f} MB at most before, {after_mb:.0f} MB with 500 MB uploaded")  # noqa: T201
    assert after_mb < _MOST_MB
    assert visits.page(store, doctor, visit).recordings[0].size_bytes == _LARGE_BYTES
    assert sign_ins.who(store, token) is not None
    store.close()


@pytest.mark.browser
@pytest.mark.skipif(_CHROMIUM is None, reason="there is no Chromium")
def test_a_browser_walks_from_the_setup_code_to_results(tmp_path):
    api = pytest.importorskip("playwright.sync_api")
    write_walk(synthetic_walk(Gait(noise_px=1)), tmp_path / "CANARY-film.npz")
    with serving(tmp_path) as served, api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        seen: list[str] = []
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.on("request", lambda one: seen.append(one.url))
        context.on("console", lambda one: seen.append(one.text) if one.type == "error" else None)
        page = context.new_page()
        page.set_default_timeout(90_000)
        begin(page, served)
        visit_url = fill(page, tmp_path / "CANARY-film.npz")
        # Another user at the same time, in another browser, sees nothing of it.
        other = browser.new_context().new_page()
        other.set_default_timeout(90_000)
        enter(other, served.url, "boss")
        other.get_by_role("heading", name="Users").wait_for()
        other.goto(visit_url)
        other.get_by_role("heading", name="Users").wait_for()
        assert "CANARY" not in other.content()
        page.reload()  # the state is the database's
        page.get_by_text("Results, version 1").wait_for(timeout=240_000)
        look(page, tmp_path)
        browser.close()
        wrong = [one for one in seen if not one.startswith((served.url, "data:", "blob:", "ws:"))]
        wrong = [one for one in wrong if "404" not in one]
        assert not wrong
        assert "CANARY" not in served.log.read_text()
        assert not served.ways_out  # the road works with the network closed, and does not try
    store = open_store(tmp_path / "data")
    assert audit.check(store) == []
    store.close()


def begin(page, served):
    page.goto(served.url)
    page.fill("#setup", served.setup_code)
    page.fill("#name", "boss")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("button")
    page.get_by_role("button", name="Add a user").click()
    form = page.get_by_test_id("stPopoverBody")
    form.get_by_role("textbox", name="Name").fill("doctor")
    form.get_by_role("textbox", name="First password").fill(PASSWORD)
    form.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("The user was added").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("#name")
    enter(page, served.url, "doctor")


def enter(page, url, name):
    page.goto(f"{url}/sign-in")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.click("button")


def fill(page, film):
    page.get_by_role("button", name="Add a patient").click()
    page.get_by_role("textbox", name="Code of the patient").first.fill("CANARY-17")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Add a visit").click()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("spinbutton", name="Height in m").fill("1.75")
    page.get_by_role("textbox", name="Condition").fill("CANARY brace")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("CANARY brace").first.wait_for()
    page.set_input_files("input[type=file]", film)
    page.get_by_text("Film 1").first.wait_for()
    page.get_by_role("button", name="Assess").click()
    page.get_by_role("button", name="Cancel").or_(
        page.get_by_text("Results, version")
    ).first.wait_for()
    return page.url


def look(page, folder):
    """Take pictures, and see that nothing is wider than the screen, at every size and colour."""
    for name, width, scheme in (
        ("desk", 1280, "light"), ("large", 1024, "dark"), ("tablet", 768, "light"),
    ):  # fmt: skip
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / f"visit-{name}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("combobox", name="Language").click()
    page.get_by_role("option", name="中文").click()
    page.get_by_text("本次就诊的视频").wait_for()
    page.screenshot(path=folder / "visit-zh.png", full_page=True)


_COLOURS = """
window.colours = new Set();
const look = () => {
  const app = document.querySelector("[data-testid=stApp]");
  if (app) window.colours.add(getComputedStyle(app).backgroundColor);
  requestAnimationFrame(look);
};
look();
"""


@pytest.mark.browser
@pytest.mark.skipif(_CHROMIUM is None, reason="there is no Chromium")
def test_who_wants_it_dark_never_sees_it_light(tmp_path):
    api = pytest.importorskip("playwright.sync_api")
    store = open_store(tmp_path / "data")
    user(store, "boss", "admin")
    user(store, "doctor")
    store.close()
    light, dark = "rgb(255, 255, 255)", "rgb(17, 24, 29)"
    with serving(tmp_path, workers=0) as served, api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])

        def opened(scheme):
            page = browser.new_context(color_scheme=scheme).new_page()
            page.set_default_timeout(90_000)
            page.add_init_script(_COLOURS)
            enter(page, served.url, "doctor")
            page.get_by_role("heading", name="Patients").wait_for()
            return page

        def colours(page):
            return page.evaluate("[...window.colours]")

        page = opened("light")
        assert light in colours(page)
        page.goto(f"{served.url}/account")
        page.get_by_text("Dark", exact=True).wait_for()
        page.screenshot(path=tmp_path / "account-light.png", full_page=True)
        with page.expect_event("load"):
            page.get_by_text("Dark", exact=True).click()
        page.get_by_text("Dark", exact=True).wait_for()
        assert dark in colours(page)
        assert light not in colours(page)
        page.wait_for_timeout(1500)
        page.screenshot(path=tmp_path / "account-dark.png", full_page=True)
        # Another browser, where nothing was ever chosen, and the system is light.
        other = opened("light")
        assert dark in colours(other)
        assert light not in colours(other)
        other.screenshot(path=tmp_path / "patients-dark.png", full_page=True)
        other.goto(f"{served.url}/account")
        with other.expect_event("load"):
            other.get_by_text("As the system", exact=True).click()
        other.get_by_text("As the system", exact=True).wait_for()
        assert light in colours(other)
        assert dark not in colours(other)
        browser.close()
