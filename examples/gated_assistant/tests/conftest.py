"""The gate's own spec, with the system prompt that is in this commit."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def probewright_spec() -> dict[str, Any]:
    """The model that is tested, for the fixtures of the plugin."""
    target = yaml.safe_load((ROOT / "probewright" / "gate.yaml").read_text())["target"]
    system = (ROOT / "assistant" / "system_prompt.md").read_text().strip()
    return {"target": {**target, "system": system}, "oracle": "contains"}
