"""What can be wanted of the users of outside identity providers: to be linked, listed, unlinked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from lastschrift.admin.verb import Verb
from lastschrift.domain.debtor import DebtorKind
from lastschrift.domain.identity import ContractId, DebtorId
from lastschrift.domain.users import (
    ISSUER_CHARACTERS_MAX,
    SUBJECT_CHARACTERS_MAX,
    LinkedUser,
    OutsideUser,
)
from lastschrift.operations.link_user import LinkUser, link_user
from lastschrift.operations.list_linked_users import list_linked_users
from lastschrift.operations.ports import Page, Ports
from lastschrift.operations.unlink_user import unlink_user

USERS_LISTED_MAX = 10_000


class UserNamed(Struct, frozen=True, kw_only=True):
    """The arguments of ``identity.unlink``: a user, as its provider's tokens name it."""

    contract: UUID
    issuer: Annotated[str, Meta(min_length=1, max_length=ISSUER_CHARACTERS_MAX)]
    subject: Annotated[str, Meta(min_length=1, max_length=SUBJECT_CHARACTERS_MAX)]

    @property
    def user(self) -> OutsideUser:
        """The user that is meant."""
        return OutsideUser(self.issuer, self.subject)


class NewLink(UserNamed, frozen=True, kw_only=True):
    """The arguments of ``identity.link``; ``debtor`` None: a new one."""

    debtor: UUID | None


class UsersWanted(Struct, frozen=True, kw_only=True):
    """The arguments of ``identity.list``."""

    contract: UUID
    count: Annotated[int, Meta(ge=1, le=USERS_LISTED_MAX)]
    offset: Annotated[int, Meta(ge=0)]


class LinkTold(Struct, frozen=True, kw_only=True):
    """A link that was made, as it is told."""

    contract: UUID
    issuer: str
    subject: str
    debtor: UUID
    kind: DebtorKind


class LinkedUserTold(LinkTold, frozen=True, kw_only=True):
    """A user that is linked, as it is told."""

    linked: datetime


class LinkedUsersTold(Struct, frozen=True, kw_only=True):
    """Some of a contract's linked users, and how many there are in all."""

    total: int
    users: list[LinkedUserTold]


async def _link(ports: Ports, wanted: NewLink) -> LinkTold:
    command = LinkUser(
        contract_id=ContractId(wanted.contract),
        user=wanted.user,
        debtor_id=None if wanted.debtor is None else DebtorId(wanted.debtor),
    )
    debtor = await link_user(ports, command)
    return LinkTold(
        contract=wanted.contract,
        issuer=wanted.issuer,
        subject=wanted.subject,
        debtor=debtor.id,
        kind=debtor.kind,
    )


async def _list(ports: Ports, wanted: UsersWanted) -> LinkedUsersTold:
    page = Page(wanted.count, wanted.offset)
    found = await list_linked_users(ports, ContractId(wanted.contract), page)
    return LinkedUsersTold(total=found.total, users=[_told(linked) for linked in found.items])


async def _unlink(ports: Ports, wanted: UserNamed) -> UserNamed:
    await unlink_user(ports, ContractId(wanted.contract), wanted.user)
    return wanted


def _told(linked: LinkedUser) -> LinkedUserTold:
    return LinkedUserTold(
        contract=linked.contract_id,
        issuer=linked.user.issuer,
        subject=linked.user.subject,
        debtor=linked.debtor.id,
        kind=linked.debtor.kind,
        linked=linked.linked,
    )


IDENTITY_LINK = Verb("identity.link", NewLink, LinkTold, _link)
IDENTITY_LIST = Verb("identity.list", UsersWanted, LinkedUsersTold, _list)
IDENTITY_UNLINK = Verb("identity.unlink", UserNamed, UserNamed, _unlink)

IDENTITY_VERBS = (IDENTITY_LINK, IDENTITY_LIST, IDENTITY_UNLINK)
