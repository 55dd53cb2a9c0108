"""The query language of secuconnect's lists: ``contact.surname:Do* AND created:[2017-01-01 TO *]``.

`lexer` and `parser` make a tree of the text (`syntax`), each with the column where something is
wrong; `properties` makes of the tree what is asked of the store, by a table of what each kind of
object has.
"""

from lastschrift.apis.secuconnect.query.mistakes import Mistake, QueryMistake
from lastschrift.apis.secuconnect.query.parser import parse_query
from lastschrift.apis.secuconnect.query.properties import (
    CONTAINER_PROPERTIES,
    CUSTOMER_PROPERTIES,
    Properties,
    condition_of,
)

__all__ = [
    "CONTAINER_PROPERTIES",
    "CUSTOMER_PROPERTIES",
    "Mistake",
    "Properties",
    "QueryMistake",
    "condition_of",
    "parse_query",
]
