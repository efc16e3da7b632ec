#!/usr/bin/env bash
#
# clean.sh removes build/, unless a staged tree in there holds work.

set -euo pipefail

# shellcheck source=patches/base.sh
source "$(dirname "${BASH_SOURCE[0]}")/base.sh"

need_tools git
isolate_git

for base in $(known_bases); do
	refuse_if_work "$base" "not removed:"
done

rm -rf "$root/build"
