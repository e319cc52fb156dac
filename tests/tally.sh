#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Counts the assertions in automake's .trs files below the directories (or in the files)
# named; the last line is "N passed, N failed, N skipped". A test that reported nothing,
# and a .trs without any result, counts as one failure.
set -u

[ $# -gt 0 ] || set -- .
find "$@" -name '*.trs' -type f -print | sort | while IFS= read -r trs; do
	printf 'file %s\n' "$trs"
	sed -n 's/^:test-result: //p' "$trs"
done | awk '
	# the log says which assertion it was; shown once for each file
	function log_of(trs,   log_name, line) {
		if (trs in shown)
			return
		shown[trs] = 1
		log_name = trs
		sub(/\.trs$/, ".log", log_name)
		while ((getline line < log_name) > 0)
			if (line ~ /^(FAIL|XPASS|ERROR): /)
				print line
		close(log_name)
	}
	function close_file() {
		if (file != "" && !seen) {
			failed++
			printf "FAILED  %s: no result\n", file
		}
	}
	/^file / { close_file(); file = substr($0, 6); seen = 0; next }
	{ seen = 1 }
	/^(PASS|XFAIL)/ { passed++; next }
	/^SKIP/ { skipped++; next }
	/^(FAIL|XPASS|ERROR)/ { failed++; log_of(file); next }
	END {
		close_file()
		if (passed + failed + skipped == 0) {
			failed = 1
			print "FAILED  no test was run"
		}
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
	}'
