"""The plugin's options, on the command line and in the ini file. Every pytest loads them: they import nothing heavy."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import pytest

MARKER = (
    "probewright(family=..., suite=..., cases=..., trials=1, m_of_n=(m, n), at_most=..., confidence=0.95, group=..., "
    "gate=..., oracle=..., seed=0, quarantine=..., until=...): one test a case of a family or of a suite; see "
    "docs/pytest.md"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user set for this session. Paths are absolute; None or empty means not given.

    ``target`` is YAML or the path of a file. What a fixture names is relative to ``root``.
    """

    target: str
    spec: Path | None
    max_calls: int | None
    max_usd: float | None
    record: Path | None
    replay: Path | None
    report: Path | None
    secrets: tuple[str, ...]
    root: Path

    @property
    def has_budget(self) -> bool:
        """Whether calls or dollars of the session are limited."""
        return self.max_calls is not None or self.max_usd is not None

    @property
    def has_work_of_its_own(self) -> bool:
        """Whether there is something to do though no test of this process should use the plugin."""
        return self.has_budget or self.report is not None or self.record is not None


def add(parser: pytest.Parser) -> None:
    """Declares the options."""
    group = parser.getgroup("probewright", "Probewright: tests of language models")
    group.addoption("--pw-target", metavar="TARGET", default="", help="a target as YAML, or a file that holds one")
    group.addoption(
        "--pw-spec", metavar="FILE", default="", help="a spec: its target, its oracle, and the limits of campaigns"
    )
    group.addoption("--pw-max-calls", metavar="N", type=_calls, help="live calls of all tests together, at most")
    group.addoption("--pw-max-usd", metavar="USD", type=_usd, help="US dollars of all tests together, at most")
    group.addoption("--pw-record", metavar="FILE", default="", help="keep new replies in this cassette")
    group.addoption(
        "--pw-replay", metavar="FILE", default="", help="take every reply from this cassette; no call is sent"
    )
    group.addoption("--pw-report", metavar="FILE.html", default="", help="write an HTML report")
    parser.addini("probewright_target", "as --pw-target", default="")
    parser.addini("probewright_spec", "as --pw-spec", default="")
    parser.addini("probewright_secrets", "further environment variables whose values no cassette may hold", type="args")


def read(config: pytest.Config) -> Settings:
    """The settings of this session.

    Raises:
        pytest.UsageError: two options contradict each other.
    """
    record, replay = _path(config, "--pw-record"), _path(config, "--pw-replay")
    if record and replay:
        raise pytest.UsageError("--pw-record and --pw-replay: give one of them; a replay sends nothing to record")
    return Settings(
        target=_target(config),
        spec=_path(config, "--pw-spec") or _path_of_ini(config, "probewright_spec"),
        max_calls=config.getoption("--pw-max-calls"),
        max_usd=config.getoption("--pw-max-usd"),
        record=record,
        replay=replay,
        report=_path(config, "--pw-report"),
        secrets=tuple(config.getini("probewright_secrets")),
        root=config.rootpath,
    )


def _path(config: pytest.Config, option: str) -> Path | None:
    given = config.getoption(option)
    return config.invocation_params.dir / given if given else None


def _path_of_ini(config: pytest.Config, name: str) -> Path | None:
    given = config.getini(name)
    return config.rootpath / given if given else None


def _target(config: pytest.Config) -> str:
    """The target in YAML as it is, or the path of its file."""
    given, ini = config.getoption("--pw-target"), config.getini("probewright_target")
    if is_inline(given or ini):
        return str(given or ini)
    return str(_path(config, "--pw-target") or _path_of_ini(config, "probewright_target") or "")


def is_inline(target: str) -> bool:
    """Whether a target is spelled out, not the name of a file."""
    return target.lstrip().startswith("{")


def _calls(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of calls; allowed: 0 or a whole number above")
    return int(text)


def _usd(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of US dollars; allowed: 0 or above")
    return value
