#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Breaks one layer or check at a time, in a copy of the source tree, and demands that a test
# notices. A mutation that no longer applies is a failure: the table must follow the code.
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$top_srcdir/tests/lib/tap.sh"

[ "$(id -u)" -eq 0 ] || skip_all "needs root"
scratch
chmod 0755 "$tmp"
mkdir "$tmp/src" "$tmp/build"
(cd "$top_srcdir" && tar -cf - --exclude='./build*' --exclude=./.git .) |
	tar -xf - -C "$tmp/src"
(cd "$top_srcdir" && tar -cf - build-aux) | tar -xf - -C "$tmp/src"
programs="brattice-confine brattice-compile tests/attack/stub tests/ns/hostile"

rebuild() {
	# shellcheck disable=SC2086 # a list of words
	make -s -j 2 -C "$tmp/build" $programs > "$tmp/make.log" 2>&1
}

echo "# building a scratch copy"
if ! (cd "$tmp/build" && ../src/configure -q) > "$tmp/make.log" 2>&1 || ! rebuild; then
	tail -n 20 "$tmp/make.log" | sed 's/^/# /'
	bail_out "the copy does not build"
fi

# The part of the attack table that a mutation run looks at; all of it takes seconds.
quick_test() {
	top_srcdir=$tmp/src top_builddir=$tmp/build timeout -k 5 120 \
		sh "$tmp/src/tests/ns/$1.sh" > "$tmp/test.log" 2>&1 &&
		! grep -q '^not ok' "$tmp/test.log"
}

for t in inherit objects attack; do
	ok "unbroken: tests/ns/$t.sh passes" quick_test "$t"
done

grep -v '^#' "$top_srcdir/tests/mutate/mutations" > "$tmp/table"
while IFS=';' read -r name file program test; do
	name=$(echo "$name" | tr -d ' ')
	file=$(echo "$file" | tr -d ' ')
	test=$(echo "$test" | tr -d ' ')
	# the table's separator also separates sed commands of one program
	case $test in
	/*) test=$(sed -n "s/^$name ;.*; *\([a-z]*\)\$/\1/p" "$tmp/table")
		program=$(sed -n "s/^$name ; [^;]* ; \(.*\) ; [a-z]*\$/\1/p" "$tmp/table") ;;
	esac
	cp -p "$tmp/src/$file" "$tmp/original"
	sed "$program" "$tmp/original" > "$tmp/src/$file"
	if cmp -s "$tmp/original" "$tmp/src/$file"; then
		tap_fail "$name: the mutation applies to $file"
	elif ! rebuild; then
		tap_fail "$name: the mutated tree builds"
		tail -n 5 "$tmp/make.log" | sed 's/^/# /'
	elif quick_test "$test"; then
		tap_fail "$name: tests/ns/$test.sh notices"
	else
		tap_pass "$name: $(grep -m 1 '^not ok' "$tmp/test.log" | cut -c 1-70)"
	fi
	cp "$tmp/original" "$tmp/src/$file"
done < "$tmp/table"
done_testing
