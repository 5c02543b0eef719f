"""The way in as plain HTML without any script: signing in, and the first administrator."""

from __future__ import annotations

from html import escape

from clinigait.apps.dashboard.words import LANGUAGES, words

_LOOK = """
:root { color-scheme: light dark; --ground: #f5f7f9; --card: #fff; --ink: #1b2730; --line: #b6c2cb;
  --accent: #17425c; --on-accent: #fff; --bad: #8a3b00; }
@media (prefers-color-scheme: dark) { :root { --ground: #11181d; --card: #1a242b; --ink: #e4ebf0;
  --line: #4b5a65; --accent: #8ec3e3; --on-accent: #10202b; --bad: #ffb37a; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
main { width: min(26rem, 100% - 2rem); margin: 2rem 0; padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .5rem; }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; }
p { margin: .25rem 0 1rem; }
label { display: block; margin: .9rem 0 .25rem; font-weight: 600; }
input { width: 100%; padding: .6rem .7rem; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: .3rem; }
button { width: 100%; margin-top: 1.4rem; padding: .7rem; font: inherit; font-weight: 600;
  color: var(--on-accent); background: var(--accent); border: 0; border-radius: .3rem;
  cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.bad { padding: .6rem .8rem; border-left: .3rem solid var(--bad); color: var(--bad); }
.small { font-size: .875rem; opacity: .85; }
nav { margin-top: 1.5rem; display: flex; gap: 1rem; font-size: .875rem; }
a { color: var(--accent); }
"""


def sign_in(language: str, to: str = "", name: str = "", wrong: str = "") -> str:
    """Return the sign-in page.

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    to
        Where to go afterwards.
    name
        What was typed before.
    wrong
        What was wrong with it.
    """
    fields = (
        _field("name", words("name", language), "text", "username", name, focus=not name),
        _field("password", words("password", language), "password", "current-password",
               focus=bool(name)),
        _field("code", words("code_if_used", language), "text", "one-time-code", needed=False),
        f'<input type="hidden" name="to" value="{escape(to)}">',
    )  # fmt: skip
    return _page("sign_in", language, fields, wrong, "sign_in_intro")


def welcome(language: str, name: str = "", wrong: str = "") -> str:
    """Return the page on which the first administrator is made; as :func:`sign_in`."""
    fields = (
        _field("setup", words("setup_code", language), "text", "off", focus=True),
        _field("name", words("admin_name", language), "text", "username", name),
        _field("password", words("new_password", language), "password", "new-password"),
        _field("again", words("again", language), "password", "new-password"),
    )
    return _page("welcome", language, fields, wrong, "welcome_intro")


def _field(
    name: str, label: str, kind: str, complete: str, value: str = "",
    *, needed: bool = True, focus: bool = False,
) -> str:  # fmt: skip
    extra = (" required" if needed else "") + (" autofocus" if focus else "")
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" autocomplete="{complete}" '
        f'maxlength="200" value="{escape(value)}" autocapitalize="none" spellcheck="false"{extra}>'
    )


def _page(action: str, language: str, fields: tuple[str, ...], wrong: str, intro: str) -> str:
    path = action.replace("_", "-")
    told = f'<p class="bad" role="alert">{escape(wrong)}</p>' if wrong else ""
    others = "".join(
        f'<a href="/{path}?language={key}" lang="{key}">{name}</a>'
        for key, name in LANGUAGES.items()
        if key != language
    )
    title = escape(words(f"{action}_title", language))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="/favicon.png">'
        f"<title>{title} · clinigait</title><style>{_LOOK}</style></head><body><main>"
        f"<h1>{title}</h1><p>{escape(words(intro, language))}</p>{told}"
        f'<form method="post" action="/{path}">{"".join(fields)}'
        f'<button type="submit">{escape(words(f"{action}_button", language))}</button></form>'
        f'<p class="small">{escape(words("not_a_device", language))}</p><nav>{others}</nav>'
        "</main></body></html>"
    )
