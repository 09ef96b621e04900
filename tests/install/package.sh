#!/usr/bin/env bash
# package.sh BUILD LIBTORCH NAME: what CPack packs of BUILD, unpacked in another folder. It is whole, its programs look for no library
# in folders of the machine that built them, and they run where LibTorch lies beside them. Prints what went wrong; exit 1 if anything.
set -euo pipefail
build=$1 libtorch=$2 name=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wrong() {
  printf 'package: %s\n' "$*"
  exit 1
}

cpack --config "$build/CPackConfig.cmake" -B "$scratch/packed" >"$scratch/log" 2>&1 || wrong "cpack: $(<"$scratch/log")"
mkdir "$scratch/else where"
tar xzf "$scratch/packed/$name.tar.gz" -C "$scratch/else where"
prefix="$scratch/else where/$name"

for file in share/bash-completion/completions/gdd-fid share/zsh/site-functions/_gdd-fid share/fish/vendor_completions.d/gdd-fid.fish \
  share/man/man1/gdd-fid.1 share/doc/gdd/LICENSE include/gdd/error.h include/gdd/metrics/statistics.h; do
  [ -s "$prefix/$file" ] || wrong "no $file"
done
[ -n "$(find "$prefix" -path '*/cmake/gdd/gddConfig.cmake')" ] || wrong "no package for CMake"

# Pages lead to pages of the archive.
pages=0
while IFS= read -r page; do
  pages=$((pages + 1))
  while IFS= read -r link; do
    [ -z "$link" ] || [ -e "$(dirname "$page")/$link" ] || wrong "${page#"$prefix/"} leads to $link, which is not there"
  done < <(sed -E 's/`[^`]*`//g' "$page" | grep -oE '\]\([^) ]+\)|(src|href)="[^"]+"' | sed -E 's/^(\]\(|[a-z]+=")//; s/[)"]$//; s/#.*//' |
    grep -vE '^[a-z]+:' || true)
done < <(find "$prefix/share/doc/gdd" -name '*.md')
((pages >= 15)) || wrong "only $pages pages in share/doc/gdd"

programs=("$prefix"/bin/gdd-*)
((${#programs[@]} >= 6)) || wrong "programs: ${programs[*]}"
for program in "${programs[@]}"; do
  run_path=$(objdump -p "$program" | sed -nE 's/^ *R(UN)?PATH *//p')
  # shellcheck disable=SC2016 # the loader's own word
  [ "$run_path" = '$ORIGIN/../libtorch/lib' ] || wrong "$program looks for LibTorch in $run_path"
done

if said=$("$prefix/bin/gdd-fid" --version 2>&1); then wrong "no LibTorch beside it, and it runs: $said"; fi
grep -qF 'libtorch_cpu.so' <<<"$said" || wrong "without LibTorch it says: $said"
ln -s "$libtorch" "$prefix/libtorch"
for program in "${programs[@]}"; do
  said=$(cd / && "$program" --version 2>&1) || wrong "$program: $said"
done
