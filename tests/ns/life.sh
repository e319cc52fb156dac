#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of a VM, with real QEMU and the boot-sector guest: it starts, says its line, is
# controlled, shown and stopped; its supervisor is killed; VMs beside each other.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
qemu=/usr/bin/qemu-system-x86_64
[ -x "$qemu" ] || skip_all "no $qemu"
qmp=$builddir/tests/lib/qmp
mechanisms=$(sed -nE 's/^MECH\(([a-z]+),.*/\1/p' "$top_srcdir/policies/mech.def")

# vm_qemu NAME ACCEL [LINE…]: a bundle for QEMU with the guest on its disk
vm_qemu() {
	qemu_name=$1
	qemu_accel=$2
	shift 2
	sh "$top_srcdir/tests/guest/make-guest" "$builddir/tests/guest/boot.img" \
		"$tmp/$qemu_name.img" "$qemu_name"
	{
		printf 'emulator: %s\naccel: %s\nmemory: 32M\n' "$qemu" "$qemu_accel"
		printf 'disks:\n  - path: %s\n    format: raw\n' "$tmp/$qemu_name.img"
		printf 'serial: stdio\nqmp:\n  enabled: true\n  path: %s\n' \
			"$run/$qemu_name/qmp.sock"
		for qemu_line in "$@"; do
			printf '%s\n' "$qemu_line"
		done
	} | vm_build "$qemu_name"
}

# hello NAME: the guest of a VM that was started speaks
hello() {
	ok "$1: the guest says its line" vm_wait_for "$tmp/$1.out" "brattice guest $1: hello"
}

# ended PID: the process is gone, or nobody has reaped it yet; within 30 s
ended() {
	ended_tries=0
	while [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status" 2> /dev/null; do
		ended_tries=$((ended_tries + 1))
		[ "$ended_tries" -le 600 ] || return 1
		sleep 0.05
	done
}

# until_is WANT CMD…: until the command prints that, at most 30 s
until_is() {
	until_want=$1
	shift
	until_tries=0
	while [ "$("$@" 2> /dev/null)" != "$until_want" ]; do
		until_tries=$((until_tries + 1))
		if [ "$until_tries" -gt 600 ]; then
			diag "$*: $("$@" 2>&1)"
			return 1
		fi
		sleep 0.05
	done
}

state_of() {
	"$confine" status --run-dir "$run" --json "$1" > "$tmp/state" || return
	field "$tmp/state" 'v[0]["state"]'
}

# job_ends PID WANT DESC: a background job of this shell ends by itself, with that status
job_ends() {
	ok "$3: its supervisor ends" ended "$1"
	job_status=0
	wait "$1" || job_status=$?
	is "$job_status" "$2" "$3: the exit status is $2"
}

confine() {
	confine_verb=$1
	shift
	status=0
	out=$(timeout -k 5 60 "$confine" "$confine_verb" --run-dir "$run" "$@" 2> "$tmp/err") ||
		status=$?
	err=$(cat "$tmp/err")
}

nothing_left() {
	is "$(find "$run" -mindepth 1 ! -path "$run/uid"; vm_rest "$1")" "" "$1: nothing is left"
}

# ---- start, look, control, stop: once for each accelerator ---------------------------------
whole_life() {
	name=$1
	vm_start "$name"
	supervisor=$vm_pid
	hello "$name"
	receipt=$run/$name.json
	vmm=$(field "$receipt" 'v["vmm"]["pid"]')
	uid=$(field "$receipt" 'v["uid"]')

	is "$("$qmp" "$run/$name/qmp.sock" query-status 2>&1)" \
		'{"running":true,"singlestep":false,"status":"running"}' \
		"$name: the control socket answers"
	is "$(stat -c '%a %u' "$run/$name/qmp.sock" "$run/$name" | tr '\n' ' ')" "600 0 700 0 " \
		"$name: the control socket is root's alone"
	is "$(readlink "/proc/$vmm/exe")" "$qemu" "$name: the receipt names QEMU's process"
	is "$(awk '/^(Uid|Gid):/ { print $2, $3, $4, $5 }' "/proc/$vmm/status" | tr '\n' ' ')" \
		"$uid $uid $uid $uid $uid $uid $uid $uid " "$name: QEMU runs as the leased uid"
	is "$(awk '/^(Seccomp|NoNewPrivs|Cap...):/ { print $2 }' /proc/"$vmm"/task/*/status |
		sort -u | tr '\n' ' ')" "0000000000000000 1 2 " \
		"$name: each thread has a filter, no_new_privs and no capability"

	is "$(field "$receipt" '" ".join(l["mech"] for l in v["layers"])')" \
		"$(printf '%s' "$mechanisms" | tr '\n' ' ')" \
		"$name: the receipt has every mechanism, in order"
	is "$(field "$receipt" 'sorted(l["mech"] for l in v["layers"]
		if l["state"] == "applied" and not isinstance(l["observed"], dict))')" "[]" \
		"$name: what was applied was observed"
	is "$(field "$receipt" 'sorted(l["mech"] for l in v["layers"]
		if l["state"] != "applied" and l["mech"] not in ("selinux", "apparmor", "speculation"))')" \
		"[]" "$name: every layer is applied that this kernel must have"
	is "$(field "$receipt" 'sorted(l["mech"] for l in v["layers"]
		if l["state"] != "applied" and not l["note"])')" \
		"[]" "$name: a layer that is not applied says why"
	is "$(field "$receipt" 'v["bundle"]["sha256"]') $(field "$receipt" 'v["format"]')" \
		"$(sha256sum < "$tmp/$name/manifest.json" | cut -d ' ' -f 1) brattice-receipt" \
		"$name: the receipt is bound to the bundle"
	is "$(field "$receipt" 'v["boot_id"]')" "$(cat /proc/sys/kernel/random/boot_id)" \
		"$name: the receipt is of this boot"
	is "$(stat -c '%a %u' "$receipt")" "644 0" "$name: everybody may read the receipt"

	confine status
	is "$status" 0 "$name: status"
	like "$out" "^$name +running +pid $vmm +uid $uid +20[0-9-]+T[0-9:]+Z\$" \
		"$name: status shows name, state, pid, uid, time"
	is "$(printf '%s\n' "$out" | sed -nE 's/^ +([a-z]+) +(applied|inactive|unavailable|off) .*/\1/p')" \
		"$mechanisms" "$name: status shows every mechanism"
	confine status --json "$name"
	printf '%s\n' "$out" > "$tmp/status.json"
	is "$(field "$tmp/status.json" 'len(v), v[0]["name"], v[0]["state"], v[0]["vmm"]["pid"],
		v[0]["supervisor"]["pid"], v[0]["uid"], v[0]["gid"]')" \
		"(1, '$name', 'running', $vmm, $supervisor, $uid, $uid)" "$name: status --json"
	is "$(field "$tmp/status.json" 'sorted(v[0])')" \
		"['bundle', 'cgroups', 'gid', 'launched', 'layers', 'name', 'objects', 'state', 'supervisor', 'uid', 'vmm']" \
		"$name: the members of status --json"

	rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$supervisor/status")
	ok "$name: the supervisor needs at most 2048 KiB (now $rss)" [ "$rss" -le 2048 ]
	is "$(awk '/^(CapPrm|NoNewPrivs|Threads):/ { print $2 }' "/proc/$supervisor/status" |
		tr '\n' ' ')" "1 0000000000000022 1 " \
		"$name: the supervisor keeps CAP_KILL and CAP_DAC_OVERRIDE, no_new_privs and one thread"

	confine stop "$name"
	is "$status $err" "0 " "$name: stop"
	job_ends "$supervisor" 0 "$name"
	ok "$name: QEMU is gone" ended "$vmm"
	nothing_left "$name"
}

vm_qemu life-tcg tcg || bail_out "cannot compile"
whole_life life-tcg
vm_qemu life-auto auto || bail_out "cannot compile"
if [ "$(field "$tmp/life-auto/manifest.json" 'v["target"]["accel"]')" = kvm ]; then
	whole_life life-auto
else
	skip "KVM" "/dev/kvm does not work on this machine"
fi

# ---- exit statuses and signals --------------------------------------------------------------
vm_stub deaf || bail_out "cannot compile"
for code in 0 1 42 124 125 126 127 255; do
	vm_run deaf -stub exit "$code"
	is "$status $err" "$code " "exit status $code is passed on"
done
killer=$("$stub" -stub table | awk '$2 == "KILL" { print $1; exit }')
vm_run deaf -stub attack "$killer"
is "$status" 159 "a forbidden system call ($killer): 128 + SIGSYS"
is "$err" "brattice-confine: VM \"deaf\" died by signal 31 (Bad system call): a system call that the description does not grant" \
	"and the message says what happened"

vm_start deaf -stub idle
idle=$vm_pid
ok "the stub idles" vm_wait_for "$tmp/deaf.out" 'stub: idle'
vmm=$(field "$run/deaf.json" 'v["vmm"]["pid"]')
kill -STOP "$vmm"
confine stop --timeout 1 deaf
is "$status $err" \
	'125 brattice-confine: error: VM "deaf" still runs after 1 seconds' \
	"stop of a VMM that does not react gives up after its time"
is "$(state_of deaf)" running "which is still there"
kill -KILL "$vmm"
job_ends "$idle" 137 "the VMM killed by SIGKILL"
is "$(cat "$tmp/deaf.err")" 'brattice-confine: VM "deaf" died by signal 9 (Killed)' \
	"and the message says so"
nothing_left deaf

vm_qemu sig tcg || bail_out "cannot compile"
for signal in TERM HUP INT; do
	vm_start sig
	hello sig
	kill -s "$signal" "$vm_pid"
	job_ends "$vm_pid" 0 "SIG$signal to the supervisor"
	like "$(cat "$tmp/sig.err")" 'terminating on signal (15|1|2)( |$)' \
		"SIG$signal to the supervisor: QEMU received it"
done
nothing_left sig
vm_start sig
ok "sig: is let go" until_is running state_of sig
confine stop sig
is "$status $err" "0 " "stop before QEMU can have its handlers"
job_ends "$vm_pid" 0 "stop at once"
nothing_left sig

confine status nosuch
is "$status $err" "125 brattice-confine: error: no VM \"nosuch\" in $run" "status of no VM"
confine stop nosuch
is "$status $err" "125 brattice-confine: error: no VM \"nosuch\" in $run" "stop of no VM"
confine status
is "$status $out" "0 no VM" "status without VMs"

# ---- the supervisor is killed ---------------------------------------------------------------
vm_qemu tied tcg || bail_out "cannot compile"
vm_start tied
hello tied
vmm=$(field "$run/tied.json" 'v["vmm"]["pid"]')
kill -KILL "$vm_pid"
ok "supervisor_death: kill: QEMU dies with its supervisor" ended "$vmm"
wait "$vm_pid"
is "$(state_of tied)" dead "status says dead"
ok "there is something to recover" [ -n "$(vm_rest tied)" ]
confine recover
is "$status $err" "0 " "recover"
like "$out" '^tied: cleaned$' "recover says what it cleaned"
nothing_left tied
confine recover
is "$status $out$err" "0 " "nothing to recover: silent"

vm_qemu free tcg 'process:' '  supervisor_death: adopt' || bail_out "cannot compile"
vm_start free
hello free
vmm=$(field "$run/free.json" 'v["vmm"]["pid"]')
first=$vm_pid
kill -KILL "$first"
wait "$first"
is "$(state_of free)" unsupervised "supervisor_death: adopt: QEMU lives on without it"
is "$("$qmp" "$run/free/qmp.sock" query-status 2>&1)" \
	'{"running":true,"singlestep":false,"status":"running"}' "and answers"
cp "$run/free.json" "$run/free.state" "$tmp"
vm_run free
is "$status $out" "125 " "a second run of that name is refused"
is "$err" 'brattice-confine: error: recover: VM "free" runs without a supervisor; brattice-confine recover adopts it' \
	"and the message says what to do"
ok "the receipt is untouched" cmp "$run/free.json" "$tmp/free.json"
ok "the journal is untouched" cmp "$run/free.state" "$tmp/free.state"
is "$(state_of free)" unsupervised "QEMU still lives"
confine stop free
is "$status $err" \
	'125 brattice-confine: error: VM "free" has no supervisor; see brattice-confine recover' \
	"stop without a supervisor is refused"

confine recover
is "$status $err" "0 " "recover"
is "$out" "free: adopted" "recover adopts the VM"
is "$(state_of free)" running "status says running"
second=$(field "$run/free.json" 'v["supervisor"]["pid"]')
ok "the receipt names the new supervisor" [ "$second" -ne "$first" ]
is "$(field "$run/free.json" 'v["vmm"]["pid"]')" "$vmm" "and the same QEMU"
is "$("$qmp" "$run/free/qmp.sock" query-status 2>&1)" \
	'{"running":true,"singlestep":false,"status":"running"}' "which still answers"
rss=$(awk '/^VmRSS:/ { print $2 }' "/proc/$second/status")
ok "the new supervisor needs at most 2048 KiB (now $rss)" [ "$rss" -le 2048 ]
confine recover
is "$status $out" "0 free: running" "recover again: nothing to do"
vm_run free
is "$status $err" '125 brattice-confine: error: lock: VM "free" is already running' \
	"a second run of the adopted VM is refused"
confine stop free
is "$status $err" "0 " "stop of the adopted VM"
ok "QEMU is gone" ended "$vmm"
ok "the new supervisor is gone" ended "$second"
nothing_left free

# ---- VMs beside each other ------------------------------------------------------------------
vm_qemu one tcg || bail_out "cannot compile"
vm_qemu two tcg || bail_out "cannot compile"
sed "s|$tmp/two.img|$tmp/one.img|; s|$run/two/|$run/three/|; /^name: two\$/d" "$tmp/two.yaml" |
	vm_build three ||
	bail_out "cannot compile"
sed "s|$run/two/|$run/one/|; /^name: two\$/d" "$tmp/two.yaml" | vm_build four ||
	bail_out "cannot compile"
vm_start one
one=$vm_pid
hello one
vm_run four
is "$status $out" "125 " "one socket path in two VMs: refused"
is "$err" "brattice-confine: error: prepare object: qmp: $run/one/qmp.sock is in use by another process" \
	"and the message names the socket"
is "$("$qmp" "$run/one/qmp.sock" query-status 2>&1)" \
	'{"running":true,"singlestep":false,"status":"running"}' "the first VM's socket still answers"
vm_run three
is "$status $out" "125 " "one image, writable in two VMs: refused"
is "$err" "brattice-confine: error: prepare object: disk0: $tmp/one.img is in use by another VM" \
	"and the message names the image"
vm_start two
two=$vm_pid
hello two
not_ok "two VMs have different uids" [ "$(field "$run/one.json" 'v["uid"]')" -eq \
	"$(field "$run/two.json" 'v["uid"]')" ]
is "$(field "$run/one.json" 'sorted(set(c["path"] for c in v["cgroups"]))' |
	grep -cF "$(field "$run/two.json" 'v["cgroups"][0]["path"]')")" 0 \
	"two VMs have different cgroups"
confine status
is "$(printf '%s\n' "$out" | awk '/^[a-z]/ { print $1, $2 }' | tr '\n' ' ')" \
	"one running two running " "status shows both"
confine stop one
job_ends "$one" 0 "the first of two"
is "$(state_of two)" running "the other one still runs"
vm_start three
ok "the image is free for another VM now" vm_wait_for "$tmp/three.out" \
	"brattice guest one: hello"
for name in two three; do
	confine stop "$name"
	is "$status $err" "0 " "stop $name"
done
job_ends "$two" 0 "the second of two"
job_ends "$vm_pid" 0 "the third"
nothing_left one
done_testing
