"""A canary sings nowhere: no IBAN, name, token or secret where none belongs.

A whole life of a production server, by both wires and the command line, with success, with every
kind of error, and with faults that nobody expects. All that it says is gathered; then the values
that it was told are looked for. The one place where an IBAN may stand is the error that the first
seed document shows word by word.
"""

from pathlib import Path

import pytest

from tests.canary.kept import Kept, KeptInFiles, KeptOnServer
from tests.canary.life import DUPLICATE, NAMES, Life, live
from tests.canary.nose import traces, written_forms
from tests.cli.installations import command, make_production
from tests.databases import ENGINES
from tests.postgres import running_postgres
from tests.promises import control, promise
from tests.serving import running


@pytest.fixture(scope="module", params=ENGINES)
def life(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Return a server's life, from its first request to its end, on each engine in turn."""
    directory = tmp_path_factory.mktemp("canary") / "data"
    if request.param == "sqlite":
        return serve_and_live(make_production(directory), KeptInFiles(directory))
    with running_postgres(is_forgetful=False) as server:
        url = server.create_database()
        assert command("init", "--data", str(directory), "--database", url).code == 0
        return serve_and_live(directory, KeptOnServer(server, url))


def serve_and_live(directory: Path, kept: Kept) -> Life:
    with running("serve", directory, [], {"LASTSCHRIFT_LOG_LEVEL": "debug"}) as server:
        return live(server, kept)


@promise("nothing-in-clear")
def test_nothing_that_was_told_is_said(life: Life) -> None:
    found = {where: traces(life.values, said) for where, said in life.said.items()}
    assert {where: names for where, names in found.items() if names} == {}


@promise("nothing-in-clear")
def test_the_documented_error_says_the_iban_and_nothing_else(life: Life) -> None:
    found = traces(life.values, life.answers[DUPLICATE].content)
    assert {trace.partition(",")[0] for trace in found} == {"IBAN"}


@promise("nothing-in-clear")
def test_no_iban_token_or_secret_is_kept_in_clear(life: Life) -> None:
    kept = {name: value for name, value in life.values.items() if name not in NAMES}
    found = {path: traces(kept, content) for path, content in life.files.items()}
    assert {path: names for path, names in found.items() if names} == {}


# --- the life was full enough ---------------------------------------------------------------------


def test_every_kind_of_answer_was_given(life: Life) -> None:
    given = {(wire, answer.status_code) for (wire, _), answer in life.answers.items()}
    assert given >= {
        *(("oauth", status) for status in (200, 400, 401, 404, 405, 413, 429)),
        *(("secuconnect", status) for status in (200, 403, 404, 405, 409, 413, 422, 500)),
        *(("pace", status) for status in (200, 201, 204, 303, 400, 401, 403, 404, 405)),
        *(("pace", status) for status in (406, 409, 413, 415, 422, 500)),
    }


def test_the_faults_were_logged(life: Life) -> None:
    log = life.said["the log"].decode()
    assert life.answers["secuconnect", "no more"].json()["supportId"] in log
    assert life.answers["secuconnect", "damaged"].json()["supportId"] in log
    assert life.answers["pace", "damaged"].json()["errors"][0]["id"] in log


@control("nothing-in-clear")
def test_the_files_are_those_that_hold_what_was_told(life: Life) -> None:
    """Names may stand there in clear: that they are found shows that an IBAN would be."""
    with_names = {name for name, content in life.files.items() if traces(NAMES, content)}
    assert with_names >= {"db-wal"} or with_names >= {"tables", "write-ahead log"}


# --- the nose works -------------------------------------------------------------------------------


@control("nothing-in-clear")
def test_a_trace_is_found_in_every_form(life: Life) -> None:
    for name, value in life.values.items():
        for how, written in written_forms(value).items():
            found = traces({name: value}, b"before " + written + b" after")
            assert f"{name}, {how}" in found


def test_an_iban_in_groups_is_found() -> None:
    for text in (
        "DE89 3704 0044 0532 0130 00",
        "de89-3704-0044-0532-0130-00",
        "…370400440532013000",
    ):
        assert traces({"IBAN": "DE89370400440532013000"}, text.encode())


def test_what_is_not_there_is_not_found() -> None:
    assert not traces(
        {"IBAN": "DE89370400440532013000"}, b"DE\xe2\x80\xa63000 DE89370400440532013001"
    )
