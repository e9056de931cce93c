#!/bin/sh
# sh ci/workflows/terraform-lock.sh: the newest provider that each environment allows, with its hashes for all machines that plan
# or apply, in .terraform.lock.hcl. It takes what Terraform's registry has, so it is nobody's to run by the way.
set -eu
for environment in staging production; do
  folder=terraform/environments/$environment
  terraform -chdir="$folder" init -backend=false -upgrade -input=false
  terraform -chdir="$folder" providers lock -platform=linux_amd64 -platform=linux_arm64 -platform=darwin_arm64
done
