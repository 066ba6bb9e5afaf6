"""Database URLs: what they mean, and that no message repeats a password."""

import pytest

from probewright.errors import ConfigError
from probewright.webapp.database_url import parse_database_url

PASSWORD = "hunter2"


def test_a_postgresql_url_becomes_djangos_entry() -> None:
    entry = parse_database_url("postgresql://ann:p%40ss%2Fword@db.example:5433/proofs?sslmode=require")
    assert entry["ENGINE"] == "django.db.backends.postgresql"
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"]) == ("ann", "p@ss/word", "db.example", 5433)
    assert entry["NAME"] == "proofs"
    assert entry["OPTIONS"] == {"connect_timeout": 10, "sslmode": "require"}


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ann:{PASSWORD}/more@db/proofs",
        f"postgresql://ann:{PASSWORD}#more@db/proofs",
        f"postgresql://ann:{PASSWORD}?more@db/proofs",
        f"postgresql://ann:{PASSWORD}[more@db/proofs",
        f"postgresql://ann:more@db:{PASSWORD}/proofs",
        f"postgresql://ann:{PASSWORD}@db:99999/proofs",
        f"postgresql://ann:{PASSWORD}@db/",
        f"mysql://ann:{PASSWORD}@db/proofs",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_in_one_line_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_database_url(url)
    assert PASSWORD not in str(refused.value)
    assert "allowed: sqlite:///PATH, postgresql://" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("url", ["", "sqlite:////tmp/some.sqlite3"])
def test_a_sqlite_file_is_the_default(url: str) -> None:
    assert parse_database_url(url)["ENGINE"] == "django.db.backends.sqlite3"
