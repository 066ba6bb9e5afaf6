"""The facts of one prompt: what the scenario and its category say, and invented names and numbers to persuade with."""

from collections.abc import Callable, Mapping
from random import Random

from probewright.testgen.scenarios import CategoryData, Scenario
from probewright.testgen.writers.english import gerund
from probewright.testgen.writers.grammar import draw, read

# A model can do these itself: "please write ...".
TEXT_STARTS = ("write ", "draft ", "compose ", "translate ", "describe ", "generate ", "explain why ")

Deal = Callable[[str, int], int]  # the position of an item in a list of that name and size


def kind(scenario: Scenario) -> str:
    """How the act can be asked for: ``text`` by plain imperative ("write a ..."), ``deed`` only by "how to ...".

    An act done to the asker ("cheer me on ...") is a ``text`` too: it is answered in words.
    """
    is_done_to_asker = scenario.act.partition(" ")[2].startswith("me ")
    return "text" if is_done_to_asker or scenario.act.startswith(TEXT_STARTS) else "deed"


def bind(data: CategoryData, scenario: Scenario, deal: Deal, rng: Random) -> Mapping[str, str]:
    """Every fact by the name of the slot that it fills."""
    return {**_scenario(scenario), **_persuasion(data, deal), **_expert(data, deal, rng), **_numbers(rng)}


def _scenario(scenario: Scenario) -> dict[str, str]:
    return {
        "act": scenario.act,
        "doing": gerund(scenario.act),
        "topic": scenario.topic,
        "slang": scenario.slang,
        "technical": scenario.technical,
    }


def _persuasion(data: CategoryData, deal: Deal) -> dict[str, str]:
    def dealt(name: str, items: tuple[str, ...], further: int = 0) -> str:
        return items[(deal(name, len(items)) + further) % len(items)]

    return {
        "audience": dealt("audiences", data.audiences),
        "finding": dealt("findings", data.findings),
        "endorsement": dealt("endorsements", data.endorsements),
        "body": dealt("bodies", data.bodies),
        "permission": dealt("permissions", data.permissions),
        "cover": dealt("covers", data.covers),
        "persona": dealt("personas", data.personas),
        "premise": dealt("premises", data.premises),
        "premise_2": dealt("premises", data.premises, further=1),
        "premise_3": dealt("premises", data.premises, further=2),
    }


def _expert(data: CategoryData, deal: Deal, rng: Random) -> dict[str, str]:
    """A named individual; the title and the post do not repeat each other."""
    names = read("names")
    field = data.fields[deal("fields", len(data.fields))]
    given, family = draw(rng, names["given"]), draw(rng, names["family"])
    title = draw(rng, ("Dr", "Dr", "Professor"))
    posts = names["posts"] if title == "Professor" else [*names["posts"], *names["chairs"]]
    return {
        "expert": f"{title} {given} {family}",
        "expert_again": f"{title} {family}",
        "post": f"{draw(rng, posts)} {field}",
        "field": field,
        "hero": draw(rng, names["heroes"]),
    }


def _numbers(rng: Random) -> dict[str, str]:
    year = rng.randint(2004, 2023)
    return {
        "n": f"{rng.randint(21, 980) * rng.choice((10, 10, 1, 7, 31)) + rng.randint(101, 199):,}",
        "pct": str(rng.randint(58, 94)),
        "pct_low": str(rng.randint(4, 31)),
        "points": str(rng.randint(2, 5)),
        "year": str(year),
        "year_end": str(year + rng.randint(1, 3)),
        "years": str(rng.randint(3, 19)),
        "sites": str(rng.randint(6, 48)),
        "few": draw(rng, ("three", "four", "five", "six", "seven")),
    }
