#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Control groups, looked at from outside: the VMM is where the receipt says, and the kernel
# holds the limits that the description asks for.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
vm_stub cg 'cgroup:' '  memory_max: 96M' '  pids_max: 33' '  cpu_percent: 50' ||
	bail_out "cannot compile"
vm_start cg -stub idle
ok "the VM runs" vm_wait_for "$tmp/cg.out" 'stub: idle'
receipt=$run/cg.json
vmm=$(field "$receipt" 'v["vmm"]["pid"]')
field "$receipt" '"\n".join(sorted(set(c["path"] for c in v["cgroups"])))' > "$tmp/paths"
ok "the receipt names cgroups" grep -q / "$tmp/paths"

# value FILE…: what the first of these files that exists in a cgroup of the VM holds
value() {
	while IFS= read -r dir; do
		for file in "$@"; do
			if [ -f "$dir/$file" ]; then
				cat "$dir/$file"
				return
			fi
		done
	done < "$tmp/paths"
}

while IFS= read -r dir; do
	is "$(cat "$dir/cgroup.procs")" "$vmm" "the VMM, and nothing else, is in $dir"
	like "$dir" "/$parent/cg\$" "which has the VM's name below the parent"
done < "$tmp/paths"
is "$(value memory.max memory.limit_in_bytes)" 100663296 "memory limit"
is "$(value pids.max)" 33 "process limit"
# v2: "QUOTA PERIOD"; v1: two files
# shellcheck disable=SC2046 # each is one or two words
set -- $(value cpu.max) $(value cpu.cfs_quota_us) $(value cpu.cfs_period_us)
is "$((${1:-0} * 100 / ${2:-1}))" 50 "half of one CPU"

vm_stop "$vm_pid"
wait "$vm_pid"
is "$(vm_rest cg)" "" "nothing is left"
done_testing
