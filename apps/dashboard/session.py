"""Who looks: read from the cookie at every run of a page and at every callback, never remembered.

What is signed in stands in the database alone. A page without :func:`current` shows nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NoReturn

import streamlit as st

from clinigait.apps.dashboard import leaving
from clinigait.apps.dashboard.words import LANGUAGE_COOKIE, LANGUAGES, sentence, words
from clinigait.clinic.access import RIGHTS, Right
from clinigait.core import BadInputError, Refused, RefusedError
from clinigait.store import Store, sign_ins
from clinigait.store.accounts import Account

COOKIE = "clinigait_sign_in"
#: With TLS; a browser takes a cookie of this name over TLS and for this host only.
SECURE_COOKIE = "__Host-clinigait_sign_in"

_served: dict[Literal["store"], Store] = {}


@dataclass(frozen=True)
class Session:
    """Who looks, at what, in which language.

    Parameters
    ----------
    store
        The clinic's data.
    account
        Who is signed in, as the user is now.
    language
        ``en`` or ``zh``.
    token
        That of the sign-in.
    """

    store: Store
    account: Account
    language: str
    token: str

    def may(self, right: Right) -> bool:
        """Whether the role has a right; the clinic's gate looks again at every action."""
        return right in RIGHTS.get(self.account.role, frozenset())

    def say(self, key: str, **values: object) -> str:
        """Return a text of the pages in the user's language."""
        return words(key, self.language, **values)

    @property
    def request_token(self) -> str:
        """What a request of the page to our own routes has to carry beside the cookie."""
        return request_token(self.token)


def serve(store: Store) -> None:
    """Let the pages of this process show a clinic's data."""
    _served["store"] = store


def current(right: Right | Literal["any"], *, by_hand: bool = True) -> Session:
    """Return who looks; where nobody does, or without the right, say so and stop the page.

    Parameters
    ----------
    right
        What the page or callback takes; ``any`` for what everybody who is signed in may.
    by_hand
        False where a timer asks, not a person: that is no sign of life, so that a page which is
        left open ends like any other.
    """
    store, seen = _served["store"], cookies()
    token = sign_in_token(seen)
    account = sign_ins.who(store, token, noted=by_hand) if token else None
    if account is None:
        _stop("signed_out", language(seen))
    session = Session(store, account, language(seen), token)
    _forget_others(account)
    if right != "any" and not session.may(right):
        _stop("not_permitted", session.language)
    return session


@contextmanager
def telling(session: Session) -> Iterator[None]:
    """Show what the clinic's logic refuses as a sentence, and stop the page."""
    try:
        yield
    except BadInputError as error:
        st.error(refusal(error, session.language))
        st.stop()
    except RefusedError as error:
        st.warning(refusal(error.refused, session.language))
        st.stop()


def refusal(error: BadInputError | Refused, language: str) -> str:
    """Return what went wrong, and what helps, in a language; letters of Markdown as letters."""
    return plain(f"{sentence(error.message, language)} {sentence(error.remedy, language)}")


def plain(text: str) -> str:
    """Return a text so that Streamlit's Markdown shows it letter for letter."""
    return "".join(
        f"\\{letter}" if letter in "\\`*_{}[]()<>#+-.!|~$:" else letter for letter in text
    )


def cookies() -> Mapping[str, str]:
    """Return the cookies with which this page was opened."""
    return st.context.cookies


def sign_in_token(seen: Mapping[str, str]) -> str:
    """Return the token of the sign-in among cookies; empty where there is none."""
    return seen.get(SECURE_COOKIE) or seen.get(COOKIE) or ""


def language(seen: Mapping[str, str]) -> str:
    """Return the language: chosen on this page, or kept in a cookie; else the browser's."""
    chosen = st.session_state.get("language") or seen.get(LANGUAGE_COOKIE) or ""
    if chosen in LANGUAGES:
        return str(chosen)
    return "zh" if (st.context.locale or "").startswith("zh") else "en"


def request_token(token: str) -> str:
    """Return the token against forged requests that belongs to a sign-in."""
    return hmac.new(token.encode(), b"clinigait request", hashlib.sha256).hexdigest()


def _stop(key: str, language: str) -> NoReturn:
    st.warning(words(key, language))
    if key == "signed_out":
        leaving.to_sign_in()
    st.stop()


def _forget_others(account: Account) -> None:
    """Drop what an earlier user of the same browser page had entered."""
    if st.session_state.get("account") not in {None, account.id}:
        st.session_state.clear()
    st.session_state["account"] = account.id
