"""From rows to domain values: one reader for each shape of row that the statements return."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from lastschrift.domain.access import (
    AccessToken,
    Client,
    Contract,
    IdentityLinking,
    Principal,
    Scope,
)
from lastschrift.domain.bank_account import AuthorisationAttribute, BankAccount
from lastschrift.domain.debtor import Debtor, DebtorKind, DebtorRef
from lastschrift.domain.errors import (
    AccountIdTaken,
    BankAccountAlreadyRegistered,
    DebtorAccessDenied,
    DomainError,
)
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.domain.party import Party
from lastschrift.domain.users import LinkedUser, OutsideUser
from lastschrift.operations.ports import (
    KeyPurpose,
    KeyUse,
    NewBankAccount,
    SealedBankAccount,
    WrappedKey,
)
from lastschrift.storage.codec import Codec, Row, Value


class Rows:
    """Reads rows, by one engine's codec. Columns stand in the order of the statement."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def wrapped_key(self, row: Row) -> WrappedKey:
        """Read a row of WRAPPED_KEYS."""
        purpose, version, master_version, wrapped, active_from, complete_from = row
        return WrappedKey(
            purpose=KeyPurpose(purpose),
            version=version,
            master_version=master_version,
            wrapped=wrapped,
            active_from=self._codec.get_instant(active_from),
            complete_from=self._optional_instant(complete_from),
        )

    def principal(self, row: Row) -> Principal:
        """Read a row of PRINCIPAL."""
        contract, client, scopes, expires, debtor, kind, manages = row
        return Principal(
            contract_id=ContractId(self._codec.get_id(contract)),
            client_id=ClientId(self._codec.get_id(client)),
            debtor=self._debtor_ref(debtor, kind),
            scopes=frozenset(map(Scope, scopes.split())),
            expires=self._codec.get_instant(expires),
            manages=bool(manages),
        )

    def access_token(self, row: Row) -> AccessToken:
        """Read a row of ACCESS_TOKEN."""
        client, scopes, issued, expires = row
        return AccessToken(
            client_id=ClientId(self._codec.get_id(client)),
            scopes=tuple(map(Scope, scopes.split())),
            issued=self._codec.get_instant(issued),
            expires=self._codec.get_instant(expires),
        )

    def contract(self, row: Row) -> Contract:
        """Read a row of CONTRACT or CONTRACTS."""
        key, name, created, linking = row
        return Contract(
            id=ContractId(self._codec.get_id(key)),
            name=name,
            created=self._codec.get_instant(created),
            identity_linking=IdentityLinking(linking),
        )

    def client(self, row: Row) -> Client:
        """Read a row of CLIENT or CLIENTS."""
        contract, key, name, scopes, identity, created, revoked, manages = row
        identity_id = self._optional_id(identity)
        return Client(
            id=ClientId(self._codec.get_id(key)),
            contract_id=ContractId(self._codec.get_id(contract)),
            name=name,
            scopes=tuple(map(Scope, scopes.split())),
            identity=None if identity_id is None else DebtorId(identity_id),
            created=self._codec.get_instant(created),
            revoked=self._optional_instant(revoked),
            manages=bool(manages),
        )

    def debtor(self, row: Row) -> Debtor:
        """Read a row of CUSTOMER or CUSTOMERS."""
        contract, key, kind, contact, created, updated = row
        return Debtor(
            contract_id=ContractId(self._codec.get_id(contract)),
            id=DebtorId(self._codec.get_id(key)),
            kind=DebtorKind(kind),
            contact=msgspec.convert(self._codec.get_json(contact), Party),
            created=self._codec.get_instant(created),
            updated=self._optional_instant(updated),
        )

    def debtor_ref(self, row: Row) -> DebtorRef:
        """Read a row of LINKED_DEBTOR or DEBTOR_TO_LINK."""
        key, kind = row
        return DebtorRef(DebtorId(self._codec.get_id(key)), DebtorKind(kind))

    def linked_user(self, row: Row) -> LinkedUser:
        """Read a row of LINKED_USERS."""
        contract, issuer, subject, debtor, kind, linked = row
        return LinkedUser(
            contract_id=ContractId(self._codec.get_id(contract)),
            user=OutsideUser(issuer, subject),
            debtor=self.debtor_ref((debtor, kind)),
            linked=self._codec.get_instant(linked),
        )

    def bank_account(self, row: Row) -> SealedBankAccount:
        """Read a row of BANK_ACCOUNT, BANK_ACCOUNTS or BANK_ACCOUNTS_OF."""
        contract, key, debtor, kind, country, last_four, bic, bank_name = row[:8]
        owner, holder, created, updated, sealed_iban = row[8:13]
        alias, expiry, authorisation, archived, managed_by = row[13:]
        manager = self._optional_id(managed_by)
        account = BankAccount(
            contract_id=ContractId(self._codec.get_id(contract)),
            id=AccountId(self._codec.get_id(key)),
            debtor=self._debtor_ref(debtor, kind),
            iban_country=country,
            iban_last_four=last_four,
            bic=bic,
            bank_name=bank_name,
            owner=owner,
            holder=None if holder is None else msgspec.convert(self._codec.get_json(holder), Party),
            created=self._codec.get_instant(created),
            updated=self._optional_instant(updated),
            alias=alias,
            expiry=self._optional_instant(expiry),
            authorisation=self._authorisation(authorisation),
            archived=self._optional_instant(archived),
            managed_by=None if manager is None else ClientId(manager),
        )
        return SealedBankAccount(account, sealed_iban)

    def key_use(self, row: Row) -> KeyUse:
        """Read a row of KEY_USE."""
        contract, operation, key_hash, command_hash, result_sealed, created, expires = row
        return KeyUse(
            contract_id=ContractId(self._codec.get_id(contract)),
            operation=operation,
            key_hash=key_hash,
            command_hash=command_hash,
            result_sealed=result_sealed,
            created=self._codec.get_instant(created),
            expires=self._codec.get_instant(expires),
        )

    def reasons(
        self, accounts: Sequence[NewBankAccount], rows: Sequence[Row]
    ) -> list[DomainError | None]:
        """Read the rows of an engine's statement that tells why accounts were left out.

        A row: the place in ``accounts``, the account that holds the IBAN, whether the id is taken,
        and whether the debtor is missing. Returns reasons in the order of ``accounts``.
        """
        found: list[DomainError | None] = [None] * len(accounts)
        for place, held, is_taken, is_debtor_missing in rows:
            new = accounts[place]
            if held is not None:
                account_id = AccountId(self._codec.get_id(held))
                found[place] = BankAccountAlreadyRegistered(account_id, new.iban)
            elif is_taken:
                found[place] = AccountIdTaken()
            elif is_debtor_missing and new.account.debtor is not None:
                found[place] = DebtorAccessDenied(new.account.debtor.id)
        return found

    def _debtor_ref(self, key: Value, kind: Value) -> DebtorRef | None:
        identity = self._optional_id(key)
        return None if identity is None else DebtorRef(DebtorId(identity), DebtorKind(kind))

    def _authorisation(self, kept: Value) -> tuple[AuthorisationAttribute, ...]:
        if kept is None:
            return ()
        return msgspec.convert(self._codec.get_json(kept), tuple[AuthorisationAttribute, ...])

    def _optional_instant(self, kept: Value) -> datetime | None:
        return None if kept is None else self._codec.get_instant(kept)

    def _optional_id(self, key: Value) -> UUID | None:
        return None if key is None else self._codec.get_id(key)
