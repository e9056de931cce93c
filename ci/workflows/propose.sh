#!/bin/sh
# sh ci/workflows/propose.sh BRANCH TITLE: what a command has changed in the checkout becomes a pull request, or the newest
# state of one that is still open. GH_TOKEN is what it pushes with. GitHub starts no workflow for a token of a workflow: close and
# reopen the pull request, and ci.yml runs.
set -eu
branch=automatic/${1:?says the branch}
title=${2:?says the title}
if [ -z "$(git status --porcelain)" ]; then
  echo 'Nothing changed, so there is nothing to propose.'
  exit 0
fi
git switch --quiet --force-create "$branch"
git add --all
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet --message "$title"
# The token goes by gh, which reads it from the environment: in no argument and no file.
git -c credential.helper= -c credential.helper='!gh auth git-credential' push --quiet --force origin "$branch"
if [ -n "$(gh pr list --head "$branch" --state open --json number --jq '.[].number')" ]; then
  echo "The open pull request of $branch has the newest state."
else
  gh pr create --head "$branch" --title "$title" --body 'Made by nightly.yml. Close and reopen it to have it checked.'
fi
