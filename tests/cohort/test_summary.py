"""What the summary of a study shows, and that nothing in the table can harm it."""

from __future__ import annotations

import csv
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("statsmodels")

from clinigait.cohort.study_describe import distributions, flow, quality_codes, who_is_missing
from clinigait.cohort.study_plan import StudyPlan
from clinigait.cohort.study_table import checked, levels
from clinigait.cohort.summary import DICTIONARY, HTML, OUTPUTS, PDF, write_summary
from clinigait.cohort.summary_parts import POSE_SYNTHETIC_LINE, SYNTHETIC_LINE
from clinigait.core import BadInputError
from clinigait.gait.catalogue import CATALOGUE
from support.studies import SPEED, rows_of, simulated

HOSTILE = (
    '<script>alert("1")</script>', "</td></table>", "$x_{$", r"$\frac{1}{0}$", "=cmd|' /C calc'!A0",
    "a\x00b\x07", "\u202egnirts", "x" * 5000,
    "&lt;b&gt;", "{0}%s%n", "日本語", "\n\n", "..",
)  # fmt: skip


def lost(subject: str, status: str = "refused", code: str = "too_few_strides") -> dict[str, object]:
    return {
        "subject": subject, "visit": "1", "file": "other.mp4", "status": status, "code": code,
        "reason": "Only two strides were seen.", "group": "control",
    }  # fmt: skip


def study(**columns: object) -> pd.DataFrame:
    rows = simulated(np.random.default_rng(1), 0.2, people=8)
    more = pd.DataFrame([lost("control-0"), lost("control-9"), lost("x", "failed", "undecodable")])
    rows.loc[0, ["value", "reason"]] = [None, "The far foot is hidden."]
    return pd.concat([rows, more], ignore_index=True).assign(**columns)


def words_of(pdf: Path) -> list[str]:
    pdfium = pytest.importorskip("pypdfium2")
    pages = pdfium.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in pages]


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


# ---------------------------------------------------------------- counts


def test_walks_in_and_out_add_up() -> None:
    found = flow(checked(study(), StudyPlan()), ("1", "2"))
    assert (found.n_walks, found.n_people) == (35, 18)
    assert (found.n_measured, found.n_people_measured) == (32, 16)
    assert [(r.status, r.code, r.n_walks, r.n_people) for r in found.reasons] == [
        ("refused", "too_few_strides", 2, 2),
        ("failed", "undecodable", 1, 1),
    ]
    assert found.n_walks == found.n_measured + sum(r.n_walks for r in found.reasons)
    assert set(found.groups) == {("control", 16, 8, 8), ("patient", 16, 8, 8)}


def test_what_is_missing_is_counted_by_parameter_and_group() -> None:
    found = {d.group: d for d in distributions(checked(study(), StudyPlan()))}
    assert (found["control"].lacking_walks, found["control"].measured_walks) == (1, 16)
    assert (found["control"].lacking_people, found["patient"].lacking_walks) == (0, 0)


def test_who_is_missing_is_held_against_the_others() -> None:
    rows = study(age_y=70.0)
    rows.loc[rows["subject"].isin(["control-9", "x"]), "age_y"] = 90.0
    found = who_is_missing(checked(rows, StudyPlan(covariates=("age_y",))))
    told = {one.column: (one.measured, one.lost) for one in found}
    assert told["age_y"][0].startswith("mean 70")
    assert told["age_y"][1].startswith("mean 90")
    assert told["group"] == ("control 8, patient 8", "control 2")


def test_warnings_of_measured_walks_are_counted() -> None:
    rows = study()
    rows["warnings"] = np.where(rows["status"] == "measured", "few_strides;low_rate", None)
    codes = {(r.status, r.code): r.n_walks for r in quality_codes(checked(rows, StudyPlan()))}
    assert codes["measured, warned", "low_rate"] == 32
    assert codes["refused", "too_few_strides"] == 2


def test_two_sides_count_as_their_mean_and_one_alone_as_missing() -> None:
    left = rows_of({"a": [[1.0], [2.0]]}, "step_time_s", "left", "s")
    right = rows_of({"a": [[1.2], [None]]}, "step_time_s", "right", "s")
    table = checked(pd.concat([left, right]), StudyPlan())
    assert table.measures[0].sides == "mean"
    assert table.values["step_time_s"].tolist() == pytest.approx([1.1, np.nan], nan_ok=True)


def test_people_count_once_with_their_mean() -> None:
    table = checked(rows_of({"a": [[1.0, 2.0], [3.0]]}), StudyPlan())
    assert sorted(distributions(table)[0].values) == [1.5, 3.0]


def test_reference_ranges_of_the_catalogue_need_age_and_sex() -> None:
    rows = rows_of({"a": [[1.3], [0.2]]})
    assert distributions(checked(rows, StudyPlan()))[0].n_referred == 0
    known = distributions(checked(rows.assign(age_y=72, sex="female"), StudyPlan()))[0]
    assert (known.n_referred, known.n_within) == (2, 1)
    assert known.reference is not None
    brought = rows.assign(reference_low=0.1, reference_high=0.3)
    own = distributions(checked(brought, StudyPlan()))[0]
    assert (own.reference, own.n_within) == ((0.1, 0.3), 1)


def test_bands_are_cut_where_they_are_said_to_be() -> None:
    ages = pd.Series([30, 40, 64.9, 65, 74, 75, 84, 85, None])
    texts, names = levels(ages, "age_y")
    assert names == ("below 40", "from 40 to below 65", "from 65 to below 75",
                     "from 75 to below 85", "from 85")  # fmt: skip
    assert texts.tolist()[1] == "from 40 to below 65"
    assert texts.tolist()[-1] == ""
    masses, two = levels(pd.Series(range(10)), "mass_kg")
    assert two == ("below 4.5", "from 4.5")
    assert masses.value_counts().tolist() == [5, 5]


# ---------------------------------------------------------------- the files


def test_the_summary_answers_shows_and_defines(tmp_path: Path) -> None:
    plan = StudyPlan(title="My study", primary=(SPEED,), reference_group="control")
    found = write_summary(study(age_y=70), tmp_path, plan)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(OUTPUTS)
    page = _Page((tmp_path / HTML).read_text(encoding="utf-8"))
    pdf = " ".join(" ".join(words_of(tmp_path / PDF)).split())
    effect = found.contrasts[0].effect
    for text in (" ".join(page.words.split()), pdf):
        assert "My study" in text
        assert f"Walking speed, patient against control: +{effect.estimate:.3f} m/s" in text
        assert "35 of 18 people; 32 measured" in text
        assert "too_few_strides" in text
        assert "ICC(2,1)" in text
        assert "SYNTHETIC" not in text
    with (tmp_path / DICTIONARY).open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert rows[SPEED]["definition"] == CATALOGUE[SPEED].definition
    assert rows[SPEED]["unit"] == "m/s"
    assert {"subject", "visit", "value", "age_y"} <= set(rows)


def test_the_page_fetches_nothing_and_runs_nothing(tmp_path: Path) -> None:
    write_summary(study(), tmp_path)
    page = _Page((tmp_path / HTML).read_text(encoding="utf-8"))
    assert not {"script", "iframe", "link", "object", "embed", "form"} & {t for t, _ in page.tags}
    targets = [a.get(k) or "" for _, a in page.tags for k in ("src", "href", "action") if k in a]
    assert targets
    assert all(target.startswith(("data:image/svg+xml;base64,", "#")) for target in targets)
    assert all(attrs.get("alt") for tag, attrs in page.tags if tag == "img")
    assert "default-src 'none'" in (tmp_path / HTML).read_text(encoding="utf-8")


def test_synthetic_walkers_are_marked_on_every_page(tmp_path: Path) -> None:
    write_summary(study(synthetic="true"), tmp_path)
    pages = words_of(tmp_path / PDF)
    assert len(pages) > 2
    assert all(SYNTHETIC_LINE in page for page in pages)
    assert SYNTHETIC_LINE in _Page((tmp_path / HTML).read_text(encoding="utf-8")).words
    assert not any(POSE_SYNTHETIC_LINE in page for page in pages)


@pytest.mark.parametrize("walkers", ["false", "true"])
def test_every_page_says_that_synthetic_walkers_taught_the_keypoints(tmp_path, walkers) -> None:
    rows = study(synthetic=walkers)
    rows["pose_synthetic"] = [None] * (len(rows) - 1) + ["True"]
    write_summary(rows, tmp_path)
    pages = words_of(tmp_path / PDF)
    assert len(pages) > 2
    page = _Page((tmp_path / HTML).read_text(encoding="utf-8")).words
    for text in (*pages, page):
        assert POSE_SYNTHETIC_LINE in text
        assert (SYNTHETIC_LINE in text) == (walkers == "true")


def test_equal_results_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_summary(study(), tmp_path / name)
    for name in OUTPUTS:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_from_outside_stays_text(tmp_path: Path, text: str) -> None:
    rows = study(ward=text)
    unlucky = rows["subject"] == "patient-1"
    for name in ("reason", "code", "unit", "file"):
        rows[name] = text
    rows["group"] = rows["group"].replace("patient", text)
    rows.loc[unlucky, "subject"] = text
    rows["parameter"] = rows["parameter"].replace(SPEED, text)
    rows = rows.rename(columns={"ward": text})
    rows["visit"] = rows["visit"].replace("2", text)
    plan = StudyPlan(title=text, group="group", subgroups=(text,), about=((text, text),))
    write_summary(rows, tmp_path, plan)
    content = (tmp_path / HTML).read_text(encoding="utf-8")
    page = _Page(content)
    assert not {"script", "b"} & {tag for tag, _ in page.tags}
    assert not re.search(r"[\x00-\x08\u202e]", content)
    assert [t for t, _ in page.tags].count("h1") == 1
    assert words_of(tmp_path / PDF)
    with (tmp_path / DICTIONARY).open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


# ---------------------------------------------------------------- little, nothing, much


@pytest.mark.parametrize(
    "rows",
    [
        rows_of({"only": [[1.0, 1.1], [1.2, 1.3], [0.9, 1.0]]}),
        rows_of({"a": [[1.0]]}),
        rows_of({"a": [[1.0, 1.0]] * 4, "b": [[1.0, 1.0]] * 4}),
        rows_of({"a": [[None, None]] * 4, "b": [[None, None]] * 4}),
        rows_of({"a": [[1.0, 1.2]] * 3, "b": [[None, None]] * 3}),
        pd.DataFrame([lost("p1"), lost("p2")]).assign(parameter=None, side=None, value=None),
        rows_of({"a": [[1.0]]}).iloc[:0],
        rows_of({"a": [[1e300, -1e300], [1.0, 2.0], [3.0, 4.0]], "b": [[float("inf")] * 2] * 3}),
        rows_of({"": [[1.0], [2.0]], "b": [[1.0], [3.0]]}),
        rows_of({f"g{i}": [[1.0 + i / 10 + j] for j in range(3)] for i in range(9)}),
        rows_of({f"g{i}": [[1.0]] for i in range(60)}),
        pd.concat(
            [rows_of({f"g{i}": [[1.0], [2.0]] for i in range(20)}, f"p{k}_s") for k in range(7)]
        ),
    ],
    ids=["one group", "one person", "constant", "all missing", "one group missing", "all refused",
         "no rows", "huge and infinite", "group not known", "nine groups", "sixty groups",
         "twenty groups, seven parameters"],
)  # fmt: skip
def test_little_data_gives_a_summary_without_a_number_made_up(
    tmp_path: Path, rows: pd.DataFrame
) -> None:
    write_summary(rows, tmp_path, StudyPlan(subgroups=("visit",)))
    text = _Page((tmp_path / HTML).read_text(encoding="utf-8")).words
    assert not re.search(r"\b(nan|inf|None)\b", text)
    assert words_of(tmp_path / PDF)


@pytest.mark.slow
def test_ten_thousand_walks_are_summarised(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = pd.concat(
        [
            simulated(rng, 0.02, people=2500).assign(parameter=name)
            for name in (SPEED, "cadence_spm")
        ]
    )
    found = write_summary(rows, tmp_path, StudyPlan(primary=(SPEED,), reference_group="control"))
    assert found.flow.n_walks == 10_000
    assert found.contrasts[0].effect.low < 0.02 < found.contrasts[0].effect.high
    assert (tmp_path / HTML).stat().st_size < 2_000_000


# ---------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("change", "plan", "sentence"),
    [
        (lambda rows: rows.drop(columns="status"), StudyPlan(), "no column status"),
        (lambda rows: rows, StudyPlan(covariates=("age_y",)), "no column age_y"),
        (lambda rows: rows, StudyPlan(group="arm"), "no column arm"),
        (lambda rows: rows, StudyPlan(primary=("speed",)), "no parameter speed"),
        (lambda rows: rows, StudyPlan(reference_group="nobody"), "no group 'nobody'"),
        (lambda rows: rows, StudyPlan(retest_visits=("1", "7")), "no visit '7'"),
        (lambda rows: rows.assign(status="done"), StudyPlan(), "a status 'done'"),
        (lambda rows: pd.concat([rows, rows]), StudyPlan(), "twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_sentence_and_writes_nothing(
    tmp_path: Path, change, plan: StudyPlan, sentence: str
) -> None:
    rows = simulated(np.random.default_rng(0), people=3)
    with pytest.raises(BadInputError, match=sentence):
        write_summary(change(rows), tmp_path, plan)
    assert list(tmp_path.iterdir()) == []


def test_a_column_of_codes_is_no_covariate(tmp_path: Path) -> None:
    rows = simulated(np.random.default_rng(0), people=30)
    with pytest.raises(BadInputError, match="more than 20 kinds"):
        write_summary(rows, tmp_path, StudyPlan(covariates=("subject",)))


def test_without_statsmodels_a_comparison_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    for name in (
        "statsmodels.regression.linear_model",
        "statsmodels.regression.mixed_linear_model",
    ):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadInputError, match="statsmodels"):
        write_summary(study(), tmp_path)
