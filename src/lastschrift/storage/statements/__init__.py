"""The SQL of every single statement, in PostgreSQL's form: ``$n::type`` for the n-th argument.

An engine with another form rewrites them when it is imported (`storage.sqlite.dialect`). Only what
works on many rows at once has a text of its own for each engine.

Every look-up carries the contract, but those by a secret's hash or a client's id, which find out
what the contract is; lists are sorted by (created, id), never by id alone.

What says that an instant is before infinity, as each of them is, may go by an index that nothing
else goes by: docs/decisions/postgres-indexes.md has why. To SQLite a text is more than any number.

What is added has an id that we drew, so it can conflict with itself only: an operation whose COMMIT
was never heard of runs again, and leaves what it finds of itself as it is.
"""

from collections.abc import Mapping

from lastschrift.storage.statements import (
    access,
    bank_accounts,
    contract_keys,
    debtors,
    erasure,
    idempotency,
    identities,
    installation,
    scrolls,
)

_PARTS = (
    access,
    bank_accounts,
    contract_keys,
    debtors,
    erasure,
    idempotency,
    identities,
    installation,
    scrolls,
)


def all_statements() -> Mapping[str, str]:
    """Return the text of every statement by its name, as ``bank_accounts.BANK_ACCOUNTS_OF``."""
    return {
        f"{part.__name__.rpartition('.')[2]}.{name}": text
        for part in _PARTS
        for name, text in vars(part).items()
        if name.isupper() and not name.startswith("_") and isinstance(text, str)
    }
