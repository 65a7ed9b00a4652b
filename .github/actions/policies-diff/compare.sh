#!/usr/bin/env bash
# Compares a pack at the base of a pull request with the same pack at its head, on an account file.
# Reads from the environment: PACK, ACCOUNTS, BASE, MAX_MOVED, MAX_SUPPRESSED, FAIL_ON_NEW_SUPPRESSION,
# REPORT (the Markdown to write). Ends with 1 when a limit is broken; the report is written then too.
set -euo pipefail

base_folder=$(mktemp -d)
trap 'rm -rf "$base_folder"' EXIT

if ! git rev-parse --verify --quiet "$BASE^{commit}" >/dev/null; then
  echo "::error::the base $BASE is not in this clone: check out with fetch-depth: 0" >&2
  exit 2
fi
if ! git cat-file -e "$BASE:$PACK/pack.yaml" 2>/dev/null; then
  printf '<!-- segue policies diff -->\n### What this change of policy does\n\n`%s` is new: there is nothing to compare it with.\n' "$PACK" > "$REPORT"
  exit 0
fi
git archive "$BASE" -- "$PACK" | tar -x -C "$base_folder"

limits=()
if [ -n "${MAX_MOVED:-}" ]; then limits+=(--max-moved "$MAX_MOVED"); fi
if [ -n "${MAX_SUPPRESSED:-}" ]; then limits+=(--max-suppressed "$MAX_SUPPRESSED"); fi
if [ "${FAIL_ON_NEW_SUPPRESSION:-false}" = true ]; then limits+=(--fail-on-new-suppression); fi

segue policies diff "$base_folder/$PACK" "$PACK" --accounts "$ACCOUNTS" --markdown \
  ${limits[@]+"${limits[@]}"} > "$REPORT"
