"""Who pays: the payer that a token speaks for, or another user whose methods may be read.

A token of an outside identity provider speaks for its user, who becomes a payer by being linked to
a debtor: by the first request that is let in, unless the contract leaves that to commands.
"""

import msgspec

from lastschrift.apis.pace.query import USER_ID
from lastschrift.domain.access import Principal, Scope
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.errors import IdentityNotLinked
from lastschrift.domain.identity import DebtorId
from lastschrift.operations.find_user import find_user
from lastschrift.operations.link_user import link_on_first_use
from lastschrift.web.http import Request


async def payer_of(request: Request, *any_of: Scope) -> tuple[Principal, DebtorRef]:
    """Return who the token stands for, and the payer that it speaks for.

    Raises, in this order: TokenMissing, TokenRefused, ScopeMissing, IdentityNotLinked.
    """
    principal = await request.authorize(*any_of)
    if principal.debtor is not None:
        return principal, principal.debtor
    if principal.user is None:
        raise IdentityNotLinked
    payer = await link_on_first_use(request.ports, principal, principal.user)
    request.principal = msgspec.structs.replace(principal, debtor=payer)
    return request.principal, payer


async def payer_to_read(request: Request, *any_of: Scope) -> tuple[Principal, DebtorRef]:
    """Return who the token stands for, and whose payment methods are to be read.

    With ``filter[userID]`` that is another user, and a scope for just that is needed. Who is linked
    to nobody has no payment methods, and is answered as a payer without any.

    Raises, in this order: TokenMissing, TokenRefused, ScopeMissing, IdentityNotLinked.
    """
    await request.authenticate()  # who has no good token learns nothing of the query
    subject = dict(request.query).get(USER_ID)
    if subject is None:
        return await payer_of(request, *any_of)
    principal = await request.authorize(Scope.PACE_READ_PER_USER)
    payer = await find_user(request.ports, principal, subject)
    nobody = DebtorRef(DebtorId(request.ports.ids.new_id()), DebtorKind.USER)
    return principal, payer or nobody
