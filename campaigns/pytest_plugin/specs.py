"""The spec behind a test: what the user's own says, with what a marker or a call puts on top, checked whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probewright.campaigns.pytest_plugin.options import Settings, is_inline
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.campaigns.specs.spec_file import check_spec, parse_spec
from probewright.errors import ConfigError, DataError

NAME = "pytest"
FAMILY = "astral"  # what a spec that names none is completed with, where only its target is asked
OF_CAMPAIGNS = ("calls", "tokens", "usd", "minutes")  # of a spec's limits
JUDGING = frozenset({"oracle", "opinions", "confirm"})
LATER = {"kind": "python", "callable": "probewright:later"}  # stands for a target that only a fixture names
NO_TARGET = (
    "no target: give --pw-target '{kind: openai_chat, base_url: ..., model: ...}', --pw-spec FILE, "
    "or override the fixture probewright_spec"
)


@dataclass(frozen=True, slots=True)
class Base:
    """The user's spec as plain values, not yet complete.

    ``folder`` is what its paths are relative to. ``budget`` holds the session's own limits by their names in a spec.
    """

    values: Mapping[str, Any]
    folder: Path
    source: str
    budget: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def family_kind(self) -> str | None:
        """The kind of family that it names, if any."""
        return _kind(self.values.get("family"))

    def with_family(self, family: Mapping[str, Any], oracle: Any, seed: int, cases: int | None) -> CampaignSpec:
        """The spec for a family that a test names.

        The oracle is the test's, else the spec's where that is about the same kind of family, else the family's. Of the
        spec's limits the concurrency holds; how many cases and trials there are, the test says.

        Raises:
            ConfigError: it does not check, or has a limit of campaigns that nothing would hold here.
        """
        values = dict(self.values)
        if oracle is not None or _kind(family) != self.family_kind:
            values = {key: value for key, value in values.items() if key not in JUDGING}
        judged = {} if oracle is None else {"oracle": oracle}
        given = self.values.get("limits", {})
        limits = {**given, "cases": cases, "trials": 1} if isinstance(given, Mapping) else given
        spec = self.check({**values, **judged, "family": family, "seed": seed, "limits": limits})
        self._refuse_unheld(spec)
        return spec

    def _refuse_unheld(self, spec: CampaignSpec) -> None:
        """Raises for a limit of campaigns: tests that run one by one share none but the session's budget."""
        for name in OF_CAMPAIGNS:
            limit, own = getattr(spec.limits, name), self.budget.get(name)
            if limit is not None and (own is None or own > limit):
                session = f"give --pw-max-{name} {limit:g} or less, or " if name in self.budget else ""
                raise ConfigError(
                    f"{self.source}: limits.{name} is {limit:g}: it holds for campaigns, and marked tests are none; "
                    f"{session}give these tests a spec without it"
                )

    def check(self, values: Mapping[str, Any] | None = None) -> CampaignSpec:
        """The checked spec.

        Raises:
            ConfigError: there is no target, or something is not allowed.
        """
        given = self.values if values is None else values
        if "target" not in given:
            raise ConfigError(NO_TARGET)
        return check_spec({"name": NAME, "family": FAMILY, **given}, self.source, self.folder)


def base(settings: Settings, given: Any) -> Base:
    """The user's spec: what the fixture ``probewright_spec`` gives, with the target of ``--pw-target`` in its place.

    Raises:
        ConfigError: it is neither a mapping nor a file that holds one.
    """
    values, folder, source = _given(given, settings.root)
    if settings.target:
        values = {**values, "target": _target(settings)}
    return Base(values, folder, source, {"calls": settings.max_calls, "usd": settings.max_usd})


def check_family(family: Mapping[str, Any], seed: int, folder: Path) -> CampaignSpec:
    """A checked spec whose target is not known yet: enough to build its family while tests are collected.

    Raises:
        ConfigError: there is no such family, or its parameters do not check.
    """
    values = {"name": NAME, "target": LATER, "family": family, "seed": seed}
    return check_spec(values, "probewright marker", folder)


def _given(given: Any, root: Path) -> tuple[dict[str, Any], Path, str]:
    if isinstance(given, CampaignSpec):
        return given.dump(), root, "probewright_spec"
    if isinstance(given, Mapping):
        return dict(given), root, "probewright_spec"
    if isinstance(given, str | Path):
        path = root / given
        return _mapping(_parsed(path), str(path)), path.parent, str(path)
    raise ConfigError(f"probewright_spec gives a {type(given).__name__}; allowed: a mapping as in YAML, or a path")


def _target(settings: Settings) -> dict[str, Any]:
    text, source = settings.target, "--pw-target"
    if is_inline(text):
        return _mapping(parse_spec(text.encode(), source), source)
    path = Path(text)
    values = _mapping(_parsed(path), str(path))
    return _mapping(values["target"], str(path)) if "target" in values else values


def _parsed(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    return parse_spec(content, str(path))


def _mapping(values: Any, source: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise ConfigError(f"{source}: holds a {type(values).__name__}; allowed: a mapping")
    return values


def _kind(plugin: Any) -> str | None:
    if isinstance(plugin, Mapping):
        return str(plugin.get("kind"))
    return plugin if isinstance(plugin, str) else None
