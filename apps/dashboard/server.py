"""The server: our routes and our door around Streamlit, in one process."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.resources import as_file, files

import uvicorn
from starlette.middleware import Middleware
from streamlit.web import bootstrap
from streamlit.web.server.starlette.starlette_app import App

from clinigait.apps.dashboard import session
from clinigait.apps.dashboard.appearance import Looks
from clinigait.apps.dashboard.door import Door
from clinigait.apps.dashboard.downloads import Downloads
from clinigait.apps.dashboard.films import Films
from clinigait.apps.dashboard.routes import WayIn
from clinigait.apps.dashboard.settings import Settings
from clinigait.apps.dashboard.setup import Setup
from clinigait.apps.dashboard.uploads import Uploads
from clinigait.store import Store

_log = logging.getLogger(__name__)
_ACCENT = "#17425C"


def build(settings: Settings, store: Store, setup: Setup) -> App:
    """Return the application: Streamlit's pages with our routes, behind our door.

    Parameters
    ----------
    settings
        How it is started.
    store
        The clinic's data; the caller closes it.
    setup
        The way to the first administrator.
    """
    bootstrap.load_config_options(dict(options(settings)))
    session.serve(store)
    with as_file(files("clinigait.apps.dashboard") / "main.py") as script:
        return App(
            script,
            routes=[
                *Looks(store).routes(),
                *WayIn(store, settings, setup).routes(),
                *Uploads(store).routes(),
                *Films(store).routes(),
                *Downloads(store).routes(),
            ],
            middleware=[Middleware(Door, store=store, settings=settings)],
            on_script_error=_note_error,
        )


def run(settings: Settings, store: Store, setup: Setup) -> None:
    """Serve until the process is asked to stop."""
    uvicorn.run(
        build(settings, store, setup),
        host=settings.host,
        port=settings.port,
        ssl_certfile=str(settings.certificate) if settings.certificate else None,
        ssl_keyfile=str(settings.key) if settings.key else None,
        proxy_headers=False,  # the door looks at them, and at who sent them
        server_header=False,
        access_log=False,
        log_config=None,
        ws="websockets-sansio",
        timeout_graceful_shutdown=3,
    )


def options(settings: Settings) -> Mapping[str, object]:
    """Return what Streamlit is told; it goes before any file of settings on the machine."""
    return {
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": "false",  # they would lead to search engines
        "client.toolbarMode": "minimal",
        "global.developmentMode": False,
        "logger.enableRich": False,
        "runner.magicEnabled": False,
        "server.address": settings.host,
        "server.port": settings.port,
        "server.allowedHosts": sorted(settings.hosts),
        "server.disconnectedSessionTTL": 60,
        "server.enableAgentApi": False,
        "server.enableCORS": True,
        "server.enableStaticServing": False,
        "server.enableXsrfProtection": True,
        "server.fileWatcherType": "none",
        "server.headless": True,
        "server.maxUploadSize": 1,  # no page uses Streamlit's own upload
        **_THEME,
    }


_THEME = {
    "theme.primaryColor": _ACCENT,
    "theme.light.primaryColor": _ACCENT,
    "theme.light.backgroundColor": "#FFFFFF",
    "theme.light.secondaryBackgroundColor": "#F1F4F7",
    "theme.light.textColor": "#1B2730",
    "theme.light.linkColor": _ACCENT,
    "theme.dark.primaryColor": "#3E7CA3",
    "theme.dark.backgroundColor": "#11181D",
    "theme.dark.secondaryBackgroundColor": "#1A242B",
    "theme.dark.textColor": "#E4EBF0",
    "theme.dark.linkColor": "#8EC3E3",
}


def _note_error(error: Exception) -> bool:
    """Note the kind of a defect in a page; its words may hold a patient's."""
    _log.error("a defect in a page: %s", type(error).__name__)
    return False
