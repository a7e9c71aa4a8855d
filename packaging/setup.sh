#!/usr/bin/env bash
# Makes the virtual environment that every Makefile target uses. Run by make, never by hand.
#
# Reads: PYTHON (an interpreter), VENV (where), GPU (empty, cuda, metal or vulkan),
# EXTRA (for an environment that stands: what tests need, and one more extra, such as trainer),
# TRAINING (with it: 1 or 0, the extra training too, or not; empty: where torch comes without CUDA).
# May be interrupted and run again at any point. Missing Debian packages are installed when this
# runs as root; otherwise one sentence says what to install.
set -euo pipefail
: "${PYTHON:=python3}" "${VENV:=.venv}" "${GPU:=}" "${EXTRA:=}" "${TRAINING:=}"

fail() {
  echo "setup: $*" >&2
  exit 1
}

# Make sure that a command succeeds, if need be by installing Debian packages.
need() { # what it is for, packages, command…
  local what=$1 packages=$2
  shift 2
  "$@" >/dev/null 2>&1 && return
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "setup: installing $packages ($what)"
    # shellcheck disable=SC2086  # the packages are a list
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $packages; } >/dev/null ||
      fail "apt-get could not install $packages, needed for $what."
    "$@" >/dev/null 2>&1 && return
  fi
  fail "$what is missing: install it (on Debian: sudo apt-get install $packages) and run make again."
}

# The same for what only some tests need: without it they are skipped, and say so.
wish() { # what it is for, packages, command…
  (need "$@") || echo "setup: going on without it; the tests that need it are skipped." >&2
}

# A requirement as pyproject.toml has it.
requirement() { # of which list, which distribution
  "$VENV/bin/python" -c 'import re, sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
lines = {**project["optional-dependencies"], "": project["dependencies"]}[sys.argv[1]]
print(next(line for line in lines if re.match(sys.argv[2] + r"\b", line)))' "$1" "$2"
}

# Whether the torch that pip would install needs no CUDA. Reads metadata, installs nothing.
light_torch() {
  "$VENV/bin/python" -m pip --quiet --quiet --disable-pip-version-check install --dry-run --no-deps \
    --ignore-installed --report - "$(requirement training torch)" 2>/dev/null |
    "$VENV/bin/python" -c 'import json, sys
needs = json.load(sys.stdin)["install"][0]["metadata"].get("requires_dist", [])
sys.exit(sys.platform == "linux" and any(each.startswith(("nvidia", "cuda", "triton")) for each in needs))' 2>/dev/null
}

if [ -n "$EXTRA" ]; then
  wish "Chromium, in which tests open pages," chromium \
    sh -c 'command -v chromium || command -v chromium-browser || command -v google-chrome'
  # Without a cluster of its own: tests start one in a folder that goes away.
  wish "PostgreSQL, on which tests run a trainer," postgresql \
    sh -c 'command -v initdb || ls /usr/lib/postgresql/*/bin/initdb'
  extras="dev,$EXTRA"
  # From PyPI torch brings 3 GB of CUDA on Linux. Tests of training take it where pip, as it is
  # configured here, finds one without; TRAINING=1 takes whatever it finds, TRAINING=0 none.
  if [ "$TRAINING" = 1 ] || { [ -z "$TRAINING" ] && light_torch; }; then
    extras="$extras,training"
  else
    echo "setup: without the extra training: the torch that pip finds is large; tests of training are skipped (TRAINING=1 installs it)." >&2
  fi
  echo "setup: installing what tests and the $EXTRA need into $VENV"
  exec "$VENV/bin/python" -m pip --quiet --quiet --disable-pip-version-check install --editable ".[$extras]"
fi

case $GPU in
  "") cmake_args=${CMAKE_ARGS:-} ;;
  cuda) cmake_args="${CMAKE_ARGS:-} -DGGML_CUDA=on" ;;
  metal) cmake_args="${CMAKE_ARGS:-} -DGGML_METAL=on" ;;
  vulkan) cmake_args="${CMAKE_ARGS:-} -DGGML_VULKAN=on" ;;
  *) fail "GPU=$GPU is not known: use cuda, metal or vulkan, or leave it out." ;;
esac

need "Python 3.11 or newer" "python3" "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'
need "Python's venv module" "python3-venv" "$PYTHON" -c 'import ensurepip, venv'
need "a C and C++ compiler (llama.cpp is built here)" "gcc g++ libc6-dev" \
  sh -c 'echo "#include <stdio.h>" | cc -x c -fsyntax-only - && echo "#include <vector>" | c++ -x c++ -fsyntax-only -'

# Flags that a build of llama.cpp for this very machine needs (see amx-probe.c).
native_flags=""
if grep -qs amx_tile /proc/cpuinfo; then
  probe=$(mktemp)
  cc -O1 -pthread -mamx-tile -o "$probe" packaging/amx-probe.c 2>/dev/null &&
    { "$probe" 2>/dev/null || native_flags="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"; } 2>/dev/null
  rm -f "$probe"
fi

"$PYTHON" -m venv "$VENV"
export PIP_DISABLE_PIP_VERSION_CHECK=1 CMAKE_ARGS="$cmake_args"
export CFLAGS="${CFLAGS:-} $native_flags" CXXFLAGS="${CXXFLAGS:-} $native_flags"
pip=("$VENV/bin/python" -m pip --quiet --quiet) # errors only: it may build for minutes, then say what failed
"${pip[@]}" install --upgrade "pip>=25.1"

if [ -n "$GPU" ]; then
  # A wheel in pip's cache, or one installed before, may have been built for another backend.
  echo "setup: building llama.cpp for $GPU (several minutes)"
  "${pip[@]}" install --no-cache-dir --force-reinstall --no-deps --no-binary llama-cpp-python "$(requirement "" llama-cpp-python)"
elif ! "$VENV/bin/python" -c 'import importlib.metadata as m; m.version("llama-cpp-python")' 2>/dev/null; then
  echo "setup: installing into $VENV (if llama.cpp has to be built, about 7 minutes on two cores)"
fi
"${pip[@]}" install --editable .

if [ -n "$native_flags" ] && [ -z "$GPU" ] &&
  "$VENV/bin/python" -c 'import llama_cpp, sys; sys.exit(b"AMX_INT8 = 1" not in llama_cpp.llama_print_system_info())'; then
  # The wheel came from a cache and was built with AMX. Built again it replaces that one there.
  echo "setup: this machine announces AMX and cannot do it; building llama.cpp without (about 7 minutes)"
  "${pip[@]}" cache remove 'llama_cpp_python*' >/dev/null 2>&1 || true
  "${pip[@]}" install --force-reinstall --no-deps --no-binary llama-cpp-python "$(requirement "" llama-cpp-python)"
fi
rm -f "$VENV"/made-for-* # a stamp of another backend no longer tells the truth
