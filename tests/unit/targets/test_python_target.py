import asyncio
import sys
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from probewright.campaigns.specs.spec import CampaignSpec
from probewright.campaigns.specs.spec_file import check_spec
from probewright.errors import ConfigError, Garbled, RequestRejected, SpecError, TargetError, TimedOut, Unsupported
from probewright.plugins import Plugin, flatten
from probewright.targets import asked_case
from probewright.targets.pricing import worst_case_tokens
from probewright.targets.python import PythonTarget
from probewright.types import Generate, Message, Reply, Score, Usage

HELLO = Generate((Message("user", "Hello"),))
SOURCE = """
import asyncio, functools, sys, threading, time

release = threading.Event()

def answer(messages, labels):
    return f"{messages[-1]['role']}: {messages[-1]['content']} {sorted(labels.items())}"

async def later(messages, labels):
    await asyncio.sleep(0)
    return answer(messages, labels)

class Bot:
    def __call__(self, messages, labels):
        return "called"
    async def method(self, messages, labels):
        return "a method"

bot = Bot()
partly = functools.partial(later)

def history(messages, labels):
    messages.append({"role": "x", "content": "x"})
    labels["x"] = "x"
    return str(len(messages))

def where(messages, labels):
    return threading.current_thread().name

def thinks(messages, labels):
    return "<think>Hm.</think>Paris."

def fails(messages, labels):
    raise ValueError("no\\nluck")

async def fails_later(messages, labels):
    raise KeyError("luck")

def times_out_itself(messages, labels):
    raise TimeoutError("mine")

def leaves(messages, labels):
    sys.exit("bye")

def stops(messages, labels):
    raise StopIteration

def hangs(messages, labels):
    release.wait(30)
    return "late"

async def hangs_later(messages, labels):
    await asyncio.sleep(30)

def nothing(messages, labels):
    return None

def number(messages, labels):
    return 7

def half(messages, labels):
    return "\\ud83d"

def two(messages):
    return "too few"

LIST = [1]
"""


@pytest.fixture(autouse=True)
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the user's code as the current one."""
    (tmp_path / "my_bot.py").write_text(SOURCE)
    (tmp_path / "broken_bot.py").write_text("import no_such_library\n")
    (tmp_path / "wrong_bot.py").write_text("def f(:\n")
    (tmp_path / "leaving_bot.py").write_text("raise SystemExit(3)\n")
    (tmp_path / "my_pack").mkdir()
    (tmp_path / "my_pack" / "__init__.py").write_text("")
    (tmp_path / "my_pack" / "chat.py").write_text("def answer(messages, labels):\n    return 'packed'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    known = set(sys.modules)
    yield tmp_path
    if bot := sys.modules.get("my_bot"):
        bot.release.set()
    for name in set(sys.modules) - known:
        if name.startswith(("my_", "broken_bot", "wrong_bot", "leaving_bot")):
            del sys.modules[name]


def ask(function: str, request: Any = HELLO, labels: Any = None, **given: Any) -> Reply:
    params = PythonTarget.Params.model_validate({"callable": function} | given)

    async def talk() -> Reply:
        if labels is not None:
            asked_case.begin(labels)
        async with PythonTarget(params) as target:
            return await target.ask(request)

    return asyncio.run(talk())


def refused(function: str, kind: type[TargetError], **given: Any) -> str:
    with pytest.raises(kind) as caught:
        ask(function, **given)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("function", ["my_bot:answer", "my_bot:later", "my_bot:partly"])
def test_a_function_gets_messages_and_labels_and_its_text_is_the_answer(function: str) -> None:
    reply = ask(function, labels={"style": "slang", "category": "a"})
    assert reply.text == "user: Hello [('category', 'a'), ('style', 'slang')]"
    assert reply.usage == Usage(2, 13, is_estimated=True)
    assert reply.usd is None
    assert reply.attempts == 1


@pytest.mark.parametrize(
    ("function", "text"),
    [("my_bot:bot", "called"), ("my_bot:bot.method", "a method"), ("my_pack.chat:answer", "packed")],
)
def test_anything_that_can_be_called_is_a_function(function: str, text: str) -> None:
    assert ask(function).text == text


def test_outside_of_a_trial_there_are_no_labels() -> None:
    assert ask("my_bot:answer").text == "user: Hello []"


def test_the_system_prompt_is_the_first_message_and_a_function_may_change_what_it_is_given() -> None:
    labels = {"a": "b"}
    assert ask("my_bot:history", labels=labels, system="Be brief.").text == "3"
    assert labels == {"a": "b"}


def test_a_plain_function_runs_in_a_thread_and_an_async_one_does_not_need_one() -> None:
    assert ask("my_bot:where").text == "probewright-python-target"


def test_thinking_aloud_is_kept_apart() -> None:
    reply = ask("my_bot:thinks")
    assert (reply.text, reply.reasoning) == ("Paris.", "Hm.")


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("my_bot:fails", "python:my_bot:fails: ValueError: no luck"),
        ("my_bot:fails_later", "python:my_bot:fails_later: KeyError: 'luck'"),
        ("my_bot:times_out_itself", "python:my_bot:times_out_itself: TimeoutError: mine"),
        ("my_bot:leaves", "python:my_bot:leaves: SystemExit: bye"),
        ("my_bot:stops", "python:my_bot:stops: RuntimeError: coroutine raised StopIteration"),
        ("my_bot:two", "TypeError: two() takes 1 positional argument but 2 were given"),
    ],
)
def test_whatever_a_function_raises_is_this_requests_error_with_type_and_text(function: str, problem: str) -> None:
    assert problem in refused(function, RequestRejected)


@pytest.mark.parametrize("function", ["my_bot:hangs", "my_bot:hangs_later"])
def test_a_function_that_takes_too_long_is_given_up_and_keeps_nobody_waiting(function: str) -> None:
    message = refused(function, TimedOut, timeout_s=0.05)
    assert message == f"python:{function}: no answer within 0.05 s; raise timeout_s"


def test_as_many_calls_run_at_once_as_are_asked_for() -> None:
    (Path.cwd() / "my_barrier.py").write_text(
        "import threading\nbarrier = threading.Barrier(40)\n"
        "def answer(messages, labels):\n    barrier.wait(30)\n    return 'met'\n"
    )

    async def talk() -> list[Reply]:
        async with PythonTarget(PythonTarget.Params(callable="my_barrier:answer")) as target:
            return await asyncio.gather(*(target.ask(HELLO) for _ in range(40)))

    assert [reply.text for reply in asyncio.run(talk())] == ["met"] * 40


def test_a_call_that_was_cancelled_leaves_no_noise_when_its_thread_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    noise: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", noise.append)
    refused("my_bot:hangs", TimedOut, timeout_s=0.01)
    sys.modules["my_bot"].release.set()
    for thread in threading.enumerate():
        if thread.name == "probewright-python-target":
            thread.join(10)
    assert noise == []


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("my_bot:nothing", "python:my_bot:nothing: returned None (NoneType), not str"),
        ("my_bot:number", "returned 7 (int), not str"),
        ("my_bot:half", "returned text that is not Unicode"),
    ],
)
def test_a_result_that_is_no_text_is_garbled_and_named(function: str, problem: str) -> None:
    assert problem in refused(function, Garbled)


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("my_bott:answer", "no module 'my_bott': did you mean 'my_bot'?"),
        ("my_pack.chats:answer", "no module 'my_pack.chats': did you mean 'my_pack.chat'?"),
        ("my_bot.chat:answer", "no module 'my_bot.chat'"),
        ("qqq:answer", "no module 'qqq': searched"),
        ("my_bot:anser", "unknown function of my_bot 'anser': did you mean 'answer'?"),
        ("my_bot:LIST", "LIST is a list, not a function"),
        ("broken_bot:answer", "importing broken_bot fails: ModuleNotFoundError: No module named 'no_such_library'"),
        ("wrong_bot:answer", "importing wrong_bot fails: SyntaxError"),
        ("leaving_bot:answer", "importing leaving_bot fails: SystemExit: 3"),
    ],
)
def test_a_function_that_is_not_there_is_a_line_with_the_near_miss(function: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ask(function)
    assert problem in str(caught.value)
    assert f"callable '{function}'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reference", ["my_bot", "my_bot:", ":answer", "my bot:answer", "my_bot:answer()", "a/b:c", ""])
def test_what_is_no_reference_is_refused_when_the_spec_loads(reference: str) -> None:
    with pytest.raises(ValidationError, match="give 'module:function'"):
        PythonTarget.Params.model_validate({"callable": reference})


@pytest.mark.parametrize(("context", "is_allowed"), [(None, True), ({}, True), ({"is_trusted": True}, True)])
def test_the_command_line_is_trusted(context: Any, is_allowed: bool) -> None:
    assert PythonTarget.Params.model_validate({"callable": "my_bot:answer"}, context=context)


def test_a_spec_that_is_not_trusted_cannot_name_code() -> None:
    with pytest.raises(ValidationError, match="allowed on the command line and in pytest only") as caught:
        PythonTarget.Params.model_validate({"callable": "my_bot:answer"}, context={"is_trusted": False})
    assert caught.value.errors()[0]["type"] == "untrusted"
    assert "my_bot" not in sys.modules


@pytest.mark.parametrize("is_nested", [False, True])
def test_nor_can_any_part_of_a_whole_spec_that_is_not_trusted(is_nested: bool) -> None:
    target: dict[str, Any] = {"kind": "python", "callable": "my_bot:answer"}
    if is_nested:
        target = {"kind": "tuned", "base": target, "examples": [{"prompt": "Who?", "answer": "Me."}]}
    spec = {"name": "n", "target": target, "family": "astral"}
    assert CampaignSpec.model_validate(spec, context={"folder": None, "is_trusted": True})
    with pytest.raises(ValidationError) as caught:
        CampaignSpec.model_validate(spec, context={"folder": None, "is_trusted": False})
    problems = list(flatten(caught.value, CampaignSpec))
    assert [(path[-1], detail["type"]) for path, detail, _ in problems] == [("callable", "untrusted")]


def test_in_a_spec_the_wrong_reference_is_one_line() -> None:
    spec = {"name": "n", "target": {"kind": "python", "callable": "my_bot"}, "family": "astral"}
    with pytest.raises(SpecError, match=r"^here: target\.callable: give 'module:function'.*got 'my_bot'$"):
        check_spec(spec, "here")


def test_scores_are_unsupported_and_cost_nothing() -> None:
    score = Score("Hello", (" you",))
    assert "cannot score given options" in refused("my_bot:answer", Unsupported, request=score)
    assert PythonTarget(PythonTarget.Params(callable="my_bot:answer")).worst_case(score).tokens == 0


def test_the_worst_case_is_an_answer_of_4096_tokens_at_the_price_of_the_spec() -> None:
    price = {"input_usd_per_million": 2, "output_usd_per_million": 10}
    params = PythonTarget.Params.model_validate({"callable": "my_bot:answer", "price": price})
    cost = PythonTarget(params).worst_case(HELLO)
    prompt = worst_case_tokens(HELLO.messages)
    assert (cost.calls, cost.tokens) == (1, prompt + 4096)
    assert cost.usd == pytest.approx((prompt * 2 + 4096 * 10) / 1e6)


@pytest.mark.parametrize(("function", "file"), [("my_bot:bot", "my_bot.py"), ("sys:intern", "")])
def test_the_report_names_the_code_that_was_asked(function: str, file: str, app: Path) -> None:
    target = PythonTarget(PythonTarget.Params(callable=function))
    assert target.provenance() == {}

    async def opened() -> Any:
        async with target:
            return target.provenance()

    digest = {"sha256": sha256((app / file).read_bytes()).hexdigest()} if file else {}
    assert asyncio.run(opened()) == {"callable": function, **digest}


def test_a_target_that_is_not_open_says_how_to_open_it() -> None:
    target = PythonTarget(PythonTarget.Params(callable="my_bot:answer"))
    with pytest.raises(RuntimeError, match="is not open"):
        asyncio.run(target.ask(HELLO))


def test_a_plugin_of_it_dumps_to_what_loads_again() -> None:
    plugin = Plugin("python", PythonTarget.Params(callable="my_bot:answer"))
    assert plugin.dump() == {
        "kind": "python",
        "callable": "my_bot:answer",
        "system": None,
        "timeout_s": 60.0,
        "price": None,
    }
