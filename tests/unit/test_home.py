import os
from pathlib import Path

import pytest

from probewright import home
from probewright.errors import ConfigError


def test_the_folder_is_made_on_demand_and_closed_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBEWRIGHT_HOME", str(tmp_path / "a" / "b"))
    assert home.home() == tmp_path / "a" / "b"
    assert home.home().stat().st_mode & 0o077 == 0
    assert home.folder("digests").is_dir()


def test_without_the_variable_it_is_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBEWRIGHT_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home.home().name == "probewright"
    assert tmp_path in home.home().parents


def test_a_file_in_its_place_is_an_error_that_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PROBEWRIGHT_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(ConfigError, match="set PROBEWRIGHT_HOME to another"):
        home.home()


def test_a_failed_write_leaves_the_old_content_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "models.json"
    home.write_atomically(path, b"old")

    def fails(source: str, target: str) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        home.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
