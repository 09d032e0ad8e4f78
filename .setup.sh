# shellcheck shell=bash
# What ./run and ./test share: the packages of Debian 12 they need, progress lines, and how a long
# step is run. Sourced, never called; the caller sets root, the folder of the tree.
# shellcheck disable=SC2034,SC2154

# A name with "=command" is satisfied by that command, wherever it comes from.
packages_build=(
  clang-19 libclang-rt-19-dev cmake ninja-build ccache mold pkg-config ca-certificates
  libboost1.81-dev libboost-url1.81-dev libboost-json1.81-dev
  libsoci-dev libpq-dev libpugixml-dev libxml2-dev libzip-dev libzstd-dev libssl-dev
  libpango1.0-dev libcairo2-dev libqrencode-dev libp11-kit-dev libmimalloc-dev
)
packages_serve=(postgresql-common postgresql-15 fonts-noto-core curl)
packages_test=(
  libgtest-dev libgmock-dev libbenchmark-dev libvalijson-dev clang-format-19 clang-tidy-19 git
  openssl xmlsec1 libengine-gost-openssl softhsm2 unzip qpdf poppler-utils zbar-tools chromium
  nodejs=node npm=npm
)

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
  if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# Prints those of the named packages that are not there.
packages_missing() {
  local package
  for package in "$@"; do
    if [[ $package == *=* ]]; then
      command -v "${package#*=}" >/dev/null || echo "${package%=*}"
    elif [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      echo "$package"
    fi
  done
}

# step LOG WHAT COMMAND...: runs a long command with its output in LOG, says what is going on every
# 20 seconds, and on failure shows the end of the log and where the rest is.
step() {
  local log=$1 what=$2 since=$SECONDS job told
  shift 2
  say "$what ..."
  "$@" </dev/null >"$log" 2>&1 &
  job=$!
  told=$since
  while kill -0 "$job" 2>/dev/null; do
    sleep 0.3
    if ((SECONDS - told >= 20)); then
      told=$SECONDS
      say "  still at it, $((SECONDS - since)) s: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-90)"
    fi
  done
  if wait "$job"; then
    say "$what: done in $((SECONDS - since)) s"
    return 0
  fi
  say "$what: FAILED after $((SECONDS - since)) s. The end of $log:"
  tail -n 25 "$log"
  return 1
}

apt_get() {
  local quick=()
  # A machine of continuous integration is thrown away: no need to flush every file to its disk.
  [[ -z ${CI:-} ]] || quick=(-o DPkg::Options::=--force-unsafe-io)
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 "${quick[@]}" -y -qq "$@"
}

apt_install() {
  apt_get update &&
    apt_get install --no-install-recommends postgresql-common &&
    # Only our own cluster is wanted, not a second server of the whole machine.
    as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
      /etc/postgresql-common/createcluster.conf &&
    apt_get install --no-install-recommends "$@"
}

# install_packages LOG PACKAGE...: works offline when nothing is missing.
install_packages() {
  local log=$1 missing
  shift
  mapfile -t missing < <(packages_missing "$@")
  ((${#missing[@]})) || return 0
  # shellcheck disable=SC1091
  [[ $(. /etc/os-release && echo "${ID:-}${VERSION_ID:-}") == debian12 ]] ||
    die "These packages are missing: ${missing[*]}
This script installs them on Debian 12 only. Install them by hand, or use --no-install."
  if [[ $(id -u) != 0 ]] && ! command -v sudo >/dev/null; then
    die "These packages are missing: ${missing[*]}
Neither root nor sudo is at hand. Ask an administrator to run:
  apt-get install --no-install-recommends ${missing[*]}"
  fi
  step "$log" "Installing ${#missing[@]} packages of Debian" apt_install "${missing[@]}" ||
    die "Packages could not be installed. Is the network there? The whole log is $log.
By hand: apt-get update && apt-get install --no-install-recommends ${missing[*]}"
}

# build PRESET LOG TARGET...: configures when needed and builds.
build() {
  local preset=$1 log=$2
  shift 2
  step "$log" "Building $preset" build_now "$preset" "$@" || {
    say "The whole log is $log. After a change of packages, remove build/$preset and try again."
    return 1
  }
}

build_now() {
  local preset=$1
  shift
  # A half-made tree has no build.ninja and is configured again.
  [[ -f build/$preset/build.ninja ]] || cmake --preset "$preset" || return
  cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}
}

# The private cluster: starts it in a folder, creating it the first time, and prints how to connect.
# Descriptor 9 is the caller's lock, which PostgreSQL must not inherit.
cluster_start() { "$root/db/cluster.sh" start "$1" 9>&-; }
cluster_stop() { "$root/db/cluster.sh" stop "$1" 9>&-; }
