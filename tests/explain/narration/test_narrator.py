"""The narrator with its language model; and what comes with clinigait of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import clinigait
from clinigait.core import BadInputError, WalkEmbedding
from clinigait.explain.check_words import WordCheck
from clinigait.explain.narration import narrator as module
from clinigait.explain.narration.headline import candidates
from clinigait.explain.narration.narrate import draft_of
from clinigait.explain.narration.narrator import load_narrator, narrator_card
from support.narrated import ALL, STRIDE

BUNDLE = Path(clinigait.__file__).parent / "bundles" / "narrator"


@pytest.fixture(scope="module")
def narrator():
    """Return the narrator; skip where its packages or weights are not there."""
    try:
        return load_narrator()
    except BadInputError as error:
        pytest.skip(f"{error.message} {error.remedy}")


def test_the_narrator_is_small_and_says_what_it_learned_from() -> None:
    assert sum(file.stat().st_size for file in BUNDLE.iterdir()) < 7_000_000
    card = narrator_card()
    assert "No patient" in card["learned_from"]
    assert set(card["languages"]) == {"en", "zh"}
    assert {file.name for file in BUNDLE.glob("*.safetensors")} == set(card["files"])


def test_a_changed_file_is_refused(tmp_path, monkeypatch) -> None:
    for file in BUNDLE.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "en.safetensors").write_bytes(b"other")
    monkeypatch.setattr(module, "_folder", lambda: tmp_path)
    with pytest.raises(BadInputError, match=r"not that of its card"):
        module._arrays(narrator_card(), "en.safetensors")


@pytest.mark.parametrize("content", ["", "[]", "{", json.dumps({"schema": "clinigait-narrator-9"})])
def test_a_broken_card_is_refused(tmp_path, monkeypatch, content) -> None:
    (tmp_path / "card.json").write_text(content)
    monkeypatch.setattr(module, "_folder", lambda: tmp_path)
    with pytest.raises(BadInputError, match="card of the narrator"):
        narrator_card()


def test_a_folder_without_a_model_is_refused(tmp_path) -> None:
    from clinigait.explain.language_model import load_language_model

    with pytest.raises(BadInputError, match="holds no weights"):
        load_language_model(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_whatever_the_model_says_every_sentence_is_true(narrator, language) -> None:
    said = narrator.narrate(ALL, language)
    check = WordCheck(ALL, language)
    assert sum(said.counts.values()) == len(ALL) == len(said.sentences)
    for one in said.sentences:
        assert one.finding in check.sentence(one.text).findings
    assert said.counts["model"] >= len(ALL) // 2


@pytest.mark.slow
def test_what_the_model_chooses_is_one_of_the_true_sentences(narrator) -> None:
    told = [draft.told for one in ALL if (draft := draft_of(one, "en")) is not None]
    for one, said in zip(told, narrator.choose(told, "en"), strict=True):
        assert said in one.sentences


@pytest.mark.slow
def test_a_sentence_is_the_same_alone_and_in_a_batch(narrator) -> None:
    lines = [draft.told.line for one in ALL if (draft := draft_of(one, "en")) is not None][:3]
    assert narrator.speak(lines, "en") == [narrator.speak([one], "en")[0] for one in lines]


@pytest.mark.slow
def test_no_weight_of_the_model_can_learn(narrator) -> None:
    assert not any(weight.requires_grad for weight in narrator.model.network.parameters())


@pytest.mark.slow
def test_an_embedding_drives_the_order_and_never_a_claim(narrator) -> None:
    bundle, projector = next(iter(narrator.projectors.items()))
    plain = narrator.narrate(ALL, "en")
    for seed in range(2):
        vector = np.random.default_rng(seed).normal(size=len(projector.centre))
        embedding = WalkEmbedding(
            vector.astype(np.float32),
            np.zeros((1, 1), np.float32),
            ("all",),
            f"{bundle}-0",
            "0" * 64,
        )
        said = narrator.narrate(ALL, "en", embedding)
        assert {one.text for one in said.sentences} == {one.text for one in plain.sentences}
        assert said.headline is not None
        assert WordCheck(ALL).sentence(said.headline).accepted


@pytest.mark.slow
def test_an_embedding_of_an_unknown_bundle_changes_nothing(narrator) -> None:
    vector = np.zeros(3, np.float32)
    embedding = WalkEmbedding(vector, np.zeros((1, 1), np.float32), ("all",), "other-0", "0" * 64)
    assert narrator.narrate([STRIDE], "en", embedding).headline is None


def test_what_may_be_chance_is_no_headline() -> None:
    limited = [replace(one, grade="limited") for one in ALL]
    assert candidates(limited, "en") == ()
    sure = candidates(ALL, "en")
    assert len(sure) > 1
    assert candidates([*limited, *ALL], "en") == sure
