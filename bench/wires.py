"""The two wires as the benchmark drives them: the seeds' requests, one bank account each.

The body of a registration has two gaps, `<iban>` and `<customer>`, which the load generator fills
anew for every request. Both have a fixed length, so the request's head never changes.

    >>> SECUCONNECT.path
    '/api/v2/Payment/Containers'
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

# The demo client that the first seed document shows; a sandbox has it from its first start.
DEMO_CLIENT_ID = "09ae83af7c37121b2de929b211bad944"
DEMO_CLIENT_SECRET = "9c5f250b69f6436cb38fd780349bc00810d8d5051d3dcf821e428f65a32724bd"

SECUCONNECT_SCOPE = "https://scope.secucard.com/e/api"
PACE_SCOPE = "pay:payment-methods:create"

IBAN_GAP = "<iban>"
CUSTOMER_GAP = "<customer>"
SAMPLE_IBAN = "DE89370400440532013000"
SAMPLE_CUSTOMER = "PCU_3577GD8KT2MG4Y5UX75XUVH65QYVAA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How one API registers a bank account."""

    name: str
    path: str
    scope: str
    media_type: str
    status_expected: int
    body: str

    @property
    def names_a_customer(self) -> bool:
        """True if each registration says whose account it is."""
        return CUSTOMER_GAP in self.body

    def headers(self, token: str) -> Mapping[str, str]:
        """Return the headers of a registration."""
        return {
            "Authorization": f"Bearer {token}",
            "Content-Type": self.media_type,
            "Accept": self.media_type,
        }

    def fill(self, iban: str, customer: str) -> str:
        """Return the body of one registration."""
        return self.body.replace(IBAN_GAP, iban).replace(CUSTOMER_GAP, customer)

    def request_template(self, port: int, token: str) -> str:
        """Return the whole HTTP request, its two gaps still open."""
        head = {
            "Host": f"127.0.0.1:{port}",
            **self.headers(token),
            "Content-Length": str(len(self.fill(SAMPLE_IBAN, SAMPLE_CUSTOMER))),
        }
        lines = [f"POST {self.path} HTTP/1.1", *(f"{name}: {text}" for name, text in head.items())]
        return "\r\n".join([*lines, "", self.body])


SECUCONNECT = Wire(
    name="secuconnect",
    path="/api/v2/Payment/Containers",
    scope=SECUCONNECT_SCOPE,
    media_type="application/json",
    status_expected=200,
    body=json.dumps(
        {
            "type": "bank_account",
            "customer": CUSTOMER_GAP,
            "private": {"owner": "John Doe", "iban": IBAN_GAP},
        }
    ),
)

PACE = Wire(
    name="pace",
    path="/pay/2024-1/payment-methods/sepa-direct-debit",
    scope=PACE_SCOPE,
    media_type="application/vnd.api+json",
    status_expected=201,
    body=json.dumps(
        {
            "data": {
                "type": "paymentMethod",
                "attributes": {
                    "kind": "sepa",
                    "iban": IBAN_GAP,
                    "title": "Prof. Dr.",
                    "firstName": "Jon",
                    "lastName": "Smith",
                    "company": "Clean House GmbH",
                    "address": {
                        "street": "Haid-und-Neu-Str.",
                        "houseNo": "18",
                        "postalCode": "76131",
                        "city": "Karlsruhe",
                        "countryCode": "DE",
                    },
                    "email": "jon.smith@example.com",
                },
            }
        }
    ),
)

WIRES: Mapping[str, Wire] = {wire.name: wire for wire in (SECUCONNECT, PACE)}

CUSTOMER = json.dumps(
    {
        "contact": {
            "salutation": "Mr.",
            "forename": "John",
            "surname": "Doe",
            "dob": "1901-02-03",
            "email": "example@example.com",
            "address": {
                "street": "Example Street",
                "street_number": "6a",
                "postal_code": "01234",
                "city": "Examplecity",
                "country": "DE",
            },
        }
    }
)
