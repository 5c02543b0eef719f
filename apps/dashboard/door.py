"""The door: what every request has to pass before a page, a route or Streamlit sees it.

Closed unless it says otherwise: the own name, the own origin, a known path, and for all but the
sign-in page a sign-in that is alive. Streamlit's socket is behind it like everything else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import partial
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from importlib.resources import files
from urllib.parse import quote, urlsplit

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clinigait.apps.dashboard.places import PLACES
from clinigait.apps.dashboard.session import COOKIE, SECURE_COOKIE
from clinigait.apps.dashboard.settings import Settings
from clinigait.store import Store, sign_ins

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def _policy() -> str:
    """Return the policy of content: what is ours, and Streamlit's one script in its page."""
    page = (files("streamlit") / "static" / "index.html").read_text("utf-8")
    sums = [sha256(script.encode()).digest() for script in _SCRIPT.findall(page)]
    inline = " ".join(f"'sha256-{b64encode(one).decode()}'" for one in sums)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: {inline}",  # components of pages are loaded as blobs
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # Not "no-referrer": browsers then send the origin "null" with a form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}

_PAGES = frozenset({"/", *(f"/{place.name}" for place in PLACES)})
#: For everybody: the way in, and code and pictures that every Streamlit has.
_OPEN = re.compile(r"/(sign-in|welcome|health|favicon\.png|manifest\.json|static/.*)")
#: For those who are signed in. Streamlit's upload, metrics and agent are not here.
_SIGNED_IN = re.compile(
    r"/(sign-out|appearance\.js|upload/[0-9a-f]{32}|film/[0-9a-f]{32}|media/.*"
    r"|download/[0-9a-f]{32}/[a-z]{1,9}"
    r"|_stcore/(stream|host-config|health)|_stcore/bidi-components/.*)"
)
_SAFE_METHODS = frozenset({"GET", "HEAD"})
#: These are asked for by timers and players, not by a hand.
_NO_SIGN_OF_LIFE = re.compile(r"/(_stcore|media|film)/")
_POLICY_VIOLATION = 1008


class Door:
    """The middleware around everything."""

    def __init__(self, app: ASGIApp, *, store: Store, settings: Settings) -> None:
        self._app, self._store, self._settings = app, store, settings
        self._headers = HEADERS | {"Content-Security-Policy": _policy()}
        self._headers |= _TLS_HEADERS if settings.has_tls else {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        answer = self._refused(scope) or await self._unknown(scope)
        if scope["type"] == "websocket":
            if answer is None:
                await self._app(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        await (answer or self._app)(scope, receive, self._with_headers(scope, send))

    def _refused(self, scope: Scope) -> Response | None:
        """Answer what comes from nowhere that we know or goes nowhere that we have."""
        headers = Headers(scope=scope)
        settings = self._settings
        if settings.proxy is not None:
            if (scope.get("client") or ("",))[0] != settings.proxy:
                return PlainTextResponse("Only the proxy may ask.", 403)
            if headers.get("x-forwarded-proto", "https") not in {"https", "wss"}:
                return PlainTextResponse("Only over TLS.", 403)
        if _host_of(headers.get("host", "")) not in settings.hosts:
            return PlainTextResponse("This server has another name.", 400)
        path = scope["path"]
        if not (path in _PAGES or _OPEN.fullmatch(path) or _SIGNED_IN.fullmatch(path)):
            return PlainTextResponse("There is nothing here.", 404)
        safe = scope["type"] == "http" and scope["method"] in _SAFE_METHODS
        if not safe and not _is_own_origin(headers):
            return PlainTextResponse("Not from another site.", 403)
        return None

    async def _unknown(self, scope: Scope) -> Response | None:
        """Answer who is not signed in and asks for more than the way in."""
        path = scope["path"]
        if _OPEN.fullmatch(path):
            return None
        token = token_of(scope)
        who = partial(sign_ins.who, self._store, token, noted=not _NO_SIGN_OF_LIFE.match(path))
        account = await to_thread.run_sync(who) if token else None
        if account is not None:
            return None
        if path not in _PAGES:
            return PlainTextResponse("Sign in first.", 401)
        query = scope["query_string"].decode("latin-1")
        to = quote(f"{path}?{query}" if query else path, safe="")
        return RedirectResponse(f"/sign-in?to={to}" if to != "%2F" else "/sign-in", 303)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        keep = scope["path"].startswith("/static/")  # code: the same for all

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if not keep:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        return wrapped


def client_of(scope: Scope, settings: Settings) -> str:
    """Return the address of who asks: the last that the proxy saw, or the peer's."""
    if settings.proxy is not None:
        told = Headers(scope=scope).get("x-forwarded-for", "")
        return told.rpartition(",")[2].strip()[:45]
    return str((scope.get("client") or ("",))[0])


def token_of(scope: Scope) -> str:
    """Return the token of the sign-in from the cookies of a request; empty where there is none."""
    seen: SimpleCookie = SimpleCookie()
    try:
        seen.load(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return ""
    return next((seen[name].value for name in (SECURE_COOKIE, COOKIE) if name in seen), "")


def _host_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").casefold()
    except ValueError:
        return ""


def _is_own_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site") == "same-origin"
    try:
        return urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False
