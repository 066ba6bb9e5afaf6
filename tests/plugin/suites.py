"""Runs test suites of users in processes of their own, against the real loopback endpoint."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

QUIET = ("-p", "no:cacheprovider")
ALONE = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
OURS = "probewright.campaigns.pytest_plugin.plugin"
LOADED = tuple(f"-p{name}" for name in (OURS, "pytest_randomly", "_hypothesis_pytestplugin"))


@dataclass
class Suite:
    """A user's folder with one test file."""

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch

    def write(self, body: str, name: str = "test_model.py") -> Path:
        path = self.pytester.path / name
        head = "import pytest\n\n" if name.endswith(".py") else ""
        path.write_text(head + textwrap.dedent(body), encoding="utf-8")
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        """With the plugins that these tests are about; what else is installed would only take time.

        Workers of xdist need plugins that are found by entry points.
        """
        if "-n" in arguments:
            return self.run_installed(*arguments)
        return self.run_bare(*LOADED, *arguments)

    def run_bare(self, *arguments: str) -> pytest.RunResult:
        """With the named plugins only."""
        self.monkeypatch.setenv(ALONE, "1")
        return self.pytester.runpytest_subprocess(*QUIET, *arguments)

    def run_installed(self, *arguments: str) -> pytest.RunResult:
        """With every plugin that is installed, found by its entry point."""
        self.monkeypatch.delenv(ALONE, raising=False)
        return self.pytester.runpytest_subprocess(*QUIET, *arguments)


def target(base_url: str, more: str = "") -> tuple[str, str]:
    """The option that names an endpoint."""
    return "--pw-target", f"{{kind: openai_chat, base_url: '{base_url}', model: mock, retries: 0{more}}}"


def text(result: pytest.RunResult) -> str:
    return "\n".join([*result.outlines, *result.errlines])
