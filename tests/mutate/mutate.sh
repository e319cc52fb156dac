#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Breaks one layer or check at a time, in a copy of the source tree, and demands that a test
# notices. A mutation that no longer applies is a failure: the table must follow the code.
# Two copies work side by side.
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
scratch
chmod 0755 "$tmp"
programs="brattice-confine brattice-compile tests/attack/stub tests/ns/hostile"
units="test_audit test_compile test_seccomp test_seccomp_grant"

# build TREE TARGET…
build() {
	build_tree=$1
	shift
	make -s -C "$build_tree/build" "$@" > "$build_tree/make.log" 2>&1
}

# Unoptimised: mutants live for seconds. Out of tree by a relative path, so that the second
# tree can be a copy of the first.
echo "# building a scratch copy"
mkdir -p "$tmp/1/src" "$tmp/1/build"
(cd "$top_srcdir" && tar -cf - --exclude='./build*' --exclude=./.git .) |
	tar -xf - -C "$tmp/1/src"
(cd "$top_srcdir" && tar -cf - build-aux) | tar -xf - -C "$tmp/1/src"
# shellcheck disable=SC2046 # a list of words
if ! (cd "$tmp/1/build" && ../src/configure -q CFLAGS=-O0) > "$tmp/1/make.log" 2>&1 ||
	! build "$tmp/1" -j 2 $programs $(printf 'tests/unit/%s ' $units); then
	tail -n 20 "$tmp/1/make.log" | sed 's/^/# /'
	bail_out "the copy does not build"
fi
cp -a "$tmp/1" "$tmp/2"

# run_test TREE KIND ARG: its output is TREE/test.log; fails as the test fails
run_test() {
	case $2 in
	readback | refused) set -- "$1" sh tests/mutate/readback.sh "$3" ;;
	attack) set -- "$1" env ONLY="$3" sh tests/ns/attack.sh ;;
	ns) set -- "$1" sh "tests/ns/$3.sh" ;;
	unit) set -- "$1" "$1/build/tests/unit/$3" ;;
	*) return 2 ;;
	esac
	test_tree=$1
	shift
	(
		cd "$test_tree/src" || exit
		top_srcdir=$test_tree/src top_builddir=$test_tree/build \
			CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 120 "$@"
	) > "$test_tree/test.log" 2>&1 && ! grep -q '^not ok' "$test_tree/test.log"
}

# mutant TREE NAME FILE KIND ARG PROGRAM: one line, "ok …" or "not ok …"
mutant() {
	tree=$1
	name=$2
	file=$tree/src/$3
	kind=$4
	arg=$5
	targets=$programs
	[ "$kind" != unit ] || targets=tests/unit/$arg
	cp -p "$file" "$tree/original"
	sed -E "$6" "$tree/original" > "$file"
	if cmp -s "$tree/original" "$file"; then
		echo "not ok - $name: the mutation applies to $3"
	elif ! build "$tree" $targets; then
		echo "not ok - $name: the mutated tree builds"
		tail -n 5 "$tree/make.log" | sed 's/^/# /'
	elif run_test "$tree" "$kind" "$arg"; then
		# the read-back must refuse; for every other test, passing is not noticing
		if [ "$kind" = readback ] || [ "$kind" = refused ]; then
			echo "ok - $name: $(sed -n 's/^ok 1 - //p' "$tree/test.log" | cut -c 1-90)"
		else
			echo "not ok - $name: $kind $arg notices"
		fi
	elif [ "$kind" = readback ] || [ "$kind" = refused ]; then
		echo "not ok - $name: $(sed -n 's/^not ok 1 - //p' "$tree/test.log")"
	elif grep -q '^not ok' "$tree/test.log"; then
		echo "ok - $name: $(grep -m 1 '^not ok' "$tree/test.log" | cut -c 1-90)"
	else
		# a test that can't start would "notice" everything
		echo "not ok - $name: $kind $arg ran: $(tail -n 1 "$tree/test.log")"
	fi
	cp "$tree/original" "$file"
}

# worker NUMBER: every second mutation, each with its tree restored
worker() {
	trap - EXIT
	awk -v n="$1" 'NR % 2 == n % 2' "$tmp/table" | while IFS=';' read -r name file kind arg program; do
		mutant "$tmp/$1" "$name" "$file" "$kind" "$arg" "$program" < /dev/null
	done > "$tmp/$1/result"
}

# NAME ; FILE ; KIND ; ARG ; SED; blanks round the first four separators don't count
grep -vE '^(#|$)' "$top_srcdir/tests/mutate/mutations" |
	sed -E 's/^([^ ;]+) *; *([^ ;]+) *; *([^ ;]+) *; *([^ ;]+) *; */\1;\2;\3;\4;/' > "$tmp/all"

# A layer that has nothing to apply on this machine can't be missed either.
top_srcdir=$tmp/1/src top_builddir=$tmp/1/build sh "$tmp/1/src/tests/mutate/absent.sh" \
	> "$tmp/absent" || bail_out "the unbroken launcher does not launch"
while IFS=';' read -r name file kind arg program; do
	if grep -qx "${name%-*}" "$tmp/absent"; then
		skip "$name" "this machine has nothing that the layer could apply"
	else
		printf '%s;%s;%s;%s;%s\n' "$name" "$file" "$kind" "$arg" "$program" >> "$tmp/table"
	fi
done < "$tmp/all"

for t in inherit objects cgroup; do
	ok "unbroken: tests/ns/$t.sh passes" run_test "$tmp/1" ns "$t"
done
attacks=$(cut -d ';' -f 3,4 "$tmp/table" | sed -n 's/^attack;//p' | sort -u)
for a in $attacks; do
	ok "unbroken: tests/ns/attack.sh passes ($a)" run_test "$tmp/1" attack "$a"
done
for u in $units; do
	ok "unbroken: $u passes" run_test "$tmp/1" unit "$u"
done

worker 1 &
first=$!
worker 2 &
second=$!
wait "$first" "$second"
ran=0
while IFS= read -r line; do
	case $line in
	'ok - '*) tap_pass "${line#ok - }" ;;
	'not ok - '*) tap_fail "${line#not ok - }" ;;
	*) echo "$line" ;;
	esac
	case $line in '#'*) ;; *) ran=$((ran + 1)) ;; esac
done <<RESULT
$(cat "$tmp/1/result" "$tmp/2/result")
RESULT
is "$ran" "$(wc -l < "$tmp/table")" "every mutation was tried"
done_testing
