"""`/api/schema`: the description of the API, read off the shapes that serve it."""

import jsonschema
import pytest

from tests.api import endpoints
from tests.openapi import validator


def test_every_endpoint_is_described_with_all_its_verbs(client):
    paths = client.get("/api/schema").json()["paths"]

    assert {path: sorted(verb.upper() for verb in verbs) for path, verbs in paths.items()} == {
        f"/{path}": sorted(view.verbs) for path, view in endpoints()
    }


def test_an_endpoint_reads_as_it_works(client):
    endpoint = client.get("/api/schema").json()["paths"]["/access_codes/get"]

    assert endpoint["post"] == {
        "operationId": "accessCodesGetPost",
        "summary": "/access_codes/get",
        "description": "Return the code, as long as it is not proven gone.",
        "tags": ["access_codes"],
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/AccessCodesGetRequest"}
                }
            }
        },
        "security": [{"key": []}],
        "responses": {
            "200": {
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/AccessCodesGetResponse"}
                    }
                },
                "description": "",
            },
            "default": {
                "content": {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                },
                "description": "",
            },
        },
    }
    assert endpoint["get"]["parameters"] == [
        {
            "in": "query",
            "name": "access_code_id",
            "schema": {"type": "string", "format": "uuid"},
            "description": "The code.",
        },
        {
            "in": "query",
            "name": "code",
            "schema": {"type": "string", "pattern": "^[0-9]{4,12}$"},
            "description": "The PIN, together with `device_id`.",
        },
        {
            "in": "query",
            "name": "device_id",
            "schema": {"type": "string", "format": "uuid"},
            "description": "The lock.",
        },
    ]


def test_what_is_not_always_there_is_not_required(client):
    schemas = client.get("/api/schema").json()["components"]["schemas"]

    code, device = schemas["AccessCodeBody"], schemas["DeviceBody"]

    for name in ("starts_at", "ends_at", "is_scheduled_on_device", "is_backup"):
        assert name in code["properties"]
        assert name not in code["required"]
    assert "pending_mutations" in code["required"]
    assert "can_program_online_access_codes" in device["properties"]
    assert "can_program_online_access_codes" not in device["required"]
    assert schemas["AccessCodesGetResponse"]["required"] == ["access_code", "ok"]


def test_the_description_is_strict_enough_to_be_broken(client):
    described = client.get("/api/schema").json()

    with pytest.raises(jsonschema.ValidationError):
        validator(described, "/access_codes/get").validate({"access_code": {}, "ok": True})
    with pytest.raises(jsonschema.ValidationError):
        validator(described, "/devices/get", "default").validate({"ok": False})
