"""Reading sets of prompts and of facts: CSV with a header, or one JSON object a line."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from probewright.errors import DataError

ALLOWED = "allowed columns: prompt (required), id, expected, options, and any label"
REQUIRED = ("prompt",)
MAX_FIELD_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """One row: the prompt, what is expected (None where the file says nothing), answer options, and labels."""

    prompt: str
    expected: Any
    options: tuple[str, ...]
    labels: Mapping[str, str]


def read_items(path: Path) -> tuple[bytes, dict[str, Item]]:
    """The file's bytes and its rows by id (the column ``id``, else the row's number from 1).

    Raises:
        DataError: the file cannot be read, is empty, is not UTF-8, or a row is not as it should be; names the row.
    """
    content, rows = read_rows(path, REQUIRED, ALLOWED)
    # Each row is dropped as its item is made: a set of 100,000 rows is not held twice.
    return content, {name: _item(path, rows.pop(name)) for name in list(rows)}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file as it stands there; ``where`` names its line for messages."""

    where: str
    values: Mapping[str, Any]

    def text(self, path: Path, name: str) -> str:
        """The text in a required column.

        Raises:
            DataError: it is no text, or blank.
        """
        value = self.values.get(name)
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"{path}: {self.where}: {name!r} is {value!r:.80}; allowed: text that is not blank")
        return value


def read_rows(path: Path, required: Sequence[str], allowed: str) -> tuple[bytes, dict[str, Row]]:
    """A file's bytes and its rows by id (the column ``id``, else the row's number from 1).

    Args:
        path: A .csv file with a header, or a .jsonl or .ndjson file.
        required: Columns that a CSV's header must have.
        allowed: What messages say of the columns.

    Raises:
        DataError: the file cannot be read, is empty, is not UTF-8, or a row is not as it should be; names the row.
    """
    content = _read(path)
    text = _decode(path, content, allowed)
    is_jsonl = path.suffix.lower() in {".jsonl", ".ndjson"}
    found = _jsonl(path, text, allowed) if is_jsonl else _csv(path, text, required, allowed)
    rows: dict[str, Row] = {}
    for number, where, values in found:
        name = str(values.get("id") or number)
        if name in rows:
            raise DataError(f"{path}: {where}: id {name!r} occurs twice; each row needs its own")
        rows[name] = Row(where, values)
    if not rows:
        raise DataError(f"{path}: holds no rows; {allowed}")
    return content, rows


def _read(path: Path) -> bytes:
    if path.suffix.lower() not in {".csv", ".jsonl", ".ndjson"}:
        raise DataError(f"{path}: the ending {path.suffix!r} is not known; allowed: .csv, .jsonl, .ndjson")
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error


def _decode(path: Path, content: bytes, allowed: str) -> str:
    if not content.strip():
        raise DataError(f"{path}: is empty; {allowed}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}: line {line}: byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from error


def _csv(path: Path, text: str, required: Sequence[str], allowed: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    csv.field_size_limit(MAX_FIELD_BYTES)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names = list(reader.fieldnames or ())
    if missing := [name for name in required if name not in names]:
        found = ", ".join(map(str, names))[:200]
        raise DataError(f"{path}: has no column {missing[0]!r}; its first line holds: {found}; {allowed}")
    if doubled := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(f"{path}: column {doubled[0]!r} occurs twice in the first line; {allowed}")
    try:
        for number, row in enumerate(reader, 1):
            where = f"line {reader.line_num}"
            if None in row or None in row.values():
                raise DataError(f"{path}: {where}: has not the {len(names)} columns of the first line")
            yield number, where, {key: value for key, value in row.items() if value != ""}
    except csv.Error as error:
        raise DataError(f"{path}: line {reader.reader.line_num}: is not CSV: {error}") from error


def _jsonl(path: Path, text: str, allowed: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    number = 0
    for line_number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"line {line_number}"
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise DataError(f"{path}: {where}: is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise DataError(f"{path}: {where}: is {type(row).__name__}, not an object; {allowed}")
        number += 1
        yield number, where, row


def _item(path: Path, row: Row) -> Item:
    values, where = row.values, row.where
    labels = {key: str(value) for key, value in values.items() if key not in {"prompt", "id", "expected", "options"}}
    if "item" in labels:
        raise DataError(f"{path}: {where}: a label may not be called 'item'; rename the column")
    options = _options(path, where, values.get("options"))
    return Item(row.text(path, "prompt"), values.get("expected"), options, labels)


def _options(path: Path, where: str, options: Any) -> tuple[str, ...]:
    if options is None:
        return ()
    if isinstance(options, str):
        options = [part.strip() for part in options.split("|")]
    if not isinstance(options, list) or not all(isinstance(option, str) and option for option in options):
        raise DataError(f"{path}: {where}: 'options' is {options!r:.80}; allowed: a list of texts, or 'text | text'")
    return tuple(options)
