#!/bin/sh
# Ten million todos need some 19 GB. A runner of GitHub promises 14 on its own disk, and has another one at /mnt.
set -eu

room() { df --output=avail "$1" | tail -n 1; }

if [ -d /mnt ] && [ "$(room /mnt)" -gt "$(room "${TMPDIR:-/tmp}")" ]; then
  sudo install -d -o "$(id -un)" /mnt/bench-scale
  export TMPDIR=/mnt/bench-scale
fi
exec make bench-scale USERS=1000000
