"""Reader and Transaction in SQL: what the operations ask for, said to an engine.

An engine brings `Engine.fetch` for single statements, and a text of its own for the few that work
on many rows at once.
"""

from lastschrift.storage.transaction.access import AccessSqlReader, AccessSqlWriter
from lastschrift.storage.transaction.auditing import AuditSqlWriter
from lastschrift.storage.transaction.bank_accounts import BankAccountSqlReader, BankAccountSqlWriter
from lastschrift.storage.transaction.contract_keys import ContractKeySqlReader
from lastschrift.storage.transaction.debtors import DebtorSqlReader, DebtorSqlWriter
from lastschrift.storage.transaction.engine import Engine
from lastschrift.storage.transaction.erasure import ErasureSqlReader, ErasureSqlWriter
from lastschrift.storage.transaction.idempotency import KeySqlWriter
from lastschrift.storage.transaction.identities import IdentitySqlReader, IdentitySqlWriter
from lastschrift.storage.transaction.scrolls import ScrollSqlReader, ScrollSqlWriter

__all__ = ["Engine", "SqlReader", "SqlTransaction"]


class SqlReader(
    AccessSqlReader,
    ContractKeySqlReader,
    DebtorSqlReader,
    BankAccountSqlReader,
    IdentitySqlReader,
    ScrollSqlReader,
    ErasureSqlReader,
):
    """`operations.ports.Reader` over an engine's connection."""


class SqlTransaction(
    SqlReader,
    AccessSqlWriter,
    DebtorSqlWriter,
    BankAccountSqlWriter,
    IdentitySqlWriter,
    KeySqlWriter,
    ScrollSqlWriter,
    ErasureSqlWriter,
    AuditSqlWriter,
):
    """`operations.ports.Transaction` over an engine's connection."""
