#!/usr/bin/env bash
# A newcomer's first minutes, by commands copied from the README: a clone, a silo, a model of one's own dropped in, a photograph classified,
# a second silo, and the agent's decisions explained. usage: tests/newcomer.sh [MODEL.onnx PHOTO LABELS.txt EXPECTED]
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d); pids=()
stop() { for pid in "${pids[@]}"; do pkill -TERM -P "$pid" 2>/dev/null; kill -TERM "$pid" 2>/dev/null; done; wait 2>/dev/null; rm -rf "$work"; }
trap stop EXIT
fail() { echo "newcomer: $1"; for log in "$work"/*.log; do echo "-- $log"; tail -n 5 "$log"; done; echo "0 passed, 1 failed"; exit 1; }
# Every command must stand in the README as it is run here.
readme() { grep -qF -- "$1" "$here/README.md" || fail "the README has no '$1'"; }
step() { readme "$1"; echo "newcomer: $1"; (cd "$work/clone" && eval "$1") >"$work/step.log" 2>&1 || { cat "$work/step.log"; fail "failed: $1"; }; }
background() { readme "$1"; echo "newcomer: $1 &"; (cd "$work/clone" && eval "exec $1") >"$work/silo${#pids[@]}.log" 2>&1 & pids+=($!); }
ready() { for _ in $(seq 1200); do curl -sf -o /dev/null "http://127.0.0.1:$1/v2/health/ready" && return; sleep 0.1; done; fail "nothing was ready on port $1"; }
expect() { grep -q -- "$1" "$work/step.log" || { cat "$work/step.log"; fail "expected '$1'"; }; }

git clone -q "$here" "$work/clone" || fail "cannot clone"
background "dotnet run --project Silo -- --models models --mode poll --Engine:PollSeconds=2"
ready 8080
step "curl http://127.0.0.1:8080/v2/models/color-names/infer -d '{\"inputs\":[{\"name\":\"rgb\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[255,140,0]}],\"outputs\":[{\"name\":\"label\"}]}'"
expect orange
readme "mkdir -p models/mine/1 && cp YOUR.onnx models/mine/1/model.onnx"
mkdir -p "$work/clone/models/mine/1" && cp "${1:-$work/clone/models/color-names/1/model.onnx}" "$work/clone/models/mine/1/model.onnx"
for _ in $(seq 300); do curl -sf -o /dev/null http://127.0.0.1:8080/v2/models/mine/ready && break; sleep 0.1; done
if [ $# -ge 4 ]; then
  readme "dotnet run --project Cli -- infer mine PHOTO.jpg --top 3 --labels LABELS.txt"
  # How networks of ImageNet's want their pictures, as docs/getting-started.md has it: one of these it must be.
  known=""
  for block in 1 2; do
    awk -v n=$block '/^cat > models\/mine\/config.pbtxt/ {i++} i == n {print} /^CONFIG$/ && i == n {exit}' "$here/docs/getting-started.md" >"$work/config.sh"
    [ "$(wc -l <"$work/config.sh")" -ge 4 ] || fail "docs/getting-started.md does not say how to configure pictures"
    (cd "$work/clone" && bash "$work/config.sh")
    mean=$(grep -o '[0-9.]*,[0-9.]*,[0-9.]*' "$work/config.sh" | head -1)
    taken=""
    for _ in $(seq 300); do curl -s http://127.0.0.1:8080/v2/models/mine/config | grep -q "$mean" && taken=yes && break; sleep 0.1; done
    [ -n "$taken" ] || fail "the configuration is not taken"
    (cd "$work/clone" && dotnet run --project Cli -- infer mine "$2" --top 3 --labels "$3") >"$work/step.log" 2>&1 || fail "the photograph was not classified: $(cat "$work/step.log")"
    echo "newcomer: $(grep -v '^$' "$work/step.log" | head -3 | tr '\n' ';')"
    if grep -v '^$' "$work/step.log" | sed -n 2p | grep -qi -- "$4"; then known=yes; break; fi
  done
  [ -n "$known" ] || fail "the photograph is not known as '$4' with any configuration of docs/getting-started.md"
else
  echo "newcomer: no photograph was given, so none is classified"
fi
background "dotnet run --no-build --project Silo -- --models models --join 127.0.0.1:11111 --http-port 8090 --grpc-port 8091 --silo-port 11112 --gateway-port 30001"
ready 8090
for _ in $(seq 300); do curl -s http://127.0.0.1:8080/v2/cluster | grep -c '"ready":true' >/dev/null && [ "$(curl -s http://127.0.0.1:8080/v2/cluster | grep -o '"gateway"' | wc -l)" = 2 ] && break; sleep 0.1; done
step "dotnet run --project Cli -- nodes"
[ "$(grep -c 'CPU' "$work/step.log")" -ge 2 ] || { cat "$work/step.log"; fail "two nodes were expected"; }
step "dotnet run --project Cli -- bench color-names --rate 300 --arrivals poisson --duration 35"
step "dotnet run --project Cli -- agent show"
expect "kept\|applied\|confirmed"
step "dotnet run --project Cli -- why color-names"
expect "color-names"
echo "newcomer: every step done"
echo "1 passed, 0 failed"
