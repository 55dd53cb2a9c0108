"""What deploy/ and its guide say of the server is what the server is set to, and what it has."""

import re
import subprocess
from collections.abc import Iterator, Mapping

import pytest

from lastschrift.settings import SETTINGS, InstallationKind, Settings, write_config
from lastschrift.web.connection.deadline import KEEP_ALIVE_S
from lastschrift.web.metrics import Metrics
from lastschrift.web.security_headers import SECURITY_HEADERS
from tests.deploy.proxies import DEPLOY, needs
from tests.house import all_apis

HAPROXY = (DEPLOY / "haproxy.cfg").read_text()
NGINX = (DEPLOY / "nginx.conf").read_text()
ALERTS = (DEPLOY / "alerts.yml").read_text()
GUIDE = (DEPLOY.parent / "docs" / "guides" / "production.md").read_text()
SERVICE = (DEPLOY / "lastschrift.service").read_text()
BACKUP = (DEPLOY / "lastschrift-backup.service").read_text()

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
PROBES = ("/", "/healthz", "/readyz", "/metrics", "/openapi/")


def found(pattern: str, text: str) -> str:
    """Return what stands once in a text, where a pattern's group is."""
    (value,) = set(re.findall(pattern, text, re.MULTILINE))
    return str(value)


# --- the proxies and the settings -----------------------------------------------------------------


def test_the_proxies_ask_the_server_where_it_listens() -> None:
    assert found(r"^    server app1 (\S+)$", HAPROXY) == DEFAULTS["listen"]
    assert found(r"^    server (127\S+) ", NGINX) == DEFAULTS["listen"]


def test_the_proxies_close_a_resting_connection_before_the_server_does() -> None:
    assert int(found(r"timeout http-keep-alive (\d+)s", HAPROXY)) < KEEP_ALIVE_S
    assert int(found(r"keepalive_timeout (\d+)s", NGINX)) < KEEP_ALIVE_S


def test_the_proxies_cut_a_slow_request_before_the_server_does() -> None:
    timeout_s = DEFAULTS["request_timeout_s"]
    assert isinstance(timeout_s, int)
    assert int(found(r"timeout http-request (\d+)s", HAPROXY)) < timeout_s
    assert int(found(r"client_(?:header|body)_timeout (\d+)s", NGINX)) < timeout_s


def test_nginx_lets_a_body_be_as_long_as_the_server_does() -> None:
    assert int(found(r"client_max_body_size (\d+)", NGINX)) == DEFAULTS["body_bytes_max"]
    assert int(found(r"client_body_buffer_size (\d+)", NGINX)) == DEFAULTS["body_bytes_max"]


def passing(proxy: str) -> re.Pattern[str]:
    """Return what paths begin with that a proxy lets through."""
    if proxy == "haproxy":
        prefixes = found(r"unless \{ path_beg -i (.*) \}", HAPROXY).split()
        return re.compile("|".join(map(re.escape, prefixes)), re.IGNORECASE)
    return re.compile(found(r"location ~\* (\S+) \{", NGINX), re.IGNORECASE)


@pytest.mark.parametrize("proxy", ["haproxy", "nginx"])
def test_the_proxies_let_every_route_of_the_apis_through_and_nothing_else(proxy: str) -> None:
    for api in all_apis():
        for route in api.routes:
            assert passing(proxy).match(route.path), route.path
    assert [path for path in PROBES if passing(proxy).match(path)] == []


def test_haproxy_asks_a_probe_that_there_is() -> None:
    assert found(r"http-check send meth GET uri (\S+)", HAPROXY) in PROBES


# --- the units and the settings -------------------------------------------------------------------


def test_systemd_waits_longer_than_the_server_needs_to_end() -> None:
    timeout_s = DEFAULTS["shutdown_timeout_s"]
    assert isinstance(timeout_s, int)
    assert int(found(r"^TimeoutStopSec=(\d+)$", SERVICE)) > drain_s() + timeout_s


def test_a_server_drains_until_haproxy_has_noticed() -> None:
    every_s, times = re.findall(r"check inter (\d+)s fall (\d+)", HAPROXY)[0]
    assert drain_s() > int(every_s) * int(times)


def drain_s() -> int:
    """Return what the guide sets."""
    return int(found(r"^drain_s = (\d+)$", GUIDE))


def test_backups_are_kept_for_as_long_as_they_can_be_opened() -> None:
    assert int(found(r"-mtime \+(\d+) ", BACKUP)) == DEFAULTS["backup_kept_days"]


def test_the_settings_of_the_guide_are_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("installation")
    file = write_config(directory, InstallationKind.PRODUCTION)
    shown = found(r"^```toml\n([^`]*)```$", GUIDE)
    file.write_text(shown + file.read_text())
    settings = Settings.load(directory, {})
    assert settings.public_url == "https://debit.example.org"
    assert [str(network) for network in settings.trusted_proxies or ()] == ["127.0.0.1/32"]


def test_the_guide_tells_of_every_header() -> None:
    for name, value in SECURITY_HEADERS:
        assert re.search(
            rf"^\| `{name.decode()}` \| `{re.escape(value.decode())}`",
            GUIDE,
            re.MULTILINE | re.IGNORECASE,
        )


# --- the alerts -----------------------------------------------------------------------------------


def alerts() -> Mapping[str, str]:
    """Return what each alert asks, by its name."""
    parts = re.split(r"^      - alert: ", ALERTS, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.partition("labels:")[0] for part in parts}


def metrics() -> Iterator[str]:
    """Yield the names of the server's figures, as it tells them."""
    told = Metrics(version="1").exposition().decode()
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", told, re.MULTILINE):
        yield f"{name}_bucket" if kind == "histogram" else name


def test_alerts_ask_for_figures_that_the_server_tells() -> None:
    known = set(metrics())
    for name, asked in alerts().items():
        used = set(re.findall(r"\b(?:lastschrift|process)_\w+", asked))
        assert used <= known, name


def test_alerts_ask_for_routes_and_statuses_that_there_are() -> None:
    routes = {route.path for api in all_apis() for route in api.routes}
    assert set(re.findall(r'route="([^"]+)"', ALERTS)) <= routes
    statuses = {status for api in all_apis() for route in api.routes for status in route.answers}
    for value in re.findall(r'status=~?"([\d|]+)"', ALERTS):
        assert {int(status) for status in value.split("|")} <= statuses


def test_prometheus_takes_the_alerts() -> None:
    command = [needs("promtool"), "check", "rules", str(DEPLOY / "alerts.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_guide_tells_why_of_every_alert() -> None:
    told = re.findall(r"^\| `(Lastschrift\w+)` \|", GUIDE, re.MULTILINE)
    assert told == list(alerts())
