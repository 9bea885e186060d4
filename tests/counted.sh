#!/usr/bin/env bash
# Runs `dotnet test` and ends with its counts in the one line that .ci/run adds up: "N passed, N failed, N skipped".
# Usage: tests/counted.sh dotnet test ...
set -uo pipefail
log=$(mktemp); trap 'rm -f "$log"' EXIT
"$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
sum() { grep -oE "^ *$1: [0-9]+" "$log" | awk '{n += $2} END {print n + 0}'; }
failed=$(sum failed)
# It failed without a failed test: it did not build, ran none, or crashed.
[ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
echo "$(sum succeeded) passed, $failed failed, $(sum skipped) skipped"
