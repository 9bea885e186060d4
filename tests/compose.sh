#!/usr/bin/env bash
# docker-compose.yml with three silos: an inference through each, one container killed and replaced. Needs a Docker engine.
# The last line reads "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
compose+=(-p oi-compose-test)
passed=0 failed=0
check() { # check WHAT COMMAND...
  local what=$1; shift
  if "$@"; then passed=$((passed + 1)); echo "ok: $what"; else failed=$((failed + 1)); echo "FAILED: $what"; "${compose[@]}" logs --tail 20 silo 2>&1 | tail -40; fi
}
finish() { "${compose[@]}" down -v --timeout 80 >/dev/null 2>&1; echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; }
ports() { "${compose[@]}" ps -q silo | xargs -r -n1 -I{} docker port {} 8080 2>/dev/null | sed 's/.*://'; }
nodes() { curl -sf -m 5 "http://127.0.0.1:$1/v2/cluster" | python3 -c 'import json,sys; s = json.load(sys.stdin); print(len(s["nodes"]), sum(r["routed"] for m in s["models"] if m["name"] == "color-names" for r in m["replicas"]))'; }
together() { # together: every silo sees three nodes with a replica of color-names each
  for _ in $(seq 120); do
    local list count=0; list=$(ports)
    for port in $list; do [ "$(nodes "$port" 2>/dev/null)" = "3 3" ] && count=$((count + 1)); done
    [ "$count" = 3 ] && return 0
    sleep 1
  done
  return 1
}
infer() {
  local list; list=$(ports)
  [ "$(printf '%s\n' "$list" | grep -c .)" = 3 ] || return 1
  for port in $list; do
    curl -sf -m 10 "http://127.0.0.1:$port/v2/models/color-names/infer" -d '{"inputs":[{"name":"rgb","shape":[1,3],"datatype":"FP32","data":[255,140,0]}],"outputs":[{"name":"label"}]}' | grep -q orange || return 1
  done
}
trap finish EXIT

check "three silos and a redis start" "${compose[@]}" up -d --build --scale silo=3
check "they become one cluster" together
check "an inference through each" infer
victim=$("${compose[@]}" ps -q silo | head -1)
docker kill "$victim" >/dev/null
check "a killed container is replaced" "${compose[@]}" up -d --scale silo=3
check "the cluster is whole again" together
check "an inference through each again" infer
