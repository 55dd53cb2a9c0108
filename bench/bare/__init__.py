"""The floor: a bare uvicorn application that answers the same bytes and does nothing for them.

It repeats one recorded answer of the server that it is compared with: status, headers and body.

    python -m bench.bare --port 8091 --answer answer.http
"""
