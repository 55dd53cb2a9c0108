"""Which errors an operation may answer with, beside its success: for the API's description."""

from collections.abc import Mapping
from typing import Any, Final

from lastschrift.apis.secuconnect.models import ProductError


def _errors(*statuses: int) -> Mapping[int, Any]:
    return dict.fromkeys([*statuses, 403, 429, 500, 503], ProductError)


READING: Final = _errors(404)
LISTING: Final = _errors(404, 422)
LISTING_CONTRACTS: Final = _errors(422)
CREATING: Final = _errors(404, 409, 413, 422)
REPLACING: Final = _errors(404, 413, 422)
REPLACING_UNIQUE: Final = _errors(404, 409, 413, 422)
ASSIGNING: Final = _errors(404, 409, 422)
CHANGING: Final = _errors(404)
DELETING_CUSTOMERS: Final = _errors()
"""An unknown customer is a 403 there, as documented."""

ASKING: Final = _errors(413, 422)
