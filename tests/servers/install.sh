#!/usr/bin/env bash
# Installs the servers that `make servers` runs: from Debian's packages and from npm. What is there already is left alone.
set -euo pipefail
cd "$(dirname "$0")"

packages=(
  wordpress mariadb-server php-cli php-mysql php-xml php-mbstring php-intl php-curl php-gd
  mediawiki php-sqlite3
  redis-server postgresql nodejs npm
)
missing=()
for package in "${packages[@]}"; do
  case "$package" in
    nodejs | npm) command -v "${package/nodejs/node}" >/dev/null 2>&1 || missing+=("$package") ;;
    *) dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing+=("$package") ;;
  esac
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "Installing ${missing[*]} ..."
  apt-get update -qq
  # Nothing may start by itself: the tests bring up servers of their own, on the loopback address alone.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ ! -e bluesky/node_modules/.installed ]; then
  echo "Installing Bluesky's development network (once, some minutes) ..."
  (cd bluesky && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.installed)
fi
