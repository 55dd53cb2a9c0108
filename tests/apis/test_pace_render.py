"""How a bank account is shown as a payment method, never with its IBAN."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from lastschrift.apis.pace.languages import Language
from lastschrift.apis.pace.query import Related
from lastschrift.apis.pace.render import (
    identification_string,
    render_created,
    render_payment_method,
    render_payment_methods,
)
from lastschrift.domain.bank_account import BankAccount
from lastschrift.domain.identity import AccountId, ContractId
from lastschrift.operations.list_bank_accounts import SomeBankAccounts
from tests.apis.pace_bodies import SEED_ID


def account(*, bank_name: str | None = "Commerzbank") -> BankAccount:
    return BankAccount(
        contract_id=ContractId(UUID(int=1)),
        id=AccountId(UUID(SEED_ID)),
        debtor=None,
        iban_country="DE",
        iban_last_four="3000",
        bic="COBADEFFXXX",
        bank_name=bank_name,
        owner="Clean House GmbH",
        holder=None,
        created=datetime(2024, 1, 1, tzinfo=UTC),
    )


def test_a_payment_method_shows_what_is_documented_and_nothing_else() -> None:
    created = json.loads(render_created(account()).body)
    vendor = created["data"]["relationships"].pop("paymentMethodVendor")["data"]
    assert vendor["type"] == "paymentMethodVendor"
    assert str(UUID(vendor["id"])) == vendor["id"]
    assert created == {
        "data": {
            "id": SEED_ID,
            "type": "paymentMethod",
            "attributes": {
                "kind": "sepa",
                "status": "verified",
                "identificationString": "COMMERZBANK XX 3000",
                "twoFactor": False,
                "implicit": False,
                "pacePay": True,
                "managed": False,
            },
            "relationships": {
                "paymentMethodKind": {"data": {"type": "paymentMethodKind", "id": "sepa"}}
            },
        }
    }


def test_a_new_payment_method_looks_as_it_will_when_it_is_read() -> None:
    created, read = render_created(account()), render_payment_method(account())
    assert (created.status, read.status) == (201, 200)
    assert created.body == read.body


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_list_shows_each_payment_method_as_it_is_read(count: int) -> None:
    one = json.loads(render_payment_method(account()).body)["data"]
    some = SomeBankAccounts([account()] * count, has_more=False)
    answer = render_payment_methods(some, frozenset(), Language.ENGLISH, UNSET)
    assert json.loads(answer.body) == {"data": [one] * count}


@pytest.mark.parametrize(
    ("expiry", "shown"),
    [
        (datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC), "2027-12-31T23:59:59Z"),
        (datetime(2027, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC), "2027-01-01T00:00:00Z"),
        (datetime(2027, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2026-12-31T23:00:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    ],
)
def test_an_instant_is_written_to_the_second_in_utc(expiry: datetime, shown: str) -> None:
    document = json.loads(render_payment_method(replace(account(), expiry=expiry)).body)
    assert document["data"]["attributes"]["expiry"] == shown


def test_what_is_included_is_what_the_relationships_name() -> None:
    answer = render_payment_method(account(), frozenset(Related), Language.GERMAN)
    document = json.loads(answer.body)
    named = [
        (each["data"]["type"], each["data"]["id"])
        for name, each in document["data"]["relationships"].items()
        if name != "paymentTokens"
    ]
    assert [(each["type"], each["id"]) for each in document["included"]] == named
    assert document["data"]["relationships"]["paymentTokens"] == {"data": []}


@pytest.mark.parametrize(
    ("bank_name", "shown"),
    [
        ("Deutsche Bank", "DEUTSCHEBANK XX 3000"),
        ("VR-Bank 1a (Gf.)", "VRBANK1AGF XX 3000"),
        ("Sparkasse Gießen-Görlitz", "SPARKASSEGIESSENGÖRLITZ XX 3000"),
        (None, "DE XX 3000"),
        ("…", "DE XX 3000"),
    ],
)
def test_an_account_is_recognised_by_its_bank_and_last_four(
    bank_name: str | None, shown: str
) -> None:
    assert identification_string(account(bank_name=bank_name)) == shown
