#!/usr/bin/env bash
# Writes docs/licences.md: each package that is shipped in an image or with the Standalone, with its licence, out of what was built and of the
# packages themselves.
#
#   build/licences.sh            writes it; src/Silo, src/Api and src/Standalone must have been built
#   build/licences.sh --check    says whether it is what it would be
#
# Exits with 1 when it is not, or when a package has a licence that is not in the list of those that were agreed to.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly page=docs/licences.md agreed='MIT Apache-2.0 BSD-3-Clause PostgreSQL'
packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')
written=$(mktemp)
trap 'rm -f "$written"' EXIT

# What lies beside the assemblies of a process, as its .deps.json tells; what only builds is not in it.
shipped() {
  local project built
  for project in Silo Api Standalone; do
    built=src/$project/bin/${CONFIGURATION:-Debug}/net10.0/ContinueWatching.$project.deps.json
    [[ -e $built ]] || { echo "src/$project is not built." >&2; return 1; }
    awk -F '"' '/^    "[^"]+\/[^"]+": \{/ { library = $2 } /"type": "package"/ { print library }' "$built"
  done | LC_ALL=C sort -u
}

{
  cat <<'HEAD'
# Licences of what is shipped

Written by `build/licences.sh`, of the packages themselves: those that lie beside the assemblies of the silo, the API and the Standalone. The images bring .NET as well, with its own `ThirdPartyNotices.txt`
in `/usr/share/dotnet`. Agreed to are MIT, Apache-2.0, BSD-3-Clause and PostgreSQL; the script fails for any other.

| package | version | licence | copyright |
|---|---|---|---|
HEAD
  shipped | while IFS=/ read -r id version; do
    nuspec=$packages/${id,,}/${version,,}/${id,,}.nuspec
    licence=$(sed -nE 's/.*<license type="expression">([^<]*)<.*/\1/p' "$nuspec")
    copyright=$(sed -nE 's/.*<copyright>([^<]*)<.*/\1/p' "$nuspec")
    printf '| `%s` | %s | %s | %s |\n' "$id" "$version" "${licence:-not told}" "${copyright:-not told}"
  done
} >"$written"

status=0
while IFS='|' read -r _ package _ licence _; do
  [[ " $agreed " == *"$licence"* ]] || { echo "Not agreed to:$licence, of$package" >&2; status=1; }
done < <(grep '^| `' "$written")

if [[ ${1-} == --check ]]; then
  diff "$page" "$written" || { echo "$page is not what build/licences.sh writes." >&2; status=1; }
else
  cp "$written" "$page"
fi
exit "$status"
