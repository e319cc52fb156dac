#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# "make bench": prints tables, never passes or fails. ROUNDS=100
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
tap_ended=yes
rounds=${ROUNDS:-100}
bench=$builddir/tests/bench
vm_stub bench > /dev/null || exit 1

set -- --- "bare exec" "$stub" -stub first
if command -v bwrap > /dev/null; then
	set -- "$@" --- "bubblewrap" "$(command -v bwrap)" --unshare-all --cap-drop ALL \
		--ro-bind "$stub" /stub --dev /dev /stub -stub first
fi
set -- "$@" --- brattice "$confine" run --run-dir "$run" "$tmp/bench" -- -stub first
echo "Launch of a static program, $rounds rounds, interleaved"
"$bench/launch" "$rounds" "$@"
echo
echo "The launcher's own process, single-stepped (children apart)"
if command -v bwrap > /dev/null; then
	printf '%-28s ' bubblewrap
	"$bench/steps" "$(command -v bwrap)" --unshare-all --cap-drop ALL \
		--ro-bind "$stub" /stub --dev /dev /stub -stub exit 0 | tail -n 1
fi
printf '%-28s ' brattice
timeout 300 "$bench/steps" "$confine" run --run-dir "$run" "$tmp/bench" -- -stub exit 0 | tail -n 1
exit 0
