"""What can go wrong, as facts in six families.

The domain raises what happened; each wire has its own words for it (`apis/<name>/errors.py`), found
by the nearest ancestor, so every wire that knows the six families can answer every fact. No status
code and no wire text stands here.
"""

from collections.abc import Sequence

from msgspec import Struct

from lastschrift.domain.iban import Iban
from lastschrift.domain.identity import AccountId, DebtorId
from lastschrift.domain.refusals import ValueRefused


class DomainError(Exception):
    """Something that happened and that the caller should be told."""


# --- the six families -----------------------------------------------------------------------------


class FieldProblem(Struct, frozen=True):
    """One field that can't be taken: where it stands in the request, and why."""

    path: tuple[str, ...]
    reason: ValueRefused


class Invalid(DomainError):
    """What was asked can't be understood or taken; ``problems`` names every field at fault."""

    def __init__(self, problems: Sequence[FieldProblem] = ()) -> None:
        super().__init__(*(".".join(problem.path) for problem in problems))
        self.problems = tuple(problems)


class SearchTooBroad(Invalid):
    """What was searched for can't be found in the time that a search may take."""


class NotFound(DomainError):
    """There is no such thing, or it is another contract's, which is the same."""


class Conflict(DomainError):
    """What was asked contradicts what is already kept."""


class NotAllowed(DomainError):
    """The caller is known, but may not do this."""


class NotAuthenticated(DomainError):
    """The caller is not known."""


class Unavailable(DomainError):
    """It can't be done just now, through no fault of the request; trying again is right."""

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


# --- the facts ------------------------------------------------------------------------------------


class DebtorUnknown(NotFound):
    """This contract has no such debtor."""


class BankAccountUnknown(NotFound):
    """This contract, or this debtor, has no such bank account."""


class ResultDeleted(NotFound):
    """What was made under this idempotency key has been deleted since."""


class ScrollUnknown(NotFound):
    """There is no such list that is read batch by batch, or its time is over."""


class ContractUnknown(NotFound):
    """There is no contract of this id."""


class ClientUnknown(NotFound):
    """There is no client of this id."""


class UserNotLinked(NotFound):
    """This user of an outside identity provider is linked to no debtor of this contract."""


class BankAccountAlreadyRegistered(Conflict):
    """The debtor already holds this IBAN, under ``account_id``."""

    def __init__(self, account_id: AccountId, iban: Iban) -> None:
        super().__init__(account_id)
        self.account_id = account_id
        self.iban = iban


class IdempotencyKeyTaken(Conflict):
    """The idempotency key was used for another command of this kind."""


class RequestStillRunning(Conflict):
    """An earlier request under the same idempotency key is not done yet."""

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class AccountIdTaken(Conflict):
    """The id chosen for a new bank account belongs to another one of this contract."""


class UserLinkedAlready(Conflict):
    """This user of an outside identity provider is linked to another debtor."""


class DebtorServesClient(Conflict):
    """A debtor can't be erased: a client that is not revoked acts for it by its own tokens."""


class DebtorAccessDenied(NotAllowed):
    """A bank account was to be saved for a debtor that this contract does not have."""

    def __init__(self, debtor_id: DebtorId) -> None:
        super().__init__(debtor_id)
        self.debtor_id = debtor_id


class BankAccountManaged(NotAllowed):
    """The bank account may be taken away only by the client that registered it."""


class BankAccountHeldByUser(NotAllowed):
    """The bank account's debtor is none that the merchant saved, and can't be replaced by one."""


class ScopeMissing(NotAllowed):
    """The token does not carry a scope that the operation needs; any one of ``needed`` will do."""

    def __init__(self, needed: Sequence[str]) -> None:
        super().__init__(*needed)
        self.needed = tuple(needed)


class ScopeRefused(NotAllowed):
    """The client asked for a scope that it may not have."""


class TokenMissing(NotAuthenticated):
    """The request carries no access token."""


class TokenRefused(NotAuthenticated):
    """The access token is unknown, expired or revoked; which of them is not told."""


class IdentityNotLinked(NotAuthenticated):
    """The token is good, but no debtor stands behind it."""


class CredentialsMissing(NotAuthenticated):
    """No client credentials came with the request."""


class CredentialsRefused(NotAuthenticated):
    """No such client, a wrong secret, or a revoked client; which of them is not told."""


class QueueFull(Unavailable):
    """More work is waiting for the store than may wait."""


class StoreFailed(Unavailable):
    """The store could not commit, or whether it did is not known: disk full, primary gone."""


class IdentityProviderDown(Unavailable):
    """The keys of an outside identity provider are not known, and can't be fetched just now."""


class ErasureLogFailed(Unavailable):
    """The log of erasures can't be written or read, so nothing is erased."""


class LockedTooLong(Unavailable):
    """Another transaction held for too long what this one needed; nothing of it is kept."""


class ShuttingDown(Unavailable):
    """The server is ending and takes no more work."""


class KeyNotActive(Unavailable):
    """A contract's newest key does not seal yet: not every server has read it."""


class KeyStillInUse(Conflict):
    """A key can't be retired: something is sealed under it, or may be just now."""
