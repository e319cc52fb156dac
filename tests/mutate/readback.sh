#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# readback.sh MECH: is a launch whose layer MECH is not applied refused by the read-back?
# "-": by whatever step. The mutation harness runs it on a broken launcher.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
vm_stub rb 'argv: [-stub, report]' || bail_out "cannot compile"
vm_run rb
case $1 in
-) want='brattice-confine: error: ' ;;
*) want="brattice-confine: error: read back: $1: " ;;
esac
if [ "$status" -eq 125 ] && [ -z "$out" ] &&
	[ "${err#"$want"}" != "$err" ]; then
	tap_pass "refused: ${err#*error: }"
else
	tap_fail "read back of $1: status $status, ${err:-no message}"
fi
done_testing
