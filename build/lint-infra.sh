#!/usr/bin/env bash
# Synthesizes the AWS stack of each environment and lints the templates with cfn-lint, which knows CloudFormation's schemas.
#
#   build/lint-infra.sh         all environments of infra/environments
#   build/lint-infra.sh FOLDER  templates that are there already: FOLDER/*.template.json
#
# Exits with 0 when there is no error, 1 when there is one, and 3 when it could not lint: no linter, or nothing to lint.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly version=1.51.0

cannot() { echo "NOT LINTED: $1" >&2; exit 3; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# One that is there will do; else from PyPI, into a place of its own.
if command -v cfn-lint >/dev/null && cfn-lint --version >/dev/null 2>&1; then
  linter=cfn-lint
else
  command -v python3 >/dev/null || cannot 'there is neither cfn-lint nor Python to install it with.'
  { python3 -m venv "$folder/python" && "$folder/python/bin/pip" install --quiet "cfn-lint==$version"; } >"$folder/pip.log" 2>&1 ||
    cannot "cfn-lint is not installed, and cfn-lint==$version does not install: $(tail -n 1 "$folder/pip.log")"
  linter=$folder/python/bin/cfn-lint
fi

templates=${1-}
if [[ -z $templates ]]; then
  command -v node >/dev/null || cannot 'there is no node, which the CDK runs on.'
  dotnet build infra -v quiet --nologo >"$folder/build.log" || cannot "the stack does not build: $(tail -n 3 "$folder/build.log")"
  for file in infra/environments/*.json; do
    environment=$(basename "$file" .json)
    CDK_OUTDIR=$folder/$environment CDK_CONTEXT_JSON="{\"environment\": \"$environment\"}" \
      JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1 dotnet infra/bin/Debug/net10.0/ContinueWatching.Infra.dll ||
      { echo "$file does not synthesize." >&2; exit 1; }
  done
  templates=$folder/*
fi
compgen -G "$templates/*.template.json" >/dev/null || cannot "there is no template in $templates."

# Errors and warnings fail it, but for two: zones are named on purpose (three of them, the same for ever), and the library says
# some dependencies twice.
$linter --ignore-checks W3010 W3005 -- $templates/*.template.json || exit 1
echo "The templates have no errors ($($linter --version))."
