"""Holding answers against an OpenAPI description."""

from typing import Any

import jsonschema


def as_json_schema(node: Any) -> Any:
    """Return an OpenAPI 3.0 schema as JSON schema: `nullable` becomes a type of its own."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    schema = {
        name: as_json_schema(each)
        for name, each in node.items()
        if name not in {"nullable", "discriminator", "example"}
    }
    return {"anyOf": [{"type": "null"}, schema]} if node.get("nullable") is True else schema


def validator(description: dict[str, Any], path: str, status: str = "200") -> Any:
    """Return what checks the answers of one endpoint, as the description has them."""
    operation = description["paths"][path]["post"]
    schema = operation["responses"][status]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator(
        {
            **as_json_schema(schema),
            "components": as_json_schema(description["components"]),
        }
    )
