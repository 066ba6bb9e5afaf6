"""Listed prices of hosted models: a dated table with its sources, for specs that give no price."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from probewright.plugins import PluginParams
from probewright.targets.pricing import Price

FILE = Path(__file__).with_name("prices.yaml")
DATED_NAME = re.compile(r"(.+)-(\d{8}|\d{4}-\d{2}-\d{2})")  # claude-haiku-4-5-20251001, gpt-4o-2024-11-20

Dollars = Annotated[float, Field(ge=0)]


class Provider(PluginParams):
    """One provider's part of the table: input and output price of each model, in US dollars per million tokens."""

    host: str
    as_of: date
    sources: tuple[str, ...] = Field(min_length=1)
    models: dict[str, tuple[Dollars, Dollars]]


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A price, the day on which it was so, and the page that says it."""

    price: Price
    as_of: date
    source: str

    def __str__(self) -> str:
        price = self.price
        return (
            f"{price.input_usd_per_million:g} in, {price.output_usd_per_million:g} out (USD per million tokens), "
            f"as listed on {self.as_of} at {self.source}"
        )


def price_of(host: str, model: str) -> ListedPrice | None:
    """The listed price of ``model`` at the provider's own ``host``, or None where it is unknown: never zero."""
    provider = _providers().get(host.lower())
    if provider is None:
        return None
    undated = DATED_NAME.fullmatch(model)
    listed = provider.models.get(model) or (provider.models.get(undated[1]) if undated else None)
    if listed is None:
        return None
    price = Price(input_usd_per_million=listed[0], output_usd_per_million=listed[1])
    return ListedPrice(price, provider.as_of, provider.sources[0])


@cache
def _providers() -> dict[str, Provider]:
    providers = TypeAdapter(list[Provider]).validate_python(yaml.safe_load(FILE.read_text()))
    return {provider.host: provider for provider in providers}
