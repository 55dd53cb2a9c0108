"""The APIs' own descriptions, held against what the server really answers.

check_answer("GET", "/api/v2/Payment/Customers", answer)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import jsonschema_rs

from lastschrift.web.api import Api
from lastschrift.web.openapi import TOKEN_API, openapi_document
from tests.house import BASE_URL, all_apis

APIS = {api.name: api for api in all_apis()}
DOCUMENTS = {
    name: openapi_document(api, APIS[TOKEN_API], BASE_URL)
    for name, api in APIS.items()
    if name != TOKEN_API
}

Schema = Mapping[str, Any]

NOT_ROUTED = {"404", "405", "401", "403"}
"""What is answered where there is no operation; an API may ask for a token first."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, and the document that describes it."""

    document: str
    method: str
    path: str
    described: Schema

    @property
    def api(self) -> Api:
        return api_at(self.path)

    @property
    def request_schema(self) -> Schema:
        """What a body that is sent has to follow."""
        return _schema(self.described["requestBody"])

    def answer_schema(self, status: str) -> Schema | None:
        """Return what an answer's body has to follow; None if there is to be no body."""
        described = self.described["responses"][status]
        return _schema(described) if "content" in described else None

    def problems(self, schema: Schema, body: object) -> list[str]:
        """Return how a body does not follow a schema."""
        found = _validator(self.document, json.dumps(schema)).iter_errors(body)
        return [problem.message for problem in found]

    def __str__(self) -> str:
        return f"{self.document} {self.method} {self.path}"


def _schema(described: Schema) -> Schema:
    schema: Schema = next(iter(described["content"].values()))["schema"]
    return schema


@cache
def _validator(document: str, schema: str) -> jsonschema_rs.Draft202012Validator:
    components = DOCUMENTS[document]["components"]
    return jsonschema_rs.Draft202012Validator(
        {**json.loads(schema), "components": components}, validate_formats=True
    )


OPERATIONS = [
    Operation(name, method.upper(), path, described)
    for name, document in DOCUMENTS.items()
    for path, methods in document["paths"].items()
    for method, described in methods.items()
]


def api_at(path: str) -> Api:
    """Return the API whose path it is."""
    (api,) = (
        api
        for api in APIS.values()
        if path.lower().startswith(api.prefix) or path in {route.path for route in api.routes}
    )
    return api


def operation_at(method: str, path: str) -> Operation | None:
    """Return the operation that a request is for; a path without variable parts goes first."""
    found = [operation for operation in OPERATIONS if _pattern(operation).fullmatch(path)]
    if any("{" not in operation.path for operation in found):
        found = [operation for operation in found if "{" not in operation.path]
    return next((operation for operation in found if operation.method == method), None)


def _pattern(operation: Operation) -> re.Pattern[str]:
    pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path))
    return re.compile(pattern, re.IGNORECASE | re.ASCII if operation.api.has_folded_paths else 0)


class NotAsDescribed(AssertionError):
    """An answer that a description does not know."""


def check_answer(method: str, path: str, answer: httpx2.Response) -> None:
    """Compare an answer with what the API's description says: status, media type, body.

    Raises: NotAsDescribed.
    """
    status = str(answer.status_code)
    operation = operation_at(method, path)
    if operation is None:
        operation = _any_operation(api_at(path))
        if status not in NOT_ROUTED:
            raise NotAsDescribed(f"{status}, but there is no such operation")
        status = "500"  # an error of this API, like all others
    elif status not in operation.described["responses"]:
        raise NotAsDescribed(f"status {status}: {answer.text[:200]}")
    _check_body(operation, status, answer)


def _any_operation(api: Api) -> Operation:
    return next(operation for operation in OPERATIONS if operation.api is api)


def _check_body(operation: Operation, status: str, answer: httpx2.Response) -> None:
    schema = operation.answer_schema(status)
    if schema is None:
        if answer.content:
            raise NotAsDescribed(f"{status} with a body: {answer.text[:200]}")
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    if media_type != operation.api.media_type:
        raise NotAsDescribed(f"{status} as {media_type}")
    problems = operation.problems(schema, answer.json())
    if problems:
        raise NotAsDescribed(f"{status}: {problems}")
