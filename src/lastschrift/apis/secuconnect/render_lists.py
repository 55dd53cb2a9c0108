"""Lists of customers and containers, each object with the members that were asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from lastschrift.apis.secuconnect.fields import Fields, Members, only, parse_fields
from lastschrift.apis.secuconnect.ids import customer_id
from lastschrift.apis.secuconnect.lists import AskedPage, Shown
from lastschrift.apis.secuconnect.models import ListMeta
from lastschrift.apis.secuconnect.render import container_answer, customer_answer
from lastschrift.domain.bank_account import RevealedBankAccount
from lastschrift.domain.debtor import Debtor
from lastschrift.domain.identity import DebtorId
from lastschrift.operations.ports import Batch, Listing
from lastschrift.web.http import Response

_ENCODER = msgspec.json.Encoder()

Customers = Mapping[DebtorId, Debtor]
"""Those that stand in their containers whole."""


def shown_of(batch: Batch[Any]) -> Shown:
    """Return how the objects of a scroll are shown."""
    return msgspec.json.decode(batch.shown, type=Shown)


# --- customers ------------------------------------------------------------------------------------


def render_customer_page(asked: AskedPage, listing: Listing[Debtor]) -> Response:
    """Return a page of customers."""
    return _page(asked, listing.total, _customers(asked.shown, listing.items))


def render_customer_batch(batch: Batch[Debtor]) -> Response:
    """Return customers of a scroll."""
    return _batch(batch, _customers(shown_of(batch), batch.items))


def _customers(shown: Shown, debtors: Sequence[Debtor]) -> Sequence[Struct | Members]:
    return _chosen(shown, [customer_answer(debtor) for debtor in debtors])


# --- containers -----------------------------------------------------------------------------------


def render_container_page(
    asked: AskedPage, listing: Listing[RevealedBankAccount], customers: Customers
) -> Response:
    """Return a page of containers."""
    return _page(asked, listing.total, _containers(asked.shown, listing.items, customers))


def render_container_batch(batch: Batch[RevealedBankAccount], customers: Customers) -> Response:
    """Return containers of a scroll."""
    return _batch(batch, _containers(shown_of(batch), batch.items, customers))


def _containers(
    shown: Shown, accounts: Sequence[RevealedBankAccount], customers: Customers
) -> Sequence[Struct | Members]:
    answers = [container_answer(revealed) for revealed in accounts]
    if not customers:
        return _chosen(shown, answers)
    whole = {customer_id(key): customer_answer(debtor) for key, debtor in customers.items()}
    expanded = [_expanded(msgspec.to_builtins(answer), whole) for answer in answers]
    return _chosen(shown, expanded)


def _expanded(container: Members, whole: Mapping[str, Struct]) -> Members:
    customer = container.get("customer")
    if customer is None or customer["id"] not in whole:
        return container
    return container | {"customer": msgspec.to_builtins(whole[customer["id"]])}


# --- both -----------------------------------------------------------------------------------------


def _chosen(shown: Shown, answers: Sequence[Struct | Members]) -> Sequence[Struct | Members]:
    fields: Fields | None = parse_fields(shown.fields)
    if fields is None:
        return answers
    return [only(fields, msgspec.to_builtins(answer)) for answer in answers]


def _page(asked: AskedPage, total: int, data: Sequence[Struct | Members]) -> Response:
    page = asked.search.page
    meta = {"meta": ListMeta(count=page.count, offset=page.offset)} if asked.has_meta else {}
    return _ok({"count": total, **meta, "data": data})


def _batch(batch: Batch[Any], data: Sequence[Struct | Members]) -> Response:
    total = {} if batch.total is None else {"count": batch.total}
    return _ok({**total, "scroll_id": batch.scroll_id.hex, "data": data})


def _ok(answer: Mapping[str, object]) -> Response:
    return Response(200, _ENCODER.encode(answer))
