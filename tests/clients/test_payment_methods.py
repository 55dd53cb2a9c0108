"""JSON:API libraries that know nothing of PACE register, find, change and delete SEPA accounts."""

import pytest

from tests.apis.pace_bodies import SEED_ADDRESS, SEED_IBAN
from tests.clients.node import Refused
from tests.clients.payment_methods import Method, PaymentMethods, PythonPaymentMethods

METHOD: Method = {
    "kind": "sepa",
    "iban": SEED_IBAN,
    "firstName": "Jon",
    "lastName": "Smith",
    "email": "jon.smith@example.com",
    "address": SEED_ADDRESS,
}
OTHER_IBAN = "DE62 1002 0890 0001 3172 70"
OWN_ID = "2a1319c3-c136-495d-b59a-47b3246d08af"
NOBODYS = "5c5bd3a1-5b0c-4d7c-9a6a-0d1f2f2c8a11"


def test_an_account_is_registered(methods: PaymentMethods) -> None:
    created = methods.create(METHOD)
    assert created["identificationString"] == "COMMERZBANK XX 3000"
    assert created["status"] == "verified"
    assert created["pacePay"] is True
    assert "iban" not in created


def test_what_was_registered_is_read_again(methods: PaymentMethods) -> None:
    created = methods.create(METHOD)
    read = methods.read(created["id"])
    assert read["id"] == created["id"]
    assert read["identificationString"] == created["identificationString"]


def test_an_account_registered_twice_is_the_same_one(methods: PaymentMethods) -> None:
    first = methods.create(METHOD)
    again = methods.create({**METHOD, "firstName": "John"})
    assert again["id"] == first["id"]
    assert len(methods.all({})) == 1


def test_all_accounts_are_listed(methods: PaymentMethods) -> None:
    ids = {methods.create({**METHOD, "iban": iban})["id"] for iban in (SEED_IBAN, OTHER_IBAN)}
    assert {method["id"] for method in methods.all({})} == ids


def test_no_account_is_an_empty_list(methods: PaymentMethods) -> None:
    assert methods.all({}) == []


def test_a_deleted_account_is_gone_and_may_be_registered_again(methods: PaymentMethods) -> None:
    created = methods.create(METHOD)
    methods.delete(created["id"])
    with pytest.raises(Refused) as refused:
        methods.read(created["id"])
    assert refused.value.statuses == {"404"}
    assert methods.all({}) == []
    assert methods.create(METHOD)["id"] != created["id"]


def test_an_account_gets_a_name_and_an_expiry(methods: PaymentMethods) -> None:
    created = methods.create(METHOD)
    changes = {"alias": "Household", "expiry": "2031-12-31T23:59:59Z"}
    changed = methods.change(created["id"], changes)
    assert {name: changed[name] for name in changes} == changes
    assert methods.read(created["id"]) == changed
    assert [method["alias"] for method in methods.all({})] == ["Household"]


def test_a_list_is_read_in_pages(methods: PaymentMethods) -> None:
    ids = [methods.create({**METHOD, "iban": iban})["id"] for iban in (SEED_IBAN, OTHER_IBAN)]
    pages = [methods.all({"page": {"number": number, "size": "1"}}) for number in ("0", "1", "2")]
    assert [[method["id"] for method in page] for page in pages] == [[ids[0]], [ids[1]], []]


def test_what_has_expired_is_left_out_of_the_valid_ones(methods: PaymentMethods) -> None:
    expired = methods.create(METHOD)["id"]
    methods.change(expired, {"expiry": "2020-01-01T00:00:00Z"})
    valid = methods.create({**METHOD, "iban": OTHER_IBAN})["id"]
    assert {method["id"] for method in methods.all({})} == {expired, valid}
    assert [method["id"] for method in methods.all({"filter": {"status": "valid"}})] == [valid]


def test_all_accounts_are_deleted(methods: PaymentMethods) -> None:
    for iban in (SEED_IBAN, OTHER_IBAN):
        methods.create({**METHOD, "iban": iban})
    methods.delete_all()
    assert methods.all({}) == []


def test_there_is_one_kind_of_payment_methods(methods: PaymentMethods) -> None:
    assert methods.kinds() == ["sepa"]


def test_every_field_at_fault_is_told(methods: PaymentMethods) -> None:
    with pytest.raises(Refused) as refused:
        methods.create({**METHOD, "iban": "DE00 3704", "address": {**SEED_ADDRESS, "city": ""}})
    assert refused.value.statuses == {"422"}
    assert refused.value.fields == {"iban", "city"}


def test_an_unknown_account_is_told_as_an_error(methods: PaymentMethods) -> None:
    for ask in (methods.read, lambda method_id: methods.change(method_id, {"alias": "x"})):
        with pytest.raises(Refused) as refused:
            ask(NOBODYS)
        assert refused.value.statuses == {"404"}


# --- what not every library can do ----------------------------------------------------------------


@pytest.mark.parametrize("methods", ["kitsu", "devour"], indirect=True)
def test_an_account_may_have_an_id_of_the_clients_own(methods: PaymentMethods) -> None:
    assert methods.create({"id": OWN_ID, **METHOD})["id"] == OWN_ID
    assert methods.create({"id": OWN_ID, **METHOD})["id"] == OWN_ID
    with pytest.raises(Refused) as refused:
        methods.create({"id": OWN_ID, **METHOD, "iban": OTHER_IBAN})
    assert refused.value.statuses == {"409"}
    assert refused.value.fields == {"id"}


@pytest.mark.parametrize("methods", ["kitsu", "devour"], indirect=True)
def test_what_is_related_is_included(methods: PaymentMethods) -> None:
    methods.create(METHOD)
    (found,) = methods.all({"include": "paymentMethodKind"})
    kind = found["paymentMethodKind"]
    assert kind.get("data", kind)["name"] == "SEPA direct debit"


@pytest.mark.parametrize("methods", ["jsonapi-client"], indirect=True)
def test_the_links_of_pages_lead_through_all_accounts(methods: PythonPaymentMethods) -> None:
    ids = [methods.create({**METHOD, "iban": iban})["id"] for iban in (SEED_IBAN, OTHER_IBAN)]
    assert methods.walk({"page": {"size": "1"}}) == ids
