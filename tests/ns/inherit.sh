#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Hostile surroundings: the VM starts exactly as declared, or not at all. "Exactly" is what
# the VMM reports from inside, compared with a launch from clean surroundings.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
hostile=$builddir/tests/ns/hostile
vm_stub inh 'seccomp:' '  violation: log' || bail_out "cannot compile"

vm_run inh -stub report
is "$status" 0 "the stub reports from clean surroundings"
printf '%s\n' "$out" > "$tmp/clean"
like "$out" '^report: end$' "the report is complete"
like "$out" '^no_new_privs: 1$' "no_new_privs"
like "$out" '^seccomp: 2$' "a seccomp filter"
like "$out" '^capabilities: 0$' "no capability"
like "$out" '^dumpable: 0$' "not dumpable"
like "$out" '^limit: core 0 0$' "no core files"
like "$out" '^umask: 63$' "umask 077"
like "$out" '^blocked: 0$' "no blocked signal"
like "$out" '^handled: 0$' "no ignored or handled signal"
like "$out" '^cwd: /$' "the working directory is the root"
like "$out" '^list: / EACCES$' "Landlock: the root can't be listed"
like "$out" '^host: inh$' "the host name is the VM's"
like "$out" '^list: /proc ENOENT$' "no /proc"
like "$out" '^list: /sys ENOENT$' "no /sys"
unlike "$out" '^[re]uid: 0$' "not root"
like "$out" '^groups: 0$' "no supplementary group"
is "$(printf '%s\n' "$out" | sed -n 's/^fd: //p' | tr '\n' ' ')" "0 1 2 3 " \
	"descriptors: standard ones and the disk"
is "$(printf '%s\n' "$out" | sed -n 's/^env: //p' | grep -cE '^(LD_|GLIBC|HOME|SHELL)')" 0 \
	"a clean environment"

# declared WHAT…: launches from hostile surroundings and compares
declared() {
	status=0
	: > "$tmp/out"
	timeout -k 5 60 "$hostile" "$@" -- "$confine" run --run-dir "$run" "$tmp/inh" -- \
		-stub report > "$tmp/out" 2> "$tmp/err" < /dev/null || status=$?
	err=$(cat "$tmp/err")
	out=$(cat "$tmp/out")
	case $status in
	0)
		if cmp -s "$tmp/out" "$tmp/clean"; then
			tap_pass "hostile $*: the VM is as declared"
		else
			tap_fail "hostile $*: the VM is as declared"
			diag "$(diff "$tmp/clean" "$tmp/out")"
		fi
		;;
	125)
		if [ -z "$out" ]; then
			tap_pass "hostile $*: refused: $(printf '%s' "$err" | head -n 1)"
		else
			tap_fail "hostile $*: refused, but the VMM ran"
		fi
		;;
	*)
		tap_fail "hostile $*: exit status $status"
		diag "$err"
		;;
	esac
}

for what in fds rlimits umask signals cwd nice persona securebits timer env session stdin \
	stderr; do
	declared "$what"
done
declared fds umask signals env nice securebits cwd
is "$status" 0 "everything at once still starts the VM"

# These two may not print: only the outcome counts.
for what in stdout stdio; do
	status=0
	timeout -k 5 60 "$hostile" $what -- "$confine" run --run-dir "$run" "$tmp/inh" -- \
		-stub exit 7 > "$tmp/out" 2> "$tmp/err" < /dev/null || status=$?
	case $status in
	7 | 125) tap_pass "hostile $what: as declared or refused ($status)" ;;
	*) tap_fail "hostile $what: exit status $status" ;;
	esac
done

# The seccomp filter of a parent can't be told from ours and blinds the read-back.
status=0
"$hostile" seccomp -- "$confine" run --run-dir "$run" "$tmp/inh" -- -stub report \
	> "$tmp/out" 2> "$tmp/err" < /dev/null || status=$?
is "$status" 125 "an inherited seccomp filter is refused"
is "$(cat "$tmp/out")" "" "and the VMM never ran"
like "$(cat "$tmp/err")" 'seccomp' "and the message says why"

# The filter answers PR_CAPBSET_READ itself, so the VMM can't tell its bounding set; /proc can.
vm_start inh -stub idle
ok "the stub idles" vm_wait_for "$tmp/inh.out" 'stub: idle'
vmm=$(field "$run/inh.json" 'v["vmm"]["pid"]')
is "$(sed -nE 's/^(Cap...):[[:space:]]*/\1 /p' "/proc/$vmm/status" | tr '\n' ' ')" \
	"$(printf '%s 0000000000000000 ' CapInh CapPrm CapEff CapBnd CapAmb)" \
	"every set of capabilities is empty"
vm_stop "$vm_pid"
wait "$vm_pid"

is "$(vm_rest inh)" "" "nothing is left"
done_testing
