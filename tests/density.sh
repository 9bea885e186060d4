#!/usr/bin/env bash
# Prints how densely the product's code, or that of another FOLDER, is written: bash tests/density.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
table=$(mktemp)
trap 'rm -f "$table"' EXIT
folder=${1:-}
DENSITY_TABLE="$table" DENSITY_FOLDER="$folder" \
  dotnet test --project tests/Architecture.Tests -- --filter-method "*Table_OfAFolder*" >/dev/null || exit 1
cat "$table"
