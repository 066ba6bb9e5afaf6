"""What multiple-choice results say: knowledge, use of the book, what options give away, and a liking for letters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from probewright.figures import counted, rate_in_words
from probewright.findings import Finding, Judged, Table, Value
from probewright.stats.intervals import Rate, wilson
from probewright.testgen.findings.scores import Scores
from probewright.types import ASSESSED, Status

BY_LETTER = "letter_logprob"
MOST_FAIR = 0.5  # a letter that is surely chosen more often than this, of four, is liked for itself
CHANCE = 0.25  # all items have four options

Condition = tuple[str, str, str]  # rule, about, condition

_ASKED = {
    "full": "Closed book",
    "open_book": "Open book",
    "options_only": "Options alone",
}
_ON = {"invented": "invented facts", "common": "common knowledge"}
_RULES = {
    "summed_logprob": "summed log-probability of the option's text",
    "mean_logprob": "log-probability per token of the option's text",
    "letter_logprob": "log-probability of the option's letter",
}


@dataclass(slots=True)
class Choices:
    """What was chosen: right answers by rule, set and condition, and letters by rule."""

    scores: Scores = field(default_factory=Scores)
    letters: dict[str, Counter[str]] = field(default_factory=dict)
    keys: Counter[str] = field(default_factory=Counter)

    def add(self, judged: Judged) -> None:
        """One trial under every rule that could tell."""
        labels = judged.outcome.labels
        if judged.verdicts:
            self.keys[labels["key"]] += 1
        for rule, verdict in judged.verdicts.items():
            if verdict.status in ASSESSED:
                condition = (rule, labels["about"], labels["condition"])
                self.scores.add(condition, labels["question"], verdict.status is Status.PASS)
                self.letters.setdefault(rule, Counter())[verdict.label] += 1


def findings(trials: Iterable[Judged], rules: Sequence[str]) -> tuple[Finding, ...]:
    """The findings of a campaign, the deciding rule first; none where nothing was assessed."""
    choices = Choices()
    for judged in trials:
        choices.add(judged)
    asked = [(about, condition) for rule, about, condition in choices.scores.conditions() if rule == rules[0]]  # type: ignore[misc,has-type]
    places = sorted(set(asked), key=lambda place: (list(_ON).index(place[0]), list(_ASKED).index(place[1])))
    if not places:
        return ()
    return (_knowledge(choices, rules, places), _letters(choices, rules))


def against_chance(rate: Rate) -> str:
    """Where a rate stands to guessing: the whole interval above it, below it, or around it."""
    if rate.low is None or rate.high is None:
        return "not assessed"
    if rate.low > CHANCE:
        return "above chance"
    return "below chance" if rate.high < CHANCE else "within chance"


def _knowledge(choices: Choices, rules: Sequence[str], places: Sequence[tuple[str, str]]) -> Finding:
    deciding = rules[0]
    statements = [
        f"{_ASKED[condition]}, {_ON[about]}: {_judged(choices.scores.rate((deciding, about, condition)))}."
        for about, condition in places
    ]
    both = (about for about in _ON if {(about, "full"), (about, "options_only")} <= set(places))
    statements += [_beyond_the_options(choices, deciding, about) for about in both]
    if {("invented", "full"), ("invented", "open_book")} <= set(places):
        statements.append(_use_of_the_book(choices, deciding))
    statements.append(f"These figures are by the {_named(deciding)}. Chance is 25%.")
    rows: list[tuple[Value, ...]] = [
        (
            f"{_ON[about]}: {_ASKED[condition].lower()}",
            *(choices.scores.rate((rule, about, condition)) for rule in rules),
        )
        for about, condition in places
    ]
    table = Table("Right answers by scoring rule; chance is 25%", ("", *(_named(rule) for rule in rules)), tuple(rows))
    return Finding("Knowledge, the book, and the options alone", tuple(statements), (table,))


def _judged(rate: Rate) -> str:
    return f"right {rate_in_words(rate)}, {against_chance(rate)}"


def _use_of_the_book(choices: Choices, rule: str) -> str:
    change = choices.scores.compare((rule, "invented", "full"), (rule, "invented", "open_book"))
    if change.is_better:
        return f"The model uses the book: {change.in_words} with the page at hand."
    if change.is_worse:
        return f"The page misleads this model: {change.in_words} with the page at hand."
    asked = counted(change.difference.n, "question")
    return f"This model cannot use the book, as far as {asked} can tell: {change.in_words} with the page at hand."


def _beyond_the_options(choices: Choices, rule: str, about: str) -> str:
    change = choices.scores.compare((rule, about, "options_only"), (rule, about, "full"))
    is_known = "adds" if change.is_better else "adds nothing sure"
    return f"Reading the question {is_known} on {_ON[about]}: {change.in_words} against the options alone."


def _letters(choices: Choices, rules: Sequence[str]) -> Finding:
    names = sorted({*choices.keys, *(letter for counts in choices.letters.values() for letter in counts)})
    rows: list[tuple[Value, ...]] = [("the keys", *(choices.keys[name] for name in names))]
    statements = []
    for rule in rules:
        counts = choices.letters.get(rule, Counter[str]())
        rows.append((f"chosen by the {_named(rule)}", *(counts[name] for name in names)))
        statements += [_liking(rule, counts)] if counts and rule == BY_LETTER else []
    table = Table("How often each letter was the key, and was chosen", ("", *names), tuple(rows))
    return Finding("Letters", tuple(statements), (table,))


def _liking(rule: str, counts: Counter[str]) -> str:
    letter, most = counts.most_common(1)[0]
    share = wilson(most, counts.total())
    said = f"By the {_named(rule)} the model chose {letter} most often, {rate_in_words(share)}"
    if share.low is not None and share.low > MOST_FAIR:
        return f"{said}: it likes the letter more than it reads the question, so this rule says little."
    return f"{said}."


def _named(rule: str) -> str:
    return _RULES.get(rule, rule)
