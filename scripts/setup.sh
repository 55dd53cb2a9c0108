#!/bin/sh
# Builds the environment in .venv: exact, hashed versions, and this project itself, editable.
#
# A second run does nothing. An interrupted one leaves nothing half done: the stamps are written
# last, and what has no stamp is built anew. Whatever is missing is told in one line that says what
# to do. PYTHON=python3.12 chooses a Python; without it the first good one is taken.
set -eu

environment=.venv
libraries_stamp=$environment/.libraries
project_stamp=$environment/.project
pythons="python3 python3.14 python3.13 python3.12 python3.11"
free_kb_needed=500000

# Run by each Python found: what it is, and whether it can build an environment.
# The oldest version stands in pyproject.toml too.
python_probe='
import sys
print("%d.%d" % sys.version_info[:2])
if sys.version_info < (3, 11):
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)
'

main() {
    cd "$(dirname "$0")/.."
    if libraries_are_current && project_is_current; then
        return
    fi
    check_place
    wait_for_others
    libraries_are_current || build_libraries
    project_is_current || install_project
}

# What .venv was built from, as one checksum. The place counts too: a moved checkout has wrong paths.
libraries_wanted() {
    { cat requirements.txt scripts/setup.sh && pwd -P && "$environment/bin/python" -V; } | cksum
}

project_wanted() {
    cksum <pyproject.toml
}

libraries_are_current() {
    [ -f "$libraries_stamp" ] && [ "$(libraries_wanted 2>/dev/null)" = "$(cat "$libraries_stamp")" ] &&
        is_the_python_asked_for
}

project_is_current() {
    [ -f "$project_stamp" ] && [ "$(project_wanted)" = "$(cat "$project_stamp")" ]
}

is_the_python_asked_for() {
    [ -z "${PYTHON:-}" ] || [ "$("$PYTHON" -V 2>/dev/null)" = "$("$environment/bin/python" -V)" ]
}

check_place() {
    [ -w . ] || fail "no permission to write in $(pwd): clone into a directory of your own"
    free_kb=$(df -Pk . | { read -r _ && read -r _ _ _ free _ && echo "$free"; })
    [ "$free_kb" -ge "$free_kb_needed" ] || fail_for_disk
}

# Two terminals may both start on a fresh clone; the lock goes when its holder does, however it ends.
wait_for_others() {
    exec 9<requirements.txt
    if command -v flock >/dev/null && ! flock -n 9; then
        say "waiting for another setup of this checkout"
        flock 9
    fi
}

build_libraries() {
    python=$(find_python)
    say "building the environment in $environment with $("$python" -V), about a minute"
    trap 'rm -rf "$environment"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' HUP TERM
    rm -rf "$environment" 2>/dev/null ||
        fail "$environment belongs to another user: remove it (sudo rm -rf $environment), then run make again"
    quietly "$python" -m venv "$environment"
    install --require-hashes --only-binary :all: -r requirements.txt
    install_project
    libraries_wanted >"$libraries_stamp"
    trap - EXIT INT HUP TERM
}

# Makes `lastschrift` and its command importable from src, where they are edited.
install_project() {
    install --no-build-isolation --editable .
    project_wanted >"$project_stamp"
}

install() {
    quietly "$environment/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --no-deps "$@"
}

# Prints the first Python that can build the environment; else says what to do about the nearest.
find_python() {
    too_old='' without_venv=''
    for candidate in ${PYTHON:-$pythons}; do
        verdict=0
        version=$("$candidate" -c "$python_probe" 2>/dev/null) || verdict=$?
        case $verdict in
        0) echo "$candidate" && return ;;
        3) too_old=${too_old:-"$candidate is Python $version"} ;;
        4) without_venv=${without_venv:-$candidate} ;;
        esac
    done
    [ -z "$without_venv" ] || fail "$without_venv has no venv: apt install ${without_venv##*/}-venv"
    [ -z "$too_old" ] || fail "$too_old, too old: install Python 3.11 or newer (Debian 12 has it)"
    [ -z "${PYTHON:-}" ] || fail "PYTHON=$PYTHON does not run: name another, or none at all"
    fail "no python3 here: apt install python3 python3-venv"
}

# Runs a command; its output is shown only where we can't tell better what went wrong.
quietly() {
    output=$("$@" 2>&1) || explain "$output"
}

explain() {
    case $1 in
    *'Errno 28]'* | *'Errno 122]'*) fail_for_disk ;;
    *'Errno 13]'*) fail "no permission to write in $(pwd): clone into a directory of your own" ;;
    *CERTIFICATE_VERIFY_FAILED*) fail "the network's certificate isn't trusted: set PIP_CERT to its CA file" ;;
    *'DO NOT MATCH THE HASHES'*) fail "a download is not what was locked: try again, or on another network" ;;
    *'Retrying (Retry('*) fail "no network: the package index can't be reached; connect, then run make again" ;;
    *'No matching distribution'*) fail "no ready-made packages for $("$environment/bin/python" -V) on this machine: PYTHON=python3.13 make setup" ;;
    esac
    printf '%s\n' "$1" | tail -n 5 >&2
    fail "pip failed as shown: mend that, then run make again"
}

fail_for_disk() {
    fail "the disk is full: free $((free_kb_needed / 1000)) MB here and in ${TMPDIR:-/tmp}, then run make again"
}

say() {
    printf 'setup: %s\n' "$1" >&2
}

fail() {
    say "$1"
    exit 1
}

main
