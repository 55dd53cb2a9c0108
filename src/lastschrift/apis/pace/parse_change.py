"""From a PATCH to a command: what is absent stays as it is, null or an empty text clears it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import UNSET, UnsetType

from lastschrift.apis.pace.models import (
    ALIAS_CHARACTERS_MAX,
    AUTHORISATION_ATTRIBUTES_MAX,
    AUTHORISATION_LENGTH_MAX,
    AUTHORISATION_NAME_CHARACTERS_MAX,
    AUTHORISATION_REGEX_CHARACTERS_MAX,
    TYPE,
    ChangedAttributesRequest,
    MandatoryAttribute,
    PaymentMethodChangeRequest,
)
from lastschrift.apis.pace.parse import ATTRIBUTES_PATH, ID_PATH, account_id
from lastschrift.apis.pace.refusals import ResourceIdWrong, ResourceTypeWrong
from lastschrift.domain.access import Principal
from lastschrift.domain.bank_account import AuthorisationAttribute
from lastschrift.domain.debtor import DebtorRef
from lastschrift.domain.identity import AccountId
from lastschrift.domain.instant import parse_instant
from lastschrift.domain.refusals import Missing, NumberOutOfRange, TooMany
from lastschrift.domain.text import clean_text, is_blank
from lastschrift.operations.update_account_usage import UpdateAccountUsage
from lastschrift.web.errors import BodyMalformed
from lastschrift.web.reading import BodyReader, Path, Problems

_T = TypeVar("_T")

_BODY = BodyReader(PaymentMethodChangeRequest)
_ALIAS: Path = (*ATTRIBUTES_PATH, "alias")
_EXPIRY: Path = (*ATTRIBUTES_PATH, "expiry")
_MANDATORY: Path = (*ATTRIBUTES_PATH, "mandatoryAuthorisationAttributes")


def parse_change_payment_method(
    body: bytes, principal: Principal, payer: DebtorRef, account: AccountId
) -> UpdateAccountUsage:
    """Return what is to be another about a payment method.

    Raises, in this order: BodyMalformed; Invalid with every field at fault; ResourceTypeWrong,
    ResourceIdWrong.
    """
    document, problems = _BODY.read(body)
    resource = document.data
    if not resource:  # the reader leaves empty what is missing or of another kind
        raise BodyMalformed("there is no object data")
    named = problems.check(ID_PATH, account_id, resource.id)
    wanted = resource.attributes or ChangedAttributesRequest()
    command = UpdateAccountUsage(
        contract_id=principal.contract_id,
        client_id=principal.client_id,
        debtor_id=payer.id,
        account_id=account,
        alias=_changed(_ALIAS, _alias, wanted.alias, problems),
        expiry=_changed(_EXPIRY, _expiry, wanted.expiry, problems),
        authorisation=_authorisation(wanted.mandatory_authorisation_attributes, problems),
    )
    problems.raise_if_any()
    if resource.type != TYPE:
        raise ResourceTypeWrong
    if named != account:
        raise ResourceIdWrong
    return command


def _changed(
    path: Path,
    parse: Callable[[str], _T | None],
    value: str | UnsetType | None,
    problems: Problems,
) -> _T | UnsetType | None:
    """Return UNSET for what is to stay, None for what is to be cleared."""
    return UNSET if value is UNSET else problems.check(path, parse, value)


def _alias(text: str) -> str | None:
    return _optional(text, characters_max=ALIAS_CHARACTERS_MAX)


def _expiry(text: str) -> datetime | None:
    return None if is_blank(text) else parse_instant(text)


# --- what must be told when it is charged ---------------------------------------------------------


def _authorisation(
    attributes: Sequence[MandatoryAttribute] | UnsetType | None, problems: Problems
) -> tuple[AuthorisationAttribute, ...] | UnsetType:
    """Return the attributes that take the place of all that there are."""
    if attributes is UNSET:
        return UNSET
    told = attributes or ()
    if len(told) > AUTHORISATION_ATTRIBUTES_MAX:
        problems.note(_MANDATORY, TooMany(AUTHORISATION_ATTRIBUTES_MAX))
        return UNSET
    return tuple(
        _authorisation_attribute(attribute, (*_MANDATORY, str(place)), problems)
        for place, attribute in enumerate(told)
        if attribute  # the reader leaves empty what is no object
    )


def _authorisation_attribute(
    attribute: MandatoryAttribute, path: Path, problems: Problems
) -> AuthorisationAttribute:
    return AuthorisationAttribute(
        name=problems.check((*path, "name"), _name, attribute.name) or "",
        regex=problems.check((*path, "regex"), _regex, attribute.regex),
        characters_max=problems.check((*path, "maxLength"), _length, attribute.max_length),
    )


def _name(text: str) -> str:
    if is_blank(text):
        raise Missing
    return clean_text(text, characters_max=AUTHORISATION_NAME_CHARACTERS_MAX)


def _length(number: int) -> int:
    if not 1 <= number <= AUTHORISATION_LENGTH_MAX:
        raise NumberOutOfRange(1, AUTHORISATION_LENGTH_MAX)
    return number


def _optional(text: str, *, characters_max: int) -> str | None:
    """Return a text of any script: these are never sent to a bank."""
    return None if is_blank(text) else clean_text(text, characters_max=characters_max)


_regex = partial(_optional, characters_max=AUTHORISATION_REGEX_CHARACTERS_MAX)
