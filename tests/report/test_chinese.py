"""The report in Simplified Chinese is complete, and prints what it does not know as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import Grade, Subject
from clinigait.findings.words import title_in
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.quality import MOTION_UNKNOWN, RULES
from clinigait.report.fonts import HAN_BOLD, HAN_RARE, can_print, is_han, with_fonts
from clinigait.report.pdf import write_report
from clinigait.report.phrases import phrases_of, say
from clinigait.report.wording import ENGLISH
from clinigait.report.wording_zh import CHINESE
from support.assessments import assessed, prediction, refused

#: The same in both: signs, numbers and names only.
_ALIKE = {"passes", "interval_short", "absent", "protocol_name"}
_PLACE = re.compile(r"\{\w*\}")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)


@pytest.mark.parametrize("field", [f.name for f in fields(ENGLISH)])
def test_no_field_is_left_in_english(field: str) -> None:
    english, chinese = getattr(ENGLISH, field), getattr(CHINESE, field)
    assert (english == chinese) == (field in _ALIKE)
    if isinstance(english, Mapping):
        assert english.keys() == chinese.keys()
    places = [Counter(_PLACE.findall(" ".join(_texts(words)))) for words in (english, chinese)]
    assert places[0] == places[1]


def test_every_sign_of_our_words_has_a_bold_and_a_regular_glyph() -> None:
    words = [text for f in fields(CHINESE) for text in _texts(getattr(CHINESE, f.name))]
    words += [*phrases_of("phrases_zh.yaml").values(), *phrases_of("definitions_zh.yaml").values()]
    words += [title_in("zh", name, d.title) for name, d in CATALOGUE.items()]
    signs = set("".join(words)) - {"\n"}
    assert all(can_print(sign) for sign in signs)
    assert HAN_RARE not in with_fonts("".join(sorted(signs)).replace("<", ""), bold=True)


def test_every_parameter_has_its_title_and_definition() -> None:
    assert phrases_of("definitions_zh.yaml").keys() == CATALOGUE.keys()
    for name, definition in CATALOGUE.items():
        assert is_han(title_in("zh", name, definition.title))
        assert is_han(say(definition.view))


@pytest.mark.parametrize("name", RULES)
def test_what_every_check_says_is_known(name: str) -> None:
    rule = RULES[name]
    for text in (rule.message.format(value="3.2"), rule.remedy, rule.unknown, MOTION_UNKNOWN):
        assert is_han(say(text)), text
    assert "3.2" in say(rule.message.format(value="3.2"))


def test_a_phrase_has_as_many_places_in_both_languages() -> None:
    for english, chinese in phrases_of("phrases_zh.yaml").items():
        assert english.count("{}") == len(_PLACE.findall(chinese)) or "{1}" in chinese
        assert is_han(chinese)


def test_clauses_and_nested_phrases_are_said_one_by_one() -> None:
    text = "the camera's floor at 30 Hz is 1.1 %; 5 strides are too few to judge variability"
    assert say(text) == "相机在 30 Hz 时的下限为 1.1 %；5 个跨步太少，不足以判断变异性"
    assert say("Pass 2: Left initial contact") == "第 2 趟：左足首次触地"
    assert say("5 strides are too few to judge variability; hm") != ""


@given(st.text(max_size=60))
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    shown = say(f"§{text}")
    assert shown == f"§{text}" or is_han(shown)


def test_braces_of_a_user_are_no_places() -> None:
    assert say("Pass {}: {0.__class__}") == "第 {} 趟：{0.__class__}"


def test_bold_chinese_is_bold_and_rare_signs_fall_back() -> None:
    assert with_fonts("<b>步态</b>", bold=False) == f'<b><font name="{HAN_BOLD}">步态</font></b>'
    assert HAN_RARE in with_fonts("鱻犇", bold=True) or not can_print("鱻")


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("zh")
    made = assessed(5, subject=Subject(code="王小明 張偉", age_y=47.0, sex="female", height_m=1.7))
    assert made.measurement is not None
    checks = tuple(
        replace(
            check, name=rule.title, grade=Grade.WARNING, limit="at least 3, refused below 1",
            message=rule.message.format(value="2"), remedy=rule.remedy,
        )
        for check, rule in zip(made.measurement.quality, RULES.values(), strict=False)
    )  # fmt: skip
    measured = replace(made.measurement, quality=checks)
    told = replace(made, measurement=measured, predictions=(prediction(),), frames=())
    write_report(told, folder, folder / "r.pdf", CATALOGUE, "zh", "letter")
    pages = pdfium.PdfDocument(folder / "r.pdf")
    return " ".join(" ".join(p.get_textpage().get_text_bounded().split()) for p in pages)


def test_a_report_can_be_searched_in_chinese(printed: str) -> None:
    for part in (
        "步态报告", "时间–距离参数", "步态周期中的关节角度", "测量质量", "本次测量的局限", "定义",
        "2026年11月22日", "模型结果（辅助）", "模型无法区分阴性与中性。", "左肩较高", "步频 步/分",
        "第 1 页，共", "研究用软件", "影像每秒 2 帧。", "每分钟步数：120",
    ):  # fmt: skip
        assert part in printed, part


def test_a_name_beyond_the_font_stays_distinguishable(printed: str) -> None:
    assert "王小明 [U+5F35]" in printed


def test_no_english_words_of_ours_are_printed(printed: str) -> None:
    words = [text for f in fields(ENGLISH) for text in _texts(getattr(ENGLISH, f.name))]
    parts = {part.strip(" .,;:") for text in words for part in _PLACE.split(text)}
    titles = {definition.title for definition in CATALOGUE.values()}
    for part in parts | titles:
        if re.search("[A-Za-z]{3,} [A-Za-z]{2,}", part):
            assert part not in printed


def test_a_refusal_is_one_chinese_page(tmp_path: Path) -> None:
    write_report(refused(), tmp_path, tmp_path / "r.pdf", CATALOGUE, "zh")
    pages = pdfium.PdfDocument(tmp_path / "r.pdf")
    assert len(pages) == 1
    assert "请从侧面拍摄至少 6 m 的步行" in pages[0].get_textpage().get_text_bounded()
