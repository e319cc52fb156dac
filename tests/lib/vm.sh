# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Launching VMs in tests, after tap.sh. Nothing of it leaves its own directory, its own run
# directory and its own cgroup parent, all removed at exit.
#   vm_setup                 needs root; sets $tmp $run $parent $host $stub $confine $compile
#   vm_build NAME < YAML     description (the part after name, emulator, memory) -> $tmp/NAME
#   vm_stub NAME [LINE…]     a bundle whose emulator is the hostile stub, with a disk
#   vm_run NAME [ARG…]       launches; output in $out, messages in $err, status in $status
#   vm_start NAME [ARG…]     launches in the background; $vm_pid is the supervisor
#   vm_wait_for FILE ERE     until the file has such a line, at most 30 s

vm_setup() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	builddir=${top_builddir:-.}
	confine=$builddir/brattice-confine
	compile=$builddir/brattice-compile
	[ -x "$confine" ] || bail_out "brattice-confine was not built"
	[ -x "$compile" ] || bail_out "brattice-compile was not built"
	scratch
	run=$tmp/run
	mkdir -m 0755 "$run"
	parent=brattice-test-$$
	host=$tmp/host.yaml
	vm_first=$((1800000000 + $$ % 60000 * 64))
	printf 'uid_first: %d\nuid_last: %d\ncgroup_parent: %s\n' \
		"$vm_first" $((vm_first + 63)) "$parent" > "$host"
	stub=$tmp/stub
	cp "$builddir/tests/attack/stub" "$stub"
	chmod 0755 "$stub" "$tmp"
	defer vm_clean
}

vm_clean() {
	for vm_lock in "$run"/*.json; do
		[ -f "$vm_lock" ] || continue
		vm_pids=$(sed -nE 's/.*"pid": ([0-9]+).*/\1/p' "$vm_lock")
		for vm_p in $vm_pids; do
			kill -KILL "$vm_p" 2> /dev/null
		done
	done
	"$confine" recover --run-dir "$run" > /dev/null 2>&1
	find /sys/fs/cgroup -depth -type d -path "*/$parent*" -exec rmdir {} \; 2> /dev/null
}

vm_build() {
	vm_name=$1
	shift
	{
		printf 'name: %s\n' "$vm_name"
		cat
	} > "$tmp/$vm_name.yaml"
	"$compile" build --host "$host" "$@" -o "$tmp/$vm_name" "$tmp/$vm_name.yaml" \
		> "$tmp/$vm_name.build" 2>&1 || {
		diag "$(cat "$tmp/$vm_name.build")"
		return 1
	}
}

vm_disk() {
	rm -f "$1"
	(umask 077 && truncate -s "${2:-1M}" "$1")
}

vm_stub() {
	vm_name=$1
	shift
	vm_disk "$tmp/$vm_name.img"
	{
		printf 'emulator: %s\naccel: tcg\nmemory: 16M\n' "$stub"
		printf 'disks:\n  - path: %s\n    format: raw\n' "$tmp/$vm_name.img"
		for vm_line in "$@"; do
			printf '%s\n' "$vm_line"
		done
	} | vm_build "$vm_name"
}

vm_run() {
	vm_name=$1
	shift
	status=0
	timeout -k 5 60 "$confine" run --run-dir "$run" "$tmp/$vm_name" -- "$@" \
		> "$tmp/out" 2> "$tmp/err" < /dev/null || status=$?
	out=$(tr -d '\000' < "$tmp/out")
	err=$(cat "$tmp/err")
}

vm_start() {
	vm_name=$1
	shift
	: > "$tmp/$vm_name.out"
	"$confine" run --run-dir "$run" "$tmp/$vm_name" -- "$@" \
		> "$tmp/$vm_name.out" 2> "$tmp/$vm_name.err" < /dev/null &
	vm_pid=$!
	defer vm_stop "$vm_pid"
}

vm_stop() {
	kill -TERM "$1" 2> /dev/null || return 0
	vm_tries=0
	while kill -0 "$1" 2> /dev/null && [ "$vm_tries" -lt 100 ]; do
		sleep 0.05
		vm_tries=$((vm_tries + 1))
	done
	kill -KILL "$1" 2> /dev/null
	return 0
}

vm_wait_for() {
	vm_tries=0
	while ! grep -Eq -e "$2" "$1" 2> /dev/null; do
		vm_tries=$((vm_tries + 1))
		if [ "$vm_tries" -gt 600 ]; then
			diag "no line matches $2 in $1:"
			diag "$(cat "$1")"
			return 1
		fi
		sleep 0.05
	done
}

# json FILE EXPRESSION: a value of a receipt, by jq's little brother; needs python3 or jq.
json() {
	if command -v jq > /dev/null; then
		jq -r "$2" "$1"
	else
		python3 -c 'import json, sys
v = json.load(open(sys.argv[1]))
for k in sys.argv[2].strip(".").split("."):
    v = v[k]
print(v)' "$1" "$2"
	fi
}

# field FILE EXPRESSION: Python, v is the JSON document
field() {
	python3 -c 'import json, sys
with open(sys.argv[1]) as f:
    v = json.load(f)
print(eval("(" + sys.argv[2] + ")"))' "$1" "$2"
}

# Nothing is left of a VM: no cgroup, lease, journal, receipt, socket, temporary file.
vm_rest() {
	find "$run" -mindepth 1 ! -name '*.lock' ! -path "$run/uid"
	find /sys/fs/cgroup -type d -path "*/$parent/$1*" 2> /dev/null
}
