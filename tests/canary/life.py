"""The life of a server that is told values which nobody else has, and all that it says of them."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from lastschrift.domain.access import Scope
from tests.canary.kept import Kept
from tests.cli.installations import command, told_json
from tests.serving import RunningServer
from tests.storage.filling import german_iban
from tests.web.hostile.wire import exchange

IBAN = german_iban(4_713_946_825).reveal()
OTHER_IBAN = german_iban(8_520_137_964).reveal()
NAMES = {
    "given name": "Zwitscheria",
    "family name": "Kanarienvogel",
    "company": "Vogelbauer",
    "street": "Hirsekornweg",
    "e-mail": "zwitscheria@kanarienvogel.example",
    "phone": "+493047139468",
}
WRONG_SECRET = "7c" * 32

TOKEN = "/oauth/token"
INTROSPECT, REVOKE = "/oauth/introspect", "/oauth/revoke"
GUESSES = 11  # One more than are looked at.
CUSTOMERS = "/api/v2/Payment/Customers"
CONTAINERS = "/api/v2/Payment/Containers"
METHODS = "/pay/2024-1/payment-methods"
SEPA = f"{METHODS}/sepa-direct-debit"
JSON_API = {"content-type": "application/vnd.api+json"}
TOO_LONG = "x" * 70_000

Question = tuple[str, str]
"""The wire that it came by, and what was asked."""

DUPLICATE: Question = ("secuconnect", "the same account again")


@dataclass(slots=True)
class Life:
    """What a server was told, and all that it said; ``values`` are what it must keep to itself."""

    server: RunningServer
    kept: Kept
    client: httpx2.Client
    client_id: str = ""
    values: dict[str, str] = field(default_factory=dict)
    answers: dict[Question, httpx2.Response] = field(default_factory=dict)
    said: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def ask(self, wire: str, what: str, method: str, path: str, **sent: Any) -> httpx2.Response:  # noqa: ANN401  # whatever httpx2 can send
        """Ask something. If it is refused, nothing in the answer may tell a value."""
        answer = self.client.request(method, path, **sent)
        self.answers[wire, what] = answer
        head = "".join(f"{name}: {value}\n" for name, value in answer.headers.items())
        self.said[f"{wire}, {what}: head"] = head.encode()
        if not answer.is_success and (wire, what) != DUPLICATE:
            self.said[f"{wire}, {what}: body"] = answer.content
        return answer

    def command(self, *arguments: str) -> None:
        """Run a command that must not tell a value."""
        ended = command(*arguments, "--data", str(self.server.directory))
        self.said[f"lastschrift {' '.join(arguments)}"] = (ended.stdout + ended.stderr).encode()

    @property
    def bearer(self) -> dict[str, str]:
        """The header that lets do everything."""
        return {"authorization": f"Bearer {self.values['token']}"}

    @property
    def credentials(self) -> dict[str, str]:
        """What the client gets tokens by."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.values["secret"],
        }


def live(server: RunningServer, kept: Kept) -> Life:
    """Live a whole life, and end it."""
    with httpx2.Client(base_url=server.url) as client:
        life = Life(server, kept, client)
        life.values |= {
            "IBAN": IBAN,
            "other IBAN": OTHER_IBAN,
            "wrong secret": WRONG_SECRET,
            **NAMES,
        }
        get_credentials(life)
        get_tokens(life)
        fail_to_get_tokens(life)
        give_tokens_back(life)
        customer = register_by_secuconnect(life)
        change_by_secuconnect(life, customer)
        fail_by_secuconnect(life, customer)
        register_by_pace(life)
        fail_by_pace(life)
        fail_on_the_wire(life)
        break_what_is_kept(life)
        administer(life)
        look_at_the_rest(life)
    return life


# --- tokens ---------------------------------------------------------------------------------------


def get_credentials(life: Life) -> None:
    directory = life.server.directory
    contract = told_json(directory, "contract", "create", "Canary")["id"]
    created = told_json(directory, "client", "create", "--contract", contract, "--name", "Canary")
    life.client_id, life.values["secret"] = created["client_id"], created["client_secret"]


def get_tokens(life: Life) -> None:
    asked = {**life.credentials, "scope": " ".join(Scope)}
    basic = (life.client_id, life.values["secret"])
    grant = {"grant_type": "client_credentials"}
    ways: dict[str, dict[str, Any]] = {
        "token": {"data": asked},
        "token by JSON": {"json": asked},
        "token by Basic": {"data": grant, "auth": basic},
    }
    for name, sent in ways.items():
        life.values[name] = life.ask("oauth", name, "POST", TOKEN, **sent).json()["access_token"]


def fail_to_get_tokens(life: Life) -> None:
    good, secret = life.credentials, life.values["secret"]
    refused: dict[str, dict[str, Any]] = {
        "wrong secret": {"data": {**good, "client_secret": WRONG_SECRET}},
        "wrong secret by JSON": {"json": {**good, "client_secret": WRONG_SECRET}},
        "wrong secret by Basic": {
            "data": {"grant_type": "client_credentials"},
            "auth": (life.client_id, WRONG_SECRET),
        },
        "secret as id": {"data": {**good, "client_id": secret}},
        "secret as grant type": {"data": {**good, "grant_type": secret}},
        "secret as scope": {"data": {**good, "scope": secret}},
        "secret twice": {"content": f"client_secret={secret}&client_secret={secret}"},
        "secret of another kind": {"json": {**good, "client_secret": [secret]}},
        "no grant type": {"data": {"client_secret": secret}},
        "broken JSON": {
            "content": f'{{"client_secret": "{secret}"',
            "headers": {"content-type": "application/json"},
        },
        "both ways": {"data": good, "auth": (life.client_id, secret)},
        "too long": {"data": {**good, "padding": TOO_LONG}},
    }
    for what, sent in refused.items():
        life.ask("oauth", what, "POST", TOKEN, **sent)
    life.ask("oauth", "secret in the query", "GET", TOKEN, params=good)
    life.ask("oauth", "secret in the path", "POST", f"/oauth/{secret}")


def give_tokens_back(life: Life) -> None:
    """Ask about a token and revoke it, rightly and wrongly, and guess until nobody listens."""
    token, wrong = life.values["token by JSON"], {"client_secret": WRONG_SECRET}
    named = {**life.credentials, "token": token}
    for what, path in (("introspect", INTROSPECT), ("revoke", REVOKE)):
        life.ask("oauth", f"{what}, wrong secret", "POST", path, data={**named, **wrong})
        life.ask("oauth", f"{what}, no credentials", "POST", path, data={"token": token})
        life.ask("oauth", f"{what} in the query", "GET", path, params=named)
        life.ask("oauth", what, "POST", path, data=named)
    headers = {"authorization": f"Bearer {token}"}
    life.ask("secuconnect", "token given back", "GET", CUSTOMERS, headers=headers)
    guess = {**life.credentials, **wrong, "client_id": "0" * 32}
    for number in range(GUESSES):
        life.ask("oauth", f"guess {number}", "POST", TOKEN, data=guess)


# --- secuconnect ----------------------------------------------------------------------------------


CONTACT = {
    "forename": NAMES["given name"],
    "surname": NAMES["family name"],
    "companyname": NAMES["company"],
    "email": NAMES["e-mail"],
    "phone": NAMES["phone"],
    "address": {"street": NAMES["street"], "country": "DE"},
}
OWNER = f"{NAMES['given name']} {NAMES['family name']}"


def register_by_secuconnect(life: Life) -> str:
    """Save a customer and two accounts; return the customer's id."""
    answer = life.ask(
        "secuconnect", "customer", "POST", CUSTOMERS, json={"contact": CONTACT}, headers=life.bearer
    )
    customer: str = answer.json()["id"]
    account = {"customer": customer, "private": {"iban": IBAN, "owner": OWNER}}
    for what in ("an account", DUPLICATE[1]):
        life.ask("secuconnect", what, "POST", CONTAINERS, json=account, headers=life.bearer)
    life.ask("secuconnect", "list", "GET", CONTAINERS, headers=life.bearer)
    return customer


def change_by_secuconnect(life: Life, customer: str) -> None:
    """Change, hand over, archive and delete what was saved, rightly and wrongly."""
    body = {"customer": customer, "private": {"iban": german_iban(5).reveal(), "owner": OWNER}}
    made = life.ask("secuconnect", "to change", "POST", CONTAINERS, json=body, headers=life.bearer)
    container = f"{CONTAINERS}/{made.json()['id']}"
    life.values["IBAN of a changed account"] = changed = german_iban(6_172_839_405).reveal()
    good = {"private": {"iban": changed, "owner": OWNER}}
    contact = {"contact": CONTACT}
    steps: dict[str, tuple[str, str, object]] = {
        "new contact": ("PUT", f"{CUSTOMERS}/{customer}", contact),
        "contact of nobody": ("PUT", f"{CUSTOMERS}/{OWNER}", contact),
        "wrong contact": ("PUT", f"{CUSTOMERS}/{customer}", {"contact": {"dob": OWNER}}),
        "new IBAN": ("PUT", container, good),
        "wrong IBAN": ("PUT", container, {"private": {**good["private"], "iban": changed[:-1]}}),
        "IBAN of nobody": ("PUT", f"{CONTAINERS}/{changed}", good),
        "taken": ("DELETE", f"{container}/assign", None),
        "taken from nobody": ("DELETE", f"{container}/assign/{OWNER}", None),
        "given": ("POST", f"{container}/assign/{customer}", None),
        "given to nobody": ("POST", f"{container}/assign/{OWNER}", None),
        "validated": ("POST", f"{CONTAINERS}/me/validateSingleIban", {"iban": changed}),
        "no IBAN": ("POST", f"{CONTAINERS}/me/validateSingleIban", {"iban": [changed]}),
        "archived": ("PUT", f"{container}/archive", None),
        "archived again": ("PUT", f"{container}/archive", good),
        "deleted": ("DELETE", container, None),
        "nobody deleted": ("DELETE", f"{CUSTOMERS}/{OWNER}", None),
        "a contract of nobody's": ("GET", f"/api/v2/Payment/Contracts/{OWNER}", None),
    }
    for what, (method, path, sent) in steps.items():
        life.ask("secuconnect", what, method, path, json=sent, headers=life.bearer)


def fail_by_secuconnect(life: Life, customer: str) -> None:
    good = {"iban": IBAN, "owner": OWNER}
    bodies: dict[str, Any] = {
        "misspelt IBAN": {"private": {**good, "iban": IBAN[:-1]}},
        "wrong check digits": {"private": {**good, "iban": f"DE00{IBAN[4:]}"}},
        "IBAN in a list": {"private": {**good, "iban": [IBAN]}},
        "IBAN as owner of another kind": {"private": {**good, "owner": {"iban": IBAN}}},
        "IBAN as BIC": {"private": {**good, "bic": IBAN}},
        "IBAN as type": {"private": good, "type": IBAN},
        "IBAN as customer": {"private": good, "customer": IBAN},
        "name as customer": {"private": good, "customer": NAMES["family name"]},
        "name as customer's id": {"private": good, "customer": {"id": OWNER}},
        "unknown customer": {"private": good, "customer": f"PCU_{'0' * 30}"},
        "two customers": {"private": good, "customer": customer, "customer_id": OWNER},
        "IBAN as a name of a member": {IBAN: IBAN},
        "a name that is too long": {"private": {**good, "owner": OWNER * 100}},
        "a name with a control": {"private": {**good, "owner": f"{OWNER}\a"}},
        "a list": [good],
        "a text": IBAN,
        "too long": {"private": good, "padding": TOO_LONG},
    }
    for what, body in bodies.items():
        life.ask("secuconnect", what, "POST", CONTAINERS, json=body, headers=life.bearer)
    broken = f'{{"private": {{"iban": "{IBAN}", "iban": "{IBAN}"}}}}'
    life.ask("secuconnect", "twice", "POST", CONTAINERS, content=broken, headers=life.bearer)
    life.ask("secuconnect", "cut", "POST", CONTAINERS, content=broken[:-4], headers=life.bearer)
    contact = {"contact": {**CONTACT, "dob": OWNER, "phone": 1}}
    life.ask("secuconnect", "dob", "POST", CUSTOMERS, json=contact, headers=life.bearer)
    life.ask("secuconnect", "query", "GET", CUSTOMERS, params={"count": IBAN}, headers=life.bearer)
    life.ask("secuconnect", "id", "GET", f"{CONTAINERS}/{IBAN}", headers=life.bearer)
    life.ask("secuconnect", "route", "GET", f"/api/v2/{OWNER}/{IBAN}", headers=life.bearer)
    life.ask("secuconnect", "method", "PATCH", CONTAINERS, json=good, headers=life.bearer)
    life.ask("secuconnect", "no token", "POST", CONTAINERS, json={"private": good})
    for what, token in {"wrong": life.values["token"][::-1], "IBAN": IBAN, "name": OWNER}.items():
        headers = {"authorization": f"Bearer {token}"}
        life.ask("secuconnect", f"{what} token", "GET", CUSTOMERS, headers=headers)


# --- PACE -----------------------------------------------------------------------------------------

ATTRIBUTES = {
    "kind": "sepa",
    "iban": OTHER_IBAN,
    "firstName": NAMES["given name"],
    "lastName": NAMES["family name"],
    "email": NAMES["e-mail"],
    "address": {
        "street": NAMES["street"],
        "houseNo": "1",
        "postalCode": "10115",
        "city": "Berlin",
        "countryCode": "DE",
    },
}
TAKEN_ID = "2a1319c3-c136-495d-b59a-47b3246d08af"


def post_method(
    life: Life,
    what: str,
    *,
    headers: dict[str, str] | None = None,
    method_id: str = "",
    **changed: object,
) -> httpx2.Response:
    """Register an account by PACE, with some attributes changed, under an id if one is given."""
    attributes = {**ATTRIBUTES, **changed}
    resource = {"type": "paymentMethod", "id": method_id, "attributes": attributes}
    return life.ask(
        "pace",
        what,
        "POST",
        SEPA,
        content=json.dumps({"data": resource}),
        headers={**life.bearer, **JSON_API, **(headers or {})},
    )


def register_by_pace(life: Life) -> None:
    third = post_method(life, "an account to be deleted", iban=german_iban(2).reveal())
    path = f"{METHODS}/{third.json()['data']['id']}"
    life.ask("pace", "deletion", "DELETE", path, headers=life.bearer)
    for what in ("an account", "the same account again"):
        post_method(life, what, method_id=TAKEN_ID)
    life.ask("pace", "list", "GET", METHODS, headers=life.bearer)
    life.ask("pace", "one", "GET", f"{METHODS}/{TAKEN_ID}", headers=life.bearer)


def fail_by_pace(life: Life) -> None:
    post_method(life, "id taken", iban=german_iban(1).reveal(), method_id=TAKEN_ID)
    post_method(life, "misspelt", iban=OTHER_IBAN[:-1], company=["Vogelbauer"])
    post_method(life, "outside of SEPA", iban="BR3212WLUCO8531216594869392OX")
    every_field: dict[str, Any] = dict.fromkeys(ATTRIBUTES, OWNER)
    post_method(life, "every field", **every_field)
    post_method(life, "too long", lastName=OWNER * 100)
    post_method(life, "another script", lastName=f"{OWNER} Канарейка")
    post_method(life, "much too long", padding=TOO_LONG)
    post_method(life, "not acceptable", headers={"accept": "text/html"})
    post_method(life, "another media type", headers={"content-type": "application/json"})
    post_method(life, "wrong token", headers={"authorization": f"Bearer {OTHER_IBAN}"})
    broken = {**life.bearer, **JSON_API}
    life.ask("pace", "broken", "POST", SEPA, content=f'{{"data": "{OWNER} {IBAN}', headers=broken)
    life.ask("pace", "id", "GET", f"{METHODS}/{OTHER_IBAN}", headers=life.bearer)
    life.ask("pace", "route", "GET", f"/pay/{OWNER}/{OTHER_IBAN}", headers=life.bearer)
    life.ask("pace", "method", "PUT", f"{METHODS}/{TAKEN_ID}", json=ATTRIBUTES, headers=life.bearer)
    asked = {**life.credentials, "scope": Scope.SECUCONNECT.value}
    token = life.ask("oauth", "one scope", "POST", TOKEN, data=asked).json()["access_token"]
    life.values["token of one scope"] = token
    post_method(life, "scope missing", headers={"authorization": f"Bearer {token}"})


# --- below the wires ------------------------------------------------------------------------------


def fail_on_the_wire(life: Life) -> None:
    """Send what is no HTTP, and what ends early."""
    head = f"POST {CONTAINERS} HTTP/1.1\r\nHost: a\r\n"
    messages = {
        "no HTTP": f"{IBAN} {OWNER}\r\n\r\n",
        "a broken header": f"GET /{IBAN} HTTP/1.1\r\nAuthorization {life.values['token']}\r\n\r\n",
        "a broken length": f"{head}Content-Length: {IBAN}\r\n\r\n{OWNER}",
        "an early end": f"{head}Content-Length: 500\r\n\r\n{OWNER} {IBAN}",
        "endless headers": f"{head}" + f"X-Name: {OWNER} {IBAN}\r\n" * 2_000,
    }
    for what, message in messages.items():
        received = exchange(life.server.port, message.encode(), has_end=True)
        life.said[f"the wire, {what}"] = received.data


def break_what_is_kept(life: Life) -> None:
    """Damage rows behind the server's back, so that it meets what nobody expects."""
    life.kept.damage()
    contact = {"contact": CONTACT}
    life.ask("secuconnect", "no more", "POST", CUSTOMERS, json=contact, headers=life.bearer)
    life.ask("secuconnect", "damaged", "GET", CONTAINERS, headers=life.bearer)
    life.ask("pace", "damaged", "GET", f"{METHODS}/{TAKEN_ID}", headers=life.bearer)


def administer(life: Life) -> None:
    rotated = told_json(life.server.directory, "client", "rotate-secret", life.client_id)
    life.values["secret of before"] = life.values["secret"]
    life.values["secret"] = rotated["client_secret"]
    life.command("contract", "list")
    life.command("client", "list", "--json")
    life.command("client", "revoke", life.client_id)
    life.command("client", "revoke", life.values["secret"])
    life.command("contract", "list", "--json")
    life.command("doctor")
    life.ask("oauth", "revoked", "POST", TOKEN, data=life.credentials)
    life.ask("secuconnect", "revoked", "GET", CUSTOMERS, headers=life.bearer)


def look_at_the_rest(life: Life) -> None:
    """Read what is beside the APIs; then the files, while all is in use; then end the server."""
    for path in ("/", "/healthz", "/readyz", "/metrics", "/openapi/", f"/{OWNER}/{IBAN}"):
        answer = life.client.get(path)
        life.said[path] = answer.content
    life.files = life.kept.files() | life.kept.copied()
    if (life.server.directory / "lastschrift.db").exists():
        backup = life.server.directory / "canary.backup"
        life.command("backup", str(backup))
        life.files["backup"] = backup.read_bytes()
    key = (life.server.directory / "master.key").read_text()
    life.values["master key"] = key.split(":")[-1].strip()
    life.server.stop()
    life.said["the log"] = life.server.log.read_bytes()
    life.said["standard output"] = life.server.said.read_bytes()
