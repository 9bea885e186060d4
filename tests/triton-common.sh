# Sourced by outside-clients.sh and triton-suites.sh: Triton's Python client library with our stubs, a silo at Triton's own
# ports, and a line for each test. Callers have set `folder`, a folder with Triton's checkouts; `work` is removed at the end.
skip() { echo "skipped: $1"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
[ -d "$folder" ] || skip "there is no folder '$folder' with NVIDIA Triton's clients"
python=/usr/bin/python3
library=$(find "$folder" -type d -name tritonclient -path '*library*' -print -quit)
[ -n "$library" ] || skip "'$folder' has no Python client library of Triton"
"$python" -c 'import grpc, numpy, geventhttpclient, aiohttp, rapidjson, requests, packaging, psutil, google.protobuf' 2>/dev/null \
  || skip "a Python package is missing; apt-get install python3-grpcio python3-numpy python3-geventhttpclient python3-aiohttp python3-rapidjson python3-requests python3-packaging python3-psutil python3-protobuf"
command -v protoc >/dev/null && command -v grpc_python_plugin >/dev/null || skip "protoc is missing; apt-get install protobuf-compiler protobuf-compiler-grpc"

work=$(mktemp -d); pid=; passed=0 failed=0 skipped=0 failures=()
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; wait 2>/dev/null; [ -n "${KEEP_WORK:-}" ] && echo "kept: $work" || rm -rf "$work"' EXIT

# The client library with stubs from this repository's own protocol files, under the names that the library expects.
mkdir -p "$work/lib" "$work/proto"
cp -r "$library" "$work/lib/"
cp Protocol/model_config.proto "$work/proto/model_config.proto"
cp Protocol/grpc_service.proto "$work/proto/service.proto"
protoc -I "$work/proto" --python_out="$work/lib/tritonclient/grpc" --grpc_out="$work/lib/tritonclient/grpc" \
  --plugin=protoc-gen-grpc="$(command -v grpc_python_plugin)" "$work/proto/model_config.proto" "$work/proto/service.proto" || exit 1
sed -i -E 's/^import (model_config_pb2|service_pb2)/from tritonclient.grpc import \1/' "$work"/lib/tritonclient/grpc/*_pb2*.py
# The qa tests name a bfloat16 package that Debian lacks, in an import; none that runs here uses it.
"$python" -c "import ml_dtypes" 2>/dev/null || printf "import numpy\nbfloat16 = numpy.uint16\n" >"$work/lib/ml_dtypes.py"
export BACKENDS=onnx PYTHONPATH="$work/lib" PYTHONDONTWRITEBYTECODE=1

silo=(dotnet "${SILO_DLL:-Silo/bin/Debug/net10.0/OrleansInference.Silo.dll}")
[ -f "${silo[1]}" ] || dotnet build Silo >/dev/null || exit 1
http=8000 grpc=8001 silo_port=${SILO_PORT:-21121} gateway_port=${GATEWAY_PORT:-31121}
silo_log=$work/silo.log

launch() { # launch OPTIONS...: a silo at Triton's own ports, not yet ready
  "${silo[@]}" --http-port $http --grpc-port $grpc --silo-port "$silo_port" --gateway-port "$gateway_port" \
    --Gateway:ServerName=triton --Node:ProfileOnLoad=false "$@" >"$silo_log" 2>&1 &
  pid=$!
}
ready() { # ready [SECONDS]: waits until the silo is; 1 where it ends or the time does
  for _ in $(seq $((${1:-60} * 10))); do
    curl -sf -o /dev/null http://127.0.0.1:$http/v2/health/ready && return
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
serve() { # serve MODELS OPTIONS...: a silo at Triton's own ports, ready
  launch --models "$1" "${@:2}"
  ready 60 && return
  kill -0 "$pid" 2>/dev/null || { cat "$silo_log"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
}
stop() { kill -TERM "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; pid=; }
report() { # report NAME STATUS LOG
  if [ "$2" = 0 ]; then
    passed=$((passed + 1)); echo "pass  $1"
  else
    failed=$((failed + 1)); failures+=("$1"); echo "FAIL  $1"; tail -n "${TAIL:-12}" "$3" | sed 's/^/      /'
  fi
}
leave() { skipped=$((skipped + 1)); echo "skip  $1: $2"; } # leave NAME REASON
tests_of() { # tests_of FILE [CLASS]: the names of its tests
  "$python" - "$1" "${2:-}" <<'LIST'
import ast, sys
for node in ast.parse(open(sys.argv[1]).read()).body:
    if isinstance(node, ast.ClassDef) and sys.argv[2] in ("", node.name):
        for item in node.body:
            if getattr(item, "name", "").startswith("test"): print(f"{node.name}.{item.name}")
LIST
}
qa=$(find "$folder" -type d -name L0_http -path '*/qa/*' -printf '%h\n' -quit)
