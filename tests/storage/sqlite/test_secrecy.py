"""What must not be readable in the files that SQLite writes: account numbers, tokens, secrets."""

import base64
from pathlib import Path

import pytest

from lastschrift.domain.access import Scope, Secret
from lastschrift.operations.issue_access_token import IssueAccessToken, issue_access_token
from lastschrift.operations.rotate_client_secret import rotate_client_secret
from tests.house import House

pytestmark = pytest.mark.anyio

IBAN = "DE89370400440532013000"
ACCOUNT_NUMBER = IBAN[4:]
OWNER = "Joachim Canary"


async def test_no_iban_token_or_secret_is_in_the_files(house: House, tmp_path: Path) -> None:
    client, secret = await house.open_contract()
    new_secret = await rotate_client_secret(house.ports, client.id)
    token = await token_of(house, new_secret)
    await register_over_both_wires(house, token)
    written = b"".join(files_in(tmp_path).values())
    assert OWNER.encode() in written  # or nothing was looked at
    for needle in (IBAN, ACCOUNT_NUMBER, token.reveal(), secret.reveal(), new_secret.reveal()):
        for form in forms(needle):
            assert form not in written


async def test_the_files_hold_the_log_too(house: House, tmp_path: Path) -> None:
    await house.open_contract()
    assert files_in(tmp_path).keys() == {
        "lastschrift.db",
        "lastschrift.db-shm",
        "lastschrift.db-wal",
    }


def files_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def forms(needle: str) -> list[bytes]:
    """Return the forms that a text might be written in."""
    grouped = " ".join(needle[n : n + 4] for n in range(0, len(needle), 4))
    plain = needle.encode()
    found = [plain, grouped.encode(), plain[::-1], needle.encode("utf-16-le"), plain.hex().encode()]
    found += [base64.b64encode(plain).rstrip(b"=")[:-1]]
    if not set(needle) - set("0123456789abcdef"):
        found.append(bytes.fromhex(needle[: len(needle) // 2 * 2]))
    return found


async def token_of(house: House, secret: Secret) -> Secret:
    (client,) = await house.store.read(lambda reader: reader.clients())
    command = IssueAccessToken(
        client_id=client.id, client_secret=secret, scopes=[Scope.SECUCONNECT, Scope.PACE_CREATE]
    )
    return (await issue_access_token(house.ports, command)).token


async def register_over_both_wires(house: House, token: Secret) -> None:
    headers = {"Authorization": f"Bearer {token.reveal()}"}
    container = {"private": {"owner": OWNER, "iban": IBAN}}
    answer = await house.client.post("/api/v2/Payment/Containers", headers=headers, json=container)
    assert answer.status_code == 200
    address = dict.fromkeys(("street", "houseNo", "postalCode", "city"), "1")
    attributes = {"kind": "sepa", "iban": IBAN, "company": OWNER} | {
        "address": address | {"countryCode": "DE"}
    }
    answer = await house.client.post(
        "/pay/2024-1/payment-methods/sepa-direct-debit",
        headers=headers | {"Content-Type": "application/vnd.api+json"},
        json={"data": {"type": "paymentMethod", "attributes": attributes}},
    )
    assert answer.status_code == 201
