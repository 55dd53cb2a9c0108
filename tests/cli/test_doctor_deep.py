"""The doctor's close look: every row read, every account number opened, on each engine.

with a production installation that has accounts in it:
    spoil one thing, and the finding that names it is wrong, and all others are not
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lastschrift.opening import installation_of
from lastschrift.settings import PostgresDatabase, Settings
from lastschrift.storage.examining import KeptNumber, examine_numbers
from tests.cli.accounts import ACCOUNTS, register_some
from tests.cli.installations import change_database, command, lent_production, make_production
from tests.postgres import execute
from tests.serving import running

DEEP = ("structure", "rows", "account numbers", "references", "audit trail")


@pytest.fixture
def filled(production: Path) -> Path:
    """Return an installation with accounts in it, on each engine in turn."""
    register_some(production)
    return production


def findings(directory: Path, *options: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code, and state and text of each finding by its subject."""
    told = command("doctor", "--json", "--data", str(directory), *options)
    found = json.loads(told.stdout)
    return told.code, {each["subject"]: (each["state"], each["text"]) for each in found}


def change(directory: Path, *statements: str) -> None:
    """Do to a database what no command does, with no reference in the way."""
    database = Settings.load(directory, {}).database
    if isinstance(database, PostgresDatabase):
        texts = ("SET LOCAL session_replication_role = replica", *statements)
        execute(database.url, f"DO $$ BEGIN {'; '.join(texts)}; END $$")
    else:
        change_database(directory, "; ".join(("PRAGMA foreign_keys = OFF", *statements)))


# --- nothing is wrong -----------------------------------------------------------------------------


def test_nothing_is_wrong_with_what_was_registered(filled: Path) -> None:
    _, found = findings(filled, "--deep")
    assert {found[subject][0] for subject in DEEP} == {"ok"}
    assert f"bank_account {ACCOUNTS}, " in found["rows"][1]
    assert found["account numbers"][1] == (
        f"{ACCOUNTS} open and have their fingerprints, 0 are erased"
    )
    assert "which hold; every registration among them" in found["audit trail"][1]


def test_all_that_is_looked_at_closely_is_left_out_unless_wanted(filled: Path) -> None:
    _, found = findings(filled)
    assert not set(DEEP) & found.keys()


def test_it_tells_how_far_it_is(filled: Path) -> None:
    told = command("doctor", "--deep", "--data", str(filled))
    assert f"opening bank_account: {ACCOUNTS} of {ACCOUNTS} rows" in told.stderr


def test_a_running_server_is_no_hindrance(filled: Path) -> None:
    with running("serve", filled, [], {}):
        _, found = findings(filled, "--deep")
    assert {found[subject][0] for subject in DEEP} == {"ok"}


def test_an_erased_number_is_counted(filled: Path) -> None:
    change(
        filled,
        "UPDATE bank_account SET iban_sealed = NULL, fingerprint = NULL, iban_last_four = NULL"
        " WHERE iban_last_four = (SELECT min(iban_last_four) FROM bank_account)",
    )
    _, found = findings(filled, "--deep")
    assert found["account numbers"] == (
        "ok",
        f"{ACCOUNTS - 1} open and have their fingerprints, 1 are erased",
    )


@pytest.mark.parametrize("rows_max", [1, 2, ACCOUNTS, 100])
def test_each_number_is_looked_at_once_however_long_the_pieces(filled: Path, rows_max: int) -> None:
    seen, told = list[KeptNumber](), list[tuple[int, int]]()

    def look(number: KeptNumber) -> None:
        seen.append(number)

    def observe(_work: str, _table: str, done: int, total: int) -> None:
        told.append((done, total))

    installation = installation_of(Settings.load(filled, {}))
    found = asyncio.run(examine_numbers(installation, look, observe, rows_max=rows_max))
    assert (found.fit, len({number.account for number in seen})) == (ACCOUNTS, ACCOUNTS)
    assert told[-1] == (ACCOUNTS, ACCOUNTS)
    assert len(told) == -(-ACCOUNTS // rows_max)


# --- something is wrong ---------------------------------------------------------------------------

_ONE = "WHERE iban_last_four = (SELECT min(iban_last_four) FROM bank_account)"


def change_a_bit_of_a_number(directory: Path) -> None:
    """Change the last byte of an account number as it is kept: the end of its tag."""
    database = Settings.load(directory, {}).database
    if isinstance(database, PostgresDatabase):
        last = "length(iban_sealed) - 1"
        changed = f"set_byte(iban_sealed, {last}, get_byte(iban_sealed, {last}) # 1)"
    else:
        changed = (
            "substr(iban_sealed, 1, length(iban_sealed) - 1) || "
            "iif(substr(iban_sealed, -1) = x'00', x'01', x'00')"
        )
        changed = f"CAST({changed} AS BLOB)"
    change(directory, f"UPDATE bank_account SET iban_sealed = {changed} {_ONE}")


def change_the_key_version(directory: Path) -> None:
    """Let an account number say that it is sealed under a key that nobody has."""
    if isinstance(Settings.load(directory, {}).database, PostgresDatabase):
        changed = "set_byte(iban_sealed, 1, 99)"
    else:
        changed = "CAST(x'0063' || substr(iban_sealed, 3) AS BLOB)"
    change(directory, f"UPDATE bank_account SET iban_sealed = {changed} {_ONE}")


def swap_two_numbers(directory: Path) -> None:
    """Give one account what another one has, which opens there only."""
    highest = "(SELECT max(iban_last_four) FROM bank_account)"
    other = f"(SELECT iban_sealed FROM bank_account WHERE iban_last_four = {highest})"
    change(directory, f"UPDATE bank_account SET iban_sealed = {other} {_ONE}")


def change_a_fingerprint(directory: Path) -> None:
    other = "(SELECT wrapped FROM contract_key WHERE purpose = 'data')"
    change(directory, f"UPDATE bank_account SET fingerprint = {other} {_ONE}")


def show_another_end(directory: Path) -> None:
    change(directory, f"UPDATE bank_account SET iban_last_four = '4711' {_ONE}")


def lose_the_customer(directory: Path) -> None:
    change(directory, "DELETE FROM debtor WHERE kind = 'customer'")


def lose_a_client(directory: Path) -> None:
    is_on_postgres = isinstance(Settings.load(directory, {}).database, PostgresDatabase)
    manager = "gen_random_uuid()" if is_on_postgres else "randomblob(16)"
    change(directory, f"UPDATE bank_account SET managed_by = {manager} {_ONE}")


def forget_a_registration(directory: Path) -> None:
    """Take an entry out of the middle of the trail, past what is in the way."""
    account = f"(SELECT id FROM bank_account {_ONE})"
    if not isinstance(Settings.load(directory, {}).database, PostgresDatabase):
        change_database(directory, "DROP TRIGGER audit_entry_stays")
    change(directory, f"DELETE FROM audit_entry WHERE subject_id = {account}")


def take_an_account_for_registered(directory: Path) -> None:
    """Add an account that no entry tells of."""
    is_on_postgres = isinstance(Settings.load(directory, {}).database, PostgresDatabase)
    key = "gen_random_uuid()" if is_on_postgres else "randomblob(16)"
    change(
        directory,
        "INSERT INTO bank_account (contract_id, id, created)"
        f" SELECT contract_id, {key}, created FROM bank_account {_ONE}",
    )


@pytest.mark.parametrize(
    ("spoil", "subject", "told"),
    [
        (change_a_bit_of_a_number, "account numbers", f"1 of {ACCOUNTS} are not what they should"),
        (change_a_bit_of_a_number, "account numbers", "(SealBroken)"),
        (change_the_key_version, "account numbers", "(KeyVersionUnknown)"),
        (swap_two_numbers, "account numbers", "(SealBroken)"),
        (change_a_fingerprint, "account numbers", "(FingerprintDiffers)"),
        (show_another_end, "account numbers", "(ShownPartDiffers)"),
        (lose_the_customer, "references", f"{ACCOUNTS} of bank_account to debtor"),
        (lose_a_client, "references", "1 of bank_account to client"),
        (forget_a_registration, "audit trail", "1 blocks do not hold, the first is that of entry"),
        (take_an_account_for_registered, "audit trail", "the registration of 1 bank accounts is"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_else(
    filled: Path, spoil: Callable[[Path], None], subject: str, told: str
) -> None:
    spoil(filled)
    code, found = findings(filled, "--deep")
    assert code == 1
    assert found[subject][0] == "wrong"
    assert told in found[subject][1]
    others = set(DEEP) - {subject, "structure"}  # SQLite's own look finds lost references too
    assert {found[other][0] for other in others} == {"ok"}


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DROP INDEX bank_account_once", "lacks bank_account_once"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM debtor", "references to what is not there"),
    ],
)
def test_what_sqlite_knows_of_its_own_disorder_is_told(
    tmp_path: Path, damage: str, told: str
) -> None:
    directory = make_production(tmp_path / "a")
    register_some(directory)
    change_database(directory, damage)
    code, found = findings(directory, "--deep")
    assert code == 1
    assert told in found["structure"][1]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("DROP INDEX bank_account_once", "lacks bank_account_once;"),
        ("DROP TRIGGER audit_entry_stays ON audit_entry", "lacks audit_entry_stays;"),
        (
            "ALTER TABLE audit_entry DISABLE TRIGGER USER",
            "lacks audit_entry_stays, audit_entry_stays_as_it_is; make it again, or switch it on",
        ),
    ],
)
def test_what_postgresql_no_longer_guards_is_told(tmp_path: Path, damage: str, told: str) -> None:
    with lent_production("postgres", tmp_path / "a") as directory:
        change(directory, damage)
        code, found = findings(directory, "--deep")
    assert code == 1
    assert told in found["structure"][1]


def test_a_key_of_another_installation_is_told_by_every_look_that_needs_one(
    filled: Path, tmp_path: Path
) -> None:
    assert command("init", "--data", str(tmp_path / "b")).code == 0
    (filled / "master.key").write_bytes((tmp_path / "b" / "master.key").read_bytes())
    code, found = findings(filled, "--deep")
    assert code == 1
    assert "the master key does not open this database" in found["account numbers"][1]
    assert found["references"][0] == "ok"
