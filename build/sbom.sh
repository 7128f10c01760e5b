#!/usr/bin/env bash
# Writes what each image is made of, as CycloneDX: FOLDER/silo.cdx.json and FOLDER/api.cdx.json. Packages and their licences and hashes; what the
# base image brings is told by the base image.
#
#   build/sbom.sh [FOLDER] [VERSION]    out and 0.0.0-dev, when they are not given
set -euo pipefail
cd "$(dirname "$0")/.."

readonly folder=${1:-out} version=${2:-0.0.0-dev}
dotnet tool restore >/dev/null
for project in Silo Api; do
  dotnet restore "src/$project" -v quiet --nologo
  dotnet tool run dotnet-CycloneDX "src/$project/$project.csproj" --exclude-dev --disable-package-restore \
    --output "$folder" --filename "${project,,}.cdx.json" --output-format Json \
    --set-name "continue-watching-${project,,}" --set-version "$version" --set-type Container >/dev/null
  printf '%s: %d packages\n' "$folder/${project,,}.cdx.json" "$(grep -c '"bom-ref": "pkg:nuget/' "$folder/${project,,}.cdx.json")"
done
