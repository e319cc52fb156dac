#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The auditor on processes of this test's own: real QEMUs, confined badly, and odd ones.
# Other VMs may run on this machine: every assertion is about the test's own names.
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-.}
. "$top_srcdir/tests/lib/tap.sh"

audit=$top_builddir/brattice-audit
odd=$top_builddir/tests/audit/odd
[ -x "$audit" ] && [ -x "$odd" ] || skip_all "not built"
[ "$(id -u)" = 0 ] || skip_all "needs root"
scratch
chmod 0711 "$tmp"
mkdir -m 0755 "$tmp/run" "$tmp/open"
tag=t$$

# verdicts FILE: "ID verdict" of a JSON report (its keys are sorted)
verdicts() {
	awk -F'"' '$2 == "id" { id = $4 } $2 == "verdict" { print id, $4 }' "$1" | sort -u
}

# verdict FILE ID
verdict() {
	verdicts "$1" | awk -v id="$2" '$1 == id { print $2 }'
}

# report NAME FILE ARGS…: JSON of one VM; the exit status is the auditor's
report() {
	name=$1
	file=$2
	shift 2
	"$audit" --run-dir "$tmp/run" --vm "$name" --format json "$@" > "$file"
}

# start COMMAND…: in the background; pid in $started
start() {
	"$@" < /dev/null > "$tmp/out" 2>&1 &
	started=$!
	defer stop "$started"
}

stop() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# start_odd NAME MODE [ARG]: a copy of the odd program under the name of a VMM
start_odd() {
	name=$1
	shift
	mkdir -p "$tmp/$name"
	cp "$odd" "$tmp/$name/qemu-system-odd"
	mkfifo "$tmp/$name/in"
	sleep 600 > "$tmp/$name/in" &
	defer stop $!
	"$tmp/$name/qemu-system-odd" "$@" -name "$name" < "$tmp/$name/in" > "$tmp/$name/out" &
	started=$!
	defer stop "$started"
	for _ in $(seq 100); do
		grep -q ready "$tmp/$name/out" && return
		sleep 0.05
	done
	bail_out "$name did not start"
}

is "$("$audit" list | awk 'NF' | cut -d' ' -f1 | sort | uniq -d)" "" "no check id is used twice"
ok "there are at least 60 checks" [ "$("$audit" list | wc -l)" -ge 60 ]
ok "explain knows SEC-002" "$audit" explain SEC-002
"$audit" explain XYZ-1 > "$tmp/o" 2>&1
is $? 2 "explain of an unknown check is a usage error"
"$audit" --fail-on dire > "$tmp/o" 2>&1
is $? 2 "--fail-on with an unknown severity is a usage error"
"$audit" --vm "nobody-$tag" --run-dir "$tmp/run" > "$tmp/o" 2>&1
is $? 4 "no VM of that name: exit status 4"
"$audit" --facts-from "$tmp/none" > "$tmp/o" 2>&1
is $? 3 "facts that can't be read: exit status 3"
printf '{"format":"brattice-facts","version":1,"x":"\\u001b[31m"}' > "$tmp/esc.json"
"$audit" --facts-from "$tmp/esc.json" > "$tmp/o" 2>&1
is $? 3 "facts with control sequences are refused"
unlike "$(cat "$tmp/o")" "$(printf '\033')" "and not printed"

# ---- saved facts ---------------------------------------------------------------------------
"$audit" --facts-from "$top_srcdir/tests/audit/good.json" --fail-on low > "$tmp/good.txt"
is $? 0 "two well-confined VMs: exit status 0"
like "$(cat "$tmp/good.txt")" "coverage 200/200|coverage ([0-9]+)/\1$" "everything was judged"
"$audit" --facts-from "$top_srcdir/tests/audit/good.json" --save-facts "$tmp/again.json" \
	> "$tmp/o"
"$audit" --facts-from "$tmp/again.json" --format json > "$tmp/a.json"
"$audit" --facts-from "$top_srcdir/tests/audit/good.json" --format json > "$tmp/b.json"
ok "saving loaded facts changes nothing" cmp "$tmp/a.json" "$tmp/b.json"

# ---- odd processes --------------------------------------------------------------------------
start_odd "late-$tag" late
report "late-$tag" "$tmp/late.json" --deep
is $? 1 "gaps: exit status 1"
is "$(verdict "$tmp/late.json" SEC-002)" gap "a thread without the filter is found"
is "$(verdict "$tmp/late.json" SEC-001)" gap "and is no filtered thread"
is "$(verdict "$tmp/late.json" SEC-003)" gap "the filter was dumped and executed"
like "$(cat "/proc/$started/status")" "^State:.[SR]" "the process runs on after --deep"
like "$(cat "/proc/$started/status")" "^TracerPid:.0" "and is not traced"

start_odd "name-$tag" name "$(printf 'a\nb\033[0m\\x')"
report "name-$tag" "$tmp/name.json"
"$audit" --run-dir "$tmp/run" --vm "name-$tag" --color never > "$tmp/name.txt"
is "$(LC_ALL=C tr -d '\n -~\200-\377' < "$tmp/name.txt" | wc -c)" 0 \
	"no control character of a name or an argument reaches the terminal"
"$audit" --run-dir "$tmp/run" --save-facts "$tmp/n.json" --format json > "$tmp/o"
like "$(cat "$tmp/n.json")" 'a\\\\x0ab\\\\x1b\[0m\\\\\\\\x' "arguments are kept, escaped"

echo > "$tmp/shared"
start_odd "mem1-$tag" memory "$tmp/shared"
start_odd "mem2-$tag" memory "$tmp/shared"
chmod 0777 "$tmp/mem1-$tag"
report "mem1-$tag" "$tmp/mem.json"
is "$(verdict "$tmp/mem.json" PRV-018)" gap "a writable and executable mapping is found"
is "$(verdict "$tmp/mem.json" PRV-016)" gap "a file that two of them have mapped is found"
is "$(verdict "$tmp/mem.json" IMG-004)" gap "and that both have it open for writing"
is "$(verdict "$tmp/mem.json" PRV-002)" gap "as is their common uid"
is "$(verdict "$tmp/mem.json" PRV-021)" gap "an executable in a directory of others is found"

start_odd "many-$tag" threads 2000
report "many-$tag" "$tmp/many.json"
like "$(cat "$tmp/many.json")" "2001 threads" "each of 2001 threads is looked at"

# ---- processes that end meanwhile ------------------------------------------------------------
mkdir "$tmp/gone"
cp "$odd" "$tmp/gone/qemu-system-gone"
(i=0; while [ $i -lt 300 ]; do "$tmp/gone/qemu-system-gone" end; i=$((i + 1)); done) &
spawner=$!
for n in 1 2 3; do
	"$audit" --run-dir "$tmp/run" --vm "late-$tag" --format json > "$tmp/gone.json"
	is $? 1 "VMs that end while they are looked at do no harm ($n)"
done
wait $spawner

# ---- real VMMs ---------------------------------------------------------------------------------
qemu=$(command -v qemu-system-x86_64) || qemu=
if [ -z "$qemu" ]; then
	skip "QEMU is audited" "no qemu-system-x86_64"
	done_testing
fi
common="-M none -S -display none -nodefaults -accel tcg"
# shellcheck disable=SC2086 # a list of words
start "$qemu" $common -name "plain-$tag" -qmp tcp:127.0.0.1:0,server=on,wait=off
plain=$started
# shellcheck disable=SC2086
start "$qemu" $common -name "guest=sand-$tag,debug-threads=on" \
	-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
for _ in $(seq 100); do
	grep -q '^Seccomp:.2' "/proc/$started/status" && break
	sleep 0.1
done
sleep 1
report "plain-$tag" "$tmp/plain.json" --deep
is $? 1 "a QEMU that runs as root has gaps"
for id in PRV-001 PRV-004 SEC-001 SEC-011 PRV-011 CGR-005 MGT-002 PRV-018 PRV-033 SEC-003; do
	is "$(verdict "$tmp/plain.json" $id)" gap "plain QEMU: $id"
done
report "sand-$tag" "$tmp/sand.json" --deep
for id in PRV-001 SEC-003 SEC-004 SEC-005 SEC-012; do
	is "$(verdict "$tmp/sand.json" $id)" gap "QEMU with -sandbox and all four denies: $id"
done
for id in SEC-001 SEC-002 SEC-006 SEC-011 SEC-013; do
	is "$(verdict "$tmp/sand.json" $id)" pass "QEMU with -sandbox and all four denies: $id"
done
report "sand-$tag" "$tmp/shallow.json"
is "$(verdict "$tmp/shallow.json" SEC-003)" unknown "without --deep the filter is unknown"

# ---- --deep can be killed at any time ----------------------------------------------------------
for delay in 0.01 0.02 0.03 0.05 0.08; do
	timeout -s KILL $delay "$audit" --deep --run-dir "$tmp/run" > "$tmp/o" 2>&1
done
sleep 0.2
unlike "$(cat "/proc/$plain/task"/*/status)" "^State:.[tT]" "no thread stays stopped"

# ---- the same facts give the same report ---------------------------------------------------------
"$audit" --run-dir "$tmp/run" --deep --save-facts "$tmp/facts.json" --format json > "$tmp/live.json"
"$audit" --facts-from "$tmp/facts.json" --format json > "$tmp/offline.json"
ok "JSON from saved facts is identical" cmp "$tmp/live.json" "$tmp/offline.json"
"$audit" --facts-from "$tmp/facts.json" > "$tmp/t1"
"$audit" --facts-from - < "$tmp/facts.json" > "$tmp/t2"
ok "text too" cmp "$tmp/t1" "$tmp/t2"
is "$(stat -c %a "$tmp/facts.json")" 600 "saved facts are for their owner alone"

# ---- an unprivileged run knows less, never more ----------------------------------------------------
if command -v setpriv > /dev/null; then
	cp "$audit" "$tmp/open/brattice-audit"
	chmod 0755 "$tmp/open/brattice-audit"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$tmp/open/brattice-audit" \
		--run-dir "$tmp/run" --vm "plain-$tag" --format json > "$tmp/user.json"
	verdicts "$tmp/user.json" | grep ' pass$' > "$tmp/user.pass"
	report "plain-$tag" "$tmp/root.json"
	verdicts "$tmp/root.json" | grep ' pass$' > "$tmp/root.pass"
	is "$(comm -23 "$tmp/user.pass" "$tmp/root.pass")" "" \
		"nothing passes for a user that does not pass for root"
	for id in AUD-001 PRV-008 PRV-013 PRV-018 PRV-011; do
		is "$(verdict "$tmp/user.json" $id)" unknown "for a user $id is unknown"
	done
else
	skip "an unprivileged run" "no setpriv"
fi
done_testing
