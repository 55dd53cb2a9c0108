"""What the APIs say of themselves: OpenAPI documents for programs, and a page for people.

`describing` makes a document of an API's routes and models, and serves it; `examples` fills
requests in, and writes them as curl lines; `words` says what a member may hold; `page` puts it
before people. What models tell of their members beyond their kind is `lastschrift.web.described`.
"""

from lastschrift.web.openapi.describing import TOKEN_API, openapi_document, openapi_routes

__all__ = ["TOKEN_API", "openapi_document", "openapi_routes"]
