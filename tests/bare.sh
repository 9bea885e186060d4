#!/usr/bin/env bash
# The tests that need Chromium or redis-server, on a machine without them: a PATH of links to all else. None may fail.
# Usage: tests/bare.sh, after `dotnet build`. The last line reads "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
hidden='chromium|chromium-browser|google-chrome|chrome|redis-server'
bare=$(mktemp -d); trap 'rm -rf "$bare"' EXIT
fail() { echo "bare: $1"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

# The first folder on PATH that has a name counts, as for a shell.
IFS=: read -r -a folders <<<"$PATH"
for folder in "${folders[@]}"; do
  [ -d "$folder" ] || continue
  for program in "$folder"/*; do
    name=${program##*/}
    if [ -x "$program" ] && [ ! -e "$bare/$name" ] && ! [[ $name =~ ^($hidden)$ ]]; then ln -s "$program" "$bare/$name"; fi
  done
done
for name in ${hidden//|/ }; do [ -z "$(PATH=$bare command -v "$name")" ] || fail "$name is still on PATH"; done

# Every class that starts one of them, so that none can be forgotten.
mapfile -t classes < <(grep -lE 'Browser\.(Require|StartAsync)|RedisProcess\.(Require|StartNewAsync)|DashboardCluster' -r tests --include '*Tests.cs')
[ "${#classes[@]}" -gt 0 ] || fail "no test class uses a browser or Redis"
filters=()
for file in "${classes[@]}"; do filters+=("*.$(basename "$file" .cs)"); done
projects=$(printf '%s\n' "${classes[@]}" | cut -d/ -f1,2 | sort -u)
for project in $projects; do
  PATH=$bare bash tests/counted.sh dotnet test --no-build --project "$project" -- --filter-class "${filters[@]}"
done | tee "$bare/.log"
sum() { grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$bare/.log" | grep -oE "[0-9]+ $1" | awk '{n += $1} END {print n + 0}'; }
[ "$(sum skipped)" -gt 0 ] || fail "no test was skipped: they were not hidden"
echo "$(sum passed) passed, $(sum failed) failed, $(sum skipped) skipped"
