"""Reading specs, and saying in one line each what is wrong with them."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from reprlib import Repr
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from probewright.campaigns.specs.settings import with_settings
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.errors import DataError, SpecError, unknown
from probewright.plugins import OracleRef, Plugin, flatten

MAX_SPEC_BYTES = 4 * 1024 * 1024
SAYS_ALL = frozenset(
    {"no_kind", "plugin_kind", "oracle_twice", "confirms_itself"}
)  # errors whose message names the value already
SECRET_KEYS = frozenset({"api_key", "headers"})
MOST_INTEGER = 2**63  # rows and JSON hold no larger ones

_SHORT = Repr()  # bounded: a few lines of YAML aliases can spell a value of many gigabytes
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 10_000, 10_000


class _Loader(yaml.SafeLoader):
    """YAML that refuses a key written twice, where PyYAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable) or key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} occurs twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_spec(path: Path, settings: Sequence[str] = ()) -> CampaignSpec:
    """The checked spec in a YAML file; relative paths in it are relative to its folder.

    Args:
        path: The file.
        settings: Values in the place of others; see `with_settings`.

    Raises:
        DataError: the file cannot be read as YAML.
        ConfigError: a setting is none.
        SpecError: it can, but says something that is not allowed.
    """
    data = _load(path)
    if settings and isinstance(data, dict):
        data = with_settings(data, settings)
    return check_spec(data, source=str(path), folder=path.resolve().parent)


def check_spec(data: Any, source: str, folder: Path | None = None, is_trusted: bool = True) -> CampaignSpec:
    """The checked spec in plain values, as loaded from YAML, JSON or a row.

    Args:
        data: The plain values.
        source: What messages call them.
        folder: What relative paths in them are relative to.
        is_trusted: Whether whoever wrote them may run code here; plug-ins find it in the validation's context. What
            comes from the network goes through `untrusted.check_untrusted`, which knows all the rules.

    Raises:
        SpecError: with one line a problem, each naming ``source``, the key, the value and what is allowed.
    """
    if not isinstance(data, dict):
        allowed = ", ".join(CampaignSpec.model_fields)
        raise SpecError([f"{source}: holds {_kind(data)}, not a mapping; allowed keys: {allowed}"])
    try:
        spec = CampaignSpec.model_validate(data, context={"folder": folder, "is_trusted": is_trusted})
    except ValidationError as error:
        raise SpecError([f"{source}: {line}" for line in _lines(error, CampaignSpec)]) from None
    if problems := [f"{source}: {line}" for line in _unstorable("", spec.dump())]:
        raise SpecError(problems)
    return spec


class _OracleAlone(BaseModel):
    """What a spec says of its oracle, without the rest."""

    oracle: OracleRef


def check_oracle(value: Any, source: str, folder: Path | None = None) -> Plugin:
    """The checked oracle that a user of the command line names: its kind, or a mapping with ``kind``.

    Raises:
        SpecError: with one line a problem, as `check_spec`.
    """
    try:
        return _OracleAlone.model_validate({"oracle": value}, context={"folder": folder, "is_trusted": True}).oracle
    except ValidationError as error:
        raise SpecError([f"{source}: {line}" for line in _lines(error, _OracleAlone)]) from None


def _load(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    return parse_spec(content, str(path))


def parse_spec(content: bytes, source: str, most_bytes: int = MAX_SPEC_BYTES) -> Any:
    """The plain values in a YAML document, not yet checked; messages call it ``source``.

    Raises:
        DataError: it is empty, too long, not UTF-8, not YAML, or nested too deeply.
    """
    if not content.strip():
        raise DataError(f"{source}: is empty; a spec needs at least the keys name, target, family")
    if len(content) > most_bytes:
        raise DataError(f"{source}: holds {len(content):,} bytes; allowed: {most_bytes:,}")
    try:
        return yaml.load(content.decode("utf-8-sig"), Loader=_Loader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise DataError(f"{source}: line {line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from error
    except RecursionError as error:
        raise DataError(f"{source}: is nested too deeply for a spec") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DataError(f"{source}: {_yaml_problem(error)}") from error
    except (ArithmeticError, AttributeError, LookupError) as error:  # PyYAML's, of a value that its tag does not fit
        raise DataError(f"{source}: is not YAML: a value does not fit its tag, or is out of range") from error


def _yaml_problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}is not YAML: {' '.join(str(problem).split())}"


def _lines(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    for path, detail, found_in in flatten(error, model):
        key = ".".join(str(part) for part in path)
        problem = _problem(path, detail, found_in)
        yield f"{key}: {problem}" if key else problem  # a problem of the whole names its keys itself


def _problem(path: tuple[str | int, ...], detail: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return unknown("key", path[-1], _fields_at(model, detail["loc"][:-1]))
    if kind == "missing":
        return "is missing"
    message: str = detail["msg"][0].lower() + detail["msg"][1:]
    message = message.removeprefix("value error, ")
    if kind in SAYS_ALL or _may_hold_a_secret(path, detail["input"]):
        return message
    return f"{message}, got {_shown(detail['input'])}"


def _may_hold_a_secret(path: tuple[str | int, ...], value: Any) -> bool:
    """Whether quoting the wrong value could print a key: where keys belong, and URLs with a user and password."""
    return not SECRET_KEYS.isdisjoint(path) or "@" in _SHORT.repr(value)


def _unstorable(path: str, value: Any) -> Iterator[str]:
    """What a checked spec may hold and no row or JSON can: numbers of more than 64 bits, halves of surrogate pairs."""
    if isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unstorable(f"{path}.{name}" if path else str(name), item)
    elif isinstance(value, int) and abs(value) >= MOST_INTEGER:
        yield f"{path}: the number is too large; allowed: below 2**63"
    elif isinstance(value, str) and not value.isascii() and value.encode("utf-8", "ignore").decode() != value:
        yield f"{path}: holds half of a surrogate pair; allowed: text that UTF-8 can hold"


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The keys allowed at ``loc`` below ``model``."""
    for part in loc:
        field = model.model_fields.get(str(part))
        annotation = field.annotation if field else None
        models = [a for a in (annotation, *get_args(annotation)) if isinstance(a, type) and issubclass(a, BaseModel)]
        if not models:
            return []
        model = models[0]
    return list(model.model_fields)


def _shown(value: Any) -> str:
    text = _SHORT.repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
