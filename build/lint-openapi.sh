#!/usr/bin/env bash
# Lints the description of the routes with Redocly CLI, from npm.
#
#   build/lint-openapi.sh           starts the Standalone on a free port with an empty data folder, and lints what it describes
#   build/lint-openapi.sh FILE|URL  lints that
#
# Exits with 0 when there is no error, 1 when there is one, and 3 when it could not lint: no linter, or nothing to lint.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly linter=@redocly/cli@2.77.0
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

cannot() { echo "NOT LINTED: $1" >&2; exit 3; }

folder=$(mktemp -d)
service=''
clean() {
  if [[ -n $service ]]; then
    kill "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap clean EXIT

command -v npm >/dev/null || cannot 'there is no npm.'
npm install --prefix "$folder/npm" --no-audit --no-fund --loglevel=error "$linter" >"$folder/npm.log" 2>&1 ||
  cannot "$linter does not install (it needs Node 20.19, or 22.12 and later; this is $(node --version)): $(tail -n 3 "$folder/npm.log")"

document=${1-}
if [[ -z $document ]]; then
  dotnet build src/Standalone -v quiet --nologo >"$folder/build.log" || cannot "the Standalone does not build: $(tail -n 3 "$folder/build.log")"
  dotnet src/Standalone/bin/Debug/net10.0/ContinueWatching.Standalone.dll --urls http://127.0.0.1:0 --data "$folder/data" >"$folder/log" 2>&1 &
  service=$!
  for ((tries = 0; tries < 600; tries++)); do
    url=$(sed -nE 's/.*(http:\/\/127\.0\.0\.1:[1-9][0-9]*).*/\1/p' "$folder/log" | head -n 1)
    [[ -n $url ]] && curl -sf "$url/health/ready" >/dev/null && break
    kill -0 "$service" 2>/dev/null || cannot "the Standalone does not start: $(tail -n 3 "$folder/log")"
    sleep 0.1
  done
  document=$folder/v1.json
  curl -sSf "$url/openapi/v1.json" -o "$document" || cannot 'the Standalone does not describe its routes.'
fi

"$folder/npm/node_modules/.bin/redocly" lint --config build/redocly.yaml "$document"
