"""SmolLM2 imported once for all tests of a run: it takes half a minute, and every test has a fresh data folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

IMPORT = """
from probewright.pools import models
from probewright.pools.imported import imported
model = models.find("smollm2")
imported(model.path, model.sha256)
"""


def lend(tmp_path_factory: pytest.TempPathFactory, home: Path) -> None:
    """Puts the imported model into the data folder ``home``, as a link to the one that all tests share."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # the workers of a run have a folder in common
    shared = run / "smollm2-home"
    if not (shared / "imported" / "ready").exists():  # the import itself takes turns with other workers
        environment = {**os.environ, "PROBEWRIGHT_HOME": str(shared), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        subprocess.run([sys.executable, "-c", IMPORT], env=environment, check=True, capture_output=True)
        (shared / "imported" / "ready").touch()
    home.mkdir(parents=True, exist_ok=True)
    (home / "imported").symlink_to(shared / "imported", target_is_directory=True)
