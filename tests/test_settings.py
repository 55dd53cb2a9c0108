"""The settings: every source, every default, and every mistake told with its place."""

import json
import re
import stat
import tomllib
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lastschrift.domain.retention import LAW
from lastschrift.settings import (
    CONFIG_FILE,
    SETTINGS,
    IdentityProvider,
    InstallationKind,
    Listen,
    LogFormat,
    LogLevel,
    PostgresDatabase,
    Settings,
    SettingsWrong,
    SqliteDatabase,
    settings_reference,
    write_config,
)

EVERY_NAME = [setting.name for setting in SETTINGS]
IN_FILE = [setting for setting in SETTINGS if not setting.is_variable_only]

PROVIDER = IdentityProvider(
    issuer="https://id.example.org/realms/fuel",
    audience="lastschrift",
    client=UUID("09ae83af7c37121b2de929b211bad944"),
)
PROVIDER_LINES = (
    'issuer = "https://id.example.org/realms/fuel"',
    'audience = "lastschrift"',
    'client = "09ae83af7c37121b2de929b211bad944"',
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    write_config(tmp_path, InstallationKind.PRODUCTION)
    return tmp_path


def write(directory: Path, *lines: str) -> None:
    text = "\n".join(['kind = "production"', *lines])
    (directory / CONFIG_FILE).write_text(text, encoding="utf-8")


def problems(directory: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsWrong) as caught:
        Settings.load(directory, environ or {})
    return str(caught.value).splitlines()


# --- where they come from -------------------------------------------------------------------------


def test_a_new_installation_has_the_defaults(directory: Path) -> None:
    assert Settings.load(directory, {}) == Settings(
        directory=directory,
        kind=InstallationKind.PRODUCTION,
        database=SqliteDatabase(directory / "lastschrift.db"),
        database_connections=8,
        workers=1,
        listen=Listen("127.0.0.1", 8080),
        master_key_file=directory / "master.key",
        master_key=None,
        master_key_command=None,
        public_url=None,
        trusted_proxies=None,
        cors=True,
        docs=True,
        log_format=None,
        log_level=LogLevel.INFO,
        queue_limit=4096,
        wait_ms_max=10,
        connections_max=10_000,
        request_timeout_s=18.0,
        body_bytes_max=65_536,
        client_failures_per_minute_max=10,
        source_failures_per_minute_max=100,
        shutdown_timeout_s=20.0,
        drain_s=0,
        erasure_log=directory / "erasures.log",
        deleted_kept_days=30,
        mandate_kept_months=LAW.mandate_months,
        voucher_kept_years=LAW.voucher_years,
        backup_kept_days=90,
        identity_provider=None,
    )


def test_the_file_sets_everything(directory: Path) -> None:
    write(
        directory,
        'database = "sqlite:////var/lib/lastschrift/data.db"',
        "database_connections = 1000",
        'listen = "[::1]:8081"',
        'master_key_file = "/etc/lastschrift/master.key"',
        'public_url = "https://debit.example.org/sepa"',
        'trusted_proxies = "127.0.0.1, 10.0.0.0/8,fd00::/8"',
        "cors = false",
        "docs = false",
        'log_format = "json"',
        'log_level = "debug"',
        "queue_limit = 1",
        "wait_ms_max = 60000",
        "connections_max = 1000000",
        "request_timeout_s = 0.5",
        "body_bytes_max = 1024",
        "client_failures_per_minute_max = 5",
        "source_failures_per_minute_max = 1000000",
        "shutdown_timeout_s = 3600",
        "drain_s = 600",
        'erasure_log = "/etc/lastschrift/erasures.log"',
        "deleted_kept_days = 0",
        "mandate_kept_months = 18",
        "voucher_kept_years = 10",
        "backup_kept_days = 365",
        "[[identity_provider]]",
        *PROVIDER_LINES,
    )
    assert Settings.load(directory, {}) == Settings(
        directory=directory,
        kind=InstallationKind.PRODUCTION,
        database=SqliteDatabase(Path("/var/lib/lastschrift/data.db")),
        database_connections=1000,
        workers=1,
        listen=Listen("::1", 8081),
        master_key_file=Path("/etc/lastschrift/master.key"),
        master_key=None,
        master_key_command=None,
        public_url="https://debit.example.org/sepa",
        trusted_proxies=tuple(map(ip_network, ("127.0.0.1/32", "10.0.0.0/8", "fd00::/8"))),
        cors=False,
        docs=False,
        log_format=LogFormat.JSON,
        log_level=LogLevel.DEBUG,
        queue_limit=1,
        wait_ms_max=60_000,
        connections_max=1_000_000,
        request_timeout_s=0.5,
        body_bytes_max=1024,
        client_failures_per_minute_max=5,
        source_failures_per_minute_max=1_000_000,
        shutdown_timeout_s=3600.0,
        drain_s=600,
        erasure_log=Path("/etc/lastschrift/erasures.log"),
        deleted_kept_days=0,
        mandate_kept_months=18,
        voucher_kept_years=10,
        backup_kept_days=365,
        identity_provider=(PROVIDER,),
    )


def test_a_variable_wins_over_the_file(directory: Path) -> None:
    write(directory, "queue_limit = 1", "cors = true")
    environ = {"LASTSCHRIFT_QUEUE_LIMIT": "2", "LASTSCHRIFT_CORS": "false"}
    settings = Settings.load(directory, environ)
    assert settings.queue_limit == 2
    assert settings.cors is False


def test_variables_of_others_are_left_alone(directory: Path) -> None:
    environ = {"LASTSCHRIFT_DATA": str(directory), "PATH": "/bin", "lastschrift_listn": "x"}
    assert Settings.load(directory, environ) == Settings.load(directory, {})


def test_relative_paths_count_from_the_installation(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(directory, 'database = "sqlite:///data/a.db"', 'master_key_file = "../master.key"')
    monkeypatch.chdir(directory.parent)
    settings = Settings.load(Path(directory.name), {})
    assert settings.database == SqliteDatabase(directory / "data" / "a.db")
    assert settings.master_key_file == directory / ".." / "master.key"
    assert settings.directory == directory


def test_a_host_may_be_a_name(directory: Path) -> None:
    assert Settings.load(directory, {"LASTSCHRIFT_LISTEN": "localhost:0"}).listen == Listen(
        "localhost", 0
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://localhost/x", "postgresql://localhost/x"),
        ("postgres://me@db.example.org:6432/debit", "postgres://me@db.example.org:6432/debit"),
        ("postgresql://me:hunter2@a/x", "postgresql://me@a/x"),
        ("postgresql://me:hunter2%40@[::1]:5432/x", "postgresql://me@[::1]:5432/x"),
        ("postgresql://me:hun:ter2@a:1,b:2,c/x", "postgresql://me@a:1,b:2,c/x"),
        ("postgresql://a,[::1]:5432/x", "postgresql://a,[::1]:5432/x"),
        ("postgresql://a/x?password=hunter2&sslmode=verify-full", "postgresql://a/x"),
        ("postgresql://%2Fvar%2Frun%2Fpostgresql/x", "postgresql://%2Fvar%2Frun%2Fpostgresql/x"),
        ("postgresql:///x?host=/tmp&user=hunter2", "postgresql:///x"),
    ],
)
def test_a_database_on_a_server_is_shown_without_its_password(
    directory: Path, url: str, shown: str
) -> None:
    database = Settings.load(directory, {"LASTSCHRIFT_DATABASE": url}).database
    assert isinstance(database, PostgresDatabase)
    assert database.url == url
    assert str(database) == shown
    assert "hunter2" not in repr(database)


def test_lock_and_socket_stand_in_the_installation(directory: Path) -> None:
    settings = Settings.load(directory, {})
    assert settings.lock_file == directory / "lastschrift.lock"
    assert settings.admin_socket == directory / "admin.sock"


def test_settings_do_not_change(directory: Path) -> None:
    settings = Settings.load(directory, {})
    with pytest.raises(AttributeError):
        settings.cors = False  # type: ignore[misc]  # just what is refused
    assert msgspec.structs.replace(settings, cors=False).cors is False


@given(host=st.ip_addresses().map(str), port=st.integers(0, 65_535))
def test_an_address_reads_as_it_is_written(
    host: str, port: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("installation")
    write(directory)
    listen = Listen(host, port)
    assert Settings.load(directory, {"LASTSCHRIFT_LISTEN": str(listen)}).listen == listen


# --- identity providers ---------------------------------------------------------------------------


def as_json(*providers: object) -> dict[str, str]:
    return {"LASTSCHRIFT_IDENTITY_PROVIDER": json.dumps(providers)}


def provider(**members: object) -> dict[str, object]:
    given = {"issuer": PROVIDER.issuer, "audience": "lastschrift", "client": PROVIDER.client.hex}
    return {**given, **members}


def test_a_variable_says_the_same_in_json(directory: Path) -> None:
    assert Settings.load(directory, as_json(provider())).identity_provider == (PROVIDER,)
    assert Settings.load(directory, as_json()).identity_provider == ()


@pytest.mark.parametrize(
    ("issuer", "jwks_url"),
    [
        ("https://id.example.org", None),
        ("https://id.example.org:8443/realms/fuel/", "https://keys.example.org/a?b=c"),
        ("https://[2001:db8::1]/", None),
        ("http://localhost:3000", "http://127.0.0.1:3000/jwks"),
        ("http://[::1]:3000", None),
    ],
)
def test_a_provider_is_elsewhere_by_https_or_on_this_machine(
    directory: Path, issuer: str, jwks_url: str | None
) -> None:
    (one,) = (
        Settings.load(
            directory, as_json(provider(issuer=issuer, jwks_url=jwks_url))
        ).identity_provider
        or ()
    )
    assert (one.issuer, one.jwks_url) == (issuer, jwks_url)


@pytest.mark.parametrize(
    ("providers", "said"),
    [
        (
            [provider(issuer="http://id.example.org")],
            "issuer must be an https URL, or http on this machine",
        ),
        ([provider(issuer="http://127.0.0.1.example.org")], "must be an https URL"),
        ([provider(issuer="https://user@id.example.org")], "must be an https URL"),
        ([provider(issuer="https://id.example.org#a")], "must be an https URL"),
        ([provider(issuer="https://id.example.org/a b")], "must be an https URL"),
        ([provider(issuer="id.example.org")], "must be an https URL"),
        ([provider(jwks_url="http://10.0.0.1/jwks")], "must be an https URL"),
        ([provider(audience="")], "an audience is visible text"),
        ([provider(audience="a\x00b")], "an audience is visible text"),
        ([provider(client="shop")], "Invalid UUID"),
        ([provider(jwks_uri="https://a")], "unknown field `jwks_uri`"),
        ([{"issuer": "https://id.example.org"}], "missing required field `audience`"),
        ([provider(), provider()], "same issuer and the same audience"),
        ([provider(), provider(audience="b", jwks_url="https://a")], "one set of keys"),
        ([1], "Expected `object`"),
    ],
)
def test_a_wrong_provider_is_told_with_what_is_wrong(
    directory: Path, providers: list[object], said: str
) -> None:
    (problem,) = problems(directory, as_json(*providers))
    assert problem.startswith("LASTSCHRIFT_IDENTITY_PROVIDER ")
    assert said in problem


@pytest.mark.parametrize("text", ["", "hello", "{}", "[", '"a"'])
def test_what_is_no_list_of_providers_is_told(directory: Path, text: str) -> None:
    (problem,) = problems(directory, {"LASTSCHRIFT_IDENTITY_PROVIDER": text})
    assert "tables with issuer" in problem


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('database = "mysql://localhost/x"', "sqlite:///PATH"),
        ('database = "sqlite://"', "sqlite:///PATH"),
        ('database = "sqlite:///"', "sqlite:///PATH"),
        ('database = "sqlite:////"', "sqlite:///PATH"),
        ('database = "sqlite:///data/"', "sqlite:///PATH"),
        ('database = "sqlite:///:memory:?cache=shared"', "sqlite:///PATH"),
        ('database = "lastschrift.db"', "sqlite:///PATH"),
        ('database = ""', "sqlite:///PATH"),
        ('database = "postgresql://localhost"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ('database = "postgresql://localhost/"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ('database = "postgresql:///"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ('database = "postgresql://local host/x"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ('database = "postgresql://a,,b/x"', "several HOST:PORT by commas"),
        ('database = "postgresql://a,b,/x"', "several HOST:PORT by commas"),
        ('database = "postgresql://localhost:a/x"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ('database = "postgresql://localhost:5432:1/x"', "postgresql://"),
        ('database = "postgresql://localhost:65536/x"', "postgresql://"),
        ('database = "postgresql://[::1/x"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ('database = "postgresql://localhost/x#y"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ('database = "postgresql:localhost/x"', "postgresql://USER:PASSWORD@HOST:PORT/NAME"),
        ("database_connections = 0", "from 1 to 1000"),
        ("database_connections = 1001", "from 1 to 1000"),
        ('listen = "8080"', "HOST:PORT"),
        ("listen = 8080", "HOST:PORT"),
        ('listen = "127.0.0.1"', "HOST:PORT"),
        ('listen = "127.0.0.1:65536"', "up to 65535"),
        ('listen = "127.0.0.256:80"', "HOST:PORT"),
        ('listen = "::1:8080"', "[IPV6]:PORT"),
        ('listen = "[::z]:8080"', "[IPV6]:PORT"),
        ('listen = "http://localhost:8080"', "HOST:PORT"),
        ('master_key_file = ""', "a path"),
        ("master_key_file = 1", "a path"),
        ('master_key_file = "a\\u0000b"', "a path"),
        ('public_url = "debit.example.org"', "http or https URL"),
        ('public_url = "https://debit.example.org/"', "slash"),
        ('public_url = "https://debit.example.org?a=b"', "query"),
        ('public_url = "https://debit.example.org#a"', "fragment"),
        ('public_url = "ftp://debit.example.org"', "http or https URL"),
        ('cors = "yes"', "true or false"),
        ("docs = 2", "true or false"),
        ('log_format = "xml"', '"json" or "console"'),
        ('log_level = "INFO"', '"debug", "info", "warning" or "error"'),
        ("queue_limit = 0", "from 1 to 1000000"),
        ("queue_limit = 1000001", "from 1 to 1000000"),
        ("queue_limit = 1.5", "from 1 to 1000000"),
        ("queue_limit = true", "from 1 to 1000000"),
        ("queue_limit = [1]", "from 1 to 1000000"),
        ("wait_ms_max = 0", "from 1 to 60000"),
        ("wait_ms_max = 60001", "from 1 to 60000"),
        ("connections_max = 0", "from 1 to 1000000"),
        ("body_bytes_max = 1023", "from 1024 to 16777216"),
        ("body_bytes_max = 16777217", "from 1024 to 16777216"),
        ("request_timeout_s = 0", "above 0"),
        ("request_timeout_s = nan", "above 0"),
        ("request_timeout_s = inf", "at most 3600"),
        ("shutdown_timeout_s = 3600.1", "at most 3600"),
        ("shutdown_timeout_s = 1979-05-27", "a number of seconds"),
    ],
)
def test_a_wrong_value_is_told_with_its_place_and_what_is_allowed(
    directory: Path, line: str, said: str
) -> None:
    write(directory, line)
    (problem,) = problems(directory)
    key = line.partition(" =")[0]
    assert problem.startswith(f"{directory / CONFIG_FILE}: {key} = ")
    assert said in problem


def test_a_wrong_variable_is_told_by_its_name(directory: Path) -> None:
    (problem,) = problems(directory, {"LASTSCHRIFT_QUEUE_LIMIT": "many"})
    assert problem == (
        "LASTSCHRIFT_QUEUE_LIMIT = 'many' is not allowed; it is a whole number from 1 to 1000000"
    )


def test_an_empty_variable_is_a_wrong_one_except_for_the_public_url(directory: Path) -> None:
    assert Settings.load(directory, {"LASTSCHRIFT_PUBLIC_URL": ""}).public_url is None
    (problem,) = problems(directory, {"LASTSCHRIFT_LISTEN": ""})
    assert problem.startswith("LASTSCHRIFT_LISTEN = ''")


def test_a_slip_of_the_pen_is_told_the_nearest_name(directory: Path) -> None:
    write(directory, "quee_limit = 1", "[servre]", "x = 1")
    environ = {"LASTSCHRIFT_LISTN": "x", "LASTSCHRIFT_listen": "x"}
    slip, far, variable, small = problems(directory, environ)
    assert slip == f"{directory / CONFIG_FILE}: quee_limit is no setting; did you mean queue_limit?"
    assert far.startswith(f"{directory / CONFIG_FILE}: servre is no setting; there are kind, ")
    assert variable == "LASTSCHRIFT_LISTN is no setting; did you mean LASTSCHRIFT_LISTEN?"
    assert small.startswith("LASTSCHRIFT_listen is no setting")


def test_everything_wrong_is_told_at_once(directory: Path) -> None:
    (directory / CONFIG_FILE).write_text("queue_limit = 0\nxyz = 1\n")
    told = problems(directory, {"LASTSCHRIFT_CORS": "maybe", "LASTSCHRIFT_QQ": ""})
    expected = [
        "kind is missing",
        "queue_limit = 0",
        "xyz is no",
        "LASTSCHRIFT_CORS =",
        "_QQ is no",
    ]
    for fact, problem in zip(expected, told, strict=True):
        assert fact in problem


def test_a_wrong_value_stays_wrong_under_a_good_variable(directory: Path) -> None:
    write(directory, "queue_limit = 0")
    assert len(problems(directory, {"LASTSCHRIFT_QUEUE_LIMIT": "1"})) == 1


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://lastschrift:hunter2@localhost",
        "postgresql://localhost?password=hunter2",
        "secret:hunter2",
    ],
)
def test_what_may_hold_a_secret_is_not_repeated(directory: Path, value: str) -> None:
    environ = {"LASTSCHRIFT_DATABASE": value, "LASTSCHRIFT_DATABASE_PASSWORD": "hunter2"}
    told = problems(directory, environ)
    assert len(told) == 2
    assert "hunter2" not in "".join(told)


def test_a_long_value_is_shortened(directory: Path) -> None:
    (problem,) = problems(directory, {"LASTSCHRIFT_LISTEN": "x" * 5000})
    assert len(problem) < 200


# --- the kind -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", InstallationKind)
def test_the_kind_is_what_the_directory_was_made_for(
    tmp_path: Path, kind: InstallationKind
) -> None:
    write_config(tmp_path, kind)
    assert Settings.load(tmp_path, {}).kind is kind


def test_no_variable_sets_the_kind(directory: Path) -> None:
    (problem,) = problems(directory, {"LASTSCHRIFT_KIND": "sandbox"})
    assert problem == "LASTSCHRIFT_KIND is no variable; kind stands in lastschrift.toml only"


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / CONFIG_FILE).write_text('kind = "staging"')
    (problem,) = problems(tmp_path)
    assert problem.endswith('kind = \'staging\' is not allowed; it is "sandbox" or "production"')


# --- the file -------------------------------------------------------------------------------------


def test_a_directory_without_settings_is_told_how_to_get_them(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    assert problem == f"{tmp_path / CONFIG_FILE} is missing; lastschrift init makes one"


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / CONFIG_FILE).mkdir()
    (problem,) = problems(tmp_path)
    assert "can't be read (Is a directory)" in problem


@pytest.mark.parametrize("content", [b'kind = "production"\nlisten 1', b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CONFIG_FILE).write_bytes(content)
    (problem,) = problems(tmp_path)
    assert "is not TOML (" in problem


def test_the_written_file_shows_every_setting_with_a_value_that_may_be_set(
    directory: Path,
) -> None:
    text = (directory / CONFIG_FILE).read_text(encoding="utf-8")
    uncommented = re.sub(r"^# (\w+ = |\[\[)", r"\1", text, flags=re.MULTILINE)
    assert list(tomllib.loads(uncommented)) == [setting.name for setting in IN_FILE]
    another_source = re.compile(r"^master_key_command = .*$", flags=re.MULTILINE)
    (directory / CONFIG_FILE).write_text(another_source.sub("", uncommented), encoding="utf-8")
    Settings.load(directory, {})


def test_the_written_file_shows_the_defaults(directory: Path) -> None:
    text = (directory / CONFIG_FILE).read_text(encoding="utf-8")
    for setting in IN_FILE:
        assert setting.meaning in text
        if setting.default is not None:
            assert f"\n# {setting.name} = {json.dumps(setting.default)}\n" in text
    assert tomllib.loads(text) == {"kind": "production"}


def test_the_written_file_is_the_owners_alone(directory: Path) -> None:
    assert stat.S_IMODE((directory / CONFIG_FILE).stat().st_mode) == 0o600


def test_an_existing_file_is_not_overwritten(directory: Path) -> None:
    with pytest.raises(FileExistsError):
        write_config(directory, InstallationKind.SANDBOX)
    assert Settings.load(directory, {}).kind is InstallationKind.PRODUCTION


# --- where the master key comes from --------------------------------------------------------------

KEY_TEXT = "1:" + "A" * 43 + "="


def test_the_master_key_may_come_from_a_variable_or_a_command(directory: Path) -> None:
    settings = Settings.load(directory, {"LASTSCHRIFT_MASTER_KEY": KEY_TEXT})
    assert settings.master_key is not None
    assert settings.master_key.text == KEY_TEXT
    assert KEY_TEXT not in repr(settings)
    assert settings.master_key_place == "the variable LASTSCHRIFT_MASTER_KEY"
    write(directory, "master_key_command = \"show-key --of 'our house'\"")
    settings = Settings.load(directory, {})
    assert settings.master_key_command == ("show-key", "--of", "our house")
    assert settings.master_key_place == "the command show-key"
    assert not settings.has_master_key_file


def test_more_than_one_source_of_the_master_key_is_refused(directory: Path) -> None:
    write(directory, 'master_key_file = "a"', 'master_key_command = "b"')
    (problem,) = problems(directory)
    assert problem.endswith("are set together; leave all but one of them out")
    assert len(problems(directory, {"LASTSCHRIFT_MASTER_KEY": KEY_TEXT})) == 1


def test_one_source_may_be_set_in_file_and_variable(directory: Path) -> None:
    write(directory, 'master_key_file = "a"')
    settings = Settings.load(directory, {"LASTSCHRIFT_MASTER_KEY_FILE": "b"})
    assert settings.master_key_file == directory / "b"


def test_the_master_key_itself_stands_in_no_file_of_settings(directory: Path) -> None:
    write(directory, f'master_key = "{KEY_TEXT}"')
    (problem,) = problems(directory)
    assert problem.endswith("may not stand in a file; set LASTSCHRIFT_MASTER_KEY")
    assert KEY_TEXT not in problem


@pytest.mark.parametrize("command", ["", " ", "a 'b", 7])
def test_a_command_that_is_none_is_refused(directory: Path, command: object) -> None:
    write(directory, f"master_key_command = {json.dumps(command)}")
    (problem,) = problems(directory)
    assert "is not allowed" in problem


# --- the table ------------------------------------------------------------------------------------


def test_table_and_settings_have_the_same_names() -> None:
    fields = [field.name for field in msgspec.structs.fields(Settings)]
    assert fields == ["directory", *EVERY_NAME]


def test_the_reference_has_a_row_for_every_setting() -> None:
    rows = settings_reference().splitlines()
    assert len(rows) == 2 + len(SETTINGS)
    for setting, row in zip(SETTINGS, rows[2:], strict=True):
        assert row.startswith(f"| `{setting.name}` | ")
        assert (f"`{setting.variable}`" in row) is (setting.name != "kind")
        assert row.count("|") == 6
