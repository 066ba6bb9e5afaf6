"""What a job changes in a spec, the files that go with it, and the key that makes a start safe to repeat."""

import json
from pathlib import Path
from typing import Any

import pytest

from probewright.campaigns.specs.settings import with_settings
from probewright.ci.job import job_of
from probewright.ci.spec import with_uploads
from probewright.errors import ConfigError

SPEC: dict[str, Any] = {"name": "a", "target": {"model": "m"}, "family": {"kind": "static", "path": "set.csv"}}


def test_settings_put_values_in_the_place_of_others(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.md"
    prompt.write_text("\ufeffBe kind: always.\n", encoding="utf-8")
    given = [f"target.system=@{prompt}\ntarget.base_url=http://h/v1?a=b\n\n", "limits.cases=5", "gate.must_pass=[]"]
    found = with_settings(SPEC, given)
    assert found["target"] == {"model": "m", "system": "Be kind: always.", "base_url": "http://h/v1?a=b"}
    assert (found["limits"], found["gate"]) == ({"cases": 5}, {"must_pass": []})
    assert "system" not in SPEC["target"], "the values that were given are not touched"
    assert with_settings(SPEC, ["name=00012a"])["name"] == "00012a"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("target.system", "allowed: KEY=VALUE"),
        ("=x", "allowed: KEY=VALUE"),
        ("target..system=x", "allowed: KEY=VALUE"),
        ("name.first=x", "name is 'a' in the spec, not a mapping"),
        ("target.system=@nowhere.md", "nowhere.md: cannot be read"),
    ],
)
def test_a_setting_of_another_form_is_named(setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        with_settings(SPEC, [setting])


def test_files_of_a_family_are_uploaded_from_beside_the_spec(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_bytes(b"prompt\nhi\n")
    came: list[tuple[bytes, str]] = []

    def upload(content: bytes, ending: str) -> str:
        came.append((content, ending))
        return "0a1b.csv"

    assert with_uploads(SPEC, tmp_path, upload)["family"]["path"] == "0a1b.csv"
    assert came == [(b"prompt\nhi\n", ".csv")]
    assert with_uploads({**SPEC, "family": "astral"}, tmp_path, upload)["family"] == "astral"
    assert len(came) == 1


@pytest.mark.parametrize(("name", "said"), [("none.csv", "cannot be read"), ("set.yaml", "allowed endings: .csv")])
def test_a_file_that_cannot_go_along_is_named(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        with_uploads({"family": {"path": name}}, tmp_path, lambda *_: "x")


def test_a_start_that_is_repeated_has_one_key_and_a_job_that_is_run_again_another(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 3, "head": {"sha": "feed"}}}))
    first = {
        "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "merge", "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "gate", "GITHUB_EVENT_PATH": str(event),
    }  # fmt: skip
    assert job_of(first).commit == "feed"
    assert job_of(first).key("spec") == job_of(first).key("spec")
    others = [
        job_of({**first, name: "2"}).key("spec")
        for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_REPOSITORY")
    ]
    gitlab = {"GITLAB_CI": "true", "CI_PROJECT_PATH": "a/b", "CI_COMMIT_SHA": "feed", "CI_JOB_ID": "9"}
    keys = [job_of(first).key("spec"), job_of(first).key("other"), *others, job_of(gitlab).key("spec")]
    keys += [job_of({}).key("spec"), job_of({}).key("spec")]
    assert len(set(keys)) == len(keys)
    assert all(key.isascii() and len(key) < 255 for key in keys)


def test_an_event_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "event.json"
    broken.write_text("{")
    with pytest.raises(ConfigError, match="GITHUB_EVENT_PATH"):
        job_of({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(broken)})
