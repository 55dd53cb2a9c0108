"""One client's connection: uvicorn's HTTP protocol, and what we add to it, a layer in each file.

From the wire inwards: `deadline` cuts clients that send too slowly or take no answer; the door
(`lastschrift.web.door.shedding`) turns away who can't be answered soon; `express` serves hot routes
at once, by `known_head` without parsing what came before, by `errand` without a task, and by
`one_write` in one piece. `express.with_patience` gives the class that uvicorn makes for each
connection.
"""
