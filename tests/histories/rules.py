"""Histories of two merchants and their payers on both wires, drawn step by step by Hypothesis.

Each step is a request, and what becomes of it (`Fate`). The books say what it comes to.
"""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from lastschrift.apis.secuconnect.ids import container_id
from lastschrift.domain.identity import AccountId
from tests.both_wires import CONTAINERS, CUSTOMERS
from tests.histories.comparing import Fate
from tests.histories.lists import (
    begin_scroll,
    called,
    held_or_with,
    listed_at,
    next_batch,
    page,
)
from tests.histories.machine import PLACES, Machine, Payer
from tests.histories.world import MERCHANTS
from tests.storage.filling import german_iban

MERCHANT = st.integers(0, MERCHANTS - 1)
PAYER = st.sampled_from([(0, None), (0, "jon"), (0, "eva"), (1, None)])
USER = st.sampled_from(["jon", "eva"])
SURNAME = st.sampled_from(["Doe", "Smith"])
ALIAS = st.sampled_from(["mine", "ours"])
IBANS = [german_iban(number).reveal() for number in range(3)]
IBAN = st.sampled_from(IBANS)
KEY = st.none() | st.sampled_from(["order-1", "order-2"])
CHOSEN_ID = st.none() | st.sampled_from([UUID(int=4 << 76 | 2 << 62 | n) for n in range(3)])
LIST = st.sampled_from([CUSTOMERS, CONTAINERS])
FEW = st.integers(1, 3)
PLACE = st.integers(0, PLACES - 1)
FATE = st.sampled_from([Fate.HEARD, Fate.HEARD, *Fate])
SECONDS = st.sampled_from([60, 301, 1_300, 30 * 86_400])
"""A minute; as long as scrolls last, tokens, and idempotency keys."""


class History(Machine):
    """All that can be asked on both wires, and time that passes."""

    def stock(self) -> None:
        for merchant in range(MERCHANTS):
            self.save_customer(merchant, "Doe", key=None, fate=Fate.HEARD)
            for place, iban in enumerate(IBANS[:2]):
                customer = None if place else 0
                self.save_container(merchant, customer, iban, key=None, fate=Fate.HEARD)
            self.register((merchant, None), IBANS[2], chosen=None, fate=Fate.HEARD)

    # --- customers ---

    @rule(merchant=MERCHANT, surname=SURNAME, key=KEY, fate=FATE)
    def save_customer(self, merchant: int, surname: str, key: str | None, fate: Fate) -> None:
        asked = self.wire(merchant).save_customer(surname, key)
        self.ask(merchant, asked, lambda books, new: books.save_customer(new, surname, key), fate)

    @rule(merchant=MERCHANT, place=PLACE, surname=SURNAME, fate=FATE)
    def replace_customer(self, merchant: int, place: int, surname: str, fate: Fate) -> None:
        customer = self.some_customer(merchant, place)
        asked = self.wire(merchant).replace_customer(customer, surname)
        self.ask(merchant, asked, lambda books, _: books.replace_customer(customer, surname), fate)

    @rule(merchant=MERCHANT, place=PLACE, fate=FATE)
    def delete_customer(self, merchant: int, place: int, fate: Fate) -> None:
        customer = self.some_customer(merchant, place)
        asked = self.wire(merchant).delete_customer(customer)
        self.ask(merchant, asked, lambda books, _: books.delete_customer(customer), fate)

    # --- containers ---

    @rule(merchant=MERCHANT, place=st.none() | PLACE, iban=IBAN, key=KEY, fate=FATE)
    def save_container(
        self, merchant: int, place: int | None, iban: str, key: str | None, fate: Fate
    ) -> None:
        customer = self.some_customer_or_none(merchant, place)
        asked = self.wire(merchant).save_container(iban, customer, key)
        self.ask(
            merchant,
            asked,
            lambda books, new: books.save_container(new, iban, customer, key),
            fate,
        )

    @rule(merchant=MERCHANT, place=PLACE, to=st.none() | PLACE, iban=IBAN, fate=FATE)
    def replace_container(
        self, merchant: int, place: int, to: int | None, iban: str, fate: Fate
    ) -> None:
        account, customer = (
            self.some_account(merchant, place),
            self.some_customer_or_none(merchant, to),
        )
        asked = self.wire(merchant).replace_container(shown(account), iban, customer)
        self.ask(
            merchant,
            asked,
            lambda books, _: books.replace_container(account, iban, customer),
            fate,
        )

    @rule(merchant=MERCHANT, place=PLACE, to=PLACE, fate=FATE)
    def assign(self, merchant: int, place: int, to: int, fate: Fate) -> None:
        account, customer = self.some_account(merchant, place), self.some_customer(merchant, to)
        asked = self.wire(merchant).assign(shown(account), customer)
        self.ask(merchant, asked, lambda books, _: books.assign(account, customer), fate)

    @rule(merchant=MERCHANT, place=PLACE, fate=FATE)
    def unassign(self, merchant: int, place: int, fate: Fate) -> None:
        account = self.some_account(merchant, place)
        asked = self.wire(merchant).unassign(shown(account))
        self.ask(merchant, asked, lambda books, _: books.unassign(account), fate)

    @rule(merchant=MERCHANT, place=PLACE, fate=FATE)
    def archive(self, merchant: int, place: int, fate: Fate) -> None:
        account = self.some_account(merchant, place)
        asked = self.wire(merchant).archive(shown(account))
        self.ask(merchant, asked, lambda books, _: books.archive(account), fate)

    @rule(merchant=MERCHANT, place=PLACE, fate=FATE)
    def delete_container(self, merchant: int, place: int, fate: Fate) -> None:
        account = self.some_account(merchant, place)
        asked = self.wire(merchant).delete_container(shown(account))
        self.ask(merchant, asked, lambda books, _: books.delete_container(account), fate)

    @rule(merchant=MERCHANT, place=PLACE)
    def read_container(self, merchant: int, place: int) -> None:
        account = self.some_account(merchant, place)
        asked = self.wire(merchant).read_container(shown(account))
        self.look(merchant, asked, lambda books, _: books.read_container(account))

    # --- payment methods ---

    @rule(payer=PAYER, iban=IBAN, chosen=CHOSEN_ID, fate=FATE)
    def register(self, payer: Payer, iban: str, chosen: UUID | None, fate: Fate) -> None:
        asked = self.pace(payer).register(iban, None if chosen is None else str(chosen))
        self.ask_as(
            payer, asked, lambda books, new: books.register(new, payer[1], iban, chosen), fate
        )

    @rule(payer=PAYER, place=PLACE, alias=ALIAS, fate=FATE)
    def patch(self, payer: Payer, place: int, alias: str, fate: Fate) -> None:
        account = self.some_method(payer, place)
        asked = self.pace(payer).patch(str(account), alias)
        self.ask_as(payer, asked, lambda books, _: books.patch(payer[1], account, alias), fate)

    @rule(payer=PAYER, place=PLACE, fate=FATE)
    def delete_method(self, payer: Payer, place: int, fate: Fate) -> None:
        account = self.some_method(payer, place)
        asked = self.pace(payer).delete(str(account))
        self.ask_as(payer, asked, lambda books, _: books.delete_method(payer[1], account), fate)

    @rule(payer=PAYER, fate=FATE)
    def delete_methods(self, payer: Payer, fate: Fate) -> None:
        asked = self.pace(payer).delete_all()
        self.ask_as(payer, asked, lambda books, _: books.delete_methods(payer[1]), fate)

    @rule(payer=PAYER, place=PLACE)
    def read_method(self, payer: Payer, place: int) -> None:
        account = self.some_method(payer, place)
        asked = self.pace(payer).read(str(account))
        self.ask_as(payer, asked, lambda books, _: books.read_method(payer[1], account))

    # --- users ---

    @rule(user=USER, place=PLACE)
    def link(self, user: str, place: int) -> None:
        """Link a user to a customer by command, or be refused."""
        customer = self.some_customer(0, place)
        self.run(self.comparison.link(0, user, customer))
        self.let_pass(1)

    # --- lists ---

    @rule(merchant=MERCHANT, path=LIST, count=FEW, offset=FEW)
    def list_page(self, merchant: int, path: str, count: int, offset: int) -> None:
        asked = self.wire(merchant).listed(path, count=count, offset=offset)
        self.look(merchant, asked, lambda books, _: page(listed_at(books, path), count, offset))

    @rule(merchant=MERCHANT, surname=SURNAME)
    def search_customers(self, merchant: int, surname: str) -> None:
        asked = self.wire(merchant).listed(CUSTOMERS, q=f"contact.surname:{surname}")
        self.look(merchant, asked, lambda books, _: page(called(books, surname), 20, 0))

    @rule(merchant=MERCHANT, place=PLACE, iban=IBAN)
    def search_containers(self, merchant: int, place: int, iban: str) -> None:
        customer = self.some_customer(merchant, place)
        query = f"customer.id:{customer} OR private.iban:{iban}"
        asked = self.wire(merchant).listed(CONTAINERS, q=query)
        self.look(
            merchant, asked, lambda books, _: page(held_or_with(books, customer, iban), 20, 0)
        )

    @rule(merchant=MERCHANT, path=LIST, count=FEW)
    def begin_scroll(self, merchant: int, path: str, count: int) -> None:
        asked = self.wire(merchant).listed(path, count=count, scroll_expire="5m")
        self.look(merchant, asked, lambda books, new: begin_scroll(books, new, path, count))

    @rule(merchant=MERCHANT, path=LIST, place=PLACE)
    def next_batch(self, merchant: int, path: str, place: int) -> None:
        scroll = self.some_scroll(merchant, place)
        asked = self.wire(merchant).listed(path, scroll_id=scroll.hex)
        self.look(merchant, asked, lambda books, _: next_batch(books, scroll, path))

    # --- all of it ---

    @rule(seconds=SECONDS)
    def let_time_pass(self, seconds: int) -> None:
        self.let_pass(seconds)

    @rule()
    def crash(self) -> None:
        self.run(self.comparison.crash())


def shown(account: UUID) -> str:
    """Return an account's id as secuconnect has it."""
    return container_id(AccountId(account))
