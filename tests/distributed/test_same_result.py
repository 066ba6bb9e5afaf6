"""Several workers at one campaign: its result is that of one process, byte for byte."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import SUBMIT, cluster
from tests.command import log_of
from tests.final_reports import check_same
from tests.servers import Server
from tests.victims import CASES, SEARCHES, Victims, victims

pytestmark = pytest.mark.distributed

WORKERS = 3


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victims]:
    """Campaigns that `probewright run` runs alone, on SQLite."""
    with victims(tmp_path_factory.mktemp("whole")) as made:
        yield made


def test_workers_bring_the_result_of_one_process_for_every_search(
    single: Victims, tmp_path: Path, postgresql: Server, redis_server: Server
) -> None:
    plugins = single.make(tmp_path / "plugins", SEARCHES[0]).variables
    (tmp_path / "crew").mkdir()
    with cluster(tmp_path / "crew", postgresql, redis_server, **plugins) as crew:
        crew.employ(WORKERS)
        for search in SEARCHES:
            whole = single.whole(search)
            spec = single.make(tmp_path / search, search).folder / "spec.yaml"
            (crew.folder / "spec.yaml").write_bytes(spec.read_bytes())
            done = crew(*SUBMIT)
            assert done.code == 0, done.err
            assert log_of(single.url)["requests"] == CASES
            check_same(crew.folder / "reports", whole.reports)
        assert all("): joined" in worker.said for worker in crew.workers)
        assert crew.rows("SELECT count(*), count(DISTINCT id) FROM campaigns_transcript") == [
            (len(SEARCHES) * CASES,) * 2
        ]
