"""Doing what a client asks once, however often it asks under the same idempotency key.

What a key was used for is kept in the transaction of its effect, so that the two can't disagree.
Not the answer is kept, which would be an IBAN in clear, but whose it is: a replay renders it again.
A key is one contract's and one operation's. What fails leaves its key unused.
"""

from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from lastschrift.domain.errors import (
    DomainError,
    IdempotencyKeyTaken,
    LockedTooLong,
    RequestStillRunning,
)
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import ContractId
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.ports import ContractKeys, KeyUse, Ports, Transaction

T = TypeVar("T")

KEPT_FOR = timedelta(days=30)
"""How long a key is remembered; Stripe takes a day for enough, TrueLayer as long as this."""


class Once(Struct, Generic[T], frozen=True):
    """A result, and whether an earlier request had it."""

    result: T
    is_replayed: bool


class KeyedCommand(Struct, frozen=True, kw_only=True):
    """A command under an idempotency key.

    ``content`` is what makes it another command or the same one, written in one way only. To write
    it otherwise in a later release refuses what is asked again across the upgrade.
    """

    contract_id: ContractId
    operation: str
    key: IdempotencyKey
    content: bytes


async def do_once(
    ports: Ports,
    command: KeyedCommand,
    result_id: UUID,
    effect: Callable[[Transaction], Coroutine[Any, Any, DomainError | None]],
    with_others: Callable[[KeyUse], Coroutine[Any, Any, bool]] | None = None,
) -> UUID | None:
    """Have an effect, whose result will be ``result_id``; or return which result it had before.

    ``effect`` returns why it had none; then it has left nothing behind. ``with_others`` has the
    effect and keeps the use of the key, for many commands at a time where both are new; it returns
    whether it did. It is asked first, unless a use may be kept under another version of the key.

    Raises: IdempotencyKeyTaken, RequestStillRunning; what ``effect`` returns; Unavailable.
    """
    keys = await contract_keys(ports, command.contract_id)
    uses = _uses_of(keys, command, result_id, ports.clock.now())
    claims = [use for version, use in uses.items() if version in keys.fingerprint_versions]

    is_claimed = False

    async def operation(transaction: Transaction) -> KeyUse | DomainError | None:
        nonlocal is_claimed
        is_claimed = False
        earlier = await _earlier_use(transaction, uses.values(), claims)
        if earlier is not None:
            return earlier
        is_claimed = True
        refusal = await effect(transaction)
        if refusal is not None:
            await _release(transaction, claims)
        return refusal

    try:
        if with_others is not None and len(uses) == len(claims) == 1:
            (use,) = claims
            if await with_others(use):
                return None
        outcome = await ports.store.write(operation)
    except LockedTooLong:
        if is_claimed:  # so it was not the key that was held
            raise
        raise RequestStillRunning from None
    if isinstance(outcome, DomainError):  # raised here, as it rests on what must be committed
        raise outcome
    if outcome is None or outcome.result_sealed in [use.result_sealed for use in claims]:
        return None  # or it is our own, of a run whose COMMIT the store did not hear of
    return _result_before(keys, uses.values(), outcome)


def _result_before(keys: ContractKeys, uses: Iterable[KeyUse], earlier: KeyUse) -> UUID:
    """Return what a key led to before.

    Raises: IdempotencyKeyTaken.
    """
    if earlier.command_hash not in [use.command_hash for use in uses]:
        raise IdempotencyKeyTaken
    return keys.open_result(earlier.key_hash, earlier.result_sealed)


async def _earlier_use(
    transaction: Transaction, uses: Collection[KeyUse], claims: Sequence[KeyUse]
) -> KeyUse | None:
    """Claim a key, or return what it was used for.

    It is claimed under each version of the key that lives, so that servers exclude each other which
    know another one already, or still; what was kept before under other versions is only read.
    """
    for use in uses:
        if use not in claims:
            kept = await transaction.key_use(
                use.contract_id, use.operation, use.key_hash, use.created
            )
            if kept is not None:
                return kept
    for number, claim in enumerate(claims):
        earlier = await transaction.claim_key(claim)
        if earlier is not None:
            await _release(transaction, claims[:number])
            return earlier
    return None


async def _release(transaction: Transaction, claims: Sequence[KeyUse]) -> None:
    for claim in claims:
        await transaction.release_key(claim)


def _uses_of(
    keys: ContractKeys, command: KeyedCommand, result_id: UUID, now: datetime
) -> dict[int, KeyUse]:
    """Return what may be kept of a command, by the version of the key that its hashes go with.

    The idempotency key itself is the client's text, so it is kept as a hash only.
    """
    name = command.key.reveal().encode("ascii")
    uses = {}
    for version in keys.hash_versions:
        key_hash = keys.keyed_hash(version, f"idempotency key, {command.operation}", name)
        uses[version] = KeyUse(
            contract_id=command.contract_id,
            operation=command.operation,
            key_hash=key_hash,
            command_hash=keys.keyed_hash(version, f"command, {command.operation}", command.content),
            result_sealed=keys.seal_result(key_hash, result_id),
            created=now,
            expires=now + KEPT_FOR,
        )
    return uses
