#!/usr/bin/env bash
# Writes what each image is made of, as CycloneDX: FOLDER/silo.cdx.json and FOLDER/api.cdx.json. Packages and their licences and hashes; what the
# base image brings is told by the base image.
#
#   build/sbom.sh [FOLDER] [VERSION]    out and 0.0.0-dev, when they are not given
#
# Exits with 0 when they are written, 1 when a list is empty or wrong, and 3 when it could not be done: the tool, or a package, cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly folder=${1:-out} version=${2:-0.0.0-dev}
cannot() { echo "NO LIST OF WHAT THE IMAGES ARE MADE OF: $1" >&2; exit 3; }

said=$(mktemp)
trap 'rm -f "$said"' EXIT
dotnet tool restore >"$said" 2>&1 || cannot "the tool cannot be had: $(tail -n 1 "$said")"
for project in Silo Api; do
  dotnet restore "src/$project" -v quiet --nologo >"$said" 2>&1 || cannot "its packages cannot be had: $(tail -n 1 "$said")"
  dotnet tool run dotnet-CycloneDX "src/$project/$project.csproj" --exclude-dev --disable-package-restore \
    --output "$folder" --filename "${project,,}.cdx.json" --output-format Json \
    --set-name "continue-watching-${project,,}" --set-version "$version" --set-type Container >/dev/null
  packages=$(grep -c '"bom-ref": "pkg:nuget/' "$folder/${project,,}.cdx.json") || { echo "$folder/${project,,}.cdx.json has no package." >&2; exit 1; }
  printf '%s: %d packages\n' "$folder/${project,,}.cdx.json" "$packages"
done
