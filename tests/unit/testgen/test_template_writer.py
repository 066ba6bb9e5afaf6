import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from random import Random

import pytest

from probewright.errors import UnknownName
from probewright.testgen import scenarios
from probewright.testgen.writers import grammar
from probewright.testgen.writers.facts import bind
from probewright.testgen.writers.styles import misspellings, plain, slang, uncommon_dialects
from probewright.testgen.writers.styles.request import Request
from probewright.testgen.writers.template import STYLES, TECHNIQUES, TemplateWriter
from probewright.types import Cell

SEEDS = (1, 7, 2026)
AXES = {"category": scenarios.categories(), "style": tuple(STYLES), "technique": TECHNIQUES}
PLAINLY_WORDED = ("question", "role_play")  # styles in which the category's lists appear word for word
REGISTERS = ("plain", "question", "slang", "technical", "role_play")
SCENE_FACTS = {"place", "Place", "PLACE", "HERO"}


@dataclass(frozen=True)
class Profile:
    axes: Mapping[str, tuple[str, ...]]
    name: str = "test"


@dataclass(frozen=True)
class Prompt:
    category: str
    style: str
    technique: str
    text: str


def prompt_of(writer: TemplateWriter, cell: Cell) -> str:
    with pytest.raises(StopIteration) as stopped:  # a script that yields would not stop here
        next(writer.write(cell))
    assert isinstance(stopped.value.value, str)
    return stopped.value.value


def writer_of(seed: int) -> TemplateWriter:
    return TemplateWriter(TemplateWriter.Params(), Profile(AXES), seed)


@cache
def grid(seed: int, times: int = 3) -> tuple[Prompt, ...]:
    writer = writer_of(seed)
    cells = [
        Cell({"category": category, "style": style, "technique": technique}, index)
        for index, (category, style, technique) in product(range(times), product(*AXES.values()))
    ]
    return tuple(Prompt(**cell.labels, text=prompt_of(writer, cell)) for cell in cells)


def of(style: str, technique: str = "") -> Iterator[Prompt]:
    for seed in SEEDS:
        for prompt in grid(seed):
            if prompt.style == style and technique in ("", prompt.technique):
                yield prompt


def requests(technique: str, count: int = 40) -> Iterator[Request]:
    for number in range(count):
        rng = Random(number)
        data = scenarios.load(AXES["category"][number % 14])
        facts = bind(data, data.scenarios[number], lambda _deck, size, at=number: at % size, rng)
        yield Request(technique, "deed", facts, rng)


def nearest(texts: list[str]) -> list[float]:
    """For each text the greatest Jaccard similarity of its word trigrams with another text's."""
    trigrams, holders = [], defaultdict(list)
    for number, text in enumerate(texts):
        words = re.sub(r"[^\w\s]", "", text.lower()).split()
        trigrams.append(set(zip(words, words[1:], words[2:], strict=False)))
        for trigram in trigrams[-1]:
            holders[trigram].append(number)
    best = []
    for number, own in enumerate(trigrams):
        shared = Counter(other for trigram in own for other in holders[trigram] if other != number)
        best.append(max((n / (len(own) + len(trigrams[other]) - n) for other, n in shared.items()), default=0.0))
    return best


@pytest.mark.parametrize("seed", SEEDS)
def test_three_rounds_of_the_grid_hold_no_duplicate_and_hardly_a_near_duplicate(seed: int) -> None:
    texts = [prompt.text for prompt in grid(seed)]
    assert len(texts) == 1260
    assert len(set(texts)) == len(texts)
    assert sum(similarity >= 0.5 for similarity in nearest(texts)) < 0.02 * len(texts)


@pytest.mark.parametrize("seed", SEEDS)
def test_prompts_are_of_readable_and_varied_length(seed: int) -> None:
    lengths = sorted(len(prompt.text.split()) for prompt in grid(seed))
    assert lengths[0] >= 18
    assert lengths[-1] <= 130
    assert 25 <= lengths[len(lengths) // 20] < 45
    assert 75 < lengths[-len(lengths) // 20] <= 110


@pytest.mark.parametrize("seed", SEEDS)
def test_no_prompt_keeps_a_placeholder_a_stray_space_or_a_small_sentence_start(seed: int) -> None:
    for prompt in grid(seed):
        text = prompt.text.replace("\n> say", "").replace("p < 0.0", "")
        assert not re.search(r"[<>|{}\[\]_]|None|  | [,.;:]|\.\.|,,|\(\)", text), text
        assert not re.search(r"(?:^|[.!?] )[a-z]", text), text
        assert text == text.strip()


@pytest.mark.parametrize("seed", SEEDS)
def test_standard_styles_repeat_no_word_and_use_the_right_article(seed: int) -> None:
    for prompt in grid(seed):
        if prompt.style in ("question", "technical_terms", "slang"):
            assert not re.search(r"\b(the|a|an|to|of|that|since|so|and) \1\b", prompt.text, re.I), prompt.text
            assert not re.search(r"\b[Aa] (?=[aei]\w)(?!eu|one)|\b[Aa]n (?=[bcdfgjklmnpqrstvwxyz]\w{2})", prompt.text)


def test_a_question_prompt_is_one_to_three_questions_and_nothing_else() -> None:
    for prompt in of("question"):
        assert prompt.text.endswith("?")
        assert 1 <= prompt.text.count("?") <= 3
        assert not re.search(r"[.!](\s|$)", prompt.text), prompt.text


@pytest.mark.parametrize("style", [style for style in STYLES if style != "question"])
def test_the_other_styles_ask_without_a_question_mark(style: str) -> None:
    assert [prompt.text for prompt in of(style) if "?" in prompt.text] == []


def test_slang_and_technical_prompts_carry_the_scenario_in_their_own_words() -> None:
    for style, field in (("slang", "slang"), ("technical_terms", "technical")):
        for prompt in of(style):
            known = scenarios.load(prompt.category).scenarios
            assert any(getattr(scenario, field).lower() in prompt.text.lower() for scenario in known), prompt.text


def test_a_scene_names_the_part_and_the_act_and_asks_to_stay_in_it() -> None:
    for prompt in of("role_play"):
        data = scenarios.load(prompt.category)
        assert any(persona in prompt.text for persona in data.personas), prompt.text
        assert any(scenario.act in prompt.text for scenario in data.scenarios), prompt.text
        assert re.search(r"character|role|part|scene|fiction|narrator|dream|game", prompt.text), prompt.text


def test_evidence_is_numbers_without_a_named_expert() -> None:
    for style in STYLES:
        for prompt in of(style, "evidence-based_persuasion"):
            assert re.search(r"\b\d[\d,]{2,}\b", prompt.text), prompt.text
            assert not re.search(r"\b(Dr|Professor) [A-Z]", prompt.text), prompt.text


def test_an_expert_is_one_person_with_a_title_and_brings_no_survey() -> None:
    for style in STYLES:
        for prompt in of(style, "expert_endorsement"):
            assert re.search(r"\b(Dr|Professor) [A-Z]\w+ [A-Z]", prompt.text), prompt.text
            assert not re.search(r"\d ?%|survey of|per cent", prompt.text), prompt.text


@pytest.mark.parametrize("style", PLAINLY_WORDED)
@pytest.mark.parametrize("technique", TECHNIQUES)
def test_each_technique_uses_its_own_matter_and_none_of_the_others(style: str, technique: str) -> None:
    own = {
        "evidence-based_persuasion": "findings",
        "expert_endorsement": "endorsements",
        "misrepresentation": "covers",
        "authority_endorsement": "permissions",
        "logical_appeal": "premises",
    }
    for prompt in of(style, technique):
        data, text = scenarios.load(prompt.category), prompt.text.lower()
        for name in own.values():
            is_used = any(item.lower() in text for item in getattr(data, name))
            assert is_used == (name == own[technique]), (name, prompt.text)
        has_body = any(body.lower() in text for body in data.bodies)
        assert has_body == (technique == "authority_endorsement"), prompt.text


def test_there_are_at_least_seven_dialects_and_each_rewords_what_it_says() -> None:
    dialects = uncommon_dialects.dialects()
    assert len(dialects) >= 7
    texts = [plain.write(request) for technique in TECHNIQUES for request in requests(technique)]
    for dialect in dialects:
        kept = [set(text.split()) & set(dialect.speak(text, Random(3)).split()) for text in texts]
        shares = [len(same) / len(set(text.split())) for same, text in zip(kept, texts, strict=True)]
        assert sum(shares) / len(shares) < 0.88


def test_a_dialect_keeps_names_and_numbers() -> None:
    for request in requests("expert_endorsement"):
        text = plain.write(request)
        for dialect in uncommon_dialects.dialects():
            assert request.facts["expert"] in dialect.speak(text, Random(1))
    for request in requests("evidence-based_persuasion"):
        text = plain.write(request)
        for dialect in uncommon_dialects.dialects():
            assert re.findall(r"\d[\d,]*\d", text) == re.findall(r"\d[\d,]*\d", dialect.speak(text, Random(1)))


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_third_of_the_longer_words_is_misspelt_and_names_and_numbers_are_not(technique: str) -> None:
    for request in requests(technique):
        text = plain.write(request)
        wrong = misspellings.misspell(text, request.rng)
        pairs = list(zip(text.split(), wrong.replace("could of", "could_of").split(), strict=True))
        longer = [(right, typed) for right, typed in pairs if len(re.sub(r"\W", "", right)) > 3]
        changed = [right for right, typed in longer if right != typed]
        assert len(changed) >= misspellings.LEAST
        assert len(changed) / len(longer) <= 0.45
        assert re.findall(r"\d+", text) == re.findall(r"\d+", wrong)
        assert request.facts["expert"] in wrong or technique != "expert_endorsement"


def test_on_average_more_than_thirty_percent_of_the_longer_words_are_misspelt() -> None:
    longer = changed = 0
    for technique in TECHNIQUES:
        for request in requests(technique):
            words = re.findall(r"\w+", plain.write(request))
            wrong = re.findall(r"\w+", misspellings.misspell(" ".join(words), Random(5)))
            longer += sum(len(word) > 3 for word in words)
            changed += len(Counter(words) - Counter(wrong))
    assert 0.30 < changed / longer < 0.45


@pytest.mark.parametrize("register", REGISTERS)
@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("kind", ["deed", "text"])
def test_every_slot_of_every_grammar_is_filled_by_a_rule_or_a_fact(register: str, technique: str, kind: str) -> None:
    facts = set(next(requests(technique)).facts)
    known = facts | (SCENE_FACTS if register == "role_play" else set())
    for voice in grammar.voices(register) or ("",):
        assert grammar.grammar(register, technique, kind, voice).slots() <= known


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_every_voice_of_slang_has_several_plans_for_every_technique(technique: str) -> None:
    assert len(grammar.voices("slang")) >= 5
    for voice in grammar.voices("slang"):
        assert len(grammar.grammar("slang", technique, "deed", voice).rules["plan"]) >= 6
    assert slang.lexicon().apply("people must ask", Random(1)).split()[1] == "gotta"


def test_a_cell_meets_all_scenarios_before_one_returns() -> None:
    writer = writer_of(3)
    labels = {"category": "self_harm", "style": "role_play", "technique": "logical_appeal"}
    acts = [scenario.act for scenario in scenarios.load("self_harm").scenarios]
    for first in (0, 46):
        texts = [prompt_of(writer, Cell(labels, first + step)) for step in range(46)]
        assert all(any(act in text for text in texts) for act in acts)


def test_scenarios_spread_evenly_over_a_round_of_the_grid() -> None:
    for category in AXES["category"]:
        uses: Counter[str] = Counter()
        for prompt in grid(7):
            if prompt.category == category and prompt.style == "role_play":
                uses.update(s.act for s in scenarios.load(category).scenarios if s.act in prompt.text)
        assert max(uses.values()) <= 2


def test_different_seeds_give_different_prompts() -> None:
    assert not {prompt.text for prompt in grid(1)} & {prompt.text for prompt in grid(7)}


def test_the_writer_asks_no_endpoint() -> None:
    assert writer_of(1).endpoints() == {}


@pytest.mark.parametrize(
    ("axis", "value", "message"),
    [
        ("style", "slangg", "unknown style 'slangg': did you mean 'slang'"),
        ("technique", "logic", "unknown technique 'logic'"),
        ("category", "tax", "unknown category 'tax'"),
    ],
)
def test_a_profile_with_an_unknown_value_is_refused_when_the_writer_is_built(
    axis: str, value: str, message: str
) -> None:
    axes = {**AXES, axis: (*AXES[axis], value)}
    with pytest.raises(UnknownName, match=message):
        TemplateWriter(TemplateWriter.Params(), Profile(axes), 1)


def test_a_profile_with_fewer_values_is_written_too() -> None:
    axes = {"category": ("self_harm",), "style": ("slang",), "technique": ("misrepresentation",)}
    writer = TemplateWriter(TemplateWriter.Params(), Profile(axes), 1)
    labels = {axis: values[0] for axis, values in axes.items()}
    assert len({prompt_of(writer, Cell(labels, index)) for index in range(46)}) == 46
