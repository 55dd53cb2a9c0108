"""Master keys that come from a variable, or that a command prints."""

import stat
import sys
from pathlib import Path

import pytest

from lastschrift.vault import master_key_sources
from lastschrift.vault.master_key import (
    MasterKeyEmpty,
    MasterKeyExists,
    MasterKeyMalformed,
    MasterKeyRefused,
    create_master_key,
    load_master_key,
)
from lastschrift.vault.master_key_sources import (
    MasterKeyCommand,
    MasterKeyCommandFailed,
    MasterKeyFile,
    MasterKeySource,
    MasterKeyText,
)

LINE = "1:" + "A" * 43 + "="
SECRET = "A" * 43


def python(program: str) -> MasterKeyCommand:
    return MasterKeyCommand((sys.executable, "-c", program))


def refusal(source: MasterKeySource) -> MasterKeyRefused:
    with pytest.raises(MasterKeyRefused) as caught:
        source.load()
    assert SECRET not in str(caught.value)
    return caught.value


# --- each gives the key ---------------------------------------------------------------------------


def test_a_text_is_a_master_key() -> None:
    source = MasterKeyText(f"# ours\n{LINE}\n2{LINE[1:]}", "the variable X")
    assert source.load().versions == (1, 2)
    assert SECRET not in repr(source)


def test_what_a_command_prints_is_a_master_key() -> None:
    assert python(f"print('# ours'); print({LINE!r})").load().versions == (1,)


def test_a_command_gets_its_arguments_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a b; $HOME"
    file.write_text(LINE)
    assert MasterKeyCommand(("cat", str(file))).load().versions == (1,)


@pytest.mark.parametrize("kind", ["file", "text", "command"])
def test_the_next_version_is_written_to_a_file_of_its_owners(tmp_path: Path, kind: str) -> None:
    path, target = tmp_path / "master.key", tmp_path / "next.key"
    create_master_key(path)
    sources: dict[str, MasterKeySource] = {
        "file": MasterKeyFile(path),
        "text": MasterKeyText(path.read_text(), "the variable X"),
        "command": MasterKeyCommand(("cat", str(path))),
    }
    source = sources[kind]
    assert source.write_next(target) == 2
    assert source.load().versions == (1,)
    assert load_master_key(target).versions == (1, 2)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with pytest.raises(MasterKeyExists):
        source.write_next(target)


def test_a_command_is_not_run_a_thousand_times_in_a_second(tmp_path: Path) -> None:
    calls, now_s = tmp_path / "calls", [0.0]
    program = f"open({str(calls)!r}, 'a').write('x'); print({LINE!r})"
    source = MasterKeyCommand((sys.executable, "-c", program), lambda: now_s[0])
    for second in (0.0, 1.9, 2.0):
        now_s[0] = second
        source.load()
    assert calls.read_text() == "xx"


# --- and says what is wrong -----------------------------------------------------------------------


def test_what_a_failing_command_complains_of_is_told_but_never_what_it_printed() -> None:
    complaint = "import sys; print('no\\nsuch\\x1b[1m key', file=sys.stderr); sys.exit(3)"
    fact = refusal(python(f"print({LINE!r}); {complaint}"))
    assert "ended with 3: no such?[1m key; run it as the user" in str(fact)


def test_a_command_that_fails_without_a_word_is_told() -> None:
    assert "ended with 3: and said nothing" in str(refusal(python("raise SystemExit(3)")))


def test_a_command_that_there_is_not_is_told(tmp_path: Path) -> None:
    fact = refusal(MasterKeyCommand((str(tmp_path / "missing"),)))
    assert "can't be run (No such file or directory)" in str(fact)


def test_a_command_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(master_key_sources, "_TIMEOUT_S", 0.2)
    fact = refusal(python(f"import time; print({LINE!r}, flush=True); time.sleep(60)"))
    assert isinstance(fact, MasterKeyCommandFailed)
    assert "took longer than 0 s" in str(fact)


def test_a_command_waits_for_nobody_at_the_keyboard() -> None:
    assert isinstance(refusal(python("print(input())")), MasterKeyCommandFailed)


@pytest.mark.parametrize(
    ("source", "fact", "place"),
    [
        (python("print()"), MasterKeyEmpty, f"the command {sys.executable}: "),
        (python(r"print('\xfc')"), MasterKeyMalformed, f"the command {sys.executable}: "),
        (MasterKeyText("# none", "the variable X"), MasterKeyEmpty, "the variable X: "),
        (MasterKeyText(f"{LINE}\nx", "the variable X"), MasterKeyMalformed, "the variable X, line"),
    ],
)
def test_a_key_that_is_none_is_told_with_its_place(
    source: MasterKeySource, fact: type[MasterKeyRefused], place: str
) -> None:
    found = refusal(source)
    assert isinstance(found, fact)
    assert str(found).startswith(place)
