"""What an API is, for programs: an OpenAPI 3.1 document made of its routes and their models.

Nothing is said twice: paths, statuses and scopes come from the routes, words from the docstrings of
handlers and models, lengths and examples from the models' members (`lastschrift.web.described`).
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from inspect import getdoc
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute

from lastschrift import __version__
from lastschrift.web.api import Api, Parameter, Route
from lastschrift.web.openapi.page import PAGE_HEADERS, openapi_page

Document = dict[str, Any]
"""An OpenAPI document, or a part of one, as JSON has it."""

TOKEN_API = "oauth"
"""The API whose routes stand in every document: without a token no other can be used."""

_NOT_DESCRIBED = frozenset({"OPTIONS"})
"""Methods that browsers use on their own."""

_SOME_URL = "http://server.invalid"
"""Stands for the server's address in a document that is kept."""

_SECURITY_SCHEME = "oauth2"
_REFERENCE = "#/components/schemas/{name}"
_IN_PATH = re.compile(r"\{(\w+)\}")

_HEADER_BY_STATUS: Mapping[int, tuple[str, str]] = {
    303: ("Location", "Where it is."),
    401: ("WWW-Authenticate", "How to authenticate."),
    429: ("Retry-After", "After how many seconds to try again."),
    503: ("Retry-After", "After how many seconds to try again."),
}


# --- serving --------------------------------------------------------------------------------------


def openapi_routes(apis: Sequence[Api], public_url: str | None = None) -> list[BaseRoute]:
    """Return ``/openapi/``, which ``/openapi`` leads to, and ``/openapi/<name>.json``.

    ``public_url`` is where clients find this server; None: where the request was sent to.
    """
    (token_api,) = (api for api in apis if api.name == TOKEN_API)
    described = [api for api in apis if api is not token_api]

    @cache
    def page() -> str:
        return openapi_page({api.name: openapi_document(api, token_api, "") for api in described})

    async def show_page(_request: Request) -> Response:
        return Response(page(), headers=PAGE_HEADERS, media_type="text/html")

    def show_document(api: Api) -> StarletteRoute:
        @cache
        def template() -> bytes:
            return msgspec.json.encode(openapi_document(api, token_api, _SOME_URL))

        async def show(request: Request) -> Response:
            base_url = public_url or str(request.base_url).removesuffix("/")
            written = msgspec.json.encode(base_url)[1:-1]
            document = template().replace(_SOME_URL.encode(), written)
            return Response(document, media_type="application/json")

        return StarletteRoute(f"/openapi/{api.name}.json", show)

    async def lead_to_page(_request: Request) -> Response:
        return RedirectResponse("openapi/")

    return [
        StarletteRoute("/openapi", lead_to_page),
        StarletteRoute("/openapi/", show_page),
        *map(show_document, described),
    ]


# --- the document ---------------------------------------------------------------------------------


def openapi_document(api: Api, token_api: Api, base_url: str) -> Document:
    """Return the description of ``api``, and of ``token_api`` that gives the tokens for it."""
    described = [
        (owner, route)
        for owner in (token_api, api)
        for route in owner.routes
        if route.method not in _NOT_DESCRIBED
    ]
    paths: dict[str, Document] = defaultdict(dict)
    for owner, route in described:
        paths[route.path][route.method.lower()] = _operation(owner, route)
    routes = [route for _, route in described]
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": __version__},
        "servers": [{"url": base_url or "/"}],
        "paths": dict(paths),
        "components": {
            "schemas": _component_schemas(routes),
            "securitySchemes": {
                _SECURITY_SCHEME: _client_credentials(base_url + token_api.routes[0].path, routes)
            },
        },
    }


def _client_credentials(token_url: str, routes: Sequence[Route]) -> Document:
    """Return how tokens are got; a scope is described by what may be done with it."""
    uses: dict[str, list[str]] = defaultdict(list)
    for route in routes:
        for scope in route.scopes:
            uses[scope.value].append(_words(route.handler)[0])
    flow = {
        "tokenUrl": token_url,
        "scopes": {scope: "; ".join(summaries) for scope, summaries in uses.items()},
    }
    return {"type": "oauth2", "flows": {"clientCredentials": flow}}


# --- an operation ---------------------------------------------------------------------------------


def _operation(api: Api, route: Route) -> Document:
    summary, description = _words(route.handler)
    operation: Document = {
        "operationId": route.handler.__name__,
        "tags": [api.title],
        "summary": summary,
        "parameters": _parameters(route),
        "responses": {
            str(status): _answer(api, status, route.answers[status])
            for status in sorted(route.answers)
        },
        "security": [{_SECURITY_SCHEME: [scope.value]} for scope in route.scopes],
    }
    if description:
        operation["description"] = description
    if route.body is not None:
        content = {"schema": _schema(route.body)}
        operation["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(route.body_types or [api.media_type], content),
        }
    return operation


def _parameters(route: Route) -> list[Document]:
    return [
        *_path_parameters(route),
        *[_parameter("query", parameter) for parameter in route.query],
        *[_parameter("header", parameter) for parameter in route.in_headers],
    ]


def _path_parameters(route: Route) -> list[Document]:
    """Return all variable parts of the path, in their order, described or not."""
    known = {parameter.name: parameter for parameter in route.in_path}
    names = _IN_PATH.findall(route.path)
    return [
        _parameter("path", known.get(name, Parameter(name=name, meaning=name, kind=str)))
        | {"required": True}
        for name in names
    ]


def _parameter(place: str, parameter: Parameter) -> Document:
    return {
        "name": parameter.name,
        "in": place,
        "description": parameter.meaning,
        "schema": _schema(parameter.kind),
    }


def _answer(api: Api, status: int, model: object) -> Document:
    answer: Document = {"description": HTTPStatus(status).phrase}
    if model is not None:
        answer["content"] = {api.media_type: {"schema": _schema(model)}}
    if status in _HEADER_BY_STATUS:
        name, meaning = _HEADER_BY_STATUS[status]
        header = {"description": meaning, "required": True, "schema": {"type": "string"}}
        answer["headers"] = {name: header}
    return answer


# --- schemas and words ----------------------------------------------------------------------------


def _schema(model: object) -> Document:
    (schema,), _ = msgspec.json.schema_components([model], ref_template=_REFERENCE)
    return schema


def _component_schemas(routes: Sequence[Route]) -> dict[str, Document]:
    models = [model for route in routes for model in (route.body, *route.answers.values())]
    models += [
        parameter.kind
        for route in routes
        for parameter in (*route.in_path, *route.query, *route.in_headers)
    ]
    _, components = msgspec.json.schema_components(
        [model for model in models if model is not None], ref_template=_REFERENCE
    )
    return {name: _with_markdown(schema) for name, schema in components.items()}


def _with_markdown(schema: Document) -> Document:
    """Return a model's schema with its docstring in OpenAPI's markup."""
    return {**schema, "description": _markdown(schema["description"])}


def _words(described: object) -> tuple[str, str]:
    """Return the first line of a docstring without its full stop, and all that follows."""
    summary, _, rest = _markdown(getdoc(described) or "").partition("\n\n")
    return summary.removesuffix("."), rest


def _markdown(docstring: str) -> str:
    return docstring.replace("``", "`")
