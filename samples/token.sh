#!/usr/bin/env bash
# Prints a bearer token for the service of docker-compose.yml, signed with the key in .env (or TOKEN_SIGNING_KEY) and good for an hour:
#
#   samples/token.sh 123                              user 123
#   samples/token.sh cms continue-watching.catalog    with a scope
#
# In production tokens come from your identity provider, and nobody else has its key.
set -euo pipefail

readonly user=${1:?whose token?} scope=${2-}
folder=$(cd "$(dirname "$0")/.." && pwd)
setting() { [[ -n ${!1-} ]] && printf %s "${!1}" || sed -n "s/^$1=//p" "$folder/.env"; }
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

key=$(setting TOKEN_SIGNING_KEY | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
now=$(date +%s)
claims=$(printf '{"iss":"%s","aud":"%s","sub":"%s","scope":"%s","nbf":%d,"exp":%d}' \
  "$(setting TOKEN_ISSUER)" "$(setting TOKEN_AUDIENCE)" "$user" "$scope" $((now - 60)) $((now + 3600)))
signed=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url).$(printf %s "$claims" | base64url)
printf '%s.%s\n' "$signed" "$(printf %s "$signed" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64url)"
