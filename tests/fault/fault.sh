#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every call into the kernel that a launch, or "recover" after a dead supervisor, makes, in
# every process of it, fails once with each plausible error, and the process dies there
# once. FAULT_ERRNOS (default 4, all) errors are tried on each call; two launches run side
# by side.
set -u
top_builddir=${top_builddir:-.}
# A mount namespace of its own: only what the launches leave is counted.
if [ -z "${FAULT_UNSHARED:-}" ] && [ "$(id -u)" -eq 0 ]; then
	FAULT_UNSHARED=1 exec unshare -m --propagation private sh "$0"
fi
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
launcher=$builddir/tests/fault/confine-fault
[ -x "$launcher" ] || bail_out "tests/fault/confine-fault was not built"

# Every kernel-entering function that the launcher's objects call must be in wrap.def, or
# its failures were never tried. Functions that can't fail or are the C library's own
# business are in harmless.list; anything else is unknown and must be sorted in.
find "$builddir/confine" "$builddir/policies" -name '*.o' -type f |
	grep -E '/confine/|/libpolicies_a-(bundle|digest|err|fdio|jsonx|mech|num|strbuf)\.o$' |
	xargs nm -u | awk 'NF == 2 { sub(/@.*/, "", $2); print $2 }' | sort -u > "$tmp/calls"
sed -nE 's/^WRAP\(([a-z0-9_]+),.*/\1/p' "$top_srcdir/tests/fault/wrap.def" > "$tmp/known"
grep -v '^#' "$top_srcdir/tests/fault/harmless.list" >> "$tmp/known"
find "$builddir/confine" "$builddir/policies" -name '*.o' -type f -exec nm --defined-only {} + |
	awk 'NF == 3 { print $3 }' >> "$tmp/known"
sort -u -o "$tmp/known" "$tmp/known"
unknown=$(comm -23 "$tmp/calls" "$tmp/known" |
	grep -vE '^(json_|str|mem|_GLOBAL_|__stack_chk|__asan|__ubsan|SHA256|_dl_|is[a-z]+$)')
if [ -n "$unknown" ]; then
	echo "not ok 1 - unknown functions: neither in wrap.def nor in harmless.list"
	diag "$unknown"
	tap_ended=yes
	exit 1
fi

# One bundle for each job, with a uid of its own so that reports can be compared.
jobs=2
bundles=
for i in 1 2; do
	vm_stub "flt$i" 'argv: [-stub, report]' 'seccomp:' '  violation: log' \
		'identity:' "  uid: $((vm_first + 1000 + i))" || bail_out "cannot compile"
	bundles="$bundles $tmp/flt$i"
done
mkdir "$tmp/work"
# shellcheck disable=SC2086 # two words
"$builddir/tests/fault/inject" -l "$launcher" -r "$confine" -w "$tmp/work" -c "$parent" \
	-j "$jobs" -e "${FAULT_ERRNOS:-4}" $bundles
status=$?
tap_ended=yes
exit "$status"
