#!/bin/sh
# sh ci/workflows/image.sh sign|verify: signatures by Sigstore without a key. Signed is that the release workflow of this
# repository (GITHUB_REPOSITORY) made an image. `sign`: the image IMAGE, or the service's, of DIGEST. `verify`: that both images
# of a release, the service's of DIGEST and its backups' of BACKUP_DIGEST, were signed by the workflow for the tag of RELEASE.
# A digest says what was made, and the signature of which release it is; tags of the registry say nothing, and aren't asked.
set -eu
# As placeOf of release-of-overlay.ts.
owner=$(printf %s "${GITHUB_REPOSITORY:-sightline-example/}" | cut -d / -f 1 | tr '[:upper:]' '[:lower:]')
name=${IMAGE:-ghcr.io/$owner/todo-api}
expect_digest() {
  case $2 in sha256:*) ;; *) echo "$1 is \"$2\"; it begins with sha256:" >&2; exit 1 ;; esac
}
verify() {
  cosign verify --output text \
    --certificate-oidc-issuer https://token.actions.githubusercontent.com \
    --certificate-identity "https://github.com/$GITHUB_REPOSITORY/.github/workflows/release.yml@refs/tags/v$RELEASE" \
    "$1@$2" >/dev/null
  echo "$1@$2 is of v$RELEASE, signed by the release workflow of $GITHUB_REPOSITORY."
}
: "${DIGEST:?says which image, sha256:…}"
expect_digest DIGEST "$DIGEST"
case ${1:-} in
  sign)
    cosign sign --yes "$name@$DIGEST"
    ;;
  verify)
    : "${BACKUP_DIGEST:?says which image the backups have, sha256:…}"
    : "${RELEASE:?says the release, such as 0.2.0}" "${GITHUB_REPOSITORY:?says whose workflow has to have signed it}"
    expect_digest BACKUP_DIGEST "$BACKUP_DIGEST"
    verify "$name" "$DIGEST"
    verify "$name-backup" "$BACKUP_DIGEST"
    ;;
  *)
    echo 'There is sign and verify.' >&2
    exit 1
    ;;
esac
