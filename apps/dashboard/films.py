"""Films for the viewer: served in ranges, to whoever may see the assessment."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from clinigait.apps.dashboard.door import token_of
from clinigait.clinic import results, visits
from clinigait.clinic.assessing import FILMS
from clinigait.core import BadInputError, RefusedError
from clinigait.store import Store, sign_ins
from clinigait.store.accounts import Account

_TYPES = {".mp4": "video/mp4", ".webm": "video/webm"}
#: A player asks for a film in many pieces: one link of the audit log in so long.
_AUDITED_EVERY_S = 600.0
_MOST_REMEMBERED = 1000


class Films:
    """The route that gives films."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._audited: dict[tuple[str, str], float] = {}

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/film/{assessment_id}", self.film, methods=["GET"])]

    def film(self, request: Request) -> Response:
        """Give the film of an assessment, or of one recording of it: ``?pass=2``."""
        account = sign_ins.who(self._store, token_of(request.scope), noted=False)
        if account is None:
            return PlainTextResponse("Sign in first.", 401)
        number = request.query_params.get("pass", "")
        folder = f"pass-{number}/" if number.isdecimal() and len(number) < 3 else ""
        try:
            return self._given(account, request.path_params["assessment_id"], folder)
        except (BadInputError, RefusedError):
            return PlainTextResponse("There is no such film.", 404)

    def _given(self, account: Account, assessment_id: str, folder: str) -> Response:
        key, now = (account.id, assessment_id), monotonic()
        if now - self._audited.get(key, -_AUDITED_EVERY_S) >= _AUDITED_EVERY_S:
            results.version(self._store, account, assessment_id)
            if len(self._audited) >= _MOST_REMEMBERED:
                self._audited.clear()
            self._audited[key] = now
        names = tuple(f"{folder}{name}" for name in FILMS)
        name, path = visits.film(self._store, account, assessment_id, names)
        return FileResponse(path, media_type=_TYPES[Path(name).suffix])
