#!/usr/bin/env bash
# Fetches the three libraries of the dashboard from npm into wwwroot/vendor. Run after changing a version; the result is committed.
set -euo pipefail
cd "$(dirname "$0")/wwwroot/vendor"
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
for package in preact@11.2.0 htm@3.1.1 uplot@1.6.32; do
  archive=$(cd "$work" && npm pack --silent "$package")
  mkdir "$work/${package%@*}"; tar xzf "$work/$archive" -C "$work/${package%@*}" --strip-components 1
done
sed '/^\/\/# sourceMappingURL/d' "$work/preact/dist/preact.mjs" > preact.js
# Browsers resolve no bare names without an import map, which a strict content security policy would have to allow.
sed -e 's/from *"preact"/from".\/preact.js"/' -e '/^\/\/# sourceMappingURL/d' "$work/preact/hooks/dist/hooks.mjs" > hooks.js
cp "$work/htm/dist/htm.module.js" htm.js
cp "$work/uplot/dist/uPlot.esm.js" uplot.js
cp "$work/uplot/dist/uPlot.min.css" uplot.css
{ for library in preact htm uplot; do echo "== $library"; cat "$work/$library/LICENSE"; done; } > LICENSES.txt
