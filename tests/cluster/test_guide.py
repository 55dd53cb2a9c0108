"""The guide shows what was tested: its files are the templates, filled in for an example."""

from pathlib import Path

import pytest

from tests.cluster import report
from tests.cluster.configuration import (
    Passwords,
    Places,
    database_url,
    etcd_flags,
    patroni_file,
)

GUIDE = report.GUIDE.read_text()
MACHINES = {"db1": "10.0.0.1", "db2": "10.0.0.2", "db3": "10.0.0.3"}
PLACES = Places(
    data="/var/lib/postgresql/18/lastschrift",
    etcd_data="/var/lib/etcd/lastschrift",
    sockets="/var/run/postgresql",
    programs="/usr/lib/postgresql/18/bin",
    network="10.0.0.0/24",
    watchdog="automatic",
)
PASSWORDS = Passwords(
    superuser_password="SUPERUSER_PASSWORD",
    replication_password="REPLICATION_PASSWORD",
    lastschrift_password="PASSWORD",
)


def test_the_guide_shows_the_tested_patroni_yml() -> None:
    assert f"```yaml\n{patroni_file('db1', MACHINES, PLACES, PASSWORDS)}```" in GUIDE


def test_the_guide_shows_the_tested_etcd_flags() -> None:
    assert f"```\n{etcd_flags('db1', MACHINES, PLACES)}```" in GUIDE


def test_the_guide_shows_the_tested_database_url() -> None:
    assert f'database = "{database_url(MACHINES, PASSWORDS)}"' in GUIDE


def test_the_guide_has_a_place_for_the_result() -> None:
    written = report.in_guide(GUIDE, "\nanother result\n\n")
    assert "another result" in written
    assert report.in_guide(written, "") == report.in_guide(GUIDE, "")


def test_a_guide_without_that_place_is_refused() -> None:
    with pytest.raises(LookupError):
        report.in_guide("# A guide\n", "a result")


def test_what_the_machines_run_is_locked_with_hashes() -> None:
    text = (Path(__file__).parent / "requirements.txt").read_text()
    names = [line for line in text.splitlines() if line[:1].isalnum()]
    assert all("==" in name and name.endswith("\\") for name in names)
    assert {"patroni", "setuptools"} <= {name.partition("==")[0] for name in names}
