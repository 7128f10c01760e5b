#!/usr/bin/env bash
#
# Builds the images and runs docker-compose.yml for real: the journey through it, silos that come, go and are killed under load, a Postgres
# that is away, a dump that is restored, secrets that change, and what watches it (the profile "observability", where its images can be had;
# where not, that is said). Takes some 4 minutes, and removes what it started; the images stay, with the tag "check".
#
#   build/check-containers.sh          needs Docker (or Podman with its Compose), bash, curl 7.84 and openssl; takes Compose 1.29 and 2
#
# Exits with 0 when all is well, 1 when something is not, and 3 when it could not be checked: no engine, or no base images.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly viewers=20 per_second=10
readonly project=cw-check-$$
cannot() { echo "CONTAINERS NOT CHECKED: $1" >&2; exit 3; }
fail() { printf 'WRONG: %s\n' "$1" >&2; exit 1; }
tell() { printf '%s\n' "$1"; }

# ------------------------------------------------------------------------------------------------------------------ what is there

engine=''
for candidate in docker podman; do
  command -v "$candidate" >/dev/null && "$candidate" info >/dev/null 2>&1 && engine=$candidate && break
done
[[ -n $engine ]] || cannot 'there is no container engine that answers.'
if "$engine" compose version >/dev/null 2>&1; then
  composer=("$engine" compose)
elif command -v docker-compose >/dev/null; then
  composer=(docker-compose)
else
  cannot "there is no Compose for $engine."
fi
curl --help all | grep -q -- '--rate ' || cannot 'curl is older than 7.84.'
for image in $(sed -nE 's/^FROM (\S*\/\S*).*/\1/p' Dockerfile) "$(sed -nE 's/^ +image: (postgres:.*)/\1/p' docker-compose.yml)"; do
  "$engine" image inspect "$image" >/dev/null 2>&1 || "$engine" pull -q "$image" >/dev/null 2>&1 || cannot "the image $image cannot be had."
done

export DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 COMPOSE_PROFILES=''
folder=$(mktemp -d)
port=18080
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
readonly folder port url=http://127.0.0.1:$port
revision=$(git rev-parse HEAD 2>/dev/null) || revision=unknown
TOKEN_SIGNING_KEY=$(openssl rand -base64 32)
export TOKEN_SIGNING_KEY TOKEN_ISSUER=check TOKEN_AUDIENCE=continue-watching API_PORT=$port TAG=check REVISION=$revision
POSTGRES_PASSWORD=$(openssl rand -hex 16)
export POSTGRES_PASSWORD GRAFANA_PASSWORD=unused

# An empty --env-file: nothing of a .env that lies here.
: >"$folder/env"
compose() { "${composer[@]}" --env-file "$folder/env" -p "$project" "$@" >>"$folder/log" 2>&1; }
containers() { "$engine" ps -q --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1"; }

load=()
clean_up() {
  local status=$?
  ((${#load[@]} == 0)) || kill "${load[@]}" 2>/dev/null || true
  if ((status == 1)); then
    compose logs --no-color --tail 5 || true
    tail -n 40 "$folder/log" | cut -c 1-300 >&2
  fi
  compose down -v --remove-orphans || true
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ready() {
  local deadline=$((SECONDS + 90))
  until curl -sf -o /dev/null --max-time 5 "$url/health/ready"; do
    ((SECONDS < deadline)) || fail "$url is not ready after 90 s."
    sleep 0.1
  done
}

# silos N: until so many containers are healthy.
silos() {
  local deadline=$((SECONDS + 90)) id healthy
  while true; do
    healthy=0
    for id in $(containers silo); do
      [[ $("$engine" inspect -f '{{.State.Health.Status}}' "$id" 2>/dev/null) != healthy ]] || healthy=$((healthy + 1))
    done
    ((healthy == $1)) && return
    ((SECONDS < deadline)) || fail "$healthy of $1 silos are healthy after 90 s."
    sleep 0.5
  done
}

# ---------------------------------------------------------------------------------------------------------------------- the load

# Viewers, each on one connection, tell where they are and ask for their row, in turn. Each place is told once: its second is the number of
# the request, from where the phase begins.
readonly requests=2000
phase=0
title() { printf '%08d-0000-4000-8000-000000000001' "$1"; }
requests() {
  awk -v url="$url" -v viewer="$1" -v title="$(title "$1")" -v token="$2" -v first=$((phase * requests)) -v requests=$requests 'BEGIN {
    for (number = 1; number <= requests; number++) {
      if (number > 1) print "next"
      if (number % 2 == 1) {
        printf "url = \"%s/updateWatchStatus\"\nrequest = PUT\nheader = \"Content-Type: application/json\"\n", url
        printf "data = \"{\\\"userId\\\":\\\"viewer-%d\\\",\\\"contentId\\\":\\\"%s\\\",\\\"resumeFrom\\\":%d,\\\"duration\\\":1000000,\\\"deviceId\\\":\\\"tv\\\"}\"\n", viewer, title, first + number
      } else {
        printf "url = \"%s/users/me/continue-watching\"\n", url
      }
      printf "header = \"Authorization: Bearer %s\"\noutput = \"/dev/null\"\nmax-time = 20\n", token
      print "write-out = \"%{stderr}%{http_code} %{time_total} %header{retry-after}\\n\""
    }
  }'
}

load_begins() {
  local viewer
  phase=$((phase + 1))
  load=()
  for ((viewer = 1; viewer <= viewers; viewer++)); do
    requests $viewer "$(cat "$folder/token-$viewer")" >"$folder/requests-$viewer"
  done
  for ((viewer = 1; viewer <= viewers; viewer++)); do
    curl -s --rate $per_second/s -K "$folder/requests-$viewer" 2>"$folder/answers-$phase-$viewer" &
    load+=($!)
  done
  all_served
}

# Until every viewer has had a report acknowledged that was answered after now: nobody is left hanging, nor cut off in the middle by the end of the load.
all_served() {
  local viewer deadline=$((SECONDS + 60))
  local -a before
  for ((viewer = 1; viewer <= viewers; viewer++)); do before[viewer]=$(wc -l <"$folder/answers-$phase-$viewer"); done
  for ((viewer = 1; viewer <= viewers; viewer++)); do
    until awk -v before="${before[viewer]}" '$1 == 200 && NR > before && NR % 2 == 1 { served = 1 } END { exit !served }' "$folder/answers-$phase-$viewer"; do
      ((SECONDS < deadline)) || fail "viewer $viewer is not served within 60 s."
      sleep 0.1
    done
  done
}

# load_ends WHAT ALLOWED: sums up. ALLOWED is what a failed request may have been: nothing, or 503 (with Retry-After).
load_ends() {
  local ok refused other longest
  sleep 3
  all_served
  kill "${load[@]}" 2>/dev/null || true
  wait "${load[@]}" 2>/dev/null || true
  load=()
  read -r ok refused other longest < <(cat "$folder/answers-$phase-"* | awk '
    $1 == 200 { ok++ } $1 == 503 && $3 != "" { refused++ } $1 != 200 && !($1 == 503 && $3 != "") { other++; print $1 > "/dev/stderr" }
    $2 > longest { longest = $2 } END { print ok + 0, refused + 0, other + 0, longest + 0 }')
  tell "  $1: $ok answered 200, $refused refused with 503, $other failed; the longest answer took $longest s"
  ((ok > viewers * per_second)) || fail "under \"$1\" there was hardly any load."
  ((other == 0)) || fail "$other requests failed under \"$1\"."
  [[ $2 == 503 ]] || ((refused == 0)) || fail "$refused requests were refused under \"$1\"."
}

# What was told and answered 200 is held: the last place of each viewer, or a later one that was refused and stored nevertheless.
nothing_lost() {
  local viewer number told held
  for ((viewer = 1; viewer <= viewers; viewer++)); do
    number=$(awk '$1 == 200 && NR % 2 == 1 { last = NR } END { print last + 0 }' "$folder/answers-$phase-$viewer")
    told=$((phase * requests + number))
    held=$(curl -sS --max-time 20 -H "Authorization: Bearer $(cat "$folder/token-$viewer")" \
      "$url/getWatchStatus?userId=me&contentId=$(title $viewer)" | sed -nE 's/.*"resumeFrom":([0-9]+).*/\1/p')
    ((number > 0 && ${held:-0} >= told)) || fail "viewer $viewer was acknowledged second $told, and is at ${held:-none}."
  done
}

# ---------------------------------------------------------------------------------------------------------------------- the check

began=$SECONDS
tell 'The images are built.'
"${composer[@]}" --env-file "$folder/env" -p "$project" build >"$folder/build" 2>&1 || { tail -n 40 "$folder/build" >&2; fail 'they do not build.'; }
tell "  after $((SECONDS - began)) s"
for image in continue-watching-silo:check continue-watching-api:check; do
  [[ $("$engine" image inspect -f '{{.Config.User}}' "$image") =~ ^[1-9] ]] || fail "$image runs as root."
  [[ $("$engine" image inspect -f '{{index .Config.Labels "org.opencontainers.image.revision"}}' "$image") == "$revision" ]] || fail "$image does not say its commit."
done

tell 'The journey, through the service in containers; in its middle all of ours are killed.'
compose up -d --scale silo=2 || fail 'it does not start.'
ready
silos 2
# The first call of all compiles what it needs. On a busy machine it takes longer than one try of a call may, and the second try finds a repeat.
curl -s -o /dev/null --max-time 20 -X PUT -H "Authorization: Bearer $(samples/token.sh first)" -H 'Content-Type: application/json' \
  -d "{\"userId\":\"first\",\"contentId\":\"$(title 1)\",\"resumeFrom\":60}" "$url/updateWatchStatus" || true
samples/journey.sh --url "$url" --token-command 'samples/token.sh 123' --catalogue-token-command 'samples/token.sh cms continue-watching.catalog' \
  --restart-command "${composer[*]} --env-file $folder/env -p $project kill api silo && ${composer[*]} --env-file $folder/env -p $project up -d --scale silo=2" \
  >"$folder/journey" 2>&1 || { tail -n 30 "$folder/journey" >&2; fail 'the journey does not arrive.'; }
tell "  $(grep -cE '^[0-9]+\. ' "$folder/journey") steps"

published=$("$engine" ps --filter "label=com.docker.compose.project=$project" --format '{{.Ports}}' | grep -o '[0-9.:]*->[0-9]*' | sort -u)
[[ $published == "127.0.0.1:$port->8080" ]] || fail "published is $published, and not only the API on loopback."
for id in $(containers silo) $(containers api); do
  [[ $("$engine" inspect -f '{{.HostConfig.ReadonlyRootfs}}' "$id") == true ]] || fail 'a root file system is not read-only.'
done

# The service's role in Postgres is a plain one, and nobody else's password opens it from outside.
[[ $("$engine" exec "$(containers postgres)" psql -U postgres -tAc "select string_agg(rolname || ' ' || rolsuper || ' ' || (rolpassword is not null), ', ' order by rolname) from pg_authid where rolcanlogin") \
  == 'continue_watching false true, postgres true false' ]] || fail 'the roles of Postgres are others.'

# Where Prometheus is told to fetch metrics there are some; asked from a container that has bash.
silos 2
while read -r name metrics; do
  "$engine" exec "$(containers postgres)" bash -c "exec 3<>/dev/tcp/$name/$metrics; printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3; cat <&3" >"$folder/metrics" || true
  grep -q '^dotnet_gc_collections' "$folder/metrics" || fail "there are no metrics at $name:$metrics."
done < <(sed -nE 's/.*names: \[(.*)\]/\1/p; s/.*port: (.*)/\1/p' deploy/prometheus/prometheus.yml | paste - -)

tell 'Silos under load.'
for ((viewer = 1; viewer <= viewers; viewer++)); do samples/token.sh "viewer-$viewer" >"$folder/token-$viewer"; done
load_begins
compose up -d --no-recreate --scale silo=3
silos 3
load_ends 'a third silo' none
nothing_lost

load_begins
compose up -d --no-recreate --scale silo=1
silos 1
load_ends 'two of three silos leave' none
nothing_lost

compose up -d --no-recreate --scale silo=3
silos 3
load_begins
victim=$(containers silo | head -n 1)
"$engine" kill "$victim" >/dev/null
load_ends 'a silo is killed (SIGKILL)' none
nothing_lost
"$engine" start "$victim" >/dev/null
silos 3

tell 'Postgres is stopped for 5 s under load.'
load_begins
compose stop postgres
sleep 5
compose start postgres
until "$engine" exec "$(containers postgres)" pg_isready -q -h 127.0.0.1; do sleep 0.1; done
back=$(date +%s%N)
until [[ $(curl -s -o /dev/null --max-time 5 -w '%{http_code}' -H "Authorization: Bearer $(samples/token.sh somebody)" "$url/users/me/continue-watching") == 200 ]]; do sleep 0.05; done
tell "  a user who was not in memory is served $((($(date +%s%N) - back) / 1000000)) ms after Postgres"
load_ends 'Postgres is away' 503
nothing_lost

tell 'What was dumped is restored.'
postgres() { "$engine" exec -i "$(containers postgres)" "$@"; }
# tells WHO: somebody tells a place. places WHO: how many are held of that.
tells() {
  curl -sf -o /dev/null --max-time 20 -X PUT -H "Authorization: Bearer $(samples/token.sh "$1")" -H 'Content-Type: application/json' \
    -d "{\"userId\":\"$1\",\"contentId\":\"$(title 1)\",\"resumeFrom\":60,\"duration\":1000000}" "$url/updateWatchStatus" || fail "$1 cannot tell a place."
}
places() { curl -s --max-time 20 -H "Authorization: Bearer $(samples/token.sh "$1")" "$url/getWatchStatus?userId=me&contentId=$(title 1)" | grep -o '"resumeFrom"' | wc -l; }
tells early
postgres pg_dump -U postgres -Fc continue_watching >"$folder/places.dump"
tells late
postgres createdb -U postgres -O continue_watching restored
postgres pg_restore -U postgres -d restored --single-transaction <"$folder/places.dump"
postgres psql -q -U postgres -d restored -c 'delete from orleansmembershiptable'
compose stop api silo
postgres psql -q -U postgres -c 'alter database continue_watching rename to lost' -c 'alter database restored rename to continue_watching'
compose up -d --scale silo=3
ready
silos 3
[[ $(places early) == 1 && $(places late) == 0 ]] || fail "of two places, one told before the dump and one after it, $(places early) and $(places late) are held."
nothing_lost

tell 'The secrets are others from now on.'
before=$(samples/token.sh early)
POSTGRES_PASSWORD=$(openssl rand -hex 16)
TOKEN_SIGNING_KEY=$(openssl rand -base64 32)
echo "alter role continue_watching password '$POSTGRES_PASSWORD'" | postgres psql -q -U postgres
compose up -d --scale silo=3
ready
silos 3
[[ $(places early) == 1 ]] || fail 'with a new password there is no place.'
[[ $(curl -s -o /dev/null --max-time 20 -w '%{http_code}' -H "Authorization: Bearer $before" "$url/users/me/continue-watching") == 401 ]] || fail 'a token of the old key is good.'

# What watches it: images of others, which are checked where they can be had.
missing=''
for image in $(grep -A 1 'profiles: \[observability\]' docker-compose.yml | sed -nE 's/^ +image: //p'); do
  "$engine" image inspect "$image" >/dev/null 2>&1 || "$engine" pull -q "$image" >/dev/null 2>&1 || missing+=" $image"
done
if [[ -n $missing ]]; then
  echo "NOT CHECKED: observability. These images cannot be had:$missing" >&2
else
  tell 'Metrics, traces and the dashboard.'
  GRAFANA_PORT=$((port + 1))
  while (exec 3<>"/dev/tcp/127.0.0.1/$GRAFANA_PORT") 2>/dev/null; do GRAFANA_PORT=$((GRAFANA_PORT + 1)); done
  export GRAFANA_PORT COMPOSE_PROFILES=observability OTEL_EXPORTER_OTLP_ENDPOINT=http://otel-collector:4317 OTEL_TRACES_SAMPLER_ARG=1
  compose up -d --scale silo=3
  ready
  silos 3
  tells traced
  # until_says WHAT PATTERN COMMAND…: until what the command prints has the pattern.
  until_says() {
    local what=$1 pattern=$2 deadline=$((SECONDS + 90))
    shift 2
    until "$@" 2>&1 | grep -q "$pattern"; do
      ((SECONDS < deadline)) || fail "$what"
      sleep 1
    done
  }
  # Of four processes each; asked from a container that has bash, for Prometheus is not published.
  targets() {
    postgres bash -c 'exec 3<>/dev/tcp/prometheus/9090; printf "GET /api/v1/targets?state=active HTTP/1.0\r\n\r\n" >&3; cat <&3' </dev/null |
      grep -o '"health":"[a-z]*"' | sort | uniq -c | tr -s ' \n' ' '
  }
  until_says 'Prometheus does not find three silos and an API.' '^ 4 "health":"up" $' targets
  until_says 'the collector has received no trace.' '"spans": [1-9]' "$engine" logs "$(containers otel-collector)"
  grafana() { curl -s --max-time 5 -u "admin:$GRAFANA_PASSWORD" "http://127.0.0.1:$GRAFANA_PORT$1"; }
  until_says 'Grafana is not well.' '"database": *"ok"' grafana /api/health
  until_says 'Grafana has no dashboard.' 'Continue Watching' grafana '/api/search?type=dash-db'
fi

tell 'All are told to stop.'
stopping=$SECONDS
members=$(containers silo; containers api)
compose stop
for id in $members; do
  code=$("$engine" inspect -f '{{.State.ExitCode}}' "$id")
  [[ $code == 0 ]] || fail "a container ended with $code instead of 0."
done
tell "  after $((SECONDS - stopping)) s, each by itself"
tell "The containers are well: $((SECONDS - began)) s."
