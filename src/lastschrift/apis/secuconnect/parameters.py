"""What operations take beside a body: in the path, in the query, in headers."""

from typing import Annotated, Final

from lastschrift.apis.secuconnect.idempotency import IDEMPOTENCY_KEY, X_ACTION
from lastschrift.apis.secuconnect.models import (
    COUNT_DEFAULT,
    COUNT_MAX,
    OFFSET_MAX,
    ContainerId,
    ContractIdOrMe,
    CustomerId,
)
from lastschrift.domain.idempotency import CHARACTERS_MAX
from lastschrift.web.api import Parameter
from lastschrift.web.described import described

CUSTOMER_IN_PATH: Final = Parameter(name="id", meaning="which customer", kind=CustomerId)
CONTAINER_IN_PATH: Final = Parameter(name="id", meaning="which container", kind=ContainerId)
ASSIGNED_IN_PATH: Final = Parameter(name="customer", meaning="which customer", kind=CustomerId)
CONTRACT_IN_PATH: Final = Parameter(
    name="id", meaning="the token's own contract, by its id or as `me`", kind=ContractIdOrMe
)

_Count = Annotated[int, described(minimum=0, maximum=COUNT_MAX, default=COUNT_DEFAULT)]
_Offset = Annotated[int, described(minimum=0, maximum=OFFSET_MAX, default=0)]
PAGE: Final = (
    Parameter(name="count", meaning="how many to return", kind=_Count),
    Parameter(name="offset", meaning="how many to leave out before", kind=_Offset),
)

_AnyText = Annotated[str, described(pattern=r"^[\s\S]*$")]
_IN_ANY_LIST = (
    *PAGE,
    Parameter(
        name="fields",
        meaning="which members to return, as id,created; all if it is missing",
        kind=_AnyText,
    ),
    Parameter(
        name="expand", meaning="customer: containers have their customers whole", kind=_AnyText
    ),
    Parameter(name="meta", meaning="true: say which part of the list it is, too", kind=_AnyText),
    Parameter(
        name="scroll_expire",
        meaning="read the list batch by batch; how long the next one may be waited for, as 5m",
        kind=Annotated[str, described("5m", pattern=r"^[0-9]{1,6}[smh]$")],
    ),
    Parameter(
        name="scroll_id",
        meaning="go on with the next batch; all other parameters are those of the first",
        kind=Annotated[str, described(pattern=r"^[A-Za-z0-9_-]+$")],
    ),
)

CUSTOMER_LIST: Final = (
    Parameter(
        name="q",
        meaning="what must hold, as contact.surname:Do* AND created:[2017-01-01 TO *]",
        kind=Annotated[str, described("contact.surname:D*", format="customer-query")],
    ),
    Parameter(
        name="sort",
        meaning="what to sort by, as created:desc,contact.surname:asc",
        kind=Annotated[str, described("created:desc", format="customer-sort")],
    ),
    *_IN_ANY_LIST,
)
CONTAINER_LIST: Final = (
    Parameter(
        name="q",
        meaning="what must hold, as private.owner:J* AND created:[2017-01-01 TO *]",
        kind=Annotated[str, described("private.owner:J*", format="container-query")],
    ),
    Parameter(
        name="sort",
        meaning="what to sort by, as created:desc,private.owner:asc",
        kind=Annotated[str, described("created:desc", format="container-sort")],
    ),
    *_IN_ANY_LIST,
)

_Key = Annotated[str, described(minLength=1, maxLength=CHARACTERS_MAX, pattern=r"^[!#-~][!-~]*$")]
KEYS: Final = (
    Parameter(
        name=IDEMPOTENCY_KEY,
        meaning="done once under this key, for 30 days; an answer that was given before comes with "
        "Idempotency-Replayed: true",
        kind=_Key,
    ),
    Parameter(name=X_ACTION, meaning="an older name for the same", kind=_Key),
)
