"""pretix's client of secuconnect, told another URL, keeps the accounts of a shop's customers."""

import pytest

from tests.clients.shop import (
    CONTAINERS,
    CONTRACTS,
    IBAN,
    NOBODY,
    OTHER_IBAN,
    Shop,
    account_of,
    refusal,
)


@pytest.fixture
def customer(shop: Shop) -> str:
    return str(shop.add_customer()["id"])


def test_an_account_is_added_and_read_again(shop: Shop, customer: str) -> None:
    added = shop.add_account(customer, IBAN)
    assert added["customer"]["id"] == customer
    assert added["private"]["bic"] == "COBADEFFXXX"
    assert added["private"]["bankname"] == "Commerzbank"
    assert shop.read(CONTAINERS, added["id"]) == added


def test_an_account_belongs_to_one_customer_once(shop: Shop, customer: str) -> None:
    shop.add_account(customer, IBAN)
    told = refusal(lambda: shop.add_account(customer, IBAN))
    assert told == (
        "ProductDuplicateException",
        f"Container with IBAN {IBAN} for customer already exists",
    )


def test_two_customers_may_have_the_same_account(shop: Shop, customer: str) -> None:
    other = str(shop.add_customer()["id"])
    assert shop.add_account(customer, IBAN)["id"] != shop.add_account(other, IBAN)["id"]


def test_an_account_needs_no_customer(shop: Shop) -> None:
    assert "customer" not in shop.add_account(None, IBAN)


def test_accounts_are_listed_with_their_number(shop: Shop, customer: str) -> None:
    ids = [shop.add_account(customer, iban)["id"] for iban in (IBAN, OTHER_IBAN)]
    page = shop.find(CONTAINERS)
    assert page["count"] == 2
    assert [found["id"] for found in page["data"]] == ids


def test_an_account_for_nobody_is_refused(shop: Shop) -> None:
    error, details = refusal(lambda: shop.add_account(NOBODY, IBAN))
    assert error == "ProductNotAllowedException"
    assert details.startswith("Referenced customer access denied PCU_")


def test_a_changed_account_keeps_its_id_and_its_customer(shop: Shop, customer: str) -> None:
    added = shop.add_account(customer, IBAN)
    changed = shop.replace(CONTAINERS, added["id"], account_of(None, OTHER_IBAN))
    assert changed["private"]["bic"] == "HYVEDEMM488"
    assert changed["customer"] == added["customer"]
    assert changed["updated"]
    assert shop.read(CONTAINERS, added["id"]) == changed
    assert shop.add_account(customer, IBAN)["id"] != added["id"]


def test_no_account_is_changed_into_one_that_is_there(shop: Shop, customer: str) -> None:
    shop.add_account(customer, IBAN)
    other = shop.add_account(customer, OTHER_IBAN)["id"]
    error, _ = refusal(lambda: shop.replace(CONTAINERS, other, account_of(customer, IBAN)))
    assert error == "ProductDuplicateException"


def test_a_deleted_account_may_be_added_again(shop: Shop, customer: str) -> None:
    container = shop.add_account(customer, IBAN)["id"]
    (deleted,) = shop.delete(CONTAINERS, container)
    assert deleted["id"] == container
    assert refusal(lambda: shop.read(CONTAINERS, container))[1] == "Unknown id"
    assert shop.add_account(customer, IBAN)["id"] != container


def test_an_archived_account_is_read_but_no_longer_listed(shop: Shop, customer: str) -> None:
    container = shop.add_account(customer, IBAN)["id"]
    assert shop.ask("PUT", f"{CONTAINERS}/{container}/archive")["id"] == container
    assert shop.read(CONTAINERS, container)["id"] == container
    assert shop.find(CONTAINERS)["count"] == 0


def test_an_account_is_assigned_and_taken_away_again(shop: Shop, customer: str) -> None:
    container = shop.add_account(None, IBAN)["id"]
    assignment = f"{CONTAINERS}/{container}/assign"
    assert shop.ask("POST", f"{assignment}/{customer}")["customer"]["id"] == customer
    shop.ask("DELETE", assignment)
    assert "customer" not in shop.read(CONTAINERS, container)


def test_an_account_number_is_checked_without_being_kept(shop: Shop) -> None:
    told = shop.add(f"{CONTAINERS}/me/validateSingleIban", {"iban": IBAN})
    assert (told["valid"], told["bic"], told["bankname"]) == (True, "COBADEFFXXX", "Commerzbank")
    assert shop.find(CONTAINERS)["count"] == 0


def test_an_account_is_found_by_its_number(shop: Shop, customer: str) -> None:
    shop.add_account(customer, OTHER_IBAN)
    wanted = shop.add_account(customer, IBAN)["id"]
    found = shop.find(CONTAINERS, q=f"private.iban:{IBAN}")
    assert [container["id"] for container in found["data"]] == [wanted]


def test_a_shop_sees_its_own_contract(shop: Shop, customer: str) -> None:
    (contract,) = shop.find(CONTRACTS)["data"]
    assert shop.read(CONTRACTS, contract["id"])["id"] == contract["id"]
    assert shop.add_account(customer, IBAN)["contract"]["id"] == contract["id"]
