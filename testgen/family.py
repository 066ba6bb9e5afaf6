"""The role's base class for families: what most of them have none of."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from probewright.findings import Finding, Judged
from probewright.plugins import Plugin


class BaseFamily:
    """Answers the optional questions of the role `Family`: no endpoints, no files, no controls, no findings."""

    opinions: ClassVar[tuple[str, ...]] = ()
    rated: ClassVar[Mapping[str, str]] = MappingProxyType({})
    cluster: ClassVar[str] = ""

    def endpoints(self) -> Mapping[str, Plugin]:
        """None: no model is asked to write."""
        return {}

    def targets(self, own: Plugin) -> Mapping[str, Plugin]:  # noqa: ARG002 (there is none to derive)
        """None beside the spec's own."""
        return {}

    def fingerprint(self) -> str:
        """Empty: all that the cases come from is in the spec and the package."""
        return ""

    @classmethod
    def findings(cls, trials: Iterable[Judged], rules: Sequence[str]) -> tuple[Finding, ...]:  # noqa: ARG003 (none)
        """None beyond the rates."""
        return ()
