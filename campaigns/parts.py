"""The plug-ins of one campaign, together."""

from collections.abc import Mapping
from dataclasses import dataclass

from probewright.protocols import Family, Oracle, Search, Target
from probewright.types import Role

Address = tuple[Role, str]  # a role and, where it has several endpoints, which: what an Ask is addressed to


@dataclass(frozen=True, slots=True)
class Parts:
    """A campaign's plug-ins, and the open endpoints that their scripts may ask."""

    family: Family
    search: Search
    oracle: Oracle
    endpoints: Mapping[Address, Target]
