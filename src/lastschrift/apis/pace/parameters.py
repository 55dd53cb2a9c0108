"""The parameters of PACE's operations, for the API's description."""

from typing import Annotated

from lastschrift.apis.pace import query
from lastschrift.apis.pace.models import PaymentMethodId
from lastschrift.apis.pace.paths import PAYMENT_METHOD_ID
from lastschrift.domain.access import Scope
from lastschrift.domain.users import SUBJECT_CHARACTERS_MAX
from lastschrift.web.api import Parameter
from lastschrift.web.described import described, described_text

_PLACE = "8c2d3b7e-7f0d-4b5e-9a53-6a0a6a0c2f51"
_ONE_RELATED = f"({'|'.join(query.Related)})"

WHICH = Parameter(name=PAYMENT_METHOD_ID, meaning="which payment method", kind=PaymentMethodId)

STATUS_FILTER = Parameter(
    name=query.STATUS,
    meaning="leave out what is past its expiry",
    kind=Annotated[str, described("valid", pattern=f"^({'|'.join(query.StatusFilter)})$")],
)
PURPOSE_FILTER = Parameter(
    name=query.PURPOSE,
    meaning="what is paid for; narrows nothing here",
    kind=Annotated[
        str, described(f"prn:poi:gas-stations:{_PLACE}", pattern=f"^{query.RESOURCE_NAME}$")
    ],
)
USER_FILTER = Parameter(
    name=query.USER_ID,
    meaning=f"whose, with {Scope.PACE_READ_PER_USER}",
    kind=Annotated[str, described_text(SUBJECT_CHARACTERS_MAX, "f:1f0c:jon.smith", minLength=1)],
)
INCLUDED = Parameter(
    name=query.INCLUDE,
    meaning="what to include, with commas",
    kind=Annotated[
        str, described("paymentMethodKind", pattern=f"^({_ONE_RELATED}(,{_ONE_RELATED})*)?$")
    ],
)
PAGE = Parameter(
    name=query.PAGE_NUMBER,
    meaning="which page, from 0",
    kind=Annotated[int, described(0, minimum=0, maximum=query.PAGE_NUMBER_MAX)],
)
SIZE = Parameter(
    name=query.PAGE_SIZE,
    meaning="how many are on a page",
    kind=Annotated[int, described(query.PAGE_SIZE_DEFAULT, minimum=1, maximum=query.PAGE_SIZE_MAX)],
)
LANGUAGE = Parameter(
    name="Accept-Language",
    meaning="English or German (RFC 9110 §12.5.4)",
    kind=Annotated[str, described("de, en;q=0.5", format="accept-language")],
)
ADDITIONAL_DATA = Parameter(
    name=query.ADDITIONAL_DATA,
    meaning="changes nothing here: all is told",
    kind=Annotated[str, described("true", pattern=f"^({'|'.join(query.BOOLEANS)})$")],
)
POINT_OF_INTEREST = Parameter(
    name=query.POINT_OF_INTEREST,
    meaning="where it is paid; narrows nothing here",
    kind=Annotated[str, described(_PLACE, format="uuid")],
)
