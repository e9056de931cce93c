#!/bin/sh
# sh ci/workflows/publish.sh TAG FILE: a release of GitHub with the notes of FILE, or new notes for one that is there. A tag with a
# dash is a pre-release.
set -eu
tag=${1:?says the tag}
notes=${2:?says the file of the notes}
kind=
case $tag in *-*) kind=--prerelease ;; esac
if gh release view "$tag" >/dev/null 2>&1; then
  gh release edit "$tag" --notes-file "$notes"
else
  gh release create "$tag" --verify-tag --title "$tag" --notes-file "$notes" $kind
fi
