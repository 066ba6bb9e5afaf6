"""Ctrl-C in the seconds before the engine listens."""

import os
import signal
import weakref
from collections.abc import Iterator

import pytest

from probewright.campaigns.workers.interrupts import EarlyInterrupt, was_interrupted


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_it_interrupts_as_python_does_and_remembers() -> None:
    EarlyInterrupt().install()
    assert not was_interrupted()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    assert was_interrupted()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_the_interpreter_dropped_is_not_lost() -> None:
    class Thing:
        pass

    EarlyInterrupt().install()
    thing = Thing()
    watch = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT))
    del thing
    assert watch() is None
    assert was_interrupted()


def test_without_such_a_handler_nobody_was_interrupted() -> None:
    assert not was_interrupted()
