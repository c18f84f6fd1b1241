#!/bin/sh
# Installs the OCI registry, the database server, the token in software and the small tools that the tests speak to,
# where that is allowed.
# Never fails: tests that need what is missing skip and say so.
sh tests/services/sigstore/install.sh
missing=
command -v docker-registry >/dev/null 2>&1 || missing="$missing docker-registry"
command -v htpasswd >/dev/null 2>&1 || missing="$missing apache2-utils"
command -v skopeo >/dev/null 2>&1 || missing="$missing skopeo"
command -v softhsm2-util >/dev/null 2>&1 || missing="$missing softhsm2"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -z "$missing" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "services:$missing not installed (no apt-get here); the tests that need them will be skipped"
  exit 0
fi
run=
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2>/dev/null; then
    run="sudo -n"
  else
    echo "services:$missing not installed (needs root); the tests that need them will be skipped"
    exit 0
  fi
fi
echo "services: installing$missing"
{ $run apt-get update -qq && DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 ||
  echo "services:$missing could not be installed; the tests that need them will be skipped"
exit 0
