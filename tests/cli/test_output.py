"""How data is printed to people and to programs."""

import sys

import pytest

from lastschrift.cli.output import print_json, print_table
from lastschrift.domain.access import Secret

CLIENT = "09ae83af7c37121b2de929b211bad944"
ROWS = [(CLIENT, "Stadtwerke Beispiel"), ("2985aae4d5cc2b981eb38b130edf1df1", "Shop")]


def test_where_no_terminal_is_one_line_is_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("client id", "name"), ROWS)
    assert capsys.readouterr().out == "".join(f"{key}\t{name}\n" for key, name in ROWS)


def test_a_terminal_shows_a_table_whose_ids_can_be_copied(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "50")
    print_table(("client id", "name"), ROWS)
    shown = capsys.readouterr().out
    assert "client id" in shown
    assert CLIENT in shown


def test_json_tells_secrets_in_clear(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"client_secret": Secret("to be told")})
    assert capsys.readouterr().out == '{\n  "client_secret": "to be told"\n}\n'
