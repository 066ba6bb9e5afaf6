"""The rules for specs from the web, against specs that try to get around them."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from probewright.campaigns.specs import uploads
from probewright.campaigns.specs.addresses import VARIABLE
from probewright.campaigns.specs.spec_file import check_spec
from probewright.campaigns.specs.untrusted import check_untrusted, read_untrusted
from probewright.errors import DataError, SpecError

PUBLIC = "http://8.8.8.8/v1"  # an address, so that nothing is looked up
PLAIN: dict[str, Any] = {
    "name": "a",
    "target": {"kind": "openai_chat", "base_url": PUBLIC, "model": "m"},
    "family": {"kind": "astral"},
}
CODE = {"kind": "python", "callable": "os:getcwd"}


def spec(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(PLAIN), **changes}


def asking(**changes: Any) -> dict[str, Any]:
    return spec(target={**PLAIN["target"], **changes})


def problems(data: Any) -> tuple[str, ...]:
    with pytest.raises(SpecError) as caught:
        check_untrusted(data, "spec")
    assert all(line.startswith("spec: ") for line in caught.value.problems)
    return caught.value.problems


def test_a_harmless_spec_means_the_same_as_on_the_command_line() -> None:
    assert check_untrusted(spec(), "spec") == check_spec(spec(), "spec")


@pytest.mark.parametrize(
    "data",
    [
        spec(target=CODE),
        spec(target={"kind": "tuned", "base": CODE, "examples": [{"prompt": "a", "answer": "b"}]}),
        spec(oracle={"kind": "refusal", "target": CODE}),
        spec(opinions=[{"kind": "cascade", "dear": {"kind": "judge", "target": CODE}}]),
        spec(family={"kind": "astral", "writer": {"kind": "llm", "target": CODE}}),
    ],
    ids=["target", "base", "judge", "nested judge", "writer"],
)
def test_code_is_refused_wherever_it_stands(data: Any) -> None:
    (said,) = problems(data)
    assert said.endswith("kind: 'python' runs code and is not allowed in a spec from the web")


def test_code_has_no_short_name_either() -> None:
    assert problems(spec(target="python"))


def test_code_is_refused_before_anything_looks_at_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loaded_by_a_spec.py").write_text(f"open({str(tmp_path / 'proof')!r}, 'w').close()\n")
    monkeypatch.syspath_prepend(tmp_path)
    problems(spec(target={"kind": "python", "callable": "loaded_by_a_spec:anything"}))
    assert not (tmp_path / "proof").exists()


HIDDEN = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0", "localhost", "localhost.",
    "LOCALHOST", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1",
    "255.255.255.255", "198.18.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[::7f00:1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[ff02::1]",
    "１２７.0.0.1", "127。0。0。1",
)  # fmt: skip


@pytest.mark.parametrize("host", HIDDEN)
def test_an_address_that_is_not_public_is_refused_in_every_spelling(host: str) -> None:
    (said,) = problems(asking(base_url=f"http://{host}/v1"))
    assert said.startswith("spec: target.base_url: the host ")
    assert said.endswith(f"is no public address; the operator can allow it with {VARIABLE}")


def test_every_endpoint_of_a_spec_is_looked_at() -> None:
    inner = {"kind": "openai_chat", "base_url": "http://10.0.0.1/v1", "model": "m"}
    tuned = {"kind": "tuned", "base": inner, "examples": [{"prompt": "a", "answer": "b"}]}
    assert "target.base.base_url: the host '10.0.0.1'" in problems(spec(target=tuned))[0]


@pytest.mark.parametrize("host", ["nobody.invalid", "8.8.8.8%.nobody.invalid", "8.8.8.8 .nobody.invalid"])
def test_a_host_that_is_unknown_is_refused_also_where_it_begins_like_an_address(host: str) -> None:
    assert "cannot be looked up" in problems(asking(base_url=f"http://{host}/v1"))[0]


@pytest.mark.parametrize(
    "allowed", ["1", "127.0.0.0/8", "10.0.0.0/8, 127.0.0.1", "LOCALHOST,127.0.0.1", "::1/128,127.0.0.1/32"]
)
def test_the_operator_can_allow_private_addresses(allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, allowed)
    check_untrusted(asking(base_url="http://127.0.0.1:8000/v1"), "spec")


@pytest.mark.parametrize("allowed", ["0", "", "10.0.0.0/8", "example.com", "127.0.0.2", "::1"])
def test_what_the_operator_allows_is_all_that_is_allowed(allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, allowed)
    assert "is no public address" in problems(asking(base_url="http://127.0.0.1:8000/v1"))[0]


STRANGE = (
    "HOME", "OPENAI_API_KEY", "PROBEWRIGHT_SECRET_KEY", "PROBEWRIGHT_SECRET_A_HOST", "PROBEWRIGHT_DATABASE_URL",
    "probewright_secret_a", "PROBEWRIGHT_SECRET_",
)  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_only_variables_that_are_meant_for_it_may_be_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{name}_HOST", "8.8.8.8")
    for data in (asking(api_key=f"env:{name}"), asking(headers={"X-Anything": f"env:{name}"})):
        (said,) = problems(data)
        assert f"env:{name} is not allowed" in said


@pytest.mark.parametrize("hosts", ["8.8.8.8", "api.example.com, 8.8.8.8"])
def test_a_secret_goes_to_the_host_that_it_is_bound_to(hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBEWRIGHT_SECRET_A_HOST", hosts)
    check_untrusted(asking(api_key="env:PROBEWRIGHT_SECRET_A"), "spec")
    check_untrusted(asking(headers={"x-api-key": "env:PROBEWRIGHT_SECRET_A"}), "spec")


@pytest.mark.parametrize("hosts", ["", " , ", "api.example.com", "8.8.8.8.example.com", "8.8.8", "*"])
def test_a_secret_goes_to_no_other_host(hosts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBEWRIGHT_SECRET_A", "the value itself")
    monkeypatch.setenv("PROBEWRIGHT_SECRET_A_HOST", hosts)
    (said,) = problems(asking(api_key="env:PROBEWRIGHT_SECRET_A"))
    assert "PROBEWRIGHT_SECRET_A is bound to" in said
    assert "the value itself" not in said


def test_the_name_of_another_host_cannot_be_forged_by_a_header() -> None:
    assert "'Host' is not allowed" in problems(asking(headers={"hOsT": "internal"}))[0]


@pytest.fixture
def upload() -> str:
    return uploads.keep("my prompts.CSV", b"prompt\nx\n")


def static(path: object) -> dict[str, Any]:
    return spec(family={"kind": "static", "path": path})


def test_an_upload_is_named_by_its_content(upload: str) -> None:
    assert uploads.keep("another.csv", b"prompt\nx\n") == upload
    assert uploads.keep("another.csv", b"prompt\ny\n") != upload
    assert check_untrusted(static(upload), "spec").family.params.path == uploads.place() / upload


def test_only_uploads_are_read(upload: str, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("prompt\nx\n")
    link = uploads.place() / f"{'0' * 32}.csv"
    link.symlink_to("/etc/passwd")
    (uploads.place() / "mine.csv").write_text("prompt\nx\n")
    (uploads.place() / f"{'1' * 32}.csv").mkdir()
    hostile = [
        "/etc/passwd", str(tmp_path / "own.csv"), "../secret_key", f"../uploads/{upload}", f"./../uploads/{upload}",
        f"sub/../{upload}", "mine.csv", link.name, f"{'1' * 32}.csv", f"{'2' * 32}.csv", "", ".", "..", f"{upload}\n",
        f"~/{upload}",
    ]  # fmt: skip
    for path in hostile:
        assert "no such upload" in problems(static(path))[0], path


def test_a_file_that_is_too_long_or_of_another_kind_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 8)
    monkeypatch.setattr(uploads, "MOST_LINES", 3)
    for content in (b"a\n\n\n\n", b"a\r\r\r\r"):
        with pytest.raises(DataError, match="holds 4 lines; allowed: 3"):
            uploads.keep("a.csv", content)
    with pytest.raises(DataError, match="holds 9 bytes"):
        uploads.keep("a.csv", b"prompt\nxx")
    with pytest.raises(DataError, match=r"ends in '\.py'"):
        uploads.keep("a.py", b"x")
    assert list(uploads.place().iterdir()) == []


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [BOMB, "a: &a [*a]", "a: &a {b: *a}", "a: " + "[" * 30 + "]" * 30, "a: 0x" + "f" * 9000, f"a: {'9' * 20}"],
    ids=["aliases", "itself", "itself as a mapping", "deep", "huge number", "large number"],
)
def test_a_few_bytes_cannot_spell_more_than_the_server_bears(text: str) -> None:
    with pytest.raises(SpecError, match="too large"):
        read_untrusted(text.encode(), "spec")


def test_a_long_text_many_times_over_is_too_large() -> None:
    text = f"a: &a {'x' * 100_000}\nb: [{','.join(['*a'] * 100)}]"
    with pytest.raises(SpecError, match="too large"):
        read_untrusted(text.encode(), "spec")


def test_a_long_key_many_times_over_is_too_large() -> None:
    text = f"? &k {'x' * 100_000}\n: 0\nb: [{','.join(['{*k : 1}'] * 100)}]"
    with pytest.raises(SpecError, match="too large"):
        read_untrusted(text.encode(), "spec")


def test_a_key_of_more_digits_than_python_writes_is_too_large() -> None:
    with pytest.raises(SpecError, match="too large"):
        read_untrusted(b"a: {? 0x" + b"f" * 9000 + b"\n: 1}", "spec")


@pytest.mark.parametrize(
    "text", ['!!int ""', '!!float ""', "!!bool perhaps", "!!timestamp soon", "!!binary é", "1" + ":1" * 400 + ".5"]
)
def test_a_value_that_its_tag_does_not_fit_is_said_in_a_line(text: str) -> None:
    with pytest.raises(DataError, match=r"spec: .*is not YAML"):
        read_untrusted(f"a: {text}".encode(), "spec")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (spec(limits={"calls": "9" * 25}), "limits.calls: the number is too large"),
        (asking(rpm="9" * 25), "target.rpm: the number is too large"),
        (asking(params={"max_tokens": "9" * 25}), "target.params.max_tokens: the number is too large"),
        (asking(system="a\ud800"), "target.system: holds half of a surrogate pair"),
    ],
)
def test_what_no_row_can_hold_is_refused_before_anything_is_stored(data: Any, problem: str) -> None:
    (said,) = problems(data)
    assert said.startswith(f"spec: {problem}")


def test_a_document_that_is_too_long_is_not_even_read() -> None:
    with pytest.raises(DataError, match="allowed: 131,072"):
        read_untrusted(b"#" * 600_000, "spec")


def test_every_problem_is_said_at_once() -> None:
    data = static("/etc/passwd") | {
        "target": {**PLAIN["target"], "base_url": "http://10.0.0.1/", "api_key": "env:HOME"}
    }
    assert len(problems(data)) == 3
    assert len(problems({"target": {"kind": "nope", "api_key": "env:HOME"}, "limits": {"cases": 0}})) == 5
