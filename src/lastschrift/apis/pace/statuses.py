"""What PACE's operations may answer beside what they are for, for the API's description."""

from lastschrift.apis.pace.models import Errors

ALWAYS = {401: Errors, 403: Errors, 429: Errors, 500: Errors, 503: Errors}
"""What every operation may answer."""

WITH_BODY = {
    400: Errors,
    406: Errors,
    409: Errors,
    413: Errors,
    415: Errors,
    422: Errors,
    **ALWAYS,
}
"""What operations may answer that read a body."""
