"""The JSON Schema of specs, with every registered plug-in's parameters."""

from typing import Any

from probewright import registry
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.plugins import ROLE_MARK, PluginParams

ROLES = ("target", "trainer", "family", "search", "writer", "oracle")


def spec_schema() -> dict[str, Any]:
    """JSON Schema 2020-12: the truth about spec files, made from the classes that check them."""
    schema = CampaignSpec.model_json_schema()
    definitions = schema.setdefault("$defs", {})
    for role in ROLES:
        names = sorted(registry.table(role))
        definitions[role] = {"anyOf": [{"enum": names}, *(_kind(role, name, definitions) for name in names)]}
    referenced: dict[str, Any] = _with_references(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **referenced}


def _kind(role: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    params: type[PluginParams] = registry.load(role, name).Params
    schema = params.model_json_schema()
    definitions.update(schema.pop("$defs", {}))
    schema["properties"] = {"kind": {"const": name}, **schema.get("properties", {})}
    schema["required"] = ["kind", *schema.get("required", [])]
    return schema


def _with_references(schema: Any) -> Any:
    """The schema with each mark of a role turned into a reference to the role's definition."""
    if isinstance(schema, list):
        return [_with_references(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    turned = {key: _with_references(item) for key, item in schema.items() if key != ROLE_MARK}
    if ROLE_MARK in schema:
        turned["$ref"] = f"#/$defs/{schema[ROLE_MARK]}"
    return turned
