#!/usr/bin/env bash
# Posts the report on a pull request, in place of the one that is there.
# Reads from the environment: GH_TOKEN, REPOSITORY, PULL_REQUEST, REPORT.
set -euo pipefail

if [ ! -s "$REPORT" ]; then
  echo "no report was written, so none is posted" >&2
  exit 0
fi
mine='.[] | select(.user.type == "Bot" and (.body | startswith("<!-- segue policies diff -->"))) | .id'
found=$(gh api --paginate "repos/$REPOSITORY/issues/$PULL_REQUEST/comments" --jq "$mine")
comment=${found%%$'\n'*}
if [ -n "$comment" ]; then
  gh api --method PATCH "repos/$REPOSITORY/issues/comments/$comment" -F "body=@$REPORT" --silent
else
  gh api --method POST "repos/$REPOSITORY/issues/$PULL_REQUEST/comments" -F "body=@$REPORT" --silent
fi
