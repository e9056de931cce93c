#!/bin/sh
# Installs the npm packages, Node 26 among them, when they differ from the lock file. Runs before that Node exists.
set -eu
cd "$(dirname "$0")/.."

stamp=node_modules/.sightline-lock
lock=.cache/install.lock
npm=
waited=0

say() { echo "$*" >&2; }
fail() { say "$*"; exit 1; }

wanted() {
  { uname -sm; for file in package-lock.json package.json */package.json packages/*/package.json .npmrc; do
      if [ -f "$file" ]; then cat "$file"; fi
    done; } | cksum
}
is_installed() { [ -f "$stamp" ] && [ -x node_modules/.bin/node ] && [ "$(cat "$stamp")" = "$(wanted)" ]; }

# npm would delete the modules under a running stack.
refuse_under_a_running_stack() {
  for directory in .stack "${STACK_DIR:-.stack}"; do
    state="$directory/state.json"
    [ -f "$state" ] || continue
    pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$state" | head -n 1)
    case $(ps -o args= -p "${pid:-0}" 2>/dev/null || true) in
      *supervisor.ts*) fail "The packages changed, and the stack in $directory runs on the old ones. Run \`make down\` first." ;;
    esac
  done
}

# A lock is a folder with its holder's id in it.
take_lock() {
  mkdir -p .cache
  until mkdir "$lock" 2>/dev/null; do
    if remove_dead_lock; then continue; fi
    [ "$waited" -gt 0 ] || say 'Another make is installing the packages: waiting for it.'
    waited=$((waited + 1))
    sleep 1
  done
  echo $$ >"$lock/pid"
  trap 'rm -rf "$lock"' EXIT
  trap 'stop 130' INT
  trap 'stop 143' TERM HUP
}

# One at a time, and each looks for itself: the lock that was a dead one's may be a living one's by now.
remove_dead_lock() {
  mkdir "$lock.guard" 2>/dev/null || return 1
  holder=$(cat "$lock/pid" 2>/dev/null || true)
  dead=1
  if [ -n "$holder" ]; then
    if ps -p "$holder" >/dev/null 2>&1; then dead=0; fi
  elif [ "$waited" -lt 5 ]; then
    # The id follows the folder within an instant, unless its holder was killed between the two.
    dead=0
  fi
  if [ "$dead" = 1 ]; then rm -rf "$lock"; fi
  rmdir "$lock.guard"
  [ "$dead" = 1 ]
}

stop() {
  if [ -n "$npm" ]; then kill "$npm" 2>/dev/null || true; wait "$npm" 2>/dev/null || true; fi
  exit "$1"
}

install() {
  command -v npm >/dev/null || fail 'npm is missing, and with it the packages. Install Node.js (any version that brings npm), then run this again.'
  say 'Installing the npm packages (Node 26 among them); this takes about 20 seconds …'
  began=$(date +%s)
  rm -f "$stamp"
  # In the background, so that a signal is handled at once and not after npm's end.
  npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error --include=dev --include=optional >.cache/npm.log 2>&1 &
  npm=$!
  wait "$npm" || { cat .cache/npm.log >&2; fail 'npm could not install the packages; its reason is above. The next make tries again.'; }
  npm=
  provide_node
  wanted >"$stamp"
  say "Installed in $(($(date +%s) - began)) s."
}

# Where npm has no Node 26 for this platform, one on the PATH does.
provide_node() {
  if node_modules/.bin/node --version >/dev/null 2>&1; then return; fi
  found=$(command -v node || true)
  version=$("${found:-false}" --version 2>/dev/null || echo v0)
  major=${version#v}
  [ "${major%%.*}" -ge 26 ] || fail "npm has no Node 26 for $(uname -sm), and the node on the PATH is too old ($version). Put Node 26 or newer on the PATH, then run this again."
  say "npm has no Node 26 for $(uname -sm): using $found ($version)."
  ln -sf "$found" node_modules/.bin/node
}

if is_installed; then exit 0; fi
# npm would empty the folder of another checkout, which the link points to.
if [ -L node_modules ]; then say 'node_modules is a link, so nothing is installed here.'; exit 0; fi
take_lock
if is_installed; then exit 0; fi
refuse_under_a_running_stack
install
