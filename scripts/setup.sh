#!/usr/bin/env bash
# Installs what the build needs: Debian/Ubuntu packages, and LibTorch in build/venv. Safe to repeat; with all in place it
# downloads nothing and returns at once.
#
#   scripts/setup.sh                       CPU: 1.3 GB in build/venv (0.6 GB to download), 0.4 GB of packages on a bare system
#   GDD_CUDA=1 scripts/setup.sh            with CUDA's libraries: 4.9 GB in build/venv
#   GDD_LIBTORCH=/path/to/libtorch ...     use a LibTorch (or the folder of a pip-installed torch) that is there already
#   scripts/setup.sh test                  and what scripts/test.sh checks the sources with: 0.3 GB more of packages, and a browser
. "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/common.sh"

readonly torch_version=2.11.0
readonly cpu_wheels=("torch==$torch_version" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
readonly venv=build/venv
readonly marker=$venv/.complete

# What must be there, and the Debian package that brings it. Programs count wherever they lie on PATH, files (patterns)
# under any prefix below. OpenBLAS serves only what is built without LibTorch, which brings a BLAS of its own.
programs=(g++:g++ cmake:cmake ninja:ninja-build pkg-config:pkg-config ccache:ccache python3:python3)
files=(CLI/CLI.hpp:libcli11-dev spdlog/spdlog.h:libspdlog-dev stb/stb_image_write.h:libstb-dev eigen3/Eigen/Core:libeigen3-dev
  nlohmann/json.hpp:nlohmann-json3-dev zip.h:libzip-dev libdeflate.h:libdeflate-dev png.h:libpng-dev jpeglib.h:libjpeg-dev
  webp/demux.h:libwebp-dev gif_lib.h:libgif-dev '*/tiffio.h:libtiff-dev' openssl/evp.h:libssl-dev
  gtest/gtest.h:libgtest-dev '../lib*/*/libopenblas.so:libopenblas-dev')
readonly prefixes=(/usr/include /usr/local/include)

case "${1:-}" in
  '') ;;
  test)
    programs+=(clang-format:clang-format clang-tidy:clang-tidy shellcheck:shellcheck)
    programs+=(zsh:zsh fish:fish man:man-db) # which read completions and pages
    files+=(../share/i18n/locales/de_DE:locales) # a locale with a decimal comma
    ;;
  -h | --help) print_help && exit 0 ;;
  *) print_help >&2 && exit 2 ;;
esac

file_is_there() {
  local prefix
  for prefix in "${prefixes[@]}"; do
    if compgen -G "$prefix/$1" >/dev/null; then return; fi
  done
  return 1
}

missing_packages() {
  local pair
  for pair in "${programs[@]}"; do
    command -v "${pair%%:*}" >/dev/null || echo "${pair##*:}"
  done
  for pair in "${files[@]}"; do
    file_is_there "${pair%%:*}" || echo "${pair##*:}"
  done
  if [ -n "${GDD_LIBTORCH:-}" ]; then return; fi
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then echo python3-venv; fi
  if [ ! -s /etc/ssl/certs/ca-certificates.crt ]; then echo ca-certificates; fi
}

apt_install() {
  local as_root=() log
  if [ "$(id -u)" != 0 ]; then
    as_root=(sudo)
    if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
      die "as root, run: apt-get update && apt-get install -y --no-install-recommends $*"
    fi
  fi
  log=$(mktemp)
  say "installing $# packages: $*"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  "${apt[@]}" update >"$log" 2>&1 || say "apt-get update: $(tail -n 1 "$log")"
  "${apt[@]}" install -y --no-install-recommends "$@" >"$log" 2>&1 || die "apt-get install: $(grep '^E:' "$log" || tail -n 1 "$log")"
  rm -f "$log"
}

install_packages() {
  local missing
  read -ra missing <<<"$(missing_packages | tr '\n' ' ')"
  if ((${#missing[@]} == 0)); then return; fi
  if command -v apt-get >/dev/null; then
    apt_install "${missing[@]}"
  else
    say "this is not Debian or Ubuntu; not found here, by Debian's names: ${missing[*]}"
    say "going on; if CMake stops at one of them, install your distribution's counterpart (g++ 12+, CMake 3.22+)"
  fi
}

# LibTorch must load without LD_LIBRARY_PATH: the wheels' run paths lead from one to the other.
libtorch_loads() {
  "$venv/bin/python3" - <<'PYTHON'
import ctypes, glob, sys
ctypes.CDLL(glob.glob(sys.prefix + '/lib/python3*/site-packages/torch/lib/libtorch_cpu.so')[0])
PYTHON
}

# venv_is_whole KIND: a venv without marker is half made and counts as none; one with CUDA serves the CPU too.
venv_is_whole() {
  grep -qsx -e "$torch_version $1" -e "$torch_version cuda" "$marker" &&
    compgen -G "$venv/lib/python3*/site-packages/torch/lib/libtorch_cpu.so" >/dev/null
}

install_libtorch() {
  local kind=cpu wheels=(--no-deps "${cpu_wheels[@]}") quiet=(--quiet) log
  if [ "${GDD_CUDA:-0}" = 1 ]; then
    kind=cuda
    wheels=("torch==$torch_version")
  fi
  if venv_is_whole "$kind"; then return; fi
  say "installing LibTorch $torch_version ($kind) in $venv; this downloads 0.6 GB (CUDA: 2.5 GB)"
  rm -rf "$venv"
  mkdir -p build
  log=build/venv.log
  python3 -m venv "$venv" >"$log" 2>&1 || die "python3 -m venv: $(tail -n 1 "$log")"
  if [ -t 2 ]; then quiet=(); fi
  "$venv/bin/python3" -m pip install --disable-pip-version-check "${quiet[@]}" "${wheels[@]}" >&2 ||
    die "pip could not install ${wheels[*]}; set GDD_LIBTORCH=/path/to/libtorch to use another one"
  libtorch_loads || die "LibTorch was installed in $venv but does not load"
  echo "$torch_version $kind" >"$marker"
}

check_given_libtorch() {
  local file
  for file in lib/libtorch_cpu.so lib/libc10.so include/ATen/ATen.h; do
    [ -e "$GDD_LIBTORCH/$file" ] || die "GDD_LIBTORCH=$GDD_LIBTORCH has no $file; it must name the folder that holds lib/ and include/"
  done
}

# A browser looks at the report in scripts/test.sh, which does without where there is none.
install_browser() {
  local name
  for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then return; fi
  done
  (apt_install chromium) || say "going on without a browser"
}

install_packages
if [ "${1:-}" = test ] && command -v apt-get >/dev/null; then install_browser; fi
if [ -n "${GDD_LIBTORCH:-}" ]; then check_given_libtorch; else install_libtorch; fi
say "ready"
