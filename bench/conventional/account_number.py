"""An IBAN as a pydantic type: blanks stripped, checked, inside SEPA, with its bank."""

from typing import Annotated

from pydantic import GetPydanticSchema
from pydantic_core import PydanticCustomError, core_schema
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException


def parse_iban(text: str) -> IBAN:
    """Return the checked account number; raises what pydantic tells the client."""
    try:
        iban = IBAN(text)
    except SchwiftyException as error:
        raise PydanticCustomError("iban", "not a valid IBAN") from error
    if not iban.in_sepa_zone:
        raise PydanticCustomError("iban_outside_sepa", "not an account inside SEPA")
    return iban


CheckedIban = Annotated[
    IBAN,
    GetPydanticSchema(
        lambda _source, _handler: core_schema.no_info_after_validator_function(
            parse_iban, core_schema.str_schema(max_length=64)
        )
    ),
]
