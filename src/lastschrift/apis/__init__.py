"""One folder per wire, all with the same files: routes, parse, render, errors, and what they name.

An API is found by walking this package: its ``routes`` module has a function ``api(has_cors)``
that returns a `lastschrift.web.api.Api`. No API folder imports another.
"""
