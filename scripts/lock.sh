#!/bin/sh
# Writes requirements.txt anew: exact versions and hashes of all that pyproject.toml asks for;
# tests/cluster/requirements.txt, of what `make cluster-test` runs beside it; and, where npm is,
# tests/package-lock.json, of all that tests/package.json asks for (tests/.npmrc says how).
#
# Versions already locked stay, `--upgrade` takes the newest. The hashes are those of every file of
# a version, so they hold on every machine and Python. Made with the oldest Python supported, since
# only that one needs every backport, and from the public index alone: a mirror's own builds have
# other hashes.
set -eu

pip_tools='pip-tools==7.6.2'

main() {
    cd "$(dirname "$0")/.."
    python=$(find_python_3_11)
    workplace=$(mktemp -d)
    trap 'rm -rf "$workplace"' EXIT
    trap 'exit 130' INT
    export PIP_CONFIG_FILE=/dev/null CUSTOM_COMPILE_COMMAND="make lock"
    unset PIP_EXTRA_INDEX_URL PIP_FIND_LINKS
    "$python" -m venv "$workplace"
    "$workplace/bin/pip" install --quiet --disable-pip-version-check "$pip_tools"
    compile_to requirements.txt --all-extras pyproject.toml "$@"
    compile_to tests/cluster/requirements.txt tests/cluster/requirements.in "$@"
    lock_node_packages "$@"
}

compile_to() {
    "$workplace/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
        --output-file "$@"
}

lock_node_packages() {
    if ! command -v npm >/dev/null; then
        echo "lock: no npm here: tests/package-lock.json stays as it is" >&2
        return
    fi
    newest=''
    if [ "${1:-}" = --upgrade ]; then
        newest=$(node -p 'Object.keys(require("./tests/package.json").dependencies).join("@latest ")')
        newest="$newest@latest"
        rm tests/package-lock.json
    fi
    # shellcheck disable=SC2086  # names, with blanks between
    (cd tests && npm install --silent --package-lock-only $newest)
}

find_python_3_11() {
    for candidate in .venv/bin/python python3.11 python3; do
        case $("$candidate" -V 2>/dev/null) in
        'Python 3.11.'*) echo "$candidate" && return ;;
        esac
    done
    echo "lock: no Python 3.11 here: install it, then make lock again" >&2
    exit 1
}

main "$@"
