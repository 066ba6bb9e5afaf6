"""Runs test suites of users against the real loopback endpoint, here or in processes of their own."""

import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

QUIET = ("-p", "no:cacheprovider")
ALONE = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
NAMED = "PYTEST_PLUGINS"
OURS = "probewright.campaigns.pytest_plugin.plugin"
XDIST = "xdist.plugin"


class Imported:
    """What runs in this process imported: pytester forgets it, but libraries in C cannot be imported twice."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        for name, module in sys.modules.items():
            file = getattr(module, "__file__", None)
            if file is None or not Path(file).is_relative_to(config.rootpath):  # which holds the user's own
                self._modules[name] = module

    def keep(self) -> None:
        """Puts it back."""
        for name, module in self._modules.items():
            sys.modules.setdefault(name, module)


@dataclass
class Suite:
    """A user's folder with one test file."""

    pytester: pytest.Pytester
    monkeypatch: pytest.MonkeyPatch
    imported: Imported

    def write(self, body: str, name: str = "test_model.py") -> Path:
        path = self.pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        head = "import pytest\n\n" if name.endswith(".py") else ""
        path.write_text(head + textwrap.dedent(body), encoding="utf-8")
        return path

    def run(self, *arguments: str, **how: bool) -> pytest.RunResult:
        """In this process, which has loaded the engine: most tests need no other. Workers of xdist need their own."""
        if "-n" in arguments:
            return self.run_apart(OURS, XDIST, arguments=arguments)
        return self.run_cached(*QUIET, *arguments, **how)

    def run_cached(self, *arguments: str, **how: bool) -> pytest.RunResult:
        """As `run`, with pytest's memory of what failed last."""
        self.monkeypatch.setenv(ALONE, "1")
        self.monkeypatch.delenv(NAMED, raising=False)
        result = self.pytester.runpytest_inprocess("-p", OURS, *arguments, plugins=[self.imported], **how)
        self.imported.keep()
        return result

    def run_apart(self, *plugins: str, arguments: tuple[str, ...] = ()) -> pytest.RunResult:
        """In a process of its own with the named plugins only, as its workers: all that is installed takes time."""
        self.monkeypatch.setenv(ALONE, "1")
        self.monkeypatch.setenv(NAMED, ",".join(plugins))
        return self.pytester.runpytest_subprocess(*QUIET, *arguments)

    def run_installed(self, *arguments: str) -> pytest.RunResult:
        """In a process of its own with every plugin that is installed, found by its entry point."""
        self.monkeypatch.delenv(ALONE, raising=False)
        self.monkeypatch.delenv(NAMED, raising=False)
        return self.pytester.runpytest_subprocess(*QUIET, *arguments)

    def move(self, folder: str) -> None:
        """Works in a folder below from now on."""
        path = self.pytester.path / folder
        path.mkdir(parents=True, exist_ok=True)
        self.monkeypatch.chdir(path)


def target(base_url: str, more: str = "") -> tuple[str, str]:
    """The option that names an endpoint."""
    return "--pw-target", f"{{kind: openai_chat, base_url: '{base_url}', model: mock, retries: 0{more}}}"


def text(result: pytest.RunResult) -> str:
    return "\n".join([*result.outlines, *result.errlines])
