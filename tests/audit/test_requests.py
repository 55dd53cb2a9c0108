"""What a request leaves in the audit trail: whose token it was, and where it came from."""

from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from lastschrift.domain.access import Scope
from tests.databases import looking_into
from tests.house import House

pytestmark = pytest.mark.anyio

IBAN = "DE89370400440532013000"
CONTAINERS = "/api/v2/Payment/Containers"


async def trail_of(house: House) -> Sequence[tuple[Any, ...]]:
    """Return what requests left: action, client, payer and source."""
    async with looking_into(house.database) as looking:
        return await looking.rows(
            "SELECT action, client_id, debtor_id, source FROM audit_entry WHERE source <> ''"
            " ORDER BY sequence"
        )


async def headers(client: httpx2.AsyncClient, house: House, *scopes: Scope) -> dict[str, str]:
    """Return the headers of a new client's requests."""
    created, secret = await house.open_contract(scopes=scopes, has_identity=True)
    form = {
        "grant_type": "client_credentials",
        "client_id": created.id.hex,
        "client_secret": secret.reveal(),
    }
    answer = await client.post("/oauth/token", data=form)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def clients_of(house: House) -> tuple[bytes, bytes]:
    async with looking_into(house.database) as looking:
        ((client, payer),) = await looking.rows("SELECT id, identity_id FROM client")
    return client, payer


async def test_a_change_and_readings_say_who_and_from_where(house: House) -> None:
    shop, clerk = house.client, house.client_from("198.51.100.4")
    authorised = await headers(shop, house, Scope.SECUCONNECT)
    private = {"owner": "John Doe", "iban": IBAN}
    created = await shop.post(
        CONTAINERS, headers=authorised, json={"type": "bank_account", "private": private}
    )
    container = f"{CONTAINERS}/{created.json()['id']}"
    async with clerk:
        assert (await clerk.get(container, headers=authorised)).json()["private"]["iban"] == IBAN
        assert (await clerk.get(CONTAINERS, headers=authorised)).status_code == 200
        assert (await clerk.get(f"{container}X", headers=authorised)).status_code == 404
    who = await clients_of(house)
    assert await trail_of(house) == [
        ("bank_account.registered", *who, "127.0.0.1"),
        ("bank_account.read", *who, "198.51.100.4"),
        ("bank_account.read", *who, "198.51.100.4"),
    ]


async def test_a_payer_s_change_names_the_payer(house: House) -> None:
    authorised = await headers(house.client, house, Scope.PACE_CREATE)
    address = {
        "street": "Haid-und-Neu-Str.",
        "houseNo": "18",
        "postalCode": "76131",
        "city": "Karlsruhe",
        "countryCode": "DE",
    }
    attributes = {
        "kind": "sepa",
        "iban": IBAN,
        "firstName": "Jon",
        "lastName": "Smith",
        "address": address,
    }
    body = {"data": {"type": "paymentMethod", "attributes": attributes}}
    answer = await house.client.post(
        "/pay/2024-1/payment-methods/sepa-direct-debit",
        headers={**authorised, "Content-Type": "application/vnd.api+json"},
        json=body,
    )
    assert answer.status_code == 201, answer.text
    assert await trail_of(house) == [
        ("bank_account.registered", *await clients_of(house), "127.0.0.1")
    ]
