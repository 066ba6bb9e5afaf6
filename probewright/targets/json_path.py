"""JMESPath expressions of a spec: checked when it loads, used on every answer."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from probewright.errors import Garbled, unknown
from probewright.targets.failures import one_line

FUNCTIONS = frozenset(Functions.FUNCTION_TABLE)
MAX_CHARS = 300  # the library recurses into an expression
# A JMESPathError is a ValueError. Plain ones come out as well: of a slice whose step is 0, of contains('text', null).
LIBRARY_ERRORS = (ValueError, TypeError, ArithmeticError)


def _check(expression: str) -> str:
    try:
        parsed = jmespath.compile(expression).parsed
    except JMESPathError as error:
        position = getattr(error, "lex_position", getattr(error, "lexer_position", 0))
        where = f"breaks off or goes wrong at character {position + 1}" if expression.strip() else "is empty"
        raise PydanticCustomError("jmespath", "is not JMESPath: it {where}", {"where": where}) from error
    for name in _functions(parsed):
        if name not in FUNCTIONS:
            raise PydanticCustomError("jmespath", "{text}", {"text": unknown("JMESPath function", name, FUNCTIONS)})
    return expression


def _functions(node: Mapping[str, Any]) -> Iterator[str]:
    if node["type"] == "function_expression":
        yield node["value"]
    for child in node["children"]:
        if isinstance(child, dict):  # those of a slice are numbers
            yield from _functions(child)


JsonPath = Annotated[str, Field(max_length=MAX_CHARS), AfterValidator(_check)]


def find(expression: str, body: Any) -> Any:
    """What ``expression`` finds in ``body``, None where that is nothing.

    Raises:
        Garbled: the answer does not have the types that the expression's functions take.
    """
    try:
        return jmespath.search(expression, body)
    except LIBRARY_ERRORS as error:
        raise Garbled(f"{expression!r} does not fit the answer: {one_line(str(error))}") from error
