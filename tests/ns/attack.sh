#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A hostile VMM tries what tests/attack lists. Three times: under the filter as compiled
# (a violation kills), with violations answered by EPERM, and with a filter that only logs,
# so that the wall behind it (capabilities, namespaces, Landlock, ids) must hold.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
vm_stub att || bail_out "cannot compile"
vm_stub att-errno 'seccomp:' '  violation: errno' || bail_out "cannot compile"
vm_stub att-log 'seccomp:' '  violation: log' || bail_out "cannot compile"

# A foreign process, disk and directory that the stub is told of.
sleep 600 &
other=$!
defer kill "$other"
vm_disk "$tmp/other.img"
chmod 0666 "$tmp/other.img"
set -- "disk=$tmp/other.img" "dir=$tmp" "pid=$other" fd=3
: > "$tmp/other.secret"

# judge NAME GOT EXPECTED-LIST LABEL
judge() {
	case "|$3|" in
	*"|$2|"*) tap_pass "$4 $1: $2" ;;
	*)
		tap_fail "$4 $1: $2, expected $3"
		;;
	esac
}

"$stub" -stub table > "$tmp/table" || bail_out "the stub has no table"
ok "the table has attacks" [ "$(wc -l < "$tmp/table")" -gt 200 ]

# ONLY restricts the attacks (tests/mutate).
[ -z "${ONLY:-}" ] || grep -E "^($ONLY) " "$tmp/table" > "$tmp/only"
[ -z "${ONLY:-}" ] || mv "$tmp/only" "$tmp/table"
ok "attacks are selected" [ -s "$tmp/table" ]

# 1. As compiled. What must not kill runs in one launch, the rest one by one.
vm_run att -stub all kill "$@"
like "$out" '^stub: all done$' "the stub outlives every attack that must not kill it"
printf '%s\n' "$out" > "$tmp/all-kill"
while read -r name kill second; do
	got=$(sed -n "s/^attack $name //p" "$tmp/all-kill")
	if [ -z "$got" ]; then
		vm_run att -stub attack "$name" "$@" < /dev/null
		got=$(printf '%s\n' "$out" | sed -n "s/^attack $name //p")
		case $status in
		159) got=KILL ;;
		139) got=SEGV ;;
		0) ;;
		*)
			diag "$err"
			got="${got:-nothing} (status $status)"
			;;
		esac
	fi
	judge "$name" "$got" "$kill" "filter:"
done < "$tmp/table"

# 2. EPERM in place of the kill: the same calls are refused, the rest behaves as before.
vm_run att-errno -stub all errno "$@"
like "$out" '^stub: all done$' "with violation: errno the stub ends by itself"
printf '%s\n' "$out" > "$tmp/all-errno"
while read -r name kill second; do
	case $second in
	*KILL* | *SEGV*) continue ;;
	esac
	got=$(sed -n "s/^attack $name //p" "$tmp/all-errno")
	judge "$name" "$got" "$(printf '%s' "$kill" | sed 's/KILL/EPERM/')" "errno:"
done < "$tmp/table"

# 3. The second wall.
vm_run att-log -stub all second "$@"
like "$out" '^stub: all done$' "with violation: log the stub ends by itself"
printf '%s\n' "$out" > "$tmp/all-second"
while read -r name kill second; do
	case $second in
	- | *KILL* | *SEGV*) continue ;;
	esac
	got=$(sed -n "s/^attack $name //p" "$tmp/all-second")
	judge "$name" "$got" "$second" "second wall:"
done < "$tmp/table"

ok "the foreign process lives" kill -0 "$other"
is "$(stat -c '%a %u %s' "$tmp/other.img")" "666 0 1048576" "the foreign disk is untouched"
is "$(vm_rest att)" "" "nothing is left"
done_testing
