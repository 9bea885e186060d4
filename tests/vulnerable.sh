#!/usr/bin/env bash
# No package of the solution may have a known vulnerability. The last line reads "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp); trap 'rm -f "$log"' EXIT
dotnet list OrleansInference.sln package --vulnerable --include-transitive 2>&1 | tee "$log" | grep -v "has no vulnerable packages"
if [ "${PIPESTATUS[0]}" = 0 ] && ! grep -q "has the following vulnerable packages" "$log"; then
  echo "1 passed, 0 failed, 0 skipped"
else
  echo "0 passed, 1 failed, 0 skipped"
fi
