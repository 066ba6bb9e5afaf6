"""What workers and the web server log: a line a matter, and nothing in it that acts on a terminal."""

import logging

from probewright.webapp.worker_log import FORMAT, OneLine, without_trace_of_refusals


def record(text: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("name", logging.ERROR, "path", 1, text, (), (ValueError, ValueError("deep"), None))
    made.__dict__.update(more)
    return made


def test_a_message_is_one_line_whose_every_character_is_seen() -> None:
    line = OneLine("%(message)s").formatMessage(record("a\nb\u202egnp\x9b31m", message="a\nb\u202egnp\x9b31m"))
    assert line == "a b[U+202E]gnp[U+009B]31m"


def test_a_request_that_was_refused_needs_no_traceback_and_a_fault_does() -> None:
    refused, broken, plain = record("x", status_code=400), record("x", status_code=500), record("x")
    assert all(without_trace_of_refusals(said) for said in (refused, broken, plain))
    assert "deep" not in OneLine(FORMAT).format(refused)
    assert "deep" in OneLine(FORMAT).format(broken)
    assert "deep" in OneLine(FORMAT).format(plain)
