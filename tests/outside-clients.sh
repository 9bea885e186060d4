#!/usr/bin/env bash
# Runs NVIDIA Triton's Python example clients, unchanged, against a silo, and names what passed and failed:
#   tests/outside-clients.sh FOLDER [MODELS]
# FOLDER is searched for a checkout of triton-inference-server/client, and for qa/ of triton-inference-server/server, whose
# tests run too where they are there. MODELS is a repository with Triton's own example models (simple, simple_string, ...).
# None of their code is part of this repository. The last line reads "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
folder=${1:-../triton} models=${2:-../shared/data/models/triton-examples}
. tests/triton-common.sh
[ -d "$models" ] || skip "there is no folder '$models' with Triton's example models"
examples=$(find "$folder" -name simple_http_infer_client.py -path '*python*' -printf '%h\n' -quit)
[ -n "$examples" ] || skip "'$folder' has no Python example clients of Triton"

example() { # example FILE ARGUMENTS...
  port=$http; case "$1" in *grpc*) port=$grpc ;; esac
  timeout 120 "$python" "$examples/$1" -u "127.0.0.1:$port" "${@:2}" >"$work/out" 2>&1
  report "$*" $? "$work/out"
}
suite() { # suite FILE [TIMEOUT] [CLASS]: a unittest file of qa/, or one class of it, one line for each test
  [ -n "$qa" ] && [ -f "$qa/$1" ] || { leave "$1" "not in '$folder'"; return; }
  mkdir -p "$work/qa/$(dirname "$1")"; cp -rn "$qa/common" "$work/qa/" 2>/dev/null; cp "$qa/$1" "$work/qa/$1"
  for test in $(tests_of "$qa/$1" "${3:-}"); do
    [ "${test##*.}" = test_client_shm_disabled_by_default ] && [ -z "${shm_off:-}" ] && continue
    [ "${test##*.}" != test_client_shm_disabled_by_default ] && [ -n "${shm_off:-}" ] && continue
    # 2^31 bytes and their base64 several times over: only on request, and only where the memory is there.
    [ "${test##*.}" = test_loading_large_invalid_model ] && [ -z "${OUTSIDE_LARGE:-}" ] && { leave "$1 $test" "takes 12 GB of memory; OUTSIDE_LARGE=1 runs it"; continue; }
    # These tests are made for a server of their own each: none of the last one's regions may be left.
    curl -s -o /dev/null -X POST http://127.0.0.1:$http/v2/systemsharedmemory/unregister; rm -f /dev/shm/{dummy_data,input0_data,input1_data,output0_data,output1_data}
    (cd "$work/qa/$(dirname "$1")" && timeout "${2:-120}" "$python" "$(basename "$1")" "$test") >"$work/out" 2>&1
    report "$1 $test${CLIENT_TYPE:+ ($CLIENT_TYPE)}" $? "$work/out"
  done
}

repository() { # repository NAME COUNT MODELS...: the example models, more of them, and copies of "simple" up to COUNT
  mkdir -p "$work/$1"; cp -r "$models"/* "$work/$1/"; chmod -R u+w "$work/$1"
  for model in "${@:3}"; do cp -r "$work/conformance/$model" "$work/$1/"; done
  for i in $(seq 1 20); do
    [ "$(find "$work/$1" -mindepth 1 -maxdepth 1 -type d | wc -l)" -ge "$2" ] && break
    name=simple_copy$i; [ $i = 1 ] && name=onnx_int32_int32_int32 # which a qa test knows it by
    cp -r "$work/$1/simple" "$work/$1/$name"; sed -i "s/name: \"simple\"/name: \"$name\"/" "$work/$1/$name/config.pbtxt"
  done
}
dotnet run --project bench/Load -- conformance-models --out "$work/conformance" >/dev/null || exit 1
repository http 7 simple_string_dyna_sequence simple_identity
repository grpc 8 simple_string_dyna_sequence simple_identity
repository seven 7
repository eight 8

echo "== example clients"
serve "$work/http" --Gateway:AllowSharedMemory=true
for client in simple_http_health_metadata simple_grpc_health_metadata simple_http_infer_client simple_grpc_infer_client \
  simple_http_async_infer_client simple_grpc_async_infer_client simple_http_aio_infer_client simple_grpc_aio_infer_client \
  simple_http_string_infer_client simple_grpc_string_infer_client simple_grpc_custom_args_client simple_grpc_keepalive_client \
  grpc_explicit_int_content_client grpc_explicit_int8_content_client grpc_explicit_byte_content_client \
  simple_http_shm_client simple_grpc_shm_client simple_http_shm_string_client simple_grpc_shm_string_client \
  simple_http_sequence_sync_infer_client simple_grpc_sequence_sync_infer_client simple_grpc_sequence_stream_infer_client \
  simple_grpc_aio_sequence_stream_infer_client; do
  example $client.py
done
for client in simple_http_sequence_sync_infer_client simple_grpc_sequence_sync_infer_client simple_grpc_sequence_stream_infer_client simple_grpc_aio_sequence_stream_infer_client; do
  example $client.py -d
done
[ -n "$qa" ] && { echo "== qa"; suite L0_http/python_http_aio_test.py; }
stop
serve "$work/grpc" --Gateway:AllowSharedMemory=true
if [ -n "$qa" ]; then
  suite L0_grpc/python_grpc_aio_test.py
  suite L0_logging/logging_endpoint_test.py
  for CLIENT_TYPE in http grpc; do export CLIENT_TYPE; suite L0_shared_memory/shared_memory_test.py 120 SharedMemoryTest; done # but for one test of a server without it
  unset CLIENT_TYPE
fi
stop
echo "== model control"
serve "$work/seven"
[ -n "$qa" ] && for CLIENT_TYPE in http grpc; do export CLIENT_TYPE; shm_off=1 suite L0_shared_memory/shared_memory_test.py 120 SharedMemoryTest; done
unset CLIENT_TYPE; stop
serve "$work/seven" --mode explicit; example simple_http_model_control.py; stop
serve "$work/eight" --mode explicit; example simple_grpc_model_control.py; stop
if [ -n "$qa" ]; then
  echo "== qa of the HTTP surface"
  serve "$work/conformance" --mode explicit --load-model '*' --Gateway:TritonStatusCodes=true
  suite L0_http/http_test.py 300
  stop
  echo "== qa of the trace settings"
  serve "$work/seven" --Gateway:TraceFile=global_unittest.log --Gateway:TraceLevel=TIMESTAMPS --Gateway:TraceRate=1
  suite L0_trace/trace_endpoint_test.py
  stop
  rm -f global_unittest.log
fi
[ "$failed" -gt 0 ] && printf 'failed: %s\n' "${failures[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
