"""What every registered engine keeps to."""

import asyncio
import os
import tomllib
from pathlib import Path

import pytest

from probewright import registry
from probewright.errors import PoolError
from probewright.pools.engine import Engine, EngineOptions, check_installed
from probewright.pools.models import InstalledModel, find
from probewright.pools.pool import Pool
from tests.imported_smollm2 import lend

ENGINES = sorted(registry.table("engine"))
MARKS = {"llama_cpp": pytest.mark.model, "transformers": pytest.mark.torch}  # what serving a model for real needs
SERVED = [pytest.param(name, marks=MARKS[name]) for name in ENGINES]
PROJECT = Path(__file__).parents[2] / "pyproject.toml"
MODEL = InstalledModel("tiny", Path("/models/tiny.gguf"), "0" * 64, "", "file")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    made: Engine = registry.load("engine", request.param)()
    assert made.name == request.param
    return made


def test_its_extra_is_one_that_the_project_offers(engine: Engine) -> None:
    offered = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]
    assert engine.extra in offered
    assert any(line.startswith(engine.requires) for line in offered[engine.extra])


def test_its_command_names_the_model_and_the_port(engine: Engine) -> None:
    command = list(engine.command(MODEL, EngineOptions(slots=3), port=12345))
    assert all(isinstance(part, str) for part in command)
    assert {str(MODEL.path), "12345"} <= set(command)


def test_its_start_has_a_limit_and_its_health_check_a_path(engine: Engine) -> None:
    assert 0 < engine.start_limit_s <= 600
    assert engine.health_path.startswith("/")


def test_a_missing_package_is_answered_with_the_command_that_installs_it(engine: Engine) -> None:
    class Bare(type(engine)):  # type: ignore[misc]
        requires = "a_package_nobody_installed"

    with pytest.raises(PoolError, match=rf"pip install 'probewright\[{engine.extra}\]'$"):
        check_installed(Bare())


@pytest.mark.parametrize("name", SERVED)
def test_a_lease_gives_an_endpoint_and_is_released_on_error(
    name: str, data_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if name == "transformers":
        lend(tmp_path_factory, data_folder)

    async def run() -> int:
        async with Pool().lease("smollm2", name) as lease:
            served = await lease.served()
            assert served.endpoint.base_url.startswith("http://127.0.0.1:")
            assert served.endpoint.model == find("smollm2").name
            assert await served.process.is_healthy()
            pids.append(served.process.pid)
            raise ZeroDivisionError

    pids: list[int] = []
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
