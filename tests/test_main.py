"""The program as a whole: what it loads, and what it keeps out."""

import subprocess
import sys

from tests.serving import environment


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_sqlite_library_is_kept_out_of_every_command() -> None:
    told = run_python(
        "import sqlite3, sys\n"
        "from lastschrift import main\n"
        "sys.argv = ['lastschrift', '--version']\n"
        "try:\n"
        "    main.main()\n"
        "except SystemExit:\n"
        "    sqlite3.connect(':memory:')\n"
    )
    assert told.returncode == 1
    assert "this process opens databases by apsw only" in told.stderr


def test_help_is_shown_without_loading_server_or_storage() -> None:
    told = run_python(
        "import sys\n"
        "from lastschrift import main\n"
        "sys.argv = ['lastschrift', '--version']\n"
        "try:\n"
        "    main.main()\n"
        "except SystemExit:\n"
        "    print(sorted({'uvicorn', 'apsw', 'schwifty', 'cryptography'} & sys.modules.keys()))\n"
    )
    assert told.stdout.splitlines()[-1] == "[]"


def test_every_api_is_found() -> None:
    told = run_python(
        "from lastschrift import serving\n"
        "print(sorted(api.name for api in serving._all_apis(has_cors=True)))\n"
    )
    assert told.stdout.strip() == "['oauth', 'pace', 'secuconnect']"
