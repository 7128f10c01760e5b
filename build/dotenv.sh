#!/usr/bin/env bash
# Writes .env for docker-compose.yml: .env.example, with a random value for each secret and the commit that is checked out. Changes
# no .env that is there.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -e .env ]]; then
  echo '.env is there already, and stays as it is.'
  exit 0
fi
hex() { openssl rand -hex 24; }
revision=$(git rev-parse HEAD 2>/dev/null) || revision=unknown
umask 077
sed -e "s|^POSTGRES_PASSWORD=$|&$(hex)|" \
  -e "s|^TOKEN_SIGNING_KEY=$|&$(openssl rand -base64 32)|" \
  -e "s|^GRAFANA_PASSWORD=$|&$(hex)|" \
  -e "s|^REVISION=unknown$|REVISION=$revision|" .env.example >.env
echo '.env is written, readable by you only.'
