"""What the plugin has to know of pytest's items: their function, what their markers say, and where that cannot hold."""

import pytest

from probewright.campaigns.pytest_plugin.collecting.case import LiveCase, LiveCases
from probewright.campaigns.pytest_plugin.collecting.expansion import MANY, ONE
from probewright.campaigns.pytest_plugin.collecting.marked import Marked, read
from probewright.campaigns.pytest_plugin.markers import FOR_FUNCTIONS, MARKER, is_of_unittest

TOO_LATE = (
    "the marker probewright has a family, a suite or at_most, which must be known when tests are collected; put it on "
    "the function, its class or its module, not on a parameter or by a hook"
)


def function_of(item: pytest.Item) -> str:
    """The id of a test function, which all its cases share."""
    if isinstance(item, pytest.Function) and item.parent is not None:
        return f"{item.parent.nodeid}::{item.originalname}"
    return item.nodeid


def marked_of(item: pytest.Item) -> Marked | None:
    """What the test's markers say; None where it has none.

    Raises:
        ConfigError: they say something wrong.
    """
    if item.get_closest_marker(MARKER) is None:
        return None
    if not isinstance(item, pytest.Function) and not any(mark.name == MARKER for mark in item.own_markers):
        return None  # such as a doctest of a module that is marked: nobody meant it
    return read(item.iter_markers(MARKER), item.path.parent)


def misplaced(item: pytest.Item, marked: Marked, is_planned: bool) -> str:
    """Why a marked test cannot be run as its marker says; empty where it can.

    Args:
        item: The test.
        marked: What its markers say.
        is_planned: Whether it was collected with its gate, if it has one.
    """
    if not isinstance(item, pytest.Function) or is_of_unittest(item):
        return FOR_FUNCTIONS
    if marked.is_expanded and item.get_closest_marker("skip") is None:  # pytest skips what was expanded to nothing
        callspec = getattr(item, "callspec", None)
        given = callspec.params.get(MANY if marked.group else ONE) if callspec else None
        if not isinstance(given, LiveCases if marked.group else LiveCase):
            return TOO_LATE
    return "" if is_planned or not marked.counts_at_the_end else TOO_LATE
