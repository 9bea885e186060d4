#!/usr/bin/env bash
# Joins the parts beside it and measures the silo on the card. Needs an NVIDIA driver, CUDA 13 and cuDNN 9, and 2 GB of disk.
# Usage: run.sh [--cpu] [--seconds N] [--loads N]   The last line reads "N passed, N failed".
#   --cpu      the same on the CPU, to try the script where there is no card
#   --seconds  how long each cell of the table takes, default 2
#   --loads    how often a model is loaded and unloaded, default 200
set -euo pipefail
provider=cuda seconds=2 loads=200
while [ $# -gt 0 ]; do
  case $1 in
    --cpu) provider=cpu; shift ;;
    --seconds) seconds=$2; shift 2 ;;
    --loads) loads=$2; shift 2 ;;
    *) sed -n 3,6p "$0" >&2; exit 2 ;;
  esac
done
cd "$(dirname "$0")"
sha256sum --quiet -c SHA256SUMS || { echo "a part is missing or broken; bench/gpu/pack.sh makes them"; exit 1; }
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cat gpu.tar.gz.* | tar -C "$work" -xzf -

# Where the toolkit, its Python packages and drivers put what ONNX Runtime loads.
folders=()
for pattern in '/usr/local/cuda*/lib64' '/usr/local/cuda*/targets/*/lib' '/usr/local/nvidia/lib64' '/usr/lib/x86_64-linux-gnu'; do
  for folder in $pattern; do if [ -d "$folder" ]; then folders+=("$folder"); fi; done
done
if [ "$provider" = cuda ] && command -v python3 >/dev/null; then
  while IFS= read -r folder; do folders+=("$folder"); done < <(python3 - <<'X'
import glob, site, sys
for root in {*site.getsitepackages(), *sys.path}:
    for folder in sorted(glob.glob(root + "/nvidia/*/lib")): print(folder)
X
  )
fi
libraries=$(IFS=:; echo "${folders[*]}")
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

if [ "$provider" = cuda ]; then nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader; fi
lscpu | grep 'Model name' || true
echo "$(nproc) cores, provider $provider"
cd "$work/gpu/app"
./OrleansInference.GpuBench --silo "$PWD/OrleansInference.Silo" --models "$work/gpu/models" --provider "$provider" \
  --seconds "$seconds" --loads "$loads"
