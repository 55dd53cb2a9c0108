"""Parties: a client with one thing of every kind, none of which looks like another party's.

What a party has is made over the wires, as clients make it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

from lastschrift.apis.secuconnect.ids import contract_id, parse_container_id, parse_customer_id
from lastschrift.domain.access import Client, Scope
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.create_client import CreateClient, CreatedClient, create_client
from lastschrift.operations.link_user import LinkUser, link_user
from tests.house import House
from tests.isolation.absent import absent
from tests.isolation.references import Kind
from tests.isolation.vouching import ISSUER, VouchingProvider

_CUSTOMERS = "/api/v2/Payment/Customers"
_CONTAINERS = "/api/v2/Payment/Containers"
_PAYMENT_METHODS = "/pay/2024-1/payment-methods/sepa-direct-debit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who asks, or who must not be seen.

    ``values`` is what it has, as requests name it; ``marks`` are texts that nobody else has.
    """

    client: Client
    token: str
    values: Mapping[Kind, str]
    marks: Collection[str]

    @property
    def payer(self) -> DebtorRef:
        """Whom its tokens speak for."""
        assert self.client.identity is not None
        return DebtorRef(self.client.identity, DebtorKind.SERVICE_IDENTITY)

    @property
    def customer(self) -> DebtorRef:
        """The customer that it has saved."""
        parsed = parse_customer_id(self.values[Kind.CUSTOMER])
        assert parsed is not None
        return DebtorRef(parsed, DebtorKind.CUSTOMER)

    @property
    def ids(self) -> frozenset[bytes]:
        """Ids as the database has them, of which each row of the party's has one at least."""
        container = parse_container_id(self.values[Kind.CONTAINER])
        assert container is not None
        method = UUID(self.values[Kind.PAYMENT_METHOD])
        client = self.client
        debtors = (self.payer.id, self.customer.id)
        ids = (client.contract_id, client.id, *debtors, container, method)
        return frozenset(one.bytes for one in ids)

    def without_access(self) -> Self:
        """Return the same party with a token, and with credentials, that nobody has."""
        unknown = {kind: absent(kind) for kind in (Kind.CLIENT, Kind.SECRET, Kind.TOKEN)}
        return replace(self, token=absent(Kind.TOKEN), values={**self.values, **unknown})


# --- making them ----------------------------------------------------------------------------------


async def new_party(
    house: House, kinds: Collection[Kind] = (), *, scopes: Collection[str] = tuple(Scope)
) -> Party:
    """Open a contract with a party in it; ``scopes`` are its token's.

    What takes a request of its own and is seldom asked for, it has only if ``kinds`` say so.
    """
    client, secret = await house.open_contract(name="Merchant")
    return await _party(house, CreatedClient(client, secret), kinds, scopes)


async def new_neighbour(house: House, party: Party, kinds: Collection[Kind] = ()) -> Party:
    """Open a party in another one's contract."""
    command = CreateClient(
        contract_id=party.client.contract_id,
        name="Neighbour",
        scopes=tuple(Scope),
        has_identity=True,
    )
    return await _party(house, await create_client(house.ports, command), kinds, tuple(Scope))


async def as_user(house: House, party: Party) -> Party:
    """Return the same party with a token of an outside provider's user, who is its payer."""
    subject = party.values.get(Kind.SUBJECT)
    if subject is None:
        subject = await _new_user(house, party.client)
    provider = house.ports.identity_providers
    assert isinstance(provider, VouchingProvider)
    return replace(party, token=provider.token(party.client, subject))


async def _party(
    house: House, created: CreatedClient, kinds: Collection[Kind], scopes: Collection[str]
) -> Party:
    token = await _token(house, created, tuple(Scope))
    caller = _Caller(house, token, absent(Kind.NEW_KEY))
    surname = absent(Kind.NAME)
    ibans = absent(Kind.IBAN), absent(Kind.IBAN)
    customer = await caller.create_customer(surname)
    container = await caller.create_container(customer, surname, ibans[0])
    method = await caller.create_payment_method(surname, ibans[1])
    seldom = {kind: await _SELDOM[kind](caller, created.client) for kind in _SELDOM.keys() & kinds}
    return Party(
        client=created.client,
        token=token if set(scopes) == set(Scope) else await _token(house, created, scopes),
        values={
            Kind.CUSTOMER: customer,
            Kind.CONTAINER: container,
            Kind.CONTRACT: contract_id(created.client.contract_id),
            Kind.PAYMENT_METHOD: method,
            Kind.NAME: surname,
            Kind.IBAN: ibans[0],
            Kind.CLIENT: created.client.id.hex,
            Kind.SECRET: created.secret.reveal(),
            Kind.TOKEN: token,
            Kind.NEW_ID: method,
            Kind.NEW_IBAN: ibans[0],
            Kind.NEW_KEY: caller.key,
            **seldom,
        },
        marks=(surname, *ibans, *[f" XX {iban[-4:]}" for iban in ibans]),
    )


async def _token(house: House, created: CreatedClient, scopes: Collection[str]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": created.client.id.hex,
        "client_secret": created.secret.reveal(),
        "scope": " ".join(scopes),
    }
    answer = await house.client.post("/oauth/token", data=form)
    token: str = answer.json()["access_token"]
    return token


@dataclass(frozen=True, slots=True)
class _Caller:
    """Makes things over the wires, all under one idempotency key."""

    house: House
    token: str
    key: str

    async def create_customer(self, surname: str) -> str:
        body = {"contact": {"forename": "Eva", "surname": surname}}
        return _id(await self._post(_CUSTOMERS, body, "application/json"))

    async def create_container(self, customer: str, owner: str, iban: str) -> str:
        body = {"customer": customer, "private": {"owner": owner, "iban": iban}}
        return _id(await self._post(_CONTAINERS, body, "application/json"))

    async def create_payment_method(self, surname: str, iban: str) -> str:
        attributes = {"kind": "sepa", "iban": iban, "lastName": surname, "address": _ADDRESS}
        body = {"data": {"type": "paymentMethod", "attributes": attributes}}
        return _id((await self._post(_PAYMENT_METHODS, body, "application/vnd.api+json"))["data"])

    async def begin_scroll(self, path: str) -> str:
        asked = {"count": "1", "scroll_expire": "5m"}
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await self.house.client.get(path, params=asked, headers=headers)
        assert answer.is_success, answer.text
        return str(answer.json()["scroll_id"])

    async def _post(self, path: str, body: object, media_type: str) -> dict[str, object]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": media_type,
            "Idempotency-Key": self.key,
        }
        answer = await self.house.client.post(path, headers=headers, json=body)
        assert answer.is_success, answer.text
        made: dict[str, object] = answer.json()
        return made


async def _new_user(house: House, client: Client) -> str:
    """Link a user of the identity provider to the payer of the client's own tokens."""
    user = OutsideUser(ISSUER, absent(Kind.SUBJECT))
    command = LinkUser(contract_id=client.contract_id, user=user, debtor_id=client.identity)
    await link_user(house.ports, command)
    return user.subject


def _id(made: object) -> str:
    assert isinstance(made, dict)
    return str(made["id"])


_SELDOM: Mapping[Kind, Callable[[_Caller, Client], Awaitable[str]]] = {
    Kind.CUSTOMER_SCROLL: lambda caller, _: caller.begin_scroll(_CUSTOMERS),
    Kind.CONTAINER_SCROLL: lambda caller, _: caller.begin_scroll(_CONTAINERS),
    Kind.SUBJECT: lambda caller, client: _new_user(caller.house, client),
}

_ADDRESS = {
    "street": "Haid-und-Neu-Str.",
    "houseNo": "18",
    "postalCode": "76131",
    "city": "Karlsruhe",
    "countryCode": "DE",
}
