"""The JSON Schema of specs, with every registered plug-in's parameters."""

from typing import Any

from probewright import registry
from probewright.campaigns.spec import CampaignSpec
from probewright.plugins import PluginParams

ROLES = ("target", "family", "search", "writer", "oracle")


def spec_schema() -> dict[str, Any]:
    """JSON Schema 2020-12: the truth about spec files, made from the classes that check them."""
    schema = CampaignSpec.model_json_schema()
    definitions = schema.setdefault("$defs", {})
    for role in ROLES:
        kinds = [_kind(role, name, definitions) for name in sorted(registry.table(role))]
        names = [kind["properties"]["kind"]["const"] for kind in kinds]
        definitions[role] = {"anyOf": [{"enum": names}, *kinds]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _kind(role: str, name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    params: type[PluginParams] = registry.load(role, name).Params
    schema = params.model_json_schema()
    definitions.update(schema.pop("$defs", {}))
    schema["properties"] = {"kind": {"const": name}, **schema.get("properties", {})}
    schema["required"] = ["kind", *schema.get("required", [])]
    return schema
