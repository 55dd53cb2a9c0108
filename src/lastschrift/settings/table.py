"""The one list of what can be set.

Reading, the written lastschrift.toml and the reference page all follow it, so a new setting is a
row here and a field of `Settings`.

>>> [setting.variable for setting in SETTINGS if setting.name == "queue_limit"]
['LASTSCHRIFT_QUEUE_LIMIT']
"""

from dataclasses import dataclass

from lastschrift.settings import identity_providers, values

VARIABLE_PREFIX = "LASTSCHRIFT_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One row of the table: a setting, its default, and what it means.

    ``default`` is what the file would say. It is None for a setting without one: ``unset`` then
    tells what happens, and ``example`` is a value as the file could have it, or ``written`` how
    the file could say it, where that is more than a value.
    """

    name: str
    default: str | int | None
    meaning: str
    allowed: str
    parse: values.Parse[object]
    example: str = ""
    unset: str = ""
    written: str = ""
    is_file_only: bool = False
    is_variable_only: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that gives this setting."""
        return VARIABLE_PREFIX + self.name.upper()


_SECONDS_ALLOWED = f"a number of seconds, above 0, at most {values.SECONDS_MAX}"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        name="kind",
        default=None,
        unset="must be given",
        example="production",
        meaning="What the directory was made for; never changed afterwards.",
        allowed='"sandbox" or "production"',
        parse=values.of_type(values.InstallationKind),
        is_file_only=True,
    ),
    Setting(
        name="database",
        default="sqlite:///lastschrift.db",
        meaning="Where the data is kept; a relative path counts from this directory.",
        allowed=(
            "sqlite:///PATH with a relative path, or sqlite:////PATH with an absolute one, "
            "or postgresql://USER:PASSWORD@HOST:PORT/NAME (several HOST:PORT by commas)"
        ),
        parse=values.database,
    ),
    Setting(
        name="database_connections",
        default=8,
        meaning="How many connections each process keeps to PostgreSQL, beside three for batches.",
        allowed="a whole number from 1 to 1000",
        parse=values.whole_number(1, 1000),
    ),
    Setting(
        name="workers",
        default=1,
        meaning="How many processes serve; more than one needs PostgreSQL.",
        allowed="a whole number from 1 to 256",
        parse=values.whole_number(1, 256),
    ),
    Setting(
        name="listen",
        default="127.0.0.1:8080",
        meaning="The address and port that the server listens on.",
        allowed=f"HOST:PORT, or [IPV6]:PORT, with a port up to {values.PORT_MAX}",
        parse=values.listen,
    ),
    Setting(
        name="master_key_file",
        default="master.key",
        meaning="The file with the master key; a relative path counts from this directory.",
        allowed="a path",
        parse=values.file_path,
    ),
    Setting(
        name="master_key",
        default=None,
        unset="the master key comes from its file",
        meaning="The text of a master key file, instead of a file.",
        allowed="what such a file holds",
        parse=values.hidden_text,
        is_variable_only=True,
    ),
    Setting(
        name="master_key_command",
        default=None,
        unset="the master key comes from its file",
        example="/usr/local/bin/print-master-key --of lastschrift",
        meaning="What prints the text of a master key file, instead of a file; it gets no shell.",
        allowed="a program with its arguments; quotes hold words together",
        parse=values.command_line,
    ),
    Setting(
        name="public_url",
        default=None,
        unset="the request's own scheme and host, on loopback only",
        example="https://debit.example.org",
        meaning="The address that clients reach the server by; answers with URLs have it.",
        allowed="an http or https URL without user, query, fragment or slash at its end",
        parse=values.public_url,
    ),
    Setting(
        name="trusted_proxies",
        default=None,
        unset="none: X-Forwarded-For is not looked at",
        example="127.0.0.1, 10.0.0.0/8",
        meaning="The proxies whose X-Forwarded-For tells where a request came from.",
        allowed="addresses and networks (ADDRESS/BITS), with commas between",
        parse=values.networks,
    ),
    Setting(
        name="cors",
        default=True,
        meaning="Whether browsers of any site may call the secuconnect API (Access-Control-*).",
        allowed="true or false",
        parse=values.of_type(bool),
    ),
    Setting(
        name="docs",
        default=True,
        meaning="Whether the API descriptions and the page to read them are served at /openapi.",
        allowed="true or false",
        parse=values.of_type(bool),
    ),
    Setting(
        name="log_format",
        default=None,
        unset="console on a terminal, else json",
        example="json",
        meaning="How log lines are written.",
        allowed='"json" or "console"',
        parse=values.of_type(values.LogFormat),
    ),
    Setting(
        name="log_level",
        default="info",
        meaning="The least grave events that are logged.",
        allowed='"debug", "info", "warning" or "error"',
        parse=values.of_type(values.LogLevel),
    ),
    Setting(
        name="queue_limit",
        default=4096,
        meaning="How many requests may wait for the store; further ones are answered 503.",
        allowed="a whole number from 1 to 1000000",
        parse=values.whole_number(1, 1_000_000),
    ),
    Setting(
        name="wait_ms_max",
        default=10,
        meaning="How long a change may take under any load; what would take longer is told 503.",
        allowed="a whole number of milliseconds from 1 to 60000",
        parse=values.whole_number(1, 60_000),
    ),
    Setting(
        name="connections_max",
        default=10_000,
        meaning="How many connections each process serves; on further ones it answers 503.",
        allowed="a whole number from 1 to 1000000",
        parse=values.whole_number(1, 1_000_000),
    ),
    Setting(
        name="request_timeout_s",
        default=18,  # and two sweeps of a second: whoever is slow is cut within 20 s
        meaning="How long a request may take to arrive, and its answer to be taken; "
        "then the connection is cut.",
        allowed=_SECONDS_ALLOWED,
        parse=values.seconds,
    ),
    Setting(
        name="body_bytes_max",
        default=65_536,
        meaning="How long a request's body may be; a longer one is answered 413.",
        allowed="a whole number from 1024 to 16777216",
        parse=values.whole_number(1024, 16_777_216),
    ),
    Setting(
        name="client_failures_per_minute_max",
        default=10,
        meaning="How many wrong secrets one address may show for one client; then it is told 429.",
        allowed="a whole number from 1 to 1000000",
        parse=values.whole_number(1, 1_000_000),
    ),
    Setting(
        name="source_failures_per_minute_max",
        default=100,
        meaning="How many wrong secrets and access tokens one address may show; then 429.",
        allowed="a whole number from 1 to 1000000",
        parse=values.whole_number(1, 1_000_000),
    ),
    Setting(
        name="shutdown_timeout_s",
        default=20,
        meaning="How long a stopping server waits for the requests that it has accepted.",
        allowed=_SECONDS_ALLOWED,
        parse=values.seconds,
    ),
    Setting(
        name="drain_s",
        default=0,
        meaning="For how many seconds a stopping server still takes requests, one more on each "
        "connection, while /readyz says 503: so proxies go elsewhere before it goes.",
        allowed="a whole number from 0 to 600",
        parse=values.whole_number(0, 600),
    ),
    Setting(
        name="erasure_log",
        default="erasures.log",
        meaning="The file that tells who was erased, for when an older backup is put back; "
        "a relative path counts from this directory. Keep its copy beside the master key's.",
        allowed="a path",
        parse=values.file_path,
    ),
    Setting(
        name="deleted_kept_days",
        default=30,
        meaning="For how many days what was deleted is kept, hidden, before it is erased for good: "
        "as long as a request may be repeated under its idempotency key.",
        allowed="a whole number from 0 to 3650",
        parse=values.whole_number(0, 3650),
    ),
    Setting(
        name="mandate_kept_months",
        default=14,
        meaning="For how many months from the last collection on a payer's accounts are kept for "
        "the mandate, where one is erased: 14 by banks' terms for direct debit.",
        allowed="a whole number from 0 to 600",
        parse=values.whole_number(0, 600),
    ),
    Setting(
        name="voucher_kept_years",
        default=8,
        meaning="For how many years from the end of the last collection's year on they are kept "
        "as vouchers: 8 by §147(3) AO and §257(4) HGB since 2025.",
        allowed="a whole number from 0 to 50",
        parse=values.whole_number(0, 50),
    ),
    Setting(
        name="backup_kept_days",
        default=90,
        meaning="For how many days backups must be restorable: `lastschrift keys retire` destroys "
        "no version of the master key that a younger one needs.",
        allowed="a whole number from 0 to 3650",
        parse=values.whole_number(0, 3650),
    ),
    Setting(
        name="identity_provider",
        default=None,
        unset="only our own tokens are taken",
        written=identity_providers.WRITTEN,
        meaning="Outside identity providers (OpenID Connect) whose users may come with its tokens.",
        allowed=f"{identity_providers.ALLOWED}; as a variable a JSON list of objects",
        parse=identity_providers.identity_providers,
    ),
)

SETTING_BY_NAME = {setting.name: setting for setting in SETTINGS}

ONE_OF = ("master_key_file", "master_key", "master_key_command")
"""No more than one of these is set."""
