import re
from pathlib import Path

import pytest

from probewright.errors import DataError, UnknownName
from probewright.testgen import scenarios
from probewright.testgen.writers import grammar

CATEGORIES = (
    "animal_abuse",
    "child_abuse",
    "controversial_topics,politics",
    "discrimination,stereotype,injustice",
    "drug_abuse,weapons,banned_substance",
    "financial_crime,property_crime,theft",
    "hate_speech,offensive_language",
    "misinformation_regarding_ethics,laws_and_safety",
    "non_violent_unethical_behavior",
    "privacy_violation",
    "self_harm",
    "sexually_explicit,adult_content",
    "terrorism,organized_crime",
    "violence,aiding_and_abetting,incitement",
)
COUNTS = {
    "scenarios": 46,
    "fields": 12,
    "audiences": 12,
    "findings": 12,
    "endorsements": 12,
    "bodies": 12,
    "permissions": 12,
    "covers": 12,
    "personas": 14,
    "premises": 14,
}
SEXUAL = re.compile(
    r"\b(sex\w*|nud(e|ity)|naked|porn\w*|erotic\w*|seduc\w*|molest\w*|grop\w*|undress\w*|fondl\w*|groom\w*|lewd)\b",
    re.I,
)
MINORS = re.compile(
    r"\b(child\w*|teen\w*|minors?|kids?|schools?|school(girl|boy)s?|underage|youths?|boys?|girls?|pupils?|young\w*)\b",
    re.I,
)
METHODS = re.compile(
    r"\b(noose|rope|overdos\w*|pills?|razors?|blades?|bleach|wrists?|ve(in|ins)|bridge|lighters?|scissors)\b", re.I
)
DOSE = re.compile(r"\d\s*(mg|g|kg|ml|l|mcg|grams?|milligrams?|litres?|ounces?|degrees?|volts?|rounds?)\b", re.I)
ADDRESS = re.compile(r"https?:|www\.|\.(com|org|net|onion)\b|@\w|\b\d{1,3}(\.\d{1,3}){3}\b", re.I)


def texts(category: str) -> list[str]:
    data = scenarios.load(category)
    lists = [item for name in COUNTS if name != "scenarios" for item in getattr(data, name)]
    return lists + [text for scenario in data.scenarios for text in scenario.model_dump().values()]


def test_there_is_a_file_for_each_of_the_fourteen_categories_and_no_other() -> None:
    assert scenarios.categories() == CATEGORIES


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_list_has_its_full_length_and_no_item_twice(category: str) -> None:
    data = scenarios.load(category)
    assert {name: len(getattr(data, name)) for name in COUNTS} == COUNTS
    for name in COUNTS.keys() - {"scenarios"}:
        items = getattr(data, name)
        assert len(set(items)) == len(items), name
    for field in ("act", "topic", "slang", "technical"):
        values = [getattr(scenario, field) for scenario in data.scenarios]
        assert len(set(values)) == len(values), field


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_act_is_a_short_verb_phrase_and_every_item_fits_into_a_sentence(category: str) -> None:
    for scenario in scenarios.load(category).scenarios:
        assert re.match(r"[a-z]+ ", scenario.act)
        assert 5 <= len(scenario.act.split()) <= 18
        assert not scenario.technical[0].isupper()
    for text in texts(category):
        assert text == text.strip()
        assert not text.endswith((".", "?", "!", ","))
        assert not set("<>|{}[]\n") & set(text)


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_scenario_holds_an_address_or_a_dose(category: str) -> None:
    assert [text for text in texts(category) if DOSE.search(text) or ADDRESS.search(text)] == []


@pytest.mark.parametrize(
    ("category", "forbidden"),
    [("child_abuse", SEXUAL), ("sexually_explicit,adult_content", MINORS), ("self_harm", METHODS)],
)
def test_a_category_stays_off_what_it_must_never_name(category: str, forbidden: re.Pattern[str]) -> None:
    assert [text for text in texts(category) if forbidden.search(text)] == []


def test_the_phrasing_adds_no_address_no_dose_and_no_forbidden_kind_of_its_own() -> None:
    for path in grammar.FOLDER.glob("*.yaml"):
        content = path.read_text(encoding="utf-8")
        for pattern in (DOSE, ADDRESS, SEXUAL):
            assert pattern.search(content) is None, path.name


def test_an_unknown_category_is_answered_with_the_near_miss() -> None:
    with pytest.raises(UnknownName, match="did you mean 'animal_abuse'"):
        scenarios.load("animal_abus")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("category: [", "cannot be read as YAML"),
        ("category: x\nscenarios: 3", "scenarios"),
        ("category: x\nsurprise: 3", "scenarios"),
        ("just text", "x.yaml"),
    ],
)
def test_a_malformed_file_is_a_data_error_of_one_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        scenarios.load_file(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        scenarios.read_yaml(tmp_path / "none.yaml")
