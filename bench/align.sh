#!/usr/bin/env bash
# Alignment of the twin with a live cluster of three unequal silos, on three traces each:
#   real      SqueezeNet on the CPU, silos held to 0.6, 0.3 and 0.15 cores by a CPU quota (cgroup v1 or v2; needs root)
#   emulated  devices of three speeds that wait instead of computing
# usage: bench/align.sh real|emulated [DATA]   after: dotnet build -c Release Silo; dotnet build -c Release Cli; dotnet build -c Release bench/Load
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
kind=${1:?usage: bench/align.sh real|emulated [DATA]}; data=${2:-../shared/data}
work=$(mktemp -d); pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null; sleep 1; for i in 0 1 2; do rmdir "${groups[$i]:-/nonexistent}" 2>/dev/null; done; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
groups=()

# A process of its own group may use so many microseconds of each 10 ms.
quota() {
  local group
  if [ -d /sys/fs/cgroup/cpu ]; then
    group=/sys/fs/cgroup/cpu/oinf-align-$1; mkdir -p "$group"
    echo 10000 >"$group/cpu.cfs_period_us"; echo "$2" >"$group/cpu.cfs_quota_us"
  else
    group=/sys/fs/cgroup/oinf-align-$1; mkdir -p "$group"; echo "$2 10000" >"$group/cpu.max"
  fi
  groups[$1]=$group
}

if [ "$kind" = real ]; then
  mkdir -p "$work/models/served/1"; cp "$data/models/vision/squeezenet.onnx" "$work/models/served/1/model.onnx" || exit 3
  printf 'max_batch_size: 4\nparameters { key: "slo_p99_ms" value { string_value: "400" } }\n' >"$work/models/served/config.pbtxt"
  quota 0 6000; quota 1 3000; quota 2 1500
  rates=(--rate 30) bursts=(--rate 20 --burst 3) azure=(--speedup 10)
else
  dotnet bench/Load/bin/Release/net10.0/OrleansInference.Load.dll probe-models --out "$work/probes" >/dev/null || exit 3
  mkdir -p "$work/models"; cp -r "$work/probes/probe3k" "$work/models/served"
  printf 'max_batch_size: 8\nparameters { key: "slo_p99_ms" value { string_value: "200" } }\n' >"$work/models/served/config.pbtxt"
  for i in 0 1 2; do
    python3 -c "import json,sys; f=$((1 << i)); print(json.dumps({'name': 'bench', 'memory_mib': 1000, 'lanes': 1, 'models': {'*': {'batch_ms': {'1': 10*f, '4': 20*f, '8': 32*f}, 'memory_mib': 10}}}))" >"$work/profile$i.json"
  done
  rates=(--rate 150) bursts=(--rate 100 --burst 3) azure=(--speedup 25)
fi

for i in 0 1 2; do
  options=(--models "$work/models" --name "s$i" --Node:ProfileOnLoad=false --http-port $((28080 + i)) --grpc-port $((28180 + i)) --silo-port $((28280 + i)) --gateway-port $((28380 + i)))
  [ "$i" -gt 0 ] && options+=(--join 127.0.0.1:28280)
  [ "$kind" = emulated ] && options+=(--Engine:ExecutionProvider:Provider=emulated "--Engine:ExecutionProvider:Profile=$work/profile$i.json" --Engine:Threads=1)
  # The group holds once the silo is up: starting would take minutes on 0.15 cores.
  dotnet Silo/bin/Release/net10.0/OrleansInference.Silo.dll "${options[@]}" >"$work/silo$i.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 300); do curl -sf "http://127.0.0.1:$((28080 + i))/v2/health/ready" >/dev/null && break; sleep 0.2; done
done
sleep 5
[ "$kind" = real ] && for i in 0 1 2; do echo "${pids[$i]}" >"${groups[$i]}/cgroup.procs"; done
sleep 5
oinf=(dotnet Cli/bin/Release/net10.0/oinf.dll align served --url http://127.0.0.1:28080 --seconds "${SECONDS_EACH:-20}" --runs 5)
echo "== poisson"; "${oinf[@]}" "${rates[@]}" --record "$work/trace.csv"
echo "== bursts"; "${oinf[@]}" "${bursts[@]}"
echo "== azure"; "${oinf[@]}" --trace "$data/traces/AzureLLMInferenceTrace_code.csv" "${azure[@]}"
echo "== nodes at the end: $(curl -s http://127.0.0.1:28080/v2/cluster | grep -o '"plan_epoch"' | wc -l)"
