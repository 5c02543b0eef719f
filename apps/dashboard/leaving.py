"""What only the browser can do: go to the sign-in page, load the page anew, keep the language."""

from __future__ import annotations

import streamlit as st

_GO = """
export default function ({ data }) {
  window.location.assign(data.to);
}
"""

_ANEW = """
export default function () {
  window.location.reload();
}
"""

_KEEP = """
export default function ({ data }) {
  const lasting = "path=/; max-age=31536000; samesite=strict";
  document.cookie = `clinigait_language=${data.language}; ${lasting}`;
}
"""

_go = st.components.v2.component("clinigait.go", js=_GO)
_anew = st.components.v2.component("clinigait.anew", js=_ANEW)
_keep = st.components.v2.component("clinigait.language", js=_KEEP)


def to_sign_in() -> None:
    """Let the browser go to the sign-in page."""
    _go(data={"to": "/sign-in"}, height=1)


def load_anew() -> None:
    """Let the browser load the page anew."""
    _anew(height=1)


def keep_language(language: str) -> None:
    """Let the browser keep the language for the next sign-in."""
    _keep(data={"language": language}, height=1)
