#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The manual says what the programs say: options and verbs from --help, keys of the
# description from brattice-compile, checks from brattice-audit; mandoc finds no fault.
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-.}
. "$top_srcdir/tests/lib/tap.sh"
scratch

man=$top_srcdir/man
have_mandoc=no
command -v mandoc > /dev/null && have_mandoc=yes

# page NAME: the file of a manual page; brattice(7) is not that of the program.
page() {
	find "$man" -name "$1.[1-9]" -type f | sort | head -n 1
}

# plain FILE: its text without mdoc's macros and escapes, for searching words.
plain() {
	if [ "$have_mandoc" = yes ]; then
		mandoc -T utf8 -O width=1000 "$1" | col -b
	else
		sed 's/\\-/-/g; s/\\&//g' "$1"
	fi
}

# missing TEXT-FILE < WORDS: the words that the text does not have.
missing() {
	while IFS= read -r word; do
		grep -Fqw -e "$word" "$1" || echo "$word"
	done
}

for program in brattice brattice-compile brattice-confine brattice-audit; do
	if [ ! -x "$top_builddir/$program" ]; then
		tap_fail "$program was built"
		continue
	fi
	file=$(page "$program")
	if [ -z "$file" ]; then
		tap_fail "$program has a manual page"
		continue
	fi
	plain "$file" > "$tmp/page"
	"$top_builddir/$program" --help > "$tmp/help" 2>&1
	# verbs stand first on their usage lines: "  PROGRAM VERB …" or "  VERB   text"
	verbs=$(sed -nE "s/^[[:space:]]*(usage: +)?$program +([a-z][a-z-]+).*/\\2/p" "$tmp/help" |
		sort -u)
	own=$verbs
	[ "$program" != brattice ] || own=run # its other verbs are other programs
	for verb in $own; do
		"$top_builddir/$program" "$verb" --help 2>&1
	done > "$tmp/verbs-help"
	grep -ohE -e '--[a-z][a-z-]+' "$tmp/help" "$tmp/verbs-help" | sort -u > "$tmp/options"
	ok "$program --help shows options" [ -s "$tmp/options" ]
	is "$(missing "$tmp/page" < "$tmp/options")" "" "$program: every option is in the manual"
	is "$(printf '%s\n' "$verbs" | grep . | missing "$tmp/page")" "" \
		"$program: every verb is in the manual"
	for section in 'EXIT STATUS' EXAMPLES; do
		ok "$program: the manual has $section" grep -q "^\.Sh $section" "$file"
	done
	like "$("$top_builddir/$program" --version 2>&1)" '^brattice[a-z-]* [0-9]+\.[0-9]+' \
		"$program --version"
done

"$top_builddir/brattice-compile" keys > "$tmp/keys" 2> "$tmp/err"
keys=$(grep -v '^host\.' "$tmp/keys" |
	sed -nE 's/^[[:space:]]*([a-z][a-z0-9_.-]*(\[\])?[a-z0-9_.-]*).*/\1/p' |
	sed 's/.*\.//; s/\[\]//g' | sort -u)
file=$(page brattice.vm)
if [ -n "$keys" ] && [ -n "$file" ]; then
	plain "$file" > "$tmp/page"
	is "$(printf '%s\n' "$keys" | missing "$tmp/page")" "" "every key is in brattice.vm(5)"
else
	tap_fail "brattice-compile keys and brattice.vm(5) exist"
	diag "$(cat "$tmp/err")"
fi

host_keys=$(sed -n 's/^host\.\([a-z_]*\).*/\1/p' "$tmp/keys")
file=$(page brattice-host)
if [ -n "$host_keys" ] && [ -n "$file" ]; then
	plain "$file" > "$tmp/page"
	is "$(printf '%s\n' "$host_keys" | missing "$tmp/page")" "" \
		"every key of the host file is in brattice-host(5)"
else
	tap_fail "brattice-compile knows keys of the host file, and brattice-host(5) exists"
fi

checks=$("$top_builddir/brattice-audit" list 2> "$tmp/err" | awk '{ print $1 }')
file=$(page brattice-checks)
if [ -n "$checks" ] && [ -n "$file" ]; then
	plain "$file" > "$tmp/page"
	is "$(printf '%s\n' "$checks" | missing "$tmp/page")" "" \
		"every check is in brattice-checks(7)"
else
	tap_fail "brattice-audit list and brattice-checks(7) exist"
	diag "$(cat "$tmp/err")"
fi

if [ "$have_mandoc" = yes ]; then
	for file in "$man"/*.[1-9]; do
		lint=$(mandoc -T lint -W warning "$file" 2>&1 |
			grep -vE 'referenced manual not found|missing manual section')
		is "$lint" "" "mandoc: $(basename "$file")"
	done
else
	skip "mandoc -T lint" "mandoc is not installed"
fi
done_testing
