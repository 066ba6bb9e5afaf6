"""Which tests the marker is on. The entry point asks this of every collection, so it imports pytest only."""

import sys

import pytest

MARKER = "probewright"
FOR_FUNCTIONS = (
    "the marker probewright is for functions that pytest calls with arguments; a method of unittest.TestCase takes "
    "none: write it as a function, or as a method of a plain class"
)


def is_marked(made: object) -> bool:
    """Whether what was collected for one name of a file are tests of which one is marked."""
    if not isinstance(made, list) or not made:
        return False
    if made[0].get_closest_marker(MARKER) is not None:
        return True
    specs = (getattr(item, "callspec", None) for item in made)
    return any(mark.name == MARKER for spec in specs if spec for mark in spec.marks)


def is_of_unittest(node: pytest.Class | pytest.Function) -> bool:
    """Whether a class is a TestCase, or a test a method of one."""
    unittest = sys.modules.get("unittest")  # as pytest does: where nobody imported it, no class is one
    owner = node.obj if isinstance(node, pytest.Class) else node.cls
    return unittest is not None and isinstance(owner, type) and issubclass(owner, unittest.TestCase)
