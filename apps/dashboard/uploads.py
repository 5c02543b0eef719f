"""Uploads: a component that sends films to our route, and the route, which streams to disk."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

import streamlit as st
from anyio import CapacityLimiter, fail_after, from_thread, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clinigait.apps.dashboard.door import token_of
from clinigait.apps.dashboard.session import Session, request_token
from clinigait.apps.dashboard.words import language_of, sentence
from clinigait.clinic import recordings
from clinigait.core import BadInputError, RefusedError
from clinigait.store import Store, sign_ins

VIEWS = ("side", "front", "treadmill")
AIDS = ("", "one stick", "two sticks", "crutches", "walking frame", "rollator", "orthosis",
        "help of a person")  # fmt: skip
FOOTWEAR = ("", "barefoot", "shoes", "socks", "insoles")
_AT_ONCE = 8
_SILENCE_S = 60.0
_SIGN_OF_LIFE_BYTES = 50_000_000

_HTML = """
<label class="drop"><input type="file" multiple><span class="call"></span></label>
<p class="hint"></p><ol class="files" aria-live="polite"></ol>
"""

_CSS = """
:host, * { box-sizing: border-box; font-family: var(--st-font); color: var(--st-text-color); }
.drop { display: block; padding: 1.1rem; text-align: center; cursor: pointer;
  border: 2px dashed var(--st-border-color); border-radius: .5rem; }
.drop.over, .drop:hover, .drop:focus-within { border-color: var(--st-primary-color); }
.drop:focus-within { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
input { position: absolute; width: 1px; height: 1px; opacity: 0; }
.call { font-weight: 600; }
.hint { margin: .4rem 0; font-size: .875rem; opacity: .8; }
.files { list-style: none; margin: 0; padding: 0; }
.files li { margin: .5rem 0; font-size: .9rem; overflow-wrap: anywhere; }
progress { width: 100%; height: .7rem; accent-color: var(--st-primary-color); }
.bad { font-weight: 600; }
"""

_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  // A page is drawn anew while films are on their way: what runs stays as it is.
  const state = (parentElement.clinigait ??= { queue: [], busy: false, sent: 0 });
  Object.assign(state, { data, setTriggerValue });
  const find = (name) => parentElement.querySelector(name);
  find(".call").textContent = data.words.call;
  find(".hint").textContent = data.words.hint;
  if (state.ready) return;
  state.ready = true;
  const input = find("input"), drop = find(".drop");
  const take = (files) => {
    for (const file of files) {
      const row = document.createElement("li");
      const text = document.createElement("span"), bar = document.createElement("progress");
      text.textContent = `${file.name} · ${state.data.words.waiting}`;
      bar.max = 1; bar.value = 0;
      bar.setAttribute("aria-label", file.name);
      row.append(text, bar);
      find(".files").append(row);
      state.queue.push({ file, text, bar, facts: state.data.facts });
    }
    next();
  };
  input.onchange = () => { take([...input.files]); input.value = ""; };
  drop.ondragover = (event) => { event.preventDefault(); drop.classList.add("over"); };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take([...event.dataTransfer.files]);
  };
  const leaving = (event) => event.preventDefault();
  function next() {
    if (state.busy) return;
    const one = state.queue.shift();
    if (!one) {
      window.removeEventListener("beforeunload", leaving);
      if (state.sent) { state.setTriggerValue("uploaded", state.sent); state.sent = 0; }
      return;
    }
    state.busy = true;
    window.addEventListener("beforeunload", leaving);
    const request = new XMLHttpRequest();
    request.open("PUT", state.data.to);
    request.setRequestHeader("X-Clinigait-Request", state.data.token);
    request.setRequestHeader("X-Clinigait-Facts", JSON.stringify(one.facts));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => {
      one.bar.value = event.loaded / Math.max(event.total, 1);
      const share = `${Math.round(100 * one.bar.value)} %`;
      const words = one.bar.value < 1 ? share : state.data.words.looking;
      one.text.textContent = `${one.file.name} · ${words}`;
    };
    request.onloadend = () => {
      let told = {};
      try { told = JSON.parse(request.responseText); } catch { /* no answer, or none of ours */ }
      const good = request.status === 201;
      const words = good ? state.data.words.kept : (told.told ?? state.data.words.lost);
      one.text.textContent = `${one.file.name} · ${words}`;
      one.text.classList.toggle("bad", !good);
      one.bar.remove();
      state.sent += good ? 1 : 0;
      state.busy = false;
      next();
    };
    request.send(one.file);
  }
}
"""

_component = st.components.v2.component("clinigait.uploads", html=_HTML, css=_CSS, js=_JS)


def show(session: Session, visit_id: str, facts: dict[str, str]) -> bool:
    """Show where films are dropped; return whether some arrived since the last run.

    Parameters
    ----------
    session
        Who looks.
    visit_id
        Of which visit the films are.
    facts
        What the clinician says of those that are dropped next.
    """
    texts = {name: session.say(f"upload_{name}") for name in _TEXTS}
    result = _component(
        key=f"uploads_{visit_id}",
        data={
            "to": f"/upload/{visit_id}",
            "token": session.request_token,
            "facts": facts,
            "words": texts,
        },
        on_uploaded_change=_nothing,
    )
    return bool(result.get("uploaded"))


_TEXTS = ("call", "hint", "waiting", "looking", "kept", "lost")


def _nothing() -> None:
    """Let the page run again; it asks what is there."""


class Uploads:
    """The route that takes films."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._at_once = CapacityLimiter(_AT_ONCE)

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/upload/{visit_id}", self.upload, methods=["PUT"])]

    async def upload(self, request: Request) -> Response:
        """Keep a recording as it streams in; no more than a piece is held in memory."""
        token, language = token_of(request.scope), language_of(request)
        told = request.headers.get("x-clinigait-request", "")
        if not hmac.compare_digest(told.encode(), request_token(token).encode()):
            return _answer("This did not come from the page.", "Load the page anew.", language, 403)
        try:
            keep = self._keeper(request, token)
            recording_id = await to_thread.run_sync(keep, limiter=self._at_once)
        except BadInputError as error:
            return _answer(error.message, error.remedy, language, 422)
        except RefusedError as error:
            return _answer(error.refused.message, error.refused.remedy, language, 403)
        except (ClientDisconnect, TimeoutError):
            return _answer("The upload broke off.", "Try it again.", language, 408)
        return JSONResponse({"recording": recording_id}, 201)

    def _keeper(self, request: Request, token: str) -> Callable[[], str]:
        visit_id = request.path_params["visit_id"]
        facts = facts_of(request.headers.get("x-clinigait-facts", "{}"))
        stream = request.stream()

        async def next_piece() -> bytes:
            with fail_after(_SILENCE_S):
                return await anext(stream, b"")

        def pieces() -> Iterator[bytes]:
            since = 0
            while piece := from_thread.run(next_piece):
                since += len(piece)
                if since > _SIGN_OF_LIFE_BYTES:  # whoever sends is there
                    since = 0
                    sign_ins.who(self._store, token)
                yield piece

        def keep() -> str:
            account = sign_ins.who(self._store, token)
            if account is None:
                raise BadInputError("You are signed out.", "Sign in again.")
            return recordings.add(self._store, account, visit_id, pieces(), facts)

        return keep


def facts_of(text: str) -> dict[str, Any]:
    """Return what is said of a recording: known words only.

    Raises
    ------
    BadInputError
        If it is anything else.
    """
    allowed = {"view": VIEWS, "aid": AIDS, "footwear": FOOTWEAR}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadInputError("What is said of the film cannot be read.", "Try it again.") from error
    good = isinstance(given, dict) and all(
        key in allowed and value in allowed[key] for key, value in given.items()
    )
    if not good:
        raise BadInputError("What is said of the film is not known.", "Choose from the lists.")
    return {key: value for key, value in given.items() if value}


def _answer(message: str, remedy: str, language: str, status: int) -> Response:
    told = f"{sentence(message, language)} {sentence(remedy, language)}"
    return JSONResponse({"told": told}, status)
