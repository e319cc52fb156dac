#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Style that can be counted: licence line, line and file length, length of functions.
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
. "$top_srcdir/tests/lib/tap.sh"

cd "$top_srcdir" || bail_out "no source directory"
scratch
folders=
for d in policies confine xsm audit tests; do
	[ ! -d "$d" ] || folders="$folders $d"
done
# shellcheck disable=SC2086 # a list of words
find $folders -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' \) | sort > "$tmp/c"
{
	cat "$tmp/c"
	# shellcheck disable=SC2086
	find $folders .ci -type f \( -name '*.sh' -o -name '*.S' \)
	for f in quickstart check .ci/run Makefile.am configure.ac; do
		[ ! -f "$f" ] || echo "$f"
	done
} | sort -u > "$tmp/all"

no_spdx() {
	while IFS= read -r f; do
		head -n 2 "$f" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' ||
			echo "$f: no SPDX line first"
	done < "$tmp/all"
}

# Width with tabs at every eighth column; characters, not bytes (which mawk counts).
long_lines() {
	while IFS= read -r f; do
		expand -t 8 "$f" | LC_ALL=C.UTF-8 grep -nE '^.{91}' |
			sed "s|^|$f:|;s|\$|  [over 90 columns]|"
	done < "$tmp/c"
}

long_files() {
	while IFS= read -r f; do
		n=$(wc -l < "$f")
		[ "$n" -le 600 ] || echo "$f: $n lines"
	done < "$tmp/c"
}

foreign_words() {
	xargs grep -nE '\bgoto\b' < "$tmp/c" | grep -vE '^[^:]*:[0-9]+:[[:space:]]*(/?\*|//)' |
		grep -vE '"[^"]*goto[^"]*"'
	while IFS= read -r f; do
		# of a macro's empty line only the backslash is at the end: no indentation
		grep -nE '^ {8,}[^ \\]' "$f" | sed "s|^|$f:|;s|\$|  [blanks for a tab]|"
	done < "$tmp/c" | head -n 20
}

is "$(no_spdx)" "" "every file names its licence first"
is "$(long_lines)" "" "no line over 90 columns"
is "$(long_files)" "" "no file over 600 lines"
is "$(foreign_words)" "" "no goto, tabs for indentation"

if ! ctags --version 2>/dev/null | grep -q 'Universal Ctags'; then
	skip "no function over 100 lines" "universal-ctags is not installed"
	skip "95 of 100 functions have at most 60 lines" "universal-ctags is not installed"
	done_testing
fi
grep '\.c$' "$tmp/c" > "$tmp/functions-in"
ctags -L "$tmp/functions-in" --languages=C --kinds-C=f --fields=+ne -f "$tmp/tags" \
	2> "$tmp/ctags.err" || bail_out "ctags: $(cat "$tmp/ctags.err")"
awk -F '\t' '!/^!/ {
	line = end = 0
	for (i = 4; i <= NF; i++) {
		if ($i ~ /^line:/) line = substr($i, 6)
		if ($i ~ /^end:/) end = substr($i, 5)
	}
	if (end) print end - line + 1, $2 ":" line ": " $1
}' "$tmp/tags" | sort -n > "$tmp/lengths"
total=$(wc -l < "$tmp/lengths")
if [ "$total" -gt 100 ]; then
	tap_pass "ctags found the functions ($total)"
else
	tap_fail "ctags found the functions ($total)"
fi
is "$(awk '$1 > 100' "$tmp/lengths")" "" "no function over 100 lines"
p95=$(awk -v n="$total" 'NR == int((n * 95 + 99) / 100) { print $1 }' "$tmp/lengths")
ok "95 of 100 functions have at most 60 lines (now $p95)" [ "${p95:-999}" -le 60 ]
done_testing
