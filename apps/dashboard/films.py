"""Films for the viewer: served in ranges, to whoever may see the assessment."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from clinigait.apps.dashboard.door import token_of
from clinigait.clinic import recordings, results, visits
from clinigait.clinic.opening import FILMS
from clinigait.clinic.viewing import MATROSKA
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
        self._audited: dict[tuple[str, ...], float] = {}

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/film/{assessment_id}", self.film, methods=["GET"])]

    def film(self, request: Request) -> Response:
        """Give the film of an assessment, or of one recording of it: ``?pass=2``.

        ``?faces=HASH`` gives the recording of that hash as it was filmed, or its copy where
        browsers cannot play it, to who may change it.
        """
        account = sign_ins.who(self._store, token_of(request.scope), noted=False)
        if account is None:
            return PlainTextResponse("Sign in first.", 401)
        number = request.query_params.get("pass", "")
        folder = f"pass-{number}/" if number.isdecimal() and len(number) < 3 else ""
        assessment_id = request.path_params["assessment_id"]
        faces = request.query_params.get("faces")
        try:
            if faces:
                return self._as_filmed(account, assessment_id, faces)
            return self._given(account, assessment_id, folder)
        except (BadInputError, RefusedError):
            return PlainTextResponse("There is no such film.", 404)

    def _as_filmed(self, account: Account, assessment_id: str, sha256: str) -> Response:
        due = self._is_due(account.id, assessment_id, sha256)
        path = recordings.unblurred(self._store, account, assessment_id, sha256, audited=due)
        self._note(account.id, assessment_id, sha256)
        with path.open("rb") as film:
            is_matroska = film.read(len(MATROSKA)) == MATROSKA
        return FileResponse(path, media_type=_TYPES[".webm" if is_matroska else ".mp4"])

    def _given(self, account: Account, assessment_id: str, folder: str) -> Response:
        if self._is_due(account.id, assessment_id):
            results.version(self._store, account, assessment_id)
            self._note(account.id, assessment_id)
        names = tuple(f"{folder}{name}" for name in FILMS)
        name, path = visits.film(self._store, account, assessment_id, names)
        return FileResponse(path, media_type=_TYPES[Path(name).suffix])

    def _is_due(self, *key: str) -> bool:
        return monotonic() - self._audited.get(key, -_AUDITED_EVERY_S) >= _AUDITED_EVERY_S

    def _note(self, *key: str) -> None:
        """Note that somebody was audited, unless that was noted within the time."""
        if self._is_due(*key):
            if len(self._audited) >= _MOST_REMEMBERED:
                self._audited.clear()
            self._audited[key] = monotonic()
