"""Fixtures that import torch, inside of them: without the extra `torch` this file must still be read."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from probewright.pools import models
from probewright.pools.models import InstalledModel
from tests.imported_smollm2 import lend

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.torch import tiny  # noqa: PLC0415

    return tiny.write_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture
def tiny(tiny_gguf: Path) -> InstalledModel:
    """The tiny model, registered in the test's own data folder."""
    return models.add_file("tiny", tiny_gguf)


@pytest.fixture(scope="session")
def tiny_folder(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, imported."""
    from probewright.pools import digests  # noqa: PLC0415
    from probewright.pools.imported import imported  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROBEWRIGHT_HOME", str(tmp_path_factory.mktemp("tiny-home")))
        return imported(tiny_gguf, digests.sha256(tiny_gguf))


@pytest.fixture
def loaded(tiny_folder: Path) -> Any:
    """The tiny model, loaded in float32."""
    from probewright.pools.engines.transformers_server import loading  # noqa: PLC0415

    return loading.load(tiny_folder, "tiny", context_tokens=512, dtype="float32")


@pytest.fixture
def smollm2(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> InstalledModel:
    """The real model, with its import lent to the test's data folder."""
    lend(tmp_path_factory, data_folder)
    return models.find("smollm2")
