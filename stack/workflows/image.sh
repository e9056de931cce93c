#!/bin/sh
# sh stack/workflows/image.sh sign|verify: the signature of the image of DIGEST. By Sigstore without a key: signed is that the release
# workflow of this repository (GITHUB_REPOSITORY) made it from a tag. `verify` also asks that RELEASE is still that image. IMAGE is
# another one than the service's.
set -eu
name=${IMAGE:-ghcr.io/sightline-example/todo-api}
: "${DIGEST:?says which image, sha256:…}"
case $DIGEST in sha256:*) ;; *) echo "DIGEST is \"$DIGEST\"; it begins with sha256:" >&2; exit 1 ;; esac
case ${1:-} in
  sign)
    cosign sign --yes "$name@$DIGEST"
    ;;
  verify)
    : "${RELEASE:?says which tag the image has to have}" "${GITHUB_REPOSITORY:?says whose workflow has to have signed it}"
    cosign verify --output text \
      --certificate-oidc-issuer https://token.actions.githubusercontent.com \
      --certificate-identity-regexp "^https://github.com/$GITHUB_REPOSITORY/\.github/workflows/release\.yml@refs/tags/v" \
      "$name@$DIGEST" >/dev/null
    now=$(docker buildx imagetools inspect "$name:$RELEASE" --format '{{.Manifest.Digest}}')
    if [ "$now" != "$DIGEST" ]; then
      echo "$name:$RELEASE is $now by now, and $DIGEST is what was signed." >&2
      exit 1
    fi
    echo "$name:$RELEASE is $DIGEST, signed by the release workflow of $GITHUB_REPOSITORY."
    ;;
  *)
    echo 'There is sign and verify.' >&2
    exit 1
    ;;
esac
