"""pretix's client of secuconnect, told another URL, keeps a shop's customers."""

import pytest

from tests.clients.shop import CONTAINERS, CUSTOMERS, IBAN, NOBODY, Shop, refusal


def test_a_token_is_kept_for_as_long_as_it_is_good(shop: Shop) -> None:
    shop.find(CUSTOMERS)
    shop.find(CUSTOMERS)
    assert shop.cache.seconds_kept == {"payment_secuconnect_auth_token": 1200}


def test_a_customer_is_added_and_read_again(shop: Shop) -> None:
    added = shop.add_customer(dob="1901-02-03")
    assert added["contact"]["name"] == "John Doe"
    assert shop.read(CUSTOMERS, added["id"]) == added


def test_the_same_customer_may_be_added_twice(shop: Shop) -> None:
    assert shop.add_customer()["id"] != shop.add_customer()["id"]


def test_customers_are_listed_with_their_number(shop: Shop) -> None:
    ids = [shop.add_customer()["id"] for _ in range(3)]
    page = shop.find(CUSTOMERS, count="2")
    assert page["count"] == 3
    assert [found["id"] for found in page["data"]] == ids[:2]


def test_nobody_is_found_in_an_empty_list(shop: Shop) -> None:
    assert shop.find(CUSTOMERS) == {"count": 0, "data": []}


def test_an_unknown_customer_is_told_as_an_error(shop: Shop) -> None:
    told = refusal(lambda: shop.read(CUSTOMERS, NOBODY))
    assert told == ("ProductNotFoundException", "Unknown id")


def test_a_wrong_birth_date_is_told_as_an_error(shop: Shop) -> None:
    error, details = refusal(lambda: shop.add_customer(dob="yesterday"))
    assert error == "ProductFormatException"
    assert "contact.dob" in details


def test_a_changed_customer_loses_what_is_left_out(shop: Shop) -> None:
    added = shop.add_customer(email="john.doe@example.com")
    changed = shop.replace(CUSTOMERS, added["id"], {"contact": {"surname": "Deer"}})
    assert changed["contact"] == {"surname": "Deer", "name": "Deer"}
    assert changed["created"] == added["created"]
    assert changed["updated"]
    assert shop.read(CUSTOMERS, added["id"]) == changed


def test_a_customer_as_it_was_answered_may_be_sent_again(shop: Shop) -> None:
    added = shop.add_customer(dob="1901-02-03")
    assert shop.replace(CUSTOMERS, added["id"], added)["contact"] == added["contact"]


def test_a_deleted_customer_is_gone_and_its_accounts_too(shop: Shop) -> None:
    customer = shop.add_customer()["id"]
    container = shop.add_account(customer, IBAN)["id"]
    (deleted,) = shop.delete(CUSTOMERS, customer)
    assert deleted["id"] == customer
    assert refusal(lambda: shop.read(CUSTOMERS, customer))[1] == "Unknown id"
    assert refusal(lambda: shop.read(CONTAINERS, container))[1] == "Unknown id"
    assert shop.find(CUSTOMERS)["count"] == shop.find(CONTAINERS)["count"] == 0


def test_an_unknown_customer_is_not_deleted(shop: Shop) -> None:
    told = refusal(lambda: shop.delete(CUSTOMERS, NOBODY))
    assert told == ("ProductNotAllowedException", "incorrect customer id")


@pytest.mark.parametrize(
    "query", ["id:{id}", "contact.surname:Smi*", 'contact.email:"smith@example.com"']
)
def test_a_customer_is_found_by_what_is_known_of_it(shop: Shop, query: str) -> None:
    shop.add_customer("Doe")
    wanted = shop.add_customer("Smith", email="smith@example.com")["id"]
    (found,) = shop.find(CUSTOMERS, q=query.replace("{id}", wanted))["data"]
    assert found["id"] == wanted


def test_customers_are_listed_in_the_order_asked_for(shop: Shop) -> None:
    for surname in ("Smith", "Doe", "Miller"):
        shop.add_customer(surname)
    found = shop.find(CUSTOMERS, sort="contact.surname:asc")["data"]
    assert [customer["contact"]["surname"] for customer in found] == ["Doe", "Miller", "Smith"]


def test_all_customers_are_scrolled_through(shop: Shop) -> None:
    ids = [shop.add_customer()["id"] for _ in range(5)]
    page = shop.find(CUSTOMERS, count="2", scroll_expire="5m")
    scrolled = []
    while page["data"]:
        scrolled += [found["id"] for found in page["data"]]
        page = shop.find(CUSTOMERS, scroll_id=page["scroll_id"])
    assert scrolled == ids


def test_a_wrong_query_is_told_with_its_place(shop: Shop) -> None:
    error, details = refusal(lambda: shop.find(CUSTOMERS, q="contact.surname:(Doe"))
    assert error == "ProductFormatException"
    assert details.startswith("q: ")
