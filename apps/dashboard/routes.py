"""Our own routes beside Streamlit: the way in and out, uploads as streams, films, downloads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from clinigait.apps.dashboard import forms
from clinigait.apps.dashboard.door import client_of, token_of
from clinigait.apps.dashboard.icon import ICON
from clinigait.apps.dashboard.session import COOKIE, SECURE_COOKIE
from clinigait.apps.dashboard.settings import Settings
from clinigait.apps.dashboard.setup import Setup
from clinigait.apps.dashboard.words import LANGUAGE_COOKIE, language_of, sentence, words
from clinigait.core import BadInputError
from clinigait.store import Store, sign_ins

#: A password takes 64 MiB to check; so many are checked at once.
_CHECKED_AT_ONCE = 2
_LARGEST_FORM_BYTES = 10_000
#: Where somebody may be led after signing in: a page of ours, with ids.
_TO = re.compile(r"/[a-z_]*(\?[a-z]+=[0-9a-f]{32}(&[a-z]+=[0-9a-f]{32})*)?")


class WayIn:
    """Signing in and out, and the first administrator."""

    def __init__(self, store: Store, settings: Settings, setup: Setup) -> None:
        self._store, self._settings, self._setup = store, settings, setup
        self._checked = CapacityLimiter(_CHECKED_AT_ONCE)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/sign-in", self.show_sign_in, methods=["GET"]),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/welcome", self.show_welcome, methods=["GET"]),
            Route("/welcome", self.welcome, methods=["POST"]),
            Route("/health", health, methods=["GET"]),
            Route("/favicon.png", icon, methods=["GET"]),
        ]

    async def show_sign_in(self, request: Request) -> Response:
        """Show the sign-in page, or that of the first administrator."""
        if await to_thread.run_sync(self._setup.is_open):
            return RedirectResponse("/welcome", 303)
        to = request.query_params.get("to", "")
        return self._shown(request, forms.sign_in, to=to if _TO.fullmatch(to) else "")

    async def sign_in(self, request: Request) -> Response:
        """Sign in under a new token; one that was there ends."""
        form = await _form(request)
        language, to = language_of(request), form.get("to", "")
        to = to if _TO.fullmatch(to) else ""
        name, password = form.get("name", ""), form.get("password", "")
        wrong = words("wrong_sign_in", language)
        try:
            signed_in = await self._proven(request, name, password, form.get("code", ""))
        except BadInputError as error:  # the key of second factors is not there
            signed_in, wrong = None, _told(error, language)
        if signed_in is None:
            return HTMLResponse(forms.sign_in(language, to, name, wrong), 403)
        return await self._signed_in(request, signed_in.token, to or "/")

    async def _proven(
        self, request: Request, name: str, password: str, code: str = ""
    ) -> sign_ins.SignedIn | None:
        address = client_of(request.scope, self._settings)
        return await to_thread.run_sync(
            sign_ins.sign_in, self._store, name, password, code, address, limiter=self._checked
        )

    async def _signed_in(self, request: Request, token: str, to: str) -> Response:
        old = token_of(request.scope)
        if old:
            await to_thread.run_sync(sign_ins.sign_out, self._store, old)
        response = RedirectResponse(to, 303)
        secure = self._settings.has_tls
        response.set_cookie(
            SECURE_COOKIE if secure else COOKIE,
            token,
            path="/",
            secure=secure,
            httponly=True,
            samesite="strict",
        )
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the sign-in."""
        await to_thread.run_sync(sign_ins.sign_out, self._store, token_of(request.scope))
        response = RedirectResponse("/sign-in", 303)
        for name in (COOKIE, SECURE_COOKIE):
            response.delete_cookie(name, secure=name == SECURE_COOKIE, httponly=True)
        return response

    async def show_welcome(self, request: Request) -> Response:
        """Show the page of the first administrator, as long as there is none."""
        if not await to_thread.run_sync(self._setup.is_open):
            return RedirectResponse("/sign-in", 303)
        return self._shown(request, forms.welcome)

    async def welcome(self, request: Request) -> Response:
        """Make the first administrator and sign in."""
        form = await _form(request)
        language, name = language_of(request), form.get("name", "")
        password = form.get("password", "")
        try:
            _check_same(password, form.get("again", ""))
            code = form.get("setup", "")
            await to_thread.run_sync(self._setup.make, code, name, password, limiter=self._checked)
        except BadInputError as error:
            return HTMLResponse(forms.welcome(language, name, _told(error, language)), 400)
        signed_in = await self._proven(request, name, password)
        if signed_in is None:
            return RedirectResponse("/sign-in", 303)
        return await self._signed_in(request, signed_in.token, "/")

    def _shown(self, request: Request, page: Callable[..., str], **values: str) -> Response:
        language = language_of(request)
        response = HTMLResponse(page(language, **values))
        if request.query_params.get("language") == language:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=31_536_000, path="/", samesite="strict",
                secure=self._settings.has_tls,
            )  # fmt: skip
        return response


async def health(_request: Request) -> Response:
    """Say that the server answers."""
    return JSONResponse({"status": "ok"})


async def icon(_request: Request) -> Response:
    """Return the picture that browsers show beside the title."""
    return Response(ICON, media_type="image/svg+xml")


def _told(error: BadInputError, language: str) -> str:
    return f"{sentence(error.message, language)} {sentence(error.remedy, language)}"


def _check_same(password: str, again: str) -> None:
    if password != again:
        raise BadInputError("The two passwords differ.", "Type the same one twice.")


async def _form(request: Request) -> Mapping[str, str]:
    """Return the fields of a small form, each once."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM_BYTES:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    return {key: values[0] for key, values in fields.items()}
