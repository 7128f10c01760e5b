#!/usr/bin/env bash
# Asks the package registry whether any package of ours, or of theirs, has a known vulnerability. A registry that knows of none answers as one that
# was never told: so it is asked of a package as well that has one.
#
# Exits with 0 when there is none, 1 when there is one, and 3 when it could not be asked.
set -euo pipefail
cd "$(dirname "$0")/.."

cannot() { echo "VULNERABILITIES NOT CHECKED: $1" >&2; exit 3; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# GHSA-5crp-9r3c-p9vr, of 2022. Outside of the repository, where nothing of it counts.
cat >"$folder/canary.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Newtonsoft.Json" Version="12.0.3" />
  </ItemGroup>
</Project>
PROJECT
ask() { timeout 300 dotnet list "$1" package --vulnerable --include-transitive 2>&1; }
(cd "$folder" && dotnet restore -v quiet --nologo >/dev/null 2>&1 && ask canary.csproj >canary) || cannot 'the registry does not answer.'
grep -q 'Newtonsoft.Json' "$folder/canary" || cannot 'the registry does not know of a vulnerability that all registries should know of.'

ask ContinueWatching.sln >"$folder/answer" || cannot "$(tail -n 3 "$folder/answer")"
if grep -q 'has the following vulnerable packages' "$folder/answer"; then
  grep -vE 'has no vulnerable packages|sources were used|https?://|up-to-date|^$' "$folder/answer" >&2
  exit 1
fi
echo 'No package has a known vulnerability.'
