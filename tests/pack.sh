#!/usr/bin/env bash
# The packages as a user gets them: packs client, contracts and the two tools, builds a new project against the client's package, installs the tools, and lets the
# new project ask the installed server. usage: tests/pack.sh [CONFIGURATION [FOLDER]]   (a configuration that is built; the folder keeps the packages)
set -uo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
configuration=${1:-Debug}
work=$(mktemp -d); feed=${2:-$work/feed}; server=
mkdir -p "$feed"; feed=$(cd "$feed" && pwd)
trap '[ -n "$server" ] && { kill -9 "$server"; wait "$server"; } 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "pack: $1"; for log in "$work"/*.log; do echo "-- $log"; tail -n 15 "$log"; done; echo "0 passed, 1 failed, 0 skipped"; exit 1; }
export NUGET_PACKAGES=${NUGET_PACKAGES:-$HOME/.nuget/packages}
# A version of its own, so that no package cached before is taken for this one.
version=0.2.0-check.$(date +%s)
projects="Abstractions Protocol.Json Grains.Interfaces Scheduling Routing Protocol Client Client.Grpc Client.Orleans Client.Images Cli Silo"
for project in $projects; do
  dotnet pack "$here/$project" --no-build -c "$configuration" -o "$feed" -v q -p:PackageVersion="$version" >"$work/pack.log" 2>&1 || fail "$project cannot be packed"
done
for package in ${projects/%Silo/Server}; do
  [ -f "$feed/OrleansInference.$package.$version.nupkg" ] || fail "there is no package OrleansInference.$package: $(ls "$feed")"
  python3 - "$feed/OrleansInference.$package.$version.nupkg" <<'P' || fail "OrleansInference.$package lacks a licence or a description"
import sys, zipfile
package = zipfile.ZipFile(sys.argv[1])
manifest = next(package.read(name).decode() for name in package.namelist() if name.endswith(".nuspec"))
sys.exit(0 if all(part in manifest for part in ("<license ", "<description>")) and "<description>Package Description</description>" not in manifest else 1)
P
done
mkdir "$work/app" "$work/tools"
cp "$here/samples/MinimalClient/Program.cs" "$work/app/"
cat >"$work/app/App.csproj" <<X
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings><RestoreAdditionalProjectSources>$feed</RestoreAdditionalProjectSources></PropertyGroup>
  <ItemGroup><PackageReference Include="OrleansInference.Client" Version="$version" /></ItemGroup>
</Project>
X
dotnet build "$work/app" -v q -o "$work/app/out" >"$work/app.log" 2>&1 || fail "a project with the client's package does not build"
for tool in Server Cli; do dotnet tool install "OrleansInference.$tool" --version "$version" --tool-path "$work/tools" --add-source "$feed" >"$work/tool.log" 2>&1 || fail "OrleansInference.$tool cannot be installed as a tool"; done
(cd "$work" && exec "$work/tools/orleans-inference" --models "$here/models" --Node:ProfileOnLoad=false) >"$work/server.log" 2>&1 & server=$!
for _ in $(seq 600); do curl -sf -o /dev/null http://127.0.0.1:8080/v2/models/color-names/ready && break; sleep 0.1; done
answer=$(dotnet "$work/app/out/App.dll" 255 140 0 2>"$work/client.log") || fail "the client of the package failed"
[ "$answer" = orange ] || fail "the client of the package answered '$answer'"
# Who only speaks HTTP installs neither Orleans nor gRPC nor a library for pictures.
foreign=$(find "$work/app/out" -name '*.dll' | grep -iE '/(Orleans\.|Microsoft\.Orleans|Grpc|Google\.Protobuf|SkiaSharp)' | head -3)
[ -z "$foreign" ] || fail "an application over HTTP brings along: $foreign"
[ "$(wc -l <"$here/samples/MinimalClient/Program.cs")" -le 12 ] || fail "the sample has more than 12 lines"
for package in Abstractions Client; do [ -f "$work/app/out/OrleansInference.$package.dll" ] || fail "OrleansInference.$package is missing"; done
"$work/tools/oinf" infer color-names --help >/dev/null && "$work/tools/oinf" nodes >"$work/nodes.log" 2>&1 || fail "oinf as a tool failed"
curl -sf http://127.0.0.1:8080/ | grep -q OrleansInference || fail "the packed server has no dashboard"
rm -rf "$NUGET_PACKAGES"/orleansinference.*/"$version"
echo "pack: $(wc -w <<<"$projects") packages; a project with OrleansInference.Client asks the installed orleans-inference: $answer"
echo "1 passed, 0 failed, 0 skipped"
