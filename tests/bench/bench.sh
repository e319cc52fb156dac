#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# "make bench": prints tables, never passes or fails. Paired and interleaved, so that what
# else the machine does meets all rows alike: compare rows of one table only.
#   ROUNDS=60 QMP_ROUNDS=15 CROWD=1000 THREADS=8           how much
#   SECTIONS="launch syscalls steps qmp seccomp audit"     which tables
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
tap_ended=yes
rounds=${ROUNDS:-60}
qmp_rounds=${QMP_ROUNDS:-15}
crowd=${CROWD:-1000}
threads=${THREADS:-8}
bench=$builddir/tests/bench
sections=${SECTIONS:-launch syscalls steps qmp seccomp audit}
qemu=/usr/bin/qemu-system-x86_64
bwrap=$(command -v bwrap || :)

wanted() {
	case " $sections " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

head_line() {
	printf '\n== %s\n' "$*"
}

# row NAME CMD…: the last line that the command prints.
row() {
	row_name=$1
	shift
	printf '%-28s %s\n' "$row_name" "$("$@" 2> /dev/null | tail -n 1)"
}

model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)
head_line "machine"
echo "$model, $(nproc) CPUs, Linux $(uname -r), hypervisor: $(grep -qw hypervisor /proc/cpuinfo &&
	echo yes || echo no), load $(cut -d ' ' -f 1 /proc/loadavg)"
[ -n "$bwrap" ] || echo "bubblewrap is not installed: its rows are missing"

# Names of their own, by which the kernel's tracepoint knows them.
cp "$confine" "$tmp/bench-brattice"
[ -z "$bwrap" ] || cp "$bwrap" "$tmp/bench-bwrap"
vm_stub bench > /dev/null || exit 1

# launch PROGRAM WHAT…: the command line of each launcher; the rest goes to the stub.
bwrap_stub() {
	timeout -k 5 600 "$@" --unshare-all --cap-drop ALL --die-with-parent --ro-bind "$stub" /stub --dev /dev \
		/stub -stub exit 0
}
brattice_stub() {
	timeout -k 5 600 "$@" run --run-dir "$run" "$tmp/bench" -- -stub exit 0
}

bench_launch() {
	head_line "launch of a static program, $rounds rounds"
	set -- --- "bare exec" "$stub" -stub first
	[ -z "$bwrap" ] || set -- "$@" --- "bubblewrap" "$bwrap" --unshare-all --cap-drop ALL \
		--die-with-parent --ro-bind "$stub" /stub --dev /dev /stub -stub first
	set -- "$@" --- brattice "$confine" run --run-dir "$run" "$tmp/bench" -- -stub first
	"$bench/launch" "$rounds" "$@"
	echo "brattice: all layers with read-back and receipt; bubblewrap: namespaces, mounts, caps."
}

bench_syscalls() {
	head_line "system calls of a launch, all processes until they execute the program"
	echo "(counted by a BPF program at the tracepoint sys_enter, untraced)"
	[ -z "$bwrap" ] || row bubblewrap bwrap_stub "$bench/syscalls" "$tmp/bench-bwrap"
	row brattice brattice_stub "$bench/syscalls" "$tmp/bench-brattice"
}

bench_steps() {
	head_line "user instructions of a launch, single-stepped"
	[ -z "$bwrap" ] || row "bubblewrap, all processes" bwrap_stub "$bench/steps" -f "$bwrap"
	row "brattice, supervisor" brattice_stub "$bench/steps" "$confine"
	row "brattice, child to its exec" brattice_stub "$bench/steps" -s "$confine"
	"$confine" recover --run-dir "$run" > /dev/null 2>&1
}

bench_qmp() {
	[ -x "$qemu" ] || return
	head_line "QEMU (TCG), spawn to the greeting of its monitor, $qmp_rounds rounds"
	vm_disk "$tmp/qmp.img"
	mkdir -m 0700 "$tmp/socket"
	printf '%s\n' "emulator: $qemu" 'accel: tcg' 'memory: 64M' 'disks:' \
		"  - path: $tmp/qmp.img" '    format: raw' 'serial: none' \
		'qmp:' "  path: $tmp/socket/qmp" |
		vm_build qmp
	python3 -c 'import json, sys
print("\n".join(json.load(open(sys.argv[1]))["exec"]["argv"]))' \
		"$tmp/qmp/manifest.json" > "$tmp/argv"
	sed 1d "$tmp/argv" > "$tmp/args"
	set -- --- "bare exec" - "$qemu" "@$tmp/args"
	[ -z "$bwrap" ] || set -- "$@" --- bubblewrap - "$bwrap" --unshare-all --cap-drop ALL \
		--die-with-parent --ro-bind /usr /usr --symlink usr/lib /lib \
		--symlink usr/lib64 /lib64 --dev /dev "$qemu" "@$tmp/args"
	set -- "$@" --- brattice "$tmp/socket/qmp" "$confine" run --run-dir "$run" "$tmp/qmp"
	set -- "$@" --- "bare exec, again" - "$qemu" "@$tmp/args"
	"$bench/qmp" "$qmp_rounds" "$tmp/qmp.img" "$@"
	echo "The two rows of bare exec show the noise."
}

bench_seccomp() {
	head_line "seccomp: the filter of a QEMU/KVM guest"
	"$builddir/tests/bench_seccomp"
}

bench_audit() {
	head_line "audit of $crowd idle processes named like a VMM, $threads threads, 3 rounds"
	cp "$bench/crowd" "$tmp/qemu-system-x86_64"
	set -- "$tmp/qemu-system-x86_64" "$crowd" "$threads" 3 "$builddir/brattice-audit" \
		--run-dir "$run" --format json
	row "VMs" "$@" --scope vm
	row "VMs, with --deep" "$@" --scope vm --deep
	row "VMs, pairs and host" "$@"
}

for section in launch syscalls steps qmp seccomp audit; do
	! wanted "$section" || "bench_$section"
done
exit 0
