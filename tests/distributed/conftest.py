"""What tests of several workers share: a Redis of this test process, and clusters around it and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster, cluster
from tests.servers import Server, valkey


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    with valkey() as server:
        yield server


@pytest.fixture
def crew(tmp_path: Path, postgresql: Server, redis_server: Server) -> Iterator[Cluster]:
    """A cluster without workers yet."""
    with cluster(tmp_path, postgresql, redis_server) as made:
        yield made
