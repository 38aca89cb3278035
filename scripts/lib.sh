# Shared by the scripts beside it: where things are, and how they get there.
# Sourced, never run. shellcheck shell=bash
#
#   .tools/       uv, and a Python where the system has none that is new enough
#   .venv-test/   what the tests and the linters run in
#   .venv-demo/   what the demo's Home Assistant runs in
# All three may be deleted at any time.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS="$ROOT/.tools"
UV="$TOOLS/uv/bin/uv"
UV_VERSION=0.13.5

# uv takes neither pip's settings nor, unasked, the system's certificates, and
# either can be what makes the package registry reachable.
if [ -n "${PIP_INDEX_URL:-}" ]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}; fi
if [ -s /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}; fi

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Get uv from the package registry that pip is set up for.
ensure_uv() {
  [ "$("$UV" --version 2>/dev/null | cut -d' ' -f2)" = "$UV_VERSION" ] && return
  command -v python3 >/dev/null || die "A python3 is needed to get uv: install it (on Debian: apt-get install python3 python3-venv)."
  say "Getting uv $UV_VERSION"
  rm -rf "$TOOLS/uv"
  mkdir -p "$TOOLS"
  make_uv_environment || { rm -rf "$TOOLS/uv"; install_uv_without_environment; }
  "$UV" --version >/dev/null || die "uv was installed but does not run: see $TOOLS/uv."
}

make_uv_environment() {
  python3 -m venv "$TOOLS/uv" >/dev/null 2>&1 &&
    "$TOOLS/uv/bin/python" -m pip install -q --disable-pip-version-check "uv==$UV_VERSION" >&2
}

# Debian's python3 comes without `venv` and without pip unless they are asked for.
install_uv_without_environment() {
  if python3 -m pip --version >/dev/null 2>&1; then
    python3 -m pip install -q --disable-pip-version-check --target "$TOOLS/uv" "uv==$UV_VERSION" >&2 ||
      die "pip could not install uv."
  elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing python3-venv"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv; } >&2 ||
      die "apt-get could not install python3-venv."
    make_uv_environment || die "pip could not install uv."
  else
    die "Neither 'python3 -m venv' nor 'python3 -m pip' works: install one (on Debian: sudo apt-get install python3-venv)."
  fi
}

# Print the hash of the files and strings that an environment was made from.
fingerprint() {
  local item
  for item in "$@"; do
    if [ -f "$item" ]; then cat "$item"; else printf '%s\n' "$item"; fi
  done | sha256sum | cut -d' ' -f1
}

# Tell whether the environment $1 was completely made from fingerprint $2.
is_current() {
  [ "$(cat "$1/.fingerprint" 2>/dev/null)" = "$2" ] && "$1/bin/python" -c '' 2>/dev/null
}

# Make the empty environment $1 with a Python that is new enough.
new_environment() {
  local python
  ensure_uv
  python=$("$ROOT/scripts/python314.sh" "$TOOLS/python" "$UV")
  say "Making ${1#"$ROOT/"} with $("$python" --version)"
  rm -rf "$1"
  "$UV" venv -q --no-project --python "$python" "$1"
}

# Install into the environment $1 what the rest of the arguments tell uv.
install_into() {
  local environment=$1
  shift
  "$UV" pip install -q --no-config --python "$environment/bin/python" "$@"
}

# Make sure of the browser that Debian ships.
ensure_chromium() {
  command -v chromium >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    die "Chromium is needed: install it (on Debian: sudo apt-get install chromium)."
  say "Installing chromium"
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core; } >&2 ||
    die "apt-get could not install chromium."
}
