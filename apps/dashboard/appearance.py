"""Light, dark, or as the system says: each user's own choice, there before the first pixel.

Streamlit reads a theme from the browser's storage when its code starts. Its page gets one line more
that asks us first, so that no page shows in the other one.
"""

from __future__ import annotations

from importlib.resources import files

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from clinigait.apps.dashboard.door import token_of
from clinigait.apps.dashboard.places import PLACES
from clinigait.clinic import own_account
from clinigait.store import Store, sign_ins
from clinigait.store.tables import Appearance

SCRIPT = "/appearance.js"
#: Where Streamlit keeps a theme, and what it calls them.
KEY = "`stActiveTheme-${window.location.pathname}-v2`"
_NAMES: dict[Appearance, str] = {"light": "Light", "dark": "Dark"}


class Looks:
    """Streamlit's page with our line in it, and what that line asks for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        page = (files("streamlit") / "static" / "index.html").read_text("utf-8")
        head, found, rest = page.partition("<head>")
        if not found:
            raise RuntimeError("Streamlit's page has no head")
        self._page = f'{head}<head><script src="{SCRIPT}"></script>{rest}'

    def routes(self) -> list[Route]:
        """Return the routes."""
        pages = ["/", *(f"/{place.name}" for place in PLACES)]
        return [
            *(Route(path, self.page, methods=["GET"]) for path in pages),
            Route(SCRIPT, self.script, methods=["GET"]),
        ]

    async def page(self, _request: Request) -> Response:
        """Return Streamlit's page; the door has asked who it is."""
        return HTMLResponse(self._page)

    async def script(self, request: Request) -> Response:
        """Return what puts the user's choice where Streamlit looks for it."""
        chosen = await to_thread.run_sync(self._chosen, token_of(request.scope))
        name = _NAMES.get(chosen, "")
        keep = f"setItem({KEY}, '\"{name}\"')" if name else f"removeItem({KEY})"
        scheme = chosen if name else "light dark"
        # The ground behind everything, before Streamlit draws its own.
        ground = f"document.documentElement.style.colorScheme = '{scheme}';"
        content = f"window.localStorage.{keep};\n{ground}\n"
        return Response(content, media_type="text/javascript")

    def _chosen(self, token: str) -> Appearance:
        account = sign_ins.who(self._store, token, noted=False)
        return "system" if account is None else own_account.appearance(self._store, account)
