"""Doing what a client asks once, however often it asks under the same idempotency key.

What a key was used for is kept in the transaction of its effect, so that the two can't disagree.
Not the answer is kept, which would be an IBAN in clear, but whose it is: a replay renders it again.
A key is one contract's and one operation's. What fails leaves its key unused.
"""

from collections.abc import Callable, Coroutine
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
) -> UUID | None:
    """Have an effect, whose result will be ``result_id``; or return which result it had before.

    ``effect`` returns why it had none; then it has left nothing behind.

    Raises: IdempotencyKeyTaken, RequestStillRunning; what ``effect`` returns; Unavailable.
    """
    keys = await contract_keys(ports, command.contract_id)
    use = _use_of(keys, command, result_id, ports.clock.now())

    async def operation(transaction: Transaction) -> KeyUse | DomainError | None:
        earlier = await transaction.claim_key(use)
        if earlier is not None:
            return earlier
        refusal = await effect(transaction)
        if refusal is not None:
            await transaction.release_key(use)
        return refusal

    try:
        outcome = await ports.store.write(operation)
    except LockedTooLong:
        raise RequestStillRunning from None
    if isinstance(outcome, DomainError):  # raised here, as it rests on what must be committed
        raise outcome
    if outcome is None:
        return None
    if outcome.command_hash != use.command_hash:
        raise IdempotencyKeyTaken
    return keys.open_result(outcome.key_hash, outcome.result_sealed)


def _use_of(keys: ContractKeys, command: KeyedCommand, result_id: UUID, now: datetime) -> KeyUse:
    """Return what is kept of a command: the key itself is the client's text, so only a hash."""
    name = command.key.reveal().encode("ascii")
    key_hash = keys.keyed_hash(f"idempotency key, {command.operation}", name)
    return KeyUse(
        contract_id=command.contract_id,
        operation=command.operation,
        key_hash=key_hash,
        command_hash=keys.keyed_hash(f"command, {command.operation}", command.content),
        result_sealed=keys.seal_result(key_hash, result_id),
        created=now,
        expires=now + KEPT_FOR,
    )
