#!/bin/sh
# Installs @sigstore/mock, from which the tests run a whole Sigstore on loopback. Never fails: tests that need it skip and
# say why (.interop/missing/sigstore-mock).
set -u
here=tests/services/sigstore
place=.interop/sigstore
mkdir -p .interop/missing .interop/log

missing() {
  printf '%s\n' "$1" >.interop/missing/sigstore-mock
  echo "services: @sigstore/mock is missing: $1; the tests that need it will be skipped"
  exit 0
}

[ -f "$place/.installed" ] && [ "$(cat "$place/.installed")" = "$(cksum <$here/package-lock.json)" ] && exit 0
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  missing "node and npm are not installed"
fi
echo "services: installing @sigstore/mock"
rm -rf "$place" && mkdir -p "$place"
cp $here/package.json $here/package-lock.json "$place/"
log=.interop/log/sigstore-mock.log
if npm ci --prefix "$place" --ignore-scripts --no-audit --no-fund >"$log" 2>&1; then
  cksum <$here/package-lock.json >"$place/.installed"
  rm -f .interop/missing/sigstore-mock
else
  missing "$(grep -v '^[[:space:]]*$' "$log" | tail -n 1 | cut -c 1-200) (see $log)"
fi
