#!/bin/sh
# RESULTS="success skipped …" CHANGES=success sh ci/workflows/gate.sh: whether a pull request may go in. A job that was skipped
# passes, but only when the one that decides on that (CHANGES) succeeded.
set -eu
: "${RESULTS:?says how the jobs ended}" "${CHANGES:?says how the job that looks at what was changed ended}"
if [ "$CHANGES" != success ]; then
  echo "What was changed is not known (the job ended with $CHANGES), so nothing may have been skipped." >&2
  exit 1
fi
for result in $RESULTS; do
  case $result in
    success | skipped) ;;
    *) echo "A job ended with $result: $RESULTS" >&2; exit 1 ;;
  esac
done
echo "Every job passed or had nothing to look at: $RESULTS"
