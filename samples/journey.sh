#!/usr/bin/env bash
#
# A viewer's journey through the service, to read and to run: each step says what happens, shows the request and the answer, and
# checks it. Needs bash, curl and the .NET SDK; and a Postgres on the PATH, or npm, from which one is fetched.
#
#   samples/journey.sh [--port PORT] [--app FILE]
#     Builds the Standalone (or takes the built ContinueWatching.Standalone.dll that FILE names), starts it on PORT (8099) with an
#     empty data folder, kills it in the middle, starts it again, and removes everything.
#
#   samples/journey.sh --url URL --token-command CMD [--catalogue-token-command CMD] [--restart-command CMD]
#     Travels through a service that runs already. The token command prints a bearer token of user 123, who is erased at the end; the
#     other one a token of the scope continue-watching.catalog. The restart command kills what is to be killed and starts it again; the
#     script then waits until URL/health/ready. Steps whose command is absent are left out.

set -euo pipefail

readonly user=123
port=8099 app='' url='' token_command='' catalogue_token_command='' restart_command=''
while (($# > 0)); do
  case "$1" in
    --port) port=${2:?} ;;
    --app) app=${2:?} ;;
    --url) url=${2:?} ;;
    --token-command) token_command=${2:?} ;;
    --catalogue-token-command) catalogue_token_command=${2:?} ;;
    --restart-command) restart_command=${2:?} ;;
    *) sed -n '3,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift 2
done

# ---------------------------------------------------------------------------------------------------------------- how it is told

number=0
step() { number=$((number + 1)); printf '\n%d. %s\n' "$number" "$1"; }
tell() { printf '   %s\n' "$1"; }
fail() { printf '\nWRONG%s: %s\n' "$( ((number == 0)) || printf ' in step %d' "$number")" "$1" >&2; exit 1; }

# call METHOD PATH [BODY]: shows both, and leaves the answer in $answer. Anything but success is wrong.
answer=''
call() {
  local method=$1 path=$2 status reply
  local -a arguments=(-sS --max-time 20 -X "$method" -H "Authorization: Bearer $token" -w '\n%{http_code}')
  if (($# > 2)); then
    arguments+=(-H 'Content-Type: application/json' -d "$3")
  fi
  tell "-> $method $(in_short "$path ${3-}")"
  reply=$(curl "${arguments[@]}" "$url$path") || fail "$method $path got no answer."
  status=${reply##*$'\n'}
  answer=${reply%$'\n'*}
  tell "<- $status $(in_short "$answer")"
  [[ $status == 200 || $status == 204 ]] || fail "$method $path was answered $status instead of 200."
}

# in_short TEXT: films by their numbers, and one on each line.
in_short() {
  local text=${1//\},\{/$'},\n        {'}
  sed "s/$run-0000-4000-8000-0*\([0-9][0-9]*\)/film \1/g" <<<"$text"
}

# says TEXT…: each stands in the answer as it is written here.
says() {
  local text
  for text in "$@"; do
    [[ $answer == *"$text"* ]] || fail "the answer should say $text"
  done
}

# shows FILM…: the answer is about exactly these films, in this order.
shows() {
  local film expected='' found
  for film in "$@"; do
    expected+="$(id "$film") "
  done
  found=$(grep -o '"contentId":"[^"]*"' <<<"$answer" | cut -d '"' -f 4 | tr '\n' ' ') || true
  [[ $found == "$expected" ]] || fail "the answer should be about
  $expected and in this order, but is about
  $found"
}

# Films of this run only: film 7 is ????????-0000-4000-8000-000000000007.
run=$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
readonly run
id() { printf '%s-0000-4000-8000-%012d' "$run" "$1"; }

# report DEVICE FILM SECONDS [MORE]: a player says where its viewer is, in a film of an hour and a half.
report() {
  call PUT /updateWatchStatus \
    "{\"userId\": $user, \"contentId\": \"$(id "$2")\", \"resumeFrom\": $3, \"duration\": 5400, \"deviceId\": \"$1\"${4-}}"
}

# late DEVICE FILM SECONDS AGO FAST: the same, sent now, watched AGO seconds earlier, by a clock that is FAST seconds fast.
late() {
  local clock=$(($(date +%s) + $5))
  report "$1" "$2" "$3" ", \"watchedAt\": \"$(utc $((clock - $4)))\", \"sentAt\": \"$(utc "$clock")\""
}
utc() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ; }

where() {
  local film ids=''
  for film in "$@"; do
    ids+="${ids:+,}$(id "$film")"
  done
  call GET "/getWatchStatus?userId=$user&contentId=$ids"
}
row() { call GET /users/$user/continue-watching; }

sign_in() {
  curl -sS --max-time 20 "$url/dev/token" -H 'Content-Type: application/json' -d "$1" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}

# ------------------------------------------------------------------------------------------------------- the service, if it is ours

data='' pid=''

start() {
  dotnet "$app" --urls "$url" --data "$data" >>"$data/log" 2>&1 &
  pid=$!
}

wait_until_ready() {
  local deadline=$((SECONDS + 60))
  until curl -s -f -o /dev/null --max-time 5 "$url/health/ready"; do
    if [[ -n $pid ]] && ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$data/log" >&2
      fail 'the service has ended by itself; its last words are above.'
    fi
    ((SECONDS < deadline)) || fail "$url is not ready after 60 s."
    sleep 0.2
  done
}

ended_within() {
  local deadline=$((SECONDS + $2))
  while kill -0 "$1" 2>/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# Whatever happened: what was started here is stopped, and its folder removed.
clean_up() {
  local postgres
  if [[ -n $pid ]] && kill "$pid" 2>/dev/null && ! ended_within "$pid" 40; then
    kill -KILL "$pid" || true
  fi
  # A service that was killed leaves its Postgres behind; the next start would have taken care of it.
  if postgres=$(head -n 1 "$data/postgres/cluster/postmaster.pid" 2>/dev/null) && kill -QUIT "$postgres" 2>/dev/null; then
    ended_within "$postgres" 20 || kill -KILL "$postgres" || true
  fi
  rm -rf "$data"
}

if [[ -z $url ]]; then
  command -v dotnet >/dev/null || fail 'the .NET SDK is not on the PATH.'
  url=http://localhost:$port
  if curl -s -o /dev/null --max-time 5 "$url"; then
    fail "something listens on port $port already; choose another with --port."
  fi
  if [[ -z $app ]]; then
    source=$(cd "$(dirname "$0")/../src/Standalone" && pwd)
    app=$source/bin/Debug/net10.0/ContinueWatching.Standalone.dll
    step 'The service is built.'
    dotnet build "$source" -c Debug --nologo -v quiet || fail 'it does not build.'
  fi
  data=$(mktemp -d "${TMPDIR:-/tmp}/continue-watching-journey-XXXXXX")
  # Started by root, Postgres runs as another user, who must find the way in.
  chmod 711 "$data"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  step "The service starts, empty, on $url."
  start
elif [[ -z $token_command ]]; then
  fail '--url needs a --token-command.'
fi
wait_until_ready
tell "It is ready after $SECONDS s."

# ---------------------------------------------------------------------------------------------------------------------- the journey

step "User $user signs in."
if [[ -n $token_command ]]; then
  token=$(bash -c "$token_command") || fail 'the token command failed.'
else
  token=$(sign_in "{\"userId\": \"$user\"}")
fi
[[ $token == *.*.* ]] || fail 'that is no token.'
tell "The token begins ${token:0:12}…"

step 'The television plays film 1 and reports where it is.'
report tv 1 10
says '"outcome":"applied"' '"resumeFrom":10,'
report tv 1 20.5
says '"outcome":"applied"' '"resumeFrom":20.5,'
report tv 1 1325.4
says '"outcome":"applied"' '"resumeFrom":1325.4,' '"completed":false' '"deviceId":"tv"'

step 'The phone asks where to go on: at the same second.'
where 1
shows 1
says '"resumeFrom":1325.4,'

step 'The phone goes on. The television, paused, keeps reporting its old place, and does not win.'
report phone 1 1400
says '"outcome":"applied"'
report tv 1 1325.4
says '"outcome":"unchanged"' '"resumeFrom":1400,' '"deviceId":"phone"'
where 1
says '"resumeFrom":1400,' '"deviceId":"phone"'

step 'Eleven more films. The row shows the newest ten, newest first.'
for film in 2 3 4 5 6 7 8 9 10 11 12; do
  report tv $film $((film * 100))
  says '"outcome":"applied"'
done
row
shows 12 11 10 9 8 7 6 5 4 3

step 'No place is forgotten: all twelve are answered, in the order asked.'
where 1 2 3 4 5 6 7 8 9 10 11 12
shows 1 2 3 4 5 6 7 8 9 10 11 12
says '"resumeFrom":1400,' '"resumeFrom":200,' '"resumeFrom":1200,'

step 'Film 12 is watched to its end. It leaves the row, and the eleventh comes in.'
report tv 12 5390
says '"outcome":"applied"' '"completed":true'
row
shows 11 10 9 8 7 6 5 4 3 2

step 'Its place is kept all the same, as completed.'
where 12
shows 12
says '"resumeFrom":5390,' '"completed":true'

step 'Film 13 was on the television two hours ago, on a tablet one hour ago: both had no network and report late. The tablet'\''s clock
   is five hours fast, which does no harm: its place is newer than the television'\''s …'
late tv 13 600 7200 0
says '"outcome":"applied"' '"deviceId":"tv"'
late tablet 13 1800 3600 18000
says '"outcome":"applied"' '"resumeFrom":1800,' '"deviceId":"tablet"'

step '… and older than the phone'\''s, which plays it now, whatever the tablet still has to send.'
report phone 13 2400
says '"outcome":"applied"'
late tablet 13 2000 1800 18000
says '"outcome":"superseded"' '"resumeFrom":2400,' '"deviceId":"phone"'
row
shows 13 11 10 9 8 7 6 5 4 3

step 'Nothing has changed since: an app that comes back with the ETag of its row has nothing to read.'
tag=$(curl -sS --max-time 20 -D - -o /dev/null -H "Authorization: Bearer $token" "$url/users/$user/continue-watching" \
  | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
status=$(curl -sS --max-time 20 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" -H "If-None-Match: $tag" \
  "$url/users/$user/continue-watching")
tell "If-None-Match: $tag is answered $status."
[[ $status == 304 ]] || fail "an unchanged row was answered $status instead of 304."

step 'You are further on another device: an app can offer to jump there.'
where 13
says '"elsewhere":[{"deviceId":"tablet","resumeFrom":2000,' '{"deviceId":"tv","resumeFrom":600,'

step 'Film 11 is taken out of the row. Its place stays; and it can be put back.'
call DELETE "/users/$user/continue-watching/$(id 11)"
row
shows 13 10 9 8 7 6 5 4 3 2
where 11
says '"resumeFrom":1100,'
call GET "/users/$user/continue-watching/why/$(id 11)"
says '"inRow":false' '"code":"hidden"'
call POST "/users/$user/continue-watching/$(id 11)/restore"
row
shows 13 11 10 9 8 7 6 5 4 3

step 'Film 10 was seen elsewhere, and is marked watched; then not, after all.'
call PUT "/users/$user/watched/$(id 10)"
says '"completed":true' '"playCount":1' '"resumeFrom":1000,'
row
shows 13 11 9 8 7 6 5 4 3 2
call DELETE "/users/$user/watched/$(id 10)"
row
shows 13 11 10 9 8 7 6 5 4 3

step 'A phone was offline on a flight and sends what it kept, all at once. What is wrong in it does not sink the rest.'
clock=$(date +%s)
call POST "/users/$user/reports" "{\"sentAt\": \"$(utc "$clock")\", \"reports\": [
  {\"contentId\": \"$(id 14)\", \"resumeFrom\": 300, \"duration\": 5400, \"deviceId\": \"phone\", \"watchedAt\": \"$(utc $((clock - 300)))\"},
  {\"contentId\": \"$(id 14)\", \"resumeFrom\": -5, \"deviceId\": \"phone\", \"watchedAt\": \"$(utc $((clock - 200)))\"},
  {\"contentId\": \"$(id 14)\", \"resumeFrom\": 450, \"deviceId\": \"phone\", \"watchedAt\": \"$(utc $((clock - 100)))\"}]}"
says '"outcome":"applied","resumeFrom":300,' '"outcome":"invalid","fault":{"field":"resumeFrom"' '"outcome":"applied","resumeFrom":450,'

if [[ -n $token_command && -z $catalogue_token_command ]]; then
  step 'A series. LEFT OUT: there is no --catalogue-token-command.'
else
  step 'The catalogue learns of a series: film 21, and what comes after it.'
  viewer=$token
  if [[ -n $catalogue_token_command ]]; then
    token=$(bash -c "$catalogue_token_command") || fail 'the catalogue token command failed.'
  else
    token=$(sign_in '{"userId": "cms", "scope": "continue-watching.catalog"}')
  fi
  call PUT /titles "{\"titles\": [
    {\"contentId\": \"$(id 21)\", \"duration\": 1500, \"creditsStart\": 1440, \"seriesId\": \"$run\", \"season\": 1, \"episode\": 1, \"nextContentId\": \"$(id 22)\"},
    {\"contentId\": \"$(id 22)\", \"duration\": 1500, \"creditsStart\": 1440, \"seriesId\": \"$run\", \"season\": 1, \"episode\": 2, \"nextContentId\": \"$(id 23)\"},
    {\"contentId\": \"$(id 23)\", \"duration\": 1500, \"creditsStart\": 1440, \"seriesId\": \"$run\", \"season\": 1, \"episode\": 3}]}"
  says '"stored":3'
  token=$viewer

  step 'Episode 1 is seen to its credits: episode 2 stands in the row, from its start. The series stands there once.'
  report tv 21 1445
  says '"completed":true' '"playCount":1'
  row
  shows 22 13 11 10 9 8 7 6 5 4
  says '"resumeFrom":0,' '"reason":"nextEpisode"' "\"seriesId\":\"$run\""
  call GET "/users/$user/continue-watching/why/$(id 21)"
  says '"code":"finished"'
fi

step 'The start page of another screen listens, and hears of it when film 2 goes on.'
heard=$(mktemp "${TMPDIR:-/tmp}/continue-watching-events-XXXXXX")
curl -sN --max-time 20 -H "Authorization: Bearer $token" "$url/users/$user/events" >"$heard" &
listener=$!
until_heard() {
  local deadline=$((SECONDS + 15))
  until grep -q "$1" "$heard"; do
    ((SECONDS < deadline)) || fail "$1 was not heard within 15 s."
    sleep 0.05
  done
}
until_heard '^event: row'
report phone 2 250
until_heard "^data: .*$(id 2).*\"resumeFrom\":250"
kill "$listener" 2>/dev/null || true
wait "$listener" 2>/dev/null || true
tell "$(grep '^event: ' "$heard" | tr '\n' ' ')"
rm -f "$heard"

step 'What was watched, newest first, a page at a time.'
call GET "/users/$user/history?limit=2"
cursor=$(sed -n 's/.*"next":"\([^"]*\)".*/\1/p' <<<"$answer")
call GET "/users/$user/history?limit=2&after=$cursor"
[[ $answer != *"$(id 2)"* ]] || fail 'a title came twice.'

step 'Film 9 is forgotten wholly. What a device still has to send of before does not bring it back.'
call DELETE "/users/$user/history/$(id 9)"
where 9
shows
late tablet 9 950 600 0
says '"outcome":"stale"'

step 'Film 15 is put aside to watch.'
call PUT "/users/$user/watchlist/$(id 15)"
call GET "/users/$user/watchlist"
says "$(id 15)"

step 'The history is paused: what is watched now is nobody'\''s business, and stays so when it arrives later.'
call PATCH "/users/$user" '{"historyPaused": true}'
report tv 16 700
says '"outcome":"paused"'
call PATCH "/users/$user" '{"historyPaused": false}'
where 16
shows

step 'All that is held can be taken out, and in again, which changes nothing here.'
call GET "/users/$user/export"
held=$answer
says '"type":"user"' '"type":"title"' '"type":"watchlist"'
call PUT "/users/$user/import" "$held"
says '"changed":0,' '"done":true'

step 'The interface describes itself: to programs, and at /docs to people.'
answer=$(curl -sS --max-time 20 "$url/openapi/v1.json") || fail 'there is no description.'
says '"openapi"' '"/users/{userId}/continue-watching"'
tell "$url/openapi/v1.json has ${#answer} characters."

step 'All that was answered 200 is on disk: the process is killed (SIGKILL) and started again.'
if [[ -z $pid && -z $restart_command ]]; then
  tell 'LEFT OUT: there is no --restart-command.'
else
  where 1 2 3 4 5 6 7 8 9 10 11 12 13
  places=$answer
  row
  shelf=$answer
  began=$SECONDS
  if [[ -n $pid ]]; then
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
    start
  else
    bash -c "$restart_command" || fail 'the restart command failed.'
  fi
  wait_until_ready
  tell "It is ready again after $((SECONDS - began)) s."

  where 1 2 3 4 5 6 7 8 9 10 11 12 13
  [[ $answer == "$places" ]] || fail 'the places are not what they were before the kill.'
  row
  [[ $answer == "$shelf" ]] || fail 'the row is not what it was before the kill.'
  tell 'Every place and the row are what they were.'
fi

step 'Who asks for too much is told when to come back.'
refused=$(curl -s -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $token" "$url/users/$user/continue-watching?again=[1-200]" | grep -c 429) || true
tell "Of 200 requests at once, $refused were answered 429."
((refused == 0)) || sleep 2

step "User $user is erased. Nothing of before comes back; what is watched afterwards starts anew."
call DELETE "/users/$user?confirm=$user"
says '"erasedAt":' '"resume":'
row
shows
late phone 1 1500 600 0
says '"outcome":"stale"'
report tv 12 60
says '"outcome":"applied"' '"completed":false' '"playCount":0'
row
shows 12

printf '\nAll is well, after %d s.\n' "$SECONDS"
