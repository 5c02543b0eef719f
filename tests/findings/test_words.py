"""The data of the findings: rules, grammar and words say what the catalogue says, and all of it."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from clinigait.core import RELATIONS, BadInputError, Finding
from clinigait.core.finding import GRADES
from clinigait.findings import LANGUAGES, load_rules, sentence, title_in
from clinigait.findings.words import grammar, unit_in
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.quality import RULES
from clinigait.models.task import load_task, task_names

WORDS = yaml.safe_load(files("clinigait.findings").joinpath("words.yaml").read_text("utf-8"))
_CHINESE = re.compile("[\u4e00-\u9fff]")
_DIAGNOSIS = re.compile(
    r"patholog|abnormal|disease|disorder|diagnos|impair|异常|疾病|病理|诊断", re.I
)


def test_every_parameter_has_its_decimals_and_a_chinese_title() -> None:
    assert list(WORDS["parameters"]) == list(CATALOGUE)
    for name, definition in CATALOGUE.items():
        assert WORDS["parameters"][name]["decimals"] == definition.decimals, name
        assert _CHINESE.search(title_in("zh", name, definition.title))
    titles = {title_in("zh", d.name, d.title): d.title for d in CATALOGUE.values()}
    assert len(titles) == len({d.title for d in CATALOGUE.values()}), "one title, one meaning"


def test_checks_models_and_word_units_have_chinese_words() -> None:
    tasks = [load_task(name) for name in task_names()]
    english = [rule.title for rule in RULES.values()]
    english += [t for task in tasks for t in (task.title, *(label.title for label in task.labels))]
    for title in english:
        assert _CHINESE.search(title_in("zh", "", title)), title
    assert unit_in("zh", "steps/min") == "步/分"
    assert unit_in("zh", "m/s") == "m/s"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_relation_has_a_sentence_without_a_diagnosis(language: str) -> None:
    sentences = grammar(language).sentences
    wanted = {f"{kind}.{relation}" for kind, each in RELATIONS.items() for relation in each}
    assert wanted <= set(sentences)
    assert set(sentences) == set(grammar("en").sentences)
    assert not any(_DIAGNOSIS.search(text) for text in sentences.values())
    for key, text in sentences.items():
        english = grammar("en").sentences[key]
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english)), key


def test_the_published_grammar_is_the_one_that_is_used() -> None:
    page = (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8").splitlines()
    for language in LANGUAGES:
        assert set(grammar(language).sentences.values()) <= set(page)
        assert set(grammar(language).tails.values()) <= set(page)


def test_the_rules_name_parameters_that_there_are_and_grade_and_source_all() -> None:
    rules = load_rules()
    told = {f"{kind}.{relation}" for kind, each in RELATIONS.items() for relation in each}
    ordered = {entry.removesuffix(".limited") for step in rules.order for entry in step
               if entry != "quality.limited"} | {"quality.limited"}  # fmt: skip
    assert ordered == told
    assert set(rules.groups) == {definition.group for definition in CATALOGUE.values()}
    assert len({rule.id for rule in rules.rules}) == len(rules.rules)
    for rule in rules.rules:
        named = {*rule.sides, *rule.indices, *(index for index in rule.sides.values() if index)}
        assert named <= set(CATALOGUE), rule.id
        assert rule.grade in GRADES
        assert rule.source


def _finding(**changes: object) -> Finding:
    parts: dict = {
        "id": "level.speed_mps", "rule": "r@1", "kind": "level", "name": "speed_mps",
        "title": "Walking speed", "side": "", "relation": "below", "unit": "m/s",
        "values": {"value": 1.0, "low": 1.2, "high": 1.4}, "grade": "strong",
        "facts": ("parameters.speed_mps.both",), "source": "X", "text": "",
    }  # fmt: skip
    return Finding(**{**parts, **changes})


def test_a_value_that_rounds_to_the_limit_is_printed_apart_from_it() -> None:
    near = _finding(values={"value": 1.1996, "low": 1.2, "high": 1.4})
    assert sentence(near) == (
        "Walking speed is 1.1996 m/s, below the reference range of 1.2000 m/s to 1.4000 m/s."
    )


def test_minus_and_degrees_are_printed_as_in_the_report() -> None:
    lean = _finding(
        name="trunk_lean_deg", title="Trunk lean, forward", unit="°",
        values={"value": -7.0, "low": -2.0, "high": 5.0},
    )  # fmt: skip
    assert sentence(lean) == (
        "Trunk lean, forward, is −7°, below the reference range of −2° to 5°."
    )
    assert sentence(lean, "zh") == "躯干前倾角为 −7°，低于参考范围 −2° 至 5°。"


def test_chinese_sentences_name_the_side() -> None:
    values = {"value": 1.0, "low": 1.2, "high": 1.4}
    one = _finding(name="stride_length_m", side="left", unit="m", values=values)
    assert sentence(one, "zh") == "左侧跨步长为 1.00 m，低于参考范围 1.20 m 至 1.40 m。"
    sides = {"left": 0.5, "right": 0.6, "difference_pct": 18.18, "limit": 10.0}
    two = _finding(
        kind="asymmetry", relation="right_greater", name="step_time_s", unit="s", values=sides
    )
    assert sentence(two, "zh") == (
        "步时间右侧（0.60 s）大于左侧（0.50 s），相差 18.2 %，超过限值 10.0 %。"
    )


def test_a_language_or_a_value_that_is_missing_is_a_bad_input() -> None:
    with pytest.raises(BadInputError, match="Choose one of: en, zh"):
        sentence(_finding(), "de")
    with pytest.raises(BadInputError, match="has no value 'low'"):
        sentence(_finding(values={"value": 1.0}))
