"""Users of outside identity providers: who they are, and how they come by their debtors."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from lastschrift.domain.access import IdentityLinking, Principal, Scope
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    ContractUnknown,
    DebtorUnknown,
    IdentityNotLinked,
    TokenRefused,
    UserLinkedAlready,
    UserNotLinked,
)
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.domain.users import OutsideUser
from lastschrift.operations.authenticate import authenticate
from lastschrift.operations.change_identity_linking import change_identity_linking
from lastschrift.operations.delete_debtor import DeleteDebtor, delete_debtor
from lastschrift.operations.find_user import find_user
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.link_user import LinkUser, link_on_first_use, link_user
from lastschrift.operations.list_linked_users import list_linked_users
from lastschrift.operations.ports import Page
from lastschrift.operations.register_debtor import RegisterDebtor, register_debtor
from lastschrift.operations.revoke_client import revoke_client
from lastschrift.operations.unlink_user import unlink_user
from tests.databases import looking_into
from tests.house import House
from tests.identity_providers.issuer import Issuer
from tests.identity_providers.trusting import Trust, trust, trusting

pytestmark = pytest.mark.anyio

NOBODY = UUID(int=4711)


@pytest.fixture
async def trusted(house: House) -> AsyncIterator[Trust]:
    async with trust(house) as opened:
        yield opened


async def principal_of(trusted: Trust, sub: str = "jon.smith", scope: str = "") -> Principal:
    return await authenticate(trusted.house.ports, trusted.issuer.token(sub=sub, scope=scope))


async def first_use(trusted: Trust, sub: str = "jon.smith") -> DebtorRef:
    principal = await principal_of(trusted, sub)
    return await link_on_first_use(trusted.house.ports, principal, user(trusted, sub))


def user(trusted: Trust, sub: str = "jon.smith") -> OutsideUser:
    return OutsideUser(trusted.issuer.url, sub)


async def link(trusted: Trust, debtor: DebtorId | None = None, sub: str = "jon.smith") -> DebtorRef:
    command = LinkUser(contract_id=trusted.contract, user=user(trusted, sub), debtor_id=debtor)
    return await link_user(trusted.house.ports, command)


async def customer(trusted: Trust) -> DebtorId:
    command = RegisterDebtor(
        contract_id=trusted.contract, client_id=trusted.client.id, contact=Party(family_name="Doe")
    )
    return (await register_debtor(trusted.house.ports, command)).id


async def delete(trusted: Trust, debtor: DebtorId) -> None:
    command = DeleteDebtor(
        contract_id=trusted.contract, client_id=trusted.client.id, debtor_id=debtor
    )
    await delete_debtor(trusted.house.ports, command)


async def rows(trusted: Trust, statement: str) -> int:
    async with looking_into(trusted.house.database) as looking:
        ((count,),) = await looking.rows(statement)
    assert isinstance(count, int)
    return count


# --- who it is ------------------------------------------------------------------------------------


async def test_a_token_stands_for_its_user_under_the_providers_client(trusted: Trust) -> None:
    principal = await principal_of(trusted)
    assert principal.contract_id == trusted.contract
    assert principal.client_id == trusted.client.id
    assert principal.user == user(trusted)
    assert principal.debtor is None


async def test_a_linked_user_is_its_debtor(trusted: Trust) -> None:
    debtor = await first_use(trusted)
    assert (await principal_of(trusted)).debtor == debtor
    assert (await principal_of(trusted, "another")).debtor is None


@pytest.mark.parametrize(
    ("said", "allowed", "granted"),
    [
        ("pay:payment-methods:read openid", tuple(Scope), {Scope.PACE_READ}),
        ("", tuple(Scope), set()),
        ("pay:payment-methods:read", (Scope.PACE_DELETE,), set()),
        (
            "pay:payment-methods:create",
            tuple(Scope),
            {Scope.PACE_CREATE, Scope.PACE_CREATE_SEPA},
        ),
        ("pay:payment-methods:create:sepa", (Scope.PACE_CREATE,), {Scope.PACE_CREATE_SEPA}),
        ("pay:payment-methods:create", (Scope.PACE_CREATE_SEPA,), {Scope.PACE_CREATE_SEPA}),
        ("pay:payment-methods:create:paypal", tuple(Scope), set()),
        ("https://scope.secucard.com/e/api", tuple(Scope), set()),
    ],
)
async def test_a_token_may_do_what_it_says_and_the_client_may(
    house: House, said: str, allowed: tuple[Scope, ...], granted: set[Scope]
) -> None:
    client, _ = await house.open_contract(scopes=allowed)
    async with (
        Issuer.serving(house.clock) as issuer,
        trusting(house, issuer.provider(client.id)) as opened,
    ):
        principal = await authenticate(opened.ports, issuer.token(scope=said))
    assert principal.scopes == granted


async def test_a_revoked_client_cuts_its_provider_off(trusted: Trust) -> None:
    await principal_of(trusted)
    await revoke_client(trusted.house.ports, trusted.client.id)
    with pytest.raises(TokenRefused):
        await principal_of(trusted)


async def test_a_provider_of_a_client_that_is_not_there_is_nobodys(house: House) -> None:
    async with (
        Issuer.serving(house.clock) as issuer,
        trusting(house, issuer.provider(house.ports.ids.new_client_id())) as opened,
    ):
        with pytest.raises(TokenRefused):
            await authenticate(opened.ports, issuer.token())


async def test_where_no_provider_is_set_nobodys_tokens_are_good(
    house: House, trusted: Trust
) -> None:
    with pytest.raises(TokenRefused):
        await authenticate(house.ports, trusted.issuer.token())


# --- first use ------------------------------------------------------------------------------------


async def test_the_first_use_makes_a_debtor_and_the_next_one_finds_it(trusted: Trust) -> None:
    first = await first_use(trusted)
    assert first.kind is DebtorKind.USER
    assert await first_use(trusted) == first
    assert await first_use(trusted, "another") != first


async def test_many_first_uses_at_once_make_one_debtor(trusted: Trust) -> None:
    linked = await asyncio.gather(*(first_use(trusted) for _ in range(20)))
    assert len(set(linked)) == 1
    assert await rows(trusted, "SELECT count(*) FROM debtor WHERE kind = 'user'") == 1
    audited = "SELECT count(*) FROM audit_entry WHERE action = 'user.linked'"
    assert await rows(trusted, audited) == 1


async def test_the_same_user_of_another_contract_is_another_debtor(trusted: Trust) -> None:
    first = await first_use(trusted)
    client, _ = await trusted.house.open_contract()
    provider = trusted.issuer.provider(client.id, "other")
    async with trusting(trusted.house, provider) as house:
        principal = await authenticate(house.ports, trusted.issuer.token(aud="other"))
        assert principal.debtor is None
        second = await link_on_first_use(house.ports, principal, user(trusted))
    assert second != first


async def test_where_only_commands_link_the_first_use_does_not(trusted: Trust) -> None:
    await trusted.link_by_command()
    with pytest.raises(IdentityNotLinked):
        await first_use(trusted)
    assert await rows(trusted, "SELECT count(*) FROM debtor WHERE kind = 'user'") == 0
    linked = await link(trusted)
    assert await first_use(trusted) == linked


async def test_who_is_linked_stays_so_when_the_contract_changes(trusted: Trust) -> None:
    linked = await first_use(trusted)
    await trusted.link_by_command()
    assert await first_use(trusted) == linked


# --- by command -----------------------------------------------------------------------------------


async def test_a_user_can_be_linked_to_a_customer(trusted: Trust) -> None:
    debtor = await customer(trusted)
    linked = await link(trusted, debtor)
    assert linked == DebtorRef(debtor, DebtorKind.CUSTOMER)
    assert (await principal_of(trusted)).debtor == linked


async def test_linking_again_is_as_good_as_once(trusted: Trust) -> None:
    linked = await link(trusted)
    assert await link(trusted) == linked
    assert await link(trusted, linked.id) == linked
    assert await rows(trusted, "SELECT count(*) FROM identity") == 1


async def test_several_users_can_be_one_debtor(trusted: Trust) -> None:
    linked = await link(trusted)
    assert await link(trusted, linked.id, sub="another") == linked


async def test_a_user_is_one_debtor_only(trusted: Trust) -> None:
    await first_use(trusted)
    with pytest.raises(UserLinkedAlready):
        await link(trusted, await customer(trusted))


async def test_nobody_is_linked_to_what_is_not_there(trusted: Trust) -> None:
    gone = await customer(trusted)
    await delete(trusted, gone)
    other, _ = await trusted.house.open_contract()
    assert other.identity is not None
    for debtor in (DebtorId(NOBODY), gone, other.identity):
        with pytest.raises(DebtorUnknown):
            await link(trusted, debtor)
    command = LinkUser(contract_id=ContractId(NOBODY), user=user(trusted))
    with pytest.raises(ContractUnknown):
        await link_user(trusted.house.ports, command)


async def test_many_commands_at_once_make_one_link(trusted: Trust) -> None:
    debtor = await customer(trusted)
    linked = await asyncio.gather(*(link(trusted, debtor) for _ in range(10)))
    assert set(linked) == {DebtorRef(debtor, DebtorKind.CUSTOMER)}


async def test_a_first_use_and_a_command_at_once_agree(trusted: Trust) -> None:
    outcomes = await asyncio.gather(
        first_use(trusted), link(trusted, await customer(trusted)), return_exceptions=True
    )
    first, commanded = outcomes
    assert isinstance(first, DebtorRef)
    assert commanded == first or isinstance(commanded, UserLinkedAlready)
    assert (await principal_of(trusted)).debtor == first


# --- unlinking ------------------------------------------------------------------------------------


async def test_who_is_unlinked_begins_anew(trusted: Trust) -> None:
    first = await first_use(trusted)
    await unlink_user(trusted.house.ports, trusted.contract, user(trusted))
    assert (await principal_of(trusted)).debtor is None
    assert await first_use(trusted) != first


async def test_who_is_not_linked_cannot_be_unlinked(trusted: Trust) -> None:
    await first_use(trusted, "another")
    with pytest.raises(UserNotLinked):
        await unlink_user(trusted.house.ports, trusted.contract, user(trusted))
    assert await rows(trusted, "SELECT count(*) FROM identity") == 1


async def test_a_deleted_customer_takes_its_users_links_along(trusted: Trust) -> None:
    debtor = await customer(trusted)
    await link(trusted, debtor)
    await delete(trusted, debtor)
    assert (await principal_of(trusted)).debtor is None
    assert (await first_use(trusted)).kind is DebtorKind.USER


# --- who there is ---------------------------------------------------------------------------------


async def test_linked_users_are_listed_by_issuer_and_subject(trusted: Trust) -> None:
    for sub in ("c", "a", "b"):
        await first_use(trusted, sub)
    await link_user(
        trusted.house.ports,
        LinkUser(contract_id=trusted.contract, user=OutsideUser("https://a.example.org", "z")),
    )
    whole = await list_linked_users(trusted.house.ports, trusted.contract, Page(10, 0))
    assert whole.total == 4
    assert [one.user.subject for one in whole.items] == ["a", "b", "c", "z"]
    assert all(one.linked == trusted.house.clock.now() for one in whole.items)
    part = await list_linked_users(trusted.house.ports, trusted.contract, Page(2, 1))
    assert (part.total, part.items) == (4, whole.items[1:3])


async def test_nobody_else_lists_them(trusted: Trust) -> None:
    await first_use(trusted)
    other, _ = await trusted.house.open_contract()
    found = await list_linked_users(trusted.house.ports, other.contract_id, Page(10, 0))
    assert (found.total, found.items) == (0, [])


# --- finding another ------------------------------------------------------------------------------


async def own_principal(trusted: Trust) -> Principal:
    command = IssueAccessToken(
        client_id=trusted.client.id, client_secret=trusted.secret, scopes=None
    )
    issued = await issue_access_token(trusted.house.ports, command)
    return await authenticate(trusted.house.ports, issued.token)


async def test_a_user_is_found_by_its_subject(trusted: Trust) -> None:
    linked = await first_use(trusted)
    for principal in (await principal_of(trusted, "somebody"), await own_principal(trusted)):
        assert await find_user(trusted.house.ports, principal, "jon.smith") == linked
        for subject in ("jon", "JON.SMITH", "", "x" * 256, "a\x00b"):
            assert await find_user(trusted.house.ports, principal, subject) is None


async def test_another_contracts_user_is_not_found(trusted: Trust) -> None:
    await first_use(trusted)
    client, secret = await trusted.house.open_contract()
    command = IssueAccessToken(client_id=client.id, client_secret=secret, scopes=None)
    issued = await issue_access_token(trusted.house.ports, command)
    other = await authenticate(trusted.house.ports, issued.token)
    assert await find_user(trusted.house.ports, other, "jon.smith") is None


async def test_a_subject_of_two_providers_is_nobody_unless_it_is_one_debtor(
    trusted: Trust,
) -> None:
    linked = await first_use(trusted)
    async with Issuer.serving(trusted.house.clock) as second:
        providers = [one.provider(trusted.client.id) for one in (trusted.issuer, second)]
        async with trusting(trusted.house, *providers) as house:
            principal = await own_principal(trusted)
            other = OutsideUser(second.url, "jon.smith")
            command = LinkUser(contract_id=trusted.contract, user=other)
            assert await find_user(house.ports, principal, "jon.smith") == linked
            await link_user(house.ports, command)
            assert await find_user(house.ports, principal, "jon.smith") is None
            its_own = await authenticate(house.ports, trusted.issuer.token(sub="somebody"))
            assert await find_user(house.ports, its_own, "jon.smith") == linked
            await unlink_user(house.ports, trusted.contract, other)
            await link_user(
                house.ports,
                LinkUser(contract_id=trusted.contract, user=other, debtor_id=linked.id),
            )
            assert await find_user(house.ports, principal, "jon.smith") == linked


# --- the contract ---------------------------------------------------------------------------------


async def test_a_contract_can_be_changed_there_and_back(trusted: Trust) -> None:
    for linking in (IdentityLinking.BY_COMMAND, IdentityLinking.FIRST_USE):
        changed = await change_identity_linking(trusted.house.ports, trusted.contract, linking)
        assert changed.identity_linking is linking
    with pytest.raises(ContractUnknown):
        await change_identity_linking(
            trusted.house.ports, ContractId(NOBODY), IdentityLinking.FIRST_USE
        )
