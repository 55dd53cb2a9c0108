#!/bin/sh
# Runs all tests over and over for some minutes, each time in another order and with other examples.
# Stops at the first failure; pytest names the seed that repeats it.
set -eu

minutes=${1:-10}
cd "$(dirname "$0")/.."

end=$(($(date +%s) + minutes * 60))
rounds=0
while [ "$(date +%s)" -lt "$end" ]; do
    .venv/bin/pytest --quiet --numprocesses auto
    rounds=$((rounds + 1))
done
echo "repeat: $rounds rounds in $minutes minutes, no failure"
