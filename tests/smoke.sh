#!/usr/bin/env bash
# Starts a silo as the README says, pastes the line it prints, and checks how it fails when it must.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
out=$(mktemp); pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; rm -f "$out"' EXIT
fail() { echo "smoke: $1"; cat "$out"; exit 1; }
ports=(--http-port 18080 --grpc-port 18081 --silo-port 21111 --gateway-port 31000)
silo=(dotnet run --no-build --project Silo --)

start=$(date +%s%N)
"${silo[@]}" "${ports[@]}" >"$out" 2>&1 &
pid=$!
for _ in $(seq 300); do
  curl -sf -o /dev/null http://127.0.0.1:18080/v2/health/ready && break
  kill -0 "$pid" 2>/dev/null || fail "the silo ended before it was ready"
  sleep 0.1
done
ready=$(( ($(date +%s%N) - start) / 1000000 ))
curl -sf -o /dev/null http://127.0.0.1:18080/v2/health/ready || fail "the silo was not ready in 30 s"
for _ in $(seq 50); do grep -q '^Ready' "$out" && break; sleep 0.1; done
line=$(grep -m1 '^  curl ' "$out") || fail "no curl line was printed"
answer=$(eval "$line -s") || fail "the printed line failed: $line"
case "$answer" in *'"orange"'*) ;; *) fail "the printed line answered: $answer" ;; esac

refused() { # refused EXPECTED ARGUMENTS...
  expected=$1; shift
  text=$("${silo[@]}" "$@" 2>&1) && fail "started although it must not: $*"
  [ "$(printf '%s\n' "$text" | grep -c .)" = 1 ] || { printf '%s\n' "$text" >>"$out"; fail "more than one line for: $*"; }
  case "$text" in *"$expected"*) ;; *) fail "expected '$expected' for $*, got: $text" ;; esac
}
refused "Port 18080" "${ports[@]}"
refused "Port 21111" --http-port 18082 --grpc-port 18083 --silo-port 21111 --gateway-port 31001
refused "Unknown option '--model'" --model x
refused "does not exist" --models /nonexistent --http-port 18082 --grpc-port 18083 --silo-port 21112 --gateway-port 31001
refused "--api-key-file" --listen 0.0.0.0 --http-port 18082 --grpc-port 18083 --silo-port 21112 --gateway-port 31001
refused "is no IP address" --listen nowhere --http-port 18082 --grpc-port 18083 --silo-port 21112 --gateway-port 31001
refused "No Redis answers" --redis 127.0.0.1:1 --http-port 18082 --grpc-port 18083 --silo-port 21112 --gateway-port 31001
refused "is no address" --join 21111 --http-port 18082 --grpc-port 18083 --silo-port 21112 --gateway-port 31001
refused "cannot be used" --api-key-file /nonexistent --http-port 18082 --grpc-port 18083 --silo-port 21112 --gateway-port 31001
refused "Engine:Mode" --mode sometimes
refused "65535" --http-port 99999

kill -TERM "$(pgrep -P "$pid" | head -1 || echo "$pid")" 2>/dev/null; kill -TERM "$pid" 2>/dev/null
wait "$pid"; pid=
echo "smoke: ready after $ready ms; $line answered $answer"
