"""The servers that other tests lean on must survive being killed themselves."""

import psycopg
import pytest
from redis import Redis

from tests.servers import postgres, valkey


@pytest.mark.parametrize("keeps_data", [False, True])
def test_a_killed_redis_comes_back_at_the_same_place_with_its_data_only_where_it_keeps_them(keeps_data: bool) -> None:
    with valkey(keeps_data=keeps_data) as server, Redis.from_url(server.url) as client:
        client.set("key", "value")
        first = server.pid
        server.kill()
        server.start()
        assert server.pid != first
        assert client.get("key") == (b"value" if keeps_data else None)


def test_a_killed_postgres_comes_back_at_the_same_place_with_its_data() -> None:
    with postgres() as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept (number INTEGER)")
            connection.execute("INSERT INTO kept VALUES (7)")
        first = server.pid
        server.kill()
        server.start()
        assert server.pid != first
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchall() == [(7,)]


def test_two_servers_live_side_by_side() -> None:
    with valkey() as one, valkey() as other:
        assert one.url != other.url
