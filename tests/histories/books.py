"""What a merchant has, as anybody would keep it in a few dicts; from it follows what is answered.

Each method does what a request asks for, and returns what has to be said. ``new`` is the id of
what it made, if it made something: ids are the server's choice, all else is not.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from lastschrift.apis.secuconnect.ids import customer_id
from lastschrift.domain.identity import DebtorId
from tests.histories.saying import (
    DENIED,
    DONE,
    DUPLICATE,
    ID_TAKEN,
    KEY_TAKEN,
    NO_METHOD,
    UNKNOWN,
    Said,
    Shown,
    exists,
)
from tests.histories.things import (
    Account,
    Customer,
    Holder,
    KeyUse,
    Scroll,
    State,
    is_customer,
    listed,
)

KEYS_LAST = timedelta(days=30)

CHANGES = frozenset(
    {
        *("debtor.registered", "debtor.updated", "debtor.deleted", "user.linked"),
        *("bank_account.registered", "bank_account.updated", "bank_account.deleted"),
        *("bank_account.archived", "bank_account.assigned", "bank_account.unassigned"),
    }
)
"""What the audit trail tells of a change; it tells of other things, too."""


@dataclass(slots=True)
class Books:
    """All of one contract.

    ``links``: which debtor a provider's user is. ``changes``: what the audit trail has to tell.
    """

    now: datetime
    customers: dict[str, Customer] = field(default_factory=dict)
    accounts: dict[UUID, Account] = field(default_factory=dict)
    used_keys: dict[tuple[str, str], KeyUse] = field(default_factory=dict)
    scrolls: dict[UUID, Scroll] = field(default_factory=dict)
    links: dict[str, Holder] = field(default_factory=dict)
    changes: Counter[str] = field(default_factory=Counter)

    # --- customers ---

    def save_customer(self, new: UUID, surname: str, key: str | None) -> Said:
        def save() -> Said:
            customer = Customer(id=new, surname=surname, created=self.now)
            assert customer_id(DebtorId(new)) not in self.customers
            self.customers[customer_id(DebtorId(new))] = customer
            self.changes["debtor.registered"] += 1
            return Said(200, customer.shown)

        def find(saved: UUID) -> Shown | None:
            return self.customer_shown(customer_id(DebtorId(saved)))

        return self._once(("customer", key), surname, new, save, find)

    def customer_shown(self, customer: str) -> Shown | None:
        """Return a customer, None if it is unknown or deleted."""
        found = self.customers.get(customer)
        return found.shown if found is not None and found.is_listed else None

    def replace_customer(self, customer: str, surname: str) -> Said:
        if self.customer_shown(customer) is None:
            return UNKNOWN
        self.customers[customer].surname = surname
        self.changes["debtor.updated"] += 1
        return Said(200, self.customer_shown(customer))

    def delete_customer(self, customer: str) -> Said:
        """Delete a customer, its live accounts, and the links of users to it."""
        shown = self.customer_shown(customer)
        if shown is None:
            return DENIED
        for account in self.held_by(customer):
            self._delete(account)
        self.links = {user: holder for user, holder in self.links.items() if holder != customer}
        self.customers[customer].is_listed = False
        self.changes["debtor.deleted"] += 1
        return Said(200, [shown])

    # --- containers ---

    def save_container(self, new: UUID, iban: str, customer: str | None, key: str | None) -> Said:
        def save() -> Said:
            refusal = self._why_not(customer, iban)
            return refusal or Said(200, self._register(new, customer, iban).shown)

        return self._once(("container", key), (iban, customer), new, save, self.container_shown)

    def container_shown(self, account: UUID) -> Shown | None:
        """Return a container, live or archived; None if it is unknown, or gone."""
        found = self._readable(account)
        return None if found is None else found.shown

    def read_container(self, account: UUID) -> Said:
        shown = self.container_shown(account)
        return UNKNOWN if shown is None else Said(200, shown)

    def replace_container(self, account: UUID, iban: str, customer: str | None) -> Said:
        found = self._live(account)
        if found is None:
            return UNKNOWN
        refusal = self._why_not_given_to(found, customer)
        refusal = refusal or self._why_not(customer or found.holder, iban, but=found)
        if refusal is None:
            found.iban, found.holder = iban, customer or found.holder
            self.changes["bank_account.updated"] += 1
        return refusal or Said(200, found.shown)

    def delete_container(self, account: UUID) -> Said:
        found = self._readable(account)
        if found is None:
            return UNKNOWN
        self._delete(found)
        return Said(200, [found.shown])

    def archive(self, account: UUID) -> Said:
        found = self._live(account)
        if found is None:
            return UNKNOWN
        found.state = State.ARCHIVED
        self.changes["bank_account.archived"] += 1
        return Said(200, found.shown)

    def assign(self, account: UUID, customer: str) -> Said:
        found = self._live(account)
        if found is None:
            return UNKNOWN
        refusal = self._why_not_given_to(found, customer)
        refusal = refusal or self._why_not(customer, found.iban, but=found)
        if refusal is None and found.holder != customer:
            found.holder = customer
            self.changes["bank_account.assigned"] += 1
        return refusal or Said(200, found.shown)

    def unassign(self, account: UUID) -> Said:
        """Take an account from its customer; what another debtor holds stays as it is."""
        found = self._live(account)
        if found is None:
            return UNKNOWN
        if found.customer is not None:
            found.holder = None
            self.changes["bank_account.unassigned"] += 1
        return Said(200, [found.shown])

    # --- payment methods ---

    def payer(self, user: str | None) -> Holder:
        """Return who pays: the client's own payer, or a user, who is linked if it was not."""
        if user is None:
            return "the client's own payer"
        if user not in self.links:
            self.changes["user.linked"] += 1
            self.links[user] = f"debtor {self.changes['user.linked']} of a user"
        return self.links[user]

    def link(self, user: str, customer: str) -> bool:
        """Link a user to a customer by command; return whether that can be."""
        if self.customer_shown(customer) is None or self.links.get(user) not in (None, customer):
            return False
        self.changes["user.linked"] += user not in self.links
        self.links[user] = customer
        return True

    def register(self, new: UUID, user: str | None, iban: str, chosen: UUID | None) -> Said:
        payer = self.payer(user)
        for account in self.held_by(payer):
            if account.iban == iban:
                return exists(str(account.id))
        if chosen in self.accounts:
            return ID_TAKEN
        return Said(201, self._register(chosen or new, payer, iban).as_method)

    def read_method(self, user: str | None, account: UUID) -> Said:
        found = self._held(user, account)
        return NO_METHOD if found is None else Said(200, found.as_method)

    def patch(self, user: str | None, account: UUID, alias: str) -> Said:
        found = self._held(user, account)
        if found is None:
            return NO_METHOD
        found.alias = alias
        self.changes["bank_account.updated"] += 1
        return Said(200, found.as_method)

    def delete_method(self, user: str | None, account: UUID) -> Said:
        found = self._held(user, account)
        if found is None:
            return NO_METHOD
        self._delete(found)
        return DONE

    def delete_methods(self, user: str | None) -> Said:
        for account in self.held_by(self.payer(user)):
            self._delete(account)
        return DONE

    # --- what is held ---

    @property
    def customers_listed(self) -> list[Customer]:
        """The customers that are listed, oldest first."""
        return listed(self.customers.values())

    @property
    def accounts_listed(self) -> list[Account]:
        """The accounts that are listed, oldest first."""
        return listed(self.accounts.values())

    def held_by(self, holder: Holder) -> list[Account]:
        """Return the accounts of a holder that are listed, oldest first."""
        return [account for account in self.accounts_listed if account.holder == holder]

    def _held(self, user: str | None, account: UUID) -> Account | None:
        """Return an account if this payer holds it; to ask links a user, too."""
        payer, found = self.payer(user), self._live(account)
        return found if found is not None and found.holder == payer else None

    def _live(self, account: UUID) -> Account | None:
        found = self.accounts.get(account)
        return found if found is not None and found.is_listed else None

    def _readable(self, account: UUID) -> Account | None:
        """Return an account, live or archived; it goes with its customer."""
        found = self.accounts.get(account)
        if found is None or found.state is State.DELETED:
            return None
        is_orphan = found.customer is not None and self.customer_shown(found.customer) is None
        return None if is_orphan else found

    # --- rules ---

    def _why_not(self, holder: Holder | None, iban: str, but: Account | None = None) -> Said | None:
        """Return why a holder can't have an IBAN by another account than ``but``, or None."""
        if holder is None:
            return None
        if is_customer(holder) and self.customer_shown(holder) is None:
            return DENIED
        others = [account for account in self.held_by(holder) if account is not but]
        return DUPLICATE if any(account.iban == iban for account in others) else None

    def _why_not_given_to(self, account: Account, customer: str | None) -> Said | None:
        """Return why a customer can't be given an account, or None: a PACE payer keeps its own."""
        is_a_payers = account.holder is not None and account.customer is None
        return DENIED if customer is not None and is_a_payers else None

    def _register(self, new: UUID, holder: Holder | None, iban: str) -> Account:
        assert new not in self.accounts
        account = Account(id=new, iban=iban, holder=holder, created=self.now)
        self.accounts[new] = account
        self.changes["bank_account.registered"] += 1
        return account

    def _delete(self, account: Account) -> None:
        account.state = State.DELETED
        self.changes["bank_account.deleted"] += 1

    def _once(
        self,
        used: tuple[str, str | None],
        content: object,
        new: UUID,
        save: Callable[[], Said],
        find: Callable[[UUID], Shown | None],
    ) -> Said:
        """Save something, or find what was saved under the same key."""
        kind, key = used
        if key is None:
            return save()
        use = self.used_keys.get((kind, key))
        if use is None or use.expires <= self.now:
            told = save()
            if told.status == 200:
                self.used_keys[kind, key] = KeyUse(content, new, self.now + KEYS_LAST)
            return told
        if use.content != content:
            return KEY_TAKEN
        shown = find(use.result)
        return UNKNOWN if shown is None else Said(200, shown, is_replayed=True)
