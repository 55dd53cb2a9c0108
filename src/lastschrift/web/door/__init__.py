"""The door that every request passes: let in while it can be answered soon, else told to come back.

`door` puts it together, and is what others know of it; `admission` says how many may come in, and
whose; `glance` looks at a request before anything is made of it; `refusal` has the answer ready;
`turned_away` knows who asks again; `turns` tells how long it takes to look at all; `shedding`
stands between uvicorn's protocol and what was let in. Why: docs/decisions/overload.md.
"""

from lastschrift.web.door.door import Door, Leave, LogTurnedAway, is_probe

__all__ = ["Door", "Leave", "LogTurnedAway", "is_probe"]
