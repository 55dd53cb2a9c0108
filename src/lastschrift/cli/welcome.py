"""What a sandbox says when it is ready: where it is, its credentials, requests to paste."""

from importlib.resources import files

from lastschrift.cli.demo import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from lastschrift.settings import Listen, Settings

_REQUESTS = "requests.sh"
"""Every request of both seed documents, with their values, by nothing but curl and sed."""

_WELCOME = """\
Lastschrift sandbox at {url} (this machine only; Ctrl-C ends it)

data           {directory}
client_id      {client_id}
client_secret  {client_secret}
descriptions   {descriptions}

To paste into sh or bash:

{requests}
"""


def welcome(settings: Settings, port: int) -> str:
    """Return what to print once the sandbox answers on ``port``."""
    url = f"http://{Listen(settings.listen.host, port)}"
    return _WELCOME.format(
        url=url,
        directory=settings.directory,
        client_id=DEMO_CLIENT_ID,
        client_secret=DEMO_CLIENT_SECRET,
        descriptions=f"{url}/openapi/" if settings.docs else "switched off (docs)",
        requests=requests(url),
    )


def requests(url: str) -> str:
    """Return shell lines that make every request of both seed documents to the sandbox there."""
    text = files("lastschrift.cli").joinpath(_REQUESTS).read_text("utf-8")
    for gap, value in {
        "@URL@": url,
        "@CLIENT_ID@": DEMO_CLIENT_ID,
        "@CLIENT_SECRET@": DEMO_CLIENT_SECRET,
    }.items():
        text = text.replace(gap, value)
    return text
