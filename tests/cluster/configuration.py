"""What the machines are told: the files in ``templates/``, filled in.

The guide shows the same files, filled in for an example, so that what it says is what was tested.

>>> etcd_hosts({"db1": "10.0.0.1", "db2": "10.0.0.2"})
'10.0.0.1:2379,10.0.0.2:2379'
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

TEMPLATES = Path(__file__).parent / "templates"

Addresses = Mapping[str, str]
"""Machines' names and where they are reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passwords:
    """Of the three roles that connect to PostgreSQL."""

    superuser_password: str
    replication_password: str
    lastschrift_password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a machine keeps things, and what it has."""

    data: str
    etcd_data: str
    sockets: str
    programs: str
    network: str
    watchdog: str


def patroni_file(name: str, machines: Addresses, places: Places, passwords: Passwords) -> str:
    """Return a machine's patroni.yml."""
    return _filled(
        "patroni.yml.in",
        name=name,
        address=machines[name],
        etcd_hosts=etcd_hosts(machines),
        **asdict(places),
        **asdict(passwords),
    )


def etcd_flags(name: str, machines: Addresses, places: Places) -> str:
    """Return how etcd is called on a machine, one flag a line."""
    members = ",".join(f"{each}=http://{address}:2380" for each, address in machines.items())
    address = machines[name]
    return _filled("etcd.flags.in", name=name, address=address, members=members, **asdict(places))


def database_url(machines: Addresses, passwords: Passwords) -> str:
    """Return the address that Lastschrift's servers have of the database."""
    hosts = ",".join(f"{address}:5432" for address in machines.values())
    return _filled("database.url.in", hosts=hosts, **asdict(passwords)).strip()


def etcd_hosts(machines: Addresses) -> str:
    """Return where etcd's clients reach it."""
    return ",".join(f"{address}:2379" for address in machines.values())


def _filled(template: str, **values: str) -> str:
    return Template((TEMPLATES / template).read_text()).substitute(values)
