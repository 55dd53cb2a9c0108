"""A PostgreSQL address in its parts: one host or several (PostgreSQL's manual, 34.1.1.2).

RFC 3986 knows one host only. Parsers of URLs take several for one, and since the Python releases of
2025 refuse ``[::1]`` behind another one.

>>> PostgresAddress.parse("postgresql://me:pw@a:5432,[::1]/debit?sslmode=require").hosts
['a:5432', '[::1]']
"""

import re
from typing import NamedTuple, Self

_ADDRESS = re.compile(
    r"(?P<scheme>postgres(?:ql)?)://(?:(?P<user>[^/?#]*)@)?(?P<hosts>[^/?#]*)"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.DOTALL,
)


class PostgresAddress(NamedTuple):
    """The parts of an address.

    ``user`` may have a password behind a colon; ``hosts`` is empty where none is named;
    ``path`` begins with ``/``, ``query`` with ``?``, ``fragment`` with ``#``, if they are there.
    """

    scheme: str
    user: str | None
    hosts: list[str]
    path: str
    query: str
    fragment: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts.

        Raises: ValueError: it is no address of PostgreSQL's.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None:
            raise ValueError("no address of PostgreSQL's")
        return cls(
            scheme=found["scheme"],
            user=found["user"],
            hosts=found["hosts"].split(",") if found["hosts"] else [],
            path=found["path"],
            query=found["query"] or "",
            fragment=found["fragment"] or "",
        )

    def __str__(self) -> str:
        at = "" if self.user is None else f"{self.user}@"
        hosts = ",".join(self.hosts)
        return f"{self.scheme}://{at}{hosts}{self.path}{self.query}{self.fragment}"

    def one_each(self) -> list[Self]:
        """Return an address for each host; the same where none is named."""
        return [self._replace(hosts=[host]) for host in self.hosts] or [self]

    def without_secrets(self) -> Self:
        """Return where it is, without password and options."""
        user = None if self.user is None else self.user.partition(":")[0]
        return self._replace(user=user, query="", fragment="")
