"""Payers like no others, among many: registered, changed, moved between pages; then looked for."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from lastschrift.domain.access import Scope
from lastschrift.domain.debtor import DebtorKind, DebtorRef
from lastschrift.domain.iban import Iban
from lastschrift.domain.idempotency import IdempotencyKey
from lastschrift.domain.identity import AccountId, ClientId, ContractId, DebtorId
from lastschrift.domain.party import Address, Party
from lastschrift.domain.users import OutsideUser
from lastschrift.opening import with_ports
from lastschrift.operations.contract_keys import contract_keys
from lastschrift.operations.create_client import CreateClient, create_client
from lastschrift.operations.create_contract import CreateContract, create_contract
from lastschrift.operations.link_user import LinkUser, link_user
from lastschrift.operations.ports import Ports
from lastschrift.operations.register_bank_account import RegisterBankAccount
from lastschrift.operations.register_bank_account_once import register_bank_account_once
from lastschrift.operations.register_debtor import RegisterDebtor
from lastschrift.operations.register_debtor_once import register_debtor_once
from lastschrift.operations.update_bank_account import UpdateBankAccount, update_bank_account
from lastschrift.operations.update_debtor import UpdateDebtor, update_debtor
from lastschrift.settings import Settings
from tests.storage.filling import german_iban

_MUCH_OF_NOTHING = bytes(64)
"""What fills the gaps in files: most of them, and nothing is lost without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A payer, and everything that would show that it had been here."""

    contract: ContractId
    debtor: DebtorId
    account: AccountId
    iban: Iban
    traces: tuple[bytes, ...]


async def let_in(ports: Ports, payers: int, canaries: int) -> list[Canary]:
    """Register payers, some of them canaries, and change them all now and then."""
    contract = await create_contract(ports, CreateContract("Example Inc."))
    created = await create_client(
        ports,
        CreateClient(contract_id=contract.id, name="shop", scopes=tuple(Scope), has_identity=True),
    )
    flock = _Flock(ports, contract.id, created.client.id)
    chosen = set(flock.dice.sample(range(payers), canaries))
    found = [await flock.register(number, is_canary=number in chosen) for number in range(payers)]
    return [canary for canary in found if canary is not None]


def let_into(directory: Path, payers: int, canaries: int) -> list[Canary]:
    """Do so in an installation that nobody serves."""
    settings = Settings.load(directory, {})
    return asyncio.run(with_ports(settings, lambda ports: let_in(ports, payers, canaries)))


@dataclass(slots=True)
class _Flock:
    ports: Ports
    contract: ContractId
    client: ClientId

    dice = random.Random(20261121)

    async def register(self, number: int, *, is_canary: bool) -> Canary | None:
        """Register one payer with an account, and change both."""
        name = f"{'Canary' if is_canary else 'Sparrow'}{number:06}"
        key = IdempotencyKey.parse(f"key-{number}")
        registered = await register_debtor_once(
            self.ports,
            RegisterDebtor(
                contract_id=self.contract,
                client_id=self.client,
                contact=_contact(name, self.dice.randrange(1, 6)),
            ),
            key,
        )
        debtor = registered.result.id
        iban = german_iban(1_000_000 + number)
        kept = await register_bank_account_once(self.ports, self._account(debtor, name, iban), key)
        account = kept.result.account.id
        if self.dice.random() < 0.5:
            await self._change(debtor, account, name, iban)
        if not is_canary:
            return None
        return await self._traced(debtor, account, name, iban)

    def _account(self, debtor: DebtorId, name: str, iban: Iban) -> RegisterBankAccount:
        return RegisterBankAccount(
            contract_id=self.contract,
            client_id=self.client,
            debtor=DebtorRef(debtor, DebtorKind.CUSTOMER),
            account_id=AccountId(UUID(bytes=self.dice.randbytes(16))),  # as PACE's clients choose
            iban=iban,
            bic=None,
            bank_name=None,
            owner=f"{name} owner",
            holder=_contact(name, 1),
        )

    async def _change(self, debtor: DebtorId, account: AccountId, name: str, iban: Iban) -> None:
        await update_debtor(
            self.ports,
            UpdateDebtor(
                contract_id=self.contract,
                client_id=self.client,
                debtor_id=debtor,
                contact=_contact(name, self.dice.randrange(1, 9)),
            ),
        )
        await update_bank_account(
            self.ports,
            UpdateBankAccount(
                contract_id=self.contract,
                client_id=self.client,
                account_id=account,
                debtor=None,
                iban=iban,
                bic=None,
                bank_name=None,
                owner=f"{name} holder " * self.dice.randrange(1, 5),
            ),
        )

    async def _traced(self, debtor: DebtorId, account: AccountId, name: str, iban: Iban) -> Canary:
        """Link a user to a canary, and return it with all that is kept of it."""
        subject = f"{name}-subject"
        await link_user(
            self.ports,
            LinkUser(
                contract_id=self.contract,
                user=OutsideUser("https://id.example.org", subject),
                debtor_id=debtor,
            ),
        )
        found = await self.ports.store.read(
            lambda reader: reader.bank_account(self.contract, account)
        )
        keys = await contract_keys(self.ports, self.contract)
        assert found is not None
        fingerprints = keys.fingerprints(iban)
        kept = [found.sealed_iban, *filter(None, (fingerprints.odd, fingerprints.even))]
        texts = (name, name.lower(), f"{name.lower()}@canary.example", iban.reveal())
        return Canary(
            contract=self.contract,
            debtor=debtor,
            account=account,
            iban=iban,
            traces=(*(text.encode() for text in texts), *kept),
        )


def _contact(name: str, length: int) -> Party:
    return Party(
        given_name=name,
        family_name=f"{name} " * length,
        email=f"{name}@canary.example",
        address=Address(street=f"{name} Street {length}", town="Dresden"),
    )


# --- looked for -----------------------------------------------------------------------------------


def traces_of(canaries: list[Canary], files: list[Path]) -> dict[str, int]:
    """Return in which files there is a trace of any of them, and of how many."""
    found: dict[str, int] = {}
    for file in files:
        content = read(file)
        seen = sum(any(trace in content for trace in canary.traces) for canary in canaries)
        if seen:
            found[file.name] = seen
    return found


def read(file: Path) -> bytes:
    """Return what stands in a file, without its gaps."""
    try:
        return file.read_bytes().replace(_MUCH_OF_NOTHING, b"")
    except FileNotFoundError:  # PostgreSQL has just taken it away.
        return b""


def files_below(directory: Path) -> Iterator[Path]:
    """Yield all files below a directory."""
    return (path for path in directory.rglob("*") if path.is_file())
