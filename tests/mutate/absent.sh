#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Prints the mechanisms that are not applied on this machine, one a line.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
vm_stub absent || exit 1
vm_start absent -stub idle
vm_wait_for "$tmp/absent.out" 'stub: idle' || exit 1
field "$run/absent.json" '"\n".join(l["mech"] for l in v["layers"] if l["state"] != "applied")'
tap_ended=yes
