"""The texts of the pages are there in both languages, and the pages ask for none that is not."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from clinigait.apps.dashboard import uploads
from clinigait.apps.dashboard.places import PLACES
from clinigait.apps.dashboard.words import LANGUAGES, sentence, words
from clinigait.io.protocol import load_protocol, shipped_protocols

FOLDER = Path(str(files("clinigait.apps.dashboard")))
FILES = sorted(FOLDER.glob("words_*.yaml"))


def texts():
    return [(path.name, yaml.safe_load(path.read_text("utf-8"))) for path in FILES]


def test_every_text_is_there_in_both_languages_with_the_same_gaps():
    for name, content in texts():
        for key, text in content["words"].items():
            assert set(text) == set(LANGUAGES), f"{name}: {key}"
            gaps = [set(re.findall(r"\{(\w+)\}", text[language])) for language in LANGUAGES]
            assert gaps[0] == gaps[1], f"{name}: {key}"
            assert all(text.values()), f"{name}: {key}"


def test_no_text_stands_in_two_files():
    keys = [key for _, content in texts() for key in content["words"]]
    assert len(keys) == len(set(keys))


def test_the_pages_ask_for_no_text_that_is_not_there():
    known = {key for _, content in texts() for key in content["words"]}
    for path in FOLDER.rglob("*.py"):
        source = path.read_text("utf-8")
        asked = re.findall(r"\bsay\(\s*\"(\w+)\"", source) + re.findall(
            r"\bwords\(\s*\"(\w+)\"", source
        )
        assert set(asked) <= known, path.name
    for place in PLACES:
        assert f"page_{place.name}" in known
    for name in shipped_protocols():
        if load_protocol(name).kind == "clinical":
            assert f"protocol_{name}" in known
    for word in (*uploads.AIDS, *uploads.FOOTWEAR):
        assert f"said_{word.replace(' ', '_') or 'nothing'}" in known


def test_gaps_are_filled_and_braces_of_a_value_are_no_gaps():
    assert words("visits_of", "en", number="{0}") == "visits: {0}"


def test_a_sentence_that_is_not_known_stays():
    assert sentence("Never heard. Ask an administrator.", "zh") == "Never heard. 请联系管理员。"
    assert sentence("Ask an administrator.", "en") == "Ask an administrator."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_own_forms_have_their_texts(language):
    from clinigait.apps.dashboard import forms

    hostile = '"><script>alert(1)</script>'
    for page in (forms.sign_in(language, hostile, hostile, hostile), forms.welcome(language)):
        assert "<script>" not in page
        assert f'lang="{language}"' in page
