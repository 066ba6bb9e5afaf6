"""References to plug-ins inside pydantic models: ``search: SearchRef`` accepts ``grid`` or ``{kind: grid, ...}``.

The kind is looked up in the registry and its own ``Params`` check the rest, so a spec is checked whole when it loads
and only the plug-ins that it names are imported.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from probewright import registry
from probewright.errors import ConfigError

ROLE_MARK = "x-probewright-role"
NESTED = "plugin_params"  # the error type that carries a plug-in's own validation error; see `flatten`


class PluginParams(BaseModel):
    """Parameters of a plug-in: unknown keys are errors, values do not change once loaded."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plug-in as a spec names it: ``kind`` and that kind's own checked parameters."""

    kind: str
    params: Any

    def dump(self) -> dict[str, Any]:
        """The reference as plain JSON values, every default spelled out."""
        return {"kind": self.kind, **self.params.model_dump(mode="json")}


@dataclass(frozen=True, slots=True)
class PluginOf:
    """Annotation that makes a field a `Plugin` of one role of the registry."""

    role: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Validation by `resolve`, serialization by `Plugin.dump`."""
        return core_schema.with_info_plain_validator_function(
            lambda value, info: resolve(self.role, value, info),
            serialization=core_schema.plain_serializer_function_ser_schema(Plugin.dump),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A mark that `probewright schema` replaces by a reference to the role's definition."""
        return {ROLE_MARK: self.role}


def resolve(role: str, value: object, info: ValidationInfo) -> Plugin:
    """``value`` (a kind's name, or a mapping with ``kind``) as a checked reference."""
    if isinstance(value, Plugin):
        return value
    options = {"kind": value} if isinstance(value, str) else value
    if not isinstance(options, dict) or not isinstance(options.get("kind"), str):
        allowed = ", ".join(sorted(registry.table(role)))
        raise PydanticCustomError(
            "no_kind",
            "a {role} is a mapping with the key 'kind', one of: {allowed}",
            {"role": role, "allowed": allowed},
        )
    try:
        params = registry.load(role, options["kind"]).Params
    except ConfigError as error:
        raise PydanticCustomError("plugin_kind", "{message}", {"message": str(error)}) from error
    rest = {key: item for key, item in options.items() if key != "kind"}
    try:
        return Plugin(options["kind"], params.model_validate(rest, context=info.context))
    except ValidationError as error:
        raise PydanticCustomError(NESTED, "invalid parameters", {"error": error, "model": params}) from error


def reference(role: str, kind: str) -> Plugin:
    """A plug-in by its name, with its default parameters."""
    return Plugin(kind, registry.load(role, kind).Params())


def flatten(
    error: ValidationError, model: type[BaseModel], prefix: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any, type[BaseModel]]]:
    """Every single problem of a validation error as (path, pydantic's error details, the model it was found in).

    Errors inside plug-ins' parameters are unfolded, so that a path leads from the top of the spec to the wrong value.
    """
    for detail in error.errors(include_url=False):
        path = (*prefix, *detail["loc"])
        if detail["type"] == NESTED:
            nested = detail["ctx"]
            yield from flatten(nested["error"], nested["model"], path)
        else:
            yield path, detail, model


TargetRef = Annotated[Plugin, PluginOf("target")]
OracleRef = Annotated[Plugin, PluginOf("oracle")]
FamilyRef = Annotated[Plugin, PluginOf("family")]
SearchRef = Annotated[Plugin, PluginOf("search")]
WriterRef = Annotated[Plugin, PluginOf("writer")]
TrainerRef = Annotated[Plugin, PluginOf("trainer")]
