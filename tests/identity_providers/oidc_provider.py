"""A real OpenID provider (npm ``oidc-provider``) as a process, and users who log in there.

with running_provider("RS256") as provider:
    token = provider.log_in("jon.smith", "pay:payment-methods:read").access
"""

import base64
import hashlib
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.clients.node import require_node

SCRIPT = Path(__file__).with_name("provider.mjs")
CALLBACK = "https://fuel.example.org/callback"
APP = "fuel-app"

_END_TIMEOUT_S = 10
_INTERACTION = re.compile(r'action="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an app is given: a token for us, and one that tells the app itself who logged in."""

    access: str
    identity: str


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """A provider that answers at ``url``."""

    url: str

    @property
    def port(self) -> str:
        """Where it listens."""
        return self.url.rpartition(":")[2]

    def log_in(self, user: str, scope: str, algorithm: str = "RS256") -> Tokens:
        """Let a user log in, consent, and give its app tokens.

        The authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636), as a browser and an app do.
        """
        verifier = secrets.token_urlsafe(32)
        resource = f"urn:lastschrift:{algorithm}"
        with httpx2.Client(base_url=self.url) as browser:
            asked = {
                "client_id": APP,
                "response_type": "code",
                "redirect_uri": CALLBACK,
                "scope": f"openid {scope}",
                "resource": resource,
                "code_challenge": _challenge(verifier),
                "code_challenge_method": "S256",
            }
            page = _redirected(browser.get("/auth", params=asked))
            page = self._answer(browser, page, {"prompt": "login", "login": user, "password": "x"})
            page = self._answer(browser, page, {"prompt": "consent"})
            code = httpx2.URL(page).params["code"]
        granted = httpx2.post(
            f"{self.url}/token",
            data={
                "grant_type": "authorization_code",
                "client_id": APP,
                "code": code,
                "redirect_uri": CALLBACK,
                "code_verifier": verifier,
                "resource": resource,
            },
        )
        given = granted.json()
        return Tokens(given["access_token"], given["id_token"])

    def _answer(self, browser: httpx2.Client, page: str, form: dict[str, str]) -> str:
        """Fill in the form on a page, and return the page that it leads to in the end."""
        shown = browser.get(page)
        action = _INTERACTION.search(shown.text)
        assert action is not None, shown.text
        return _redirected(browser.get(_redirected(browser.post(action[1], data=form))))


def _redirected(answer: httpx2.Response) -> str:
    assert answer.is_redirect, answer.text
    location: str = answer.headers["location"]
    return location


def _challenge(verifier: str) -> str:
    """Return what proves that the app which asks is the app which began (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@contextmanager
def running_provider(*algorithms: str, port: str = "0") -> Iterator[OidcProvider]:
    """Run a provider with new keys. Without Node.js, skip the test."""
    require_node()
    command = ["node", str(SCRIPT), ",".join(algorithms), port]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, "the provider did not start"
            yield OidcProvider(url)
        finally:
            process.terminate()
            process.wait(_END_TIMEOUT_S)
