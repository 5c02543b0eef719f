"""Results to take out, by a route of our own: each is made, and audited, when it is asked for.

Streamlit's own download button asks for what the last run of the page registered; pressed while
the page runs anew, that is gone already and nothing comes. An address stays good all the while.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from clinigait.apps.dashboard.door import token_of
from clinigait.apps.dashboard.words import LANGUAGES, language_of, sentence, words
from clinigait.clinic import documents, results, signing
from clinigait.clinic.review import Opened, opened
from clinigait.core import BadInputError, RefusedError
from clinigait.store import Store, sign_ins
from clinigait.store.accounts import Account

#: Form, name of the file's end, and what the browser is told that it is.
FORMS = {
    "pdf": ("pdf", "application/pdf"),
    "fhir": ("json", "application/fhir+json"),
    "dicom": ("dcm", "application/dicom"),
    "csv": ("csv", "text/csv"),
}
PAGES = {"a4": "A4", "letter": "US Letter"}


def address(assessment_id: str, form: str, language: str, page: str) -> str:
    """Return where a form of the results is to be had."""
    return f"/download/{assessment_id}/{form}?{urlencode({'language': language, 'page': page})}"


class Downloads:
    """The route that gives them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/download/{assessment_id}/{form}", self.given, methods=["GET"])]

    def given(self, request: Request) -> Response:
        """Give one form of the results to somebody who is signed in and may have it."""
        language = language_of(request)
        account = sign_ins.who(self._store, token_of(request.scope))
        if account is None:
            return PlainTextResponse(words("signed_out", language), 401)
        form, page = request.path_params["form"], request.query_params.get("page", "")
        if form not in FORMS or page not in PAGES or request.method != "GET":
            return PlainTextResponse("There is nothing here.", 404)
        try:
            name, content = taken_out(
                self._store, account, request.path_params["assessment_id"], form, language, page
            )
        except BadInputError as error:
            return PlainTextResponse(_told(error.message, error.remedy, language), 400)
        except RefusedError as error:
            refused = error.refused
            return PlainTextResponse(_told(refused.message, refused.remedy, language), 403)
        return Response(
            content,
            media_type=FORMS[form][1],
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
        )


def taken_out(
    store: Store, account: Account, assessment_id: str, form: str, language: str, page: str
) -> tuple[str, bytes]:
    """Return one form of the results, with the name of its file.

    Parameters
    ----------
    store, account, assessment_id
        Where, who, of which version.
    form
        One of :data:`FORMS`.
    language, page
        Of the report, unless it is signed: then it is that which was signed.

    Raises
    ------
    BadInputError
        If the form cannot be made.
    RefusedError
        If the gate says no.
    """
    kept = opened(store, account, assessment_id)
    return name_of(kept, form), _content(store, account, kept, form, language, page)


def name_of(kept: Opened, form: str) -> str:
    """Return the name of a file: code, day, version."""
    stem = f"{kept.patient_code}_{kept.visit_day}"
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in stem)[:80]
    return f"{safe}_v{kept.version.number}.{FORMS[form][0]}"


def _content(
    store: Store, account: Account, kept: Opened, form: str, language: str, page: str
) -> bytes:
    if form == "pdf" and kept.signed is not None:
        return signing.report(store, account, kept.signed.id)
    results.export(store, account, kept.version.id, form)
    signed_pdf = None
    if form == "dicom" and kept.signed is not None:
        signed_pdf = signing.report(store, account, kept.signed.id)
    language = language if language in LANGUAGES else "en"
    make: dict[str, Callable[[], bytes]] = {
        "pdf": lambda: documents.report_pdf(kept, language, page),
        "fhir": lambda: documents.fhir(kept),
        "dicom": lambda: documents.dicom(kept, language=language, page_size=page, pdf=signed_pdf),
        "csv": lambda: documents.csv(kept),
    }
    return make[form]()


def _told(message: str, remedy: str, language: str) -> str:
    return f"{sentence(message, language)} {sentence(remedy, language)}"
