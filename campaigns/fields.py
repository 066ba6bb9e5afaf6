"""A column of JSON that is read fast: rows are read by the hundred thousand."""

from typing import Any

import orjson
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression


class JsonColumn(models.JSONField):
    """Django's JSON column, decoded by orjson: 4 times as fast as the standard library for a case."""

    def from_db_value(self, value: str | None, expression: Expression, connection: BaseDatabaseWrapper) -> Any:  # noqa: ARG002
        """The value of a row."""
        return None if value is None else orjson.loads(value)
