#!/usr/bin/env bash
# The silo with ONNX Runtime for CUDA: it builds, and where no CUDA device answers it serves on the CPU and says what is missing.
# In a folder of its own, so that the build for the CPU stays as it is. The last line reads "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
work=$(mktemp -d); pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "gpu variant: $1"; [ -f "$work/log" ] && tail -n 20 "$work/log"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

dotnet build Silo -warnaserror -v q --artifacts-path "$work/build" -p:OrtPackage=Microsoft.ML.OnnxRuntime.Gpu || fail "it does not build"
silo=$work/build/bin/Silo/debug/OrleansInference.Silo.dll
ports=(--http-port 28080 --grpc-port 28081 --silo-port 28111 --gateway-port 28300)
dotnet "$silo" --models models "${ports[@]}" --Node:ProfileOnLoad=false >"$work/log" 2>&1 & pid=$!
for _ in $(seq 600); do curl -sf -o /dev/null http://127.0.0.1:28080/v2/models/color-names/ready && break; sleep 0.1; done
answer=$(curl -s http://127.0.0.1:28080/v2/models/color-names/infer \
  -d '{"inputs":[{"name":"rgb","shape":[1,3],"datatype":"FP32","data":[255,140,0]}],"outputs":[{"name":"label"}]}')
[[ $answer == *'"orange"'* ]] || fail "it answered: $answer"
if ldconfig -p | grep -q libcuda.so.1; then
  echo "gpu variant: built and served; this machine has a CUDA driver, so that nothing need be missing"
else
  grep -qE 'lib(cuda|cudart|cublas|cublasLt|cudnn|cufft|curand)\.so\.[0-9]+' "$work/log" || fail "its log does not name the missing library"
  echo "gpu variant: built; without a device it served on the CPU and named $(grep -oE 'lib[a-zA-Z]+\.so\.[0-9]+' "$work/log" | head -n 1)"
fi
echo "1 passed, 0 failed, 0 skipped"
