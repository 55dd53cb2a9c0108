#!/bin/sh
# Builds the environment in .venv: exact, hashed versions, and this project itself, editable. Beside
# it, where Node.js is, what the tests need of that: tests/node_modules, exact and hashed too.
#
# A second run does nothing. An interrupted one leaves nothing half done: the stamps are written
# last, and what has no stamp is built anew. Whatever is missing is told in one line that says what
# to do. PYTHON=python3.12 chooses a Python; without it the first good one is taken.
set -eu

environment=.venv
libraries_stamp=$environment/.libraries
project_stamp=$environment/.project
node_packages=tests/node_modules
node_packages_stamp=$node_packages/.setup
pythons="python3 python3.14 python3.13 python3.12 python3.11"
free_kb_needed=500000

# Tells by its exit code whether Node.js is new enough; tests/package.json has the version too.
node_probe='process.exit(parseInt(process.versions.node) >= 20 ? 0 : 3)'

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
    if libraries_are_current && project_is_current && node_packages_are_current; then
        return
    fi
    check_place
    wait_for_others
    libraries_are_current || build_libraries
    project_is_current || install_project
    node_packages_are_current || install_node_packages
}

# What .venv was built from, as one checksum. The place counts too: a moved checkout has wrong paths.
libraries_wanted() {
    { cat requirements.txt scripts/setup.sh && pwd -P && "$environment/bin/python" -V; } | cksum
}

project_wanted() {
    cksum <pyproject.toml
}

# Another Node.js counts, and also that there is none: installing one makes the packages wanted.
node_packages_wanted() {
    { cat tests/package.json tests/package-lock.json tests/.npmrc && command -v npm && node -v; } \
        2>/dev/null | cksum
}

libraries_are_current() {
    [ -f "$libraries_stamp" ] && [ "$(libraries_wanted 2>/dev/null)" = "$(cat "$libraries_stamp")" ] &&
        is_the_python_asked_for
}

project_is_current() {
    [ -f "$project_stamp" ] && [ "$(project_wanted)" = "$(cat "$project_stamp")" ]
}

node_packages_are_current() {
    [ -f "$node_packages_stamp" ] && [ "$(node_packages_wanted)" = "$(cat "$node_packages_stamp")" ]
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

# Only tests need these, so their lack is told and stops nothing: whoever wants to run the server can.
install_node_packages() {
    rm -rf "$node_packages" 2>/dev/null ||
        fail "$node_packages belongs to another user: remove it (sudo rm -rf $node_packages), then run make again"
    if has_node; then
        say "installing the JavaScript packages of the tests in $node_packages, some seconds"
        if ! output=$(cd tests && npm ci 2>&1); then
            rm -rf "$node_packages"
            say "tests that need JavaScript packages will fail: $(why_npm_failed "$output")"
            return
        fi
    else
        say "no Node.js 20 or newer with npm here: tests that need it are skipped, all else works"
    fi
    mkdir -p "$node_packages"
    node_packages_wanted >"$node_packages_stamp"
}

has_node() {
    command -v npm >/dev/null && node -e "$node_probe" 2>/dev/null
}

why_npm_failed() {
    case $1 in
    *ENOSPC* | *EDQUOT*) echo "the disk is full; free some of it, then run make setup" ;;
    *EACCES* | *EPERM*) echo "no permission to write in $(pwd)/tests or in npm's cache" ;;
    *EINTEGRITY*) echo "a download is not what was locked; run make setup again, or on another network" ;;
    *CERT* | *LEAF_SIGNATURE*) echo "the network's certificate isn't trusted; set NODE_EXTRA_CA_CERTS to its CA file" ;;
    *ENOTFOUND* | *EAI_AGAIN* | *ECONNREFUSED* | *ECONNRESET* | *ETIMEDOUT*)
        echo "no network: npm's registry can't be reached; connect, then run make setup" ;;
    *) echo "npm says $(printf '%s\n' "$1" | grep -m 1 'npm error' || echo nothing)" ;;
    esac
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
