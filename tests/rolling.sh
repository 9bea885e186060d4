#!/usr/bin/env bash
# A rolling upgrade: two silos of an earlier commit are replaced by this one's, one after the other, while requests go on; not one may fail.
# usage: tests/rolling.sh [EARLIER]   (a commit or tag; the newest tag, or else the commit 20 before this one)
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
earlier=${1:-$(git -C "$here" describe --tags --abbrev=0 2>/dev/null || git -C "$here" rev-list --first-parent --max-count=1 --skip=20 HEAD)}
[ -n "$earlier" ] || { echo "rolling: this clone has no earlier commit"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
command -v redis-server >/dev/null || { echo "rolling: redis-server is missing"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
work=$(mktemp -d); declare -A pids
stop() { for pid in "${pids[@]}"; do { kill -9 "$pid"; wait "$pid"; } 2>/dev/null; done; git -C "$here" worktree remove --force "$work/earlier" 2>/dev/null; rm -rf "$work"; }
trap stop EXIT
fail() { echo "rolling: $1"; for log in "$work"/*.log; do echo "-- $log"; tail -n 5 "$log"; done; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
ready() { for _ in $(seq 600); do curl -sf -o /dev/null "http://127.0.0.1:$1/v2/models/color-names/ready" && return; sleep 0.1; done; fail "nothing serves on port $1"; }
# start NAME NUMBER BINARIES
start() {
  dotnet "$3/OrleansInference.Silo.dll" --models "$here/models" --name "$1" --redis "127.0.0.1:27379" --http-port $((27080 + $2)) --grpc-port $((27180 + $2)) --silo-port $((27280 + $2)) --gateway-port $((27380 + $2)) \
    --Node:ProfileOnLoad=false >"$work/$1-$4.log" 2>&1 & pids[$1]=$!
  ready $((27080 + $2))
}
# steady PORT: requests at 100/s through a silo for 20 s, written to a file.
steady() { dotnet "$work/new/oinf/oinf.dll" bench color-names --url "http://127.0.0.1:$1" --rate 100 --duration 20 --json >"$work/bench-$1.json" 2>"$work/bench-$1.log" & load=$!; sleep 3; }
none_failed() {
  wait "$load" || fail "the load failed"
  python3 - "$work/bench-$1.json" <<'P' || fail "requests failed: $(cat "$work/bench-$1.json")"
import json, sys
result = json.load(open(sys.argv[1]))
sys.exit(0 if result["succeeded"] == result["requests"] > 1500 and result["dropped"] == 0 else 1)
P
}
replace() { kill -TERM "${pids[$1]}"; wait "${pids[$1]}" 2>/dev/null; start "$1" "$2" "$work/new/silo" new; }

echo "rolling: building $(git -C "$here" rev-parse --short "$earlier") and this"
git -C "$here" worktree add -q --detach "$work/earlier" "$earlier" || fail "no such commit: $earlier"
for project in Silo:silo Cli:oinf; do dotnet publish -v q -c Release "$here/${project%:*}" -o "$work/new/${project#*:}" >"$work/build.log" 2>&1 || fail "this does not build: $(tail -n 3 "$work/build.log")"; done
dotnet publish -v q -c Release "$work/earlier/Silo" -o "$work/old/silo" >"$work/build.log" 2>&1 || fail "the earlier commit does not build: $(tail -n 3 "$work/build.log")"
redis-server --port 27379 --save "" --dir "$work" >"$work/redis.log" 2>&1 & pids[redis]=$!
sleep 1
start a 0 "$work/old/silo" old; start b 1 "$work/old/silo" old
for _ in $(seq 300); do [ "$(curl -s http://127.0.0.1:27080/v2/cluster | grep -o '"gateway"' | wc -l)" = 2 ] && break; sleep 0.1; done

steady 27080; replace b 1; none_failed 27080
echo "rolling: b replaced, none failed; now old and new serve together"
for port in 27080 27081; do curl -sf "http://127.0.0.1:$port/v2/models/color-names/infer" -d '{"inputs":[{"name":"rgb","shape":[1,3],"datatype":"FP32","data":[255,140,0]}],"outputs":[{"name":"label"}]}' | grep -q orange || fail "port $port does not answer"; done
steady 27081; replace a 0; none_failed 27081
echo "rolling: a replaced, none failed"
[ "$(curl -s http://127.0.0.1:27081/v2/cluster | grep -o '"gateway"' | wc -l)" = 2 ] || fail "the cluster does not have both"
echo "1 passed, 0 failed, 0 skipped"
