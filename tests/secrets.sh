#!/usr/bin/env bash
# Looks for keys, tokens and passwords in every file that git tracks (secretlint with its recommended rules). The last line reads "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
command -v npx >/dev/null || { echo "secrets: npx (nodejs, npm) is missing"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
npm install --silent --no-fund --no-audit --prefix "$work" secretlint@13.0.6 @secretlint/secretlint-rule-preset-recommend@13.0.6 >"$work/npm.log" 2>&1 || { echo "secrets: secretlint cannot be installed: $(tail -n 2 "$work/npm.log")"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
echo '{"rules":[{"id":"@secretlint/secretlint-rule-preset-recommend"}]}' >"$work/rc.json"
scan() { NODE_PATH="$work/node_modules" "$work/node_modules/.bin/secretlint" --secretlintrc "$work/rc.json" --no-gitignore "$@"; }
# It must find one that is put there, or its silence says nothing.
printf 'token = "ghp_%s"\n' "$(printf 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx')" >"$work/planted.txt"
(cd "$work" && scan planted.txt) >/dev/null 2>&1 && { echo "secrets: the scan does not find what was planted"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
ln -s "$work/node_modules" node_modules 2>/dev/null && trap 'rm -f node_modules; rm -rf "$work"' EXIT
mapfile -t files < <(git ls-files | grep -vE '\.(onnx|png|svg|bin|npy|parquet)$')
if scan "${files[@]}"; then echo "secrets: none in ${#files[@]} files"; echo "1 passed, 0 failed, 0 skipped"; else echo "0 passed, 1 failed, 0 skipped"; exit 1; fi
