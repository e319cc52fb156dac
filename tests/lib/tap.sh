# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# TAP for shell tests. Source it, then:
#   plan N              optional, first; without it done_testing prints the plan
#   ok DESC CMD…        passes when CMD succeeds; its output becomes diagnostics on failure
#   not_ok DESC CMD…    passes when CMD fails
#   is GOT WANT DESC    equal strings
#   like TEXT ERE DESC  text matches the extended regular expression (any line)
#   unlike TEXT ERE DESC
#   skip DESC REASON    counts as skipped, with its reason
#   skip_all REASON     the whole script
#   defer CMD…          runs at exit, last in first out, also on INT, TERM and HUP
#   scratch             makes a private directory in $tmp that is removed at exit
#   done_testing        last line of a script

tap_count=0
tap_failed=0
tap_planned=
tap_deferred=
tap_ended=no

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

plan() {
	tap_planned=$1
	echo "1..$1"
}

tap_pass() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

tap_fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
}

ok() {
	tap_desc=$1
	shift
	if tap_out=$("$@" 2>&1); then
		tap_pass "$tap_desc"
	else
		tap_fail "$tap_desc"
		diag "command: $*"
		diag "$tap_out"
	fi
}

not_ok() {
	tap_desc=$1
	shift
	if tap_out=$("$@" 2>&1); then
		tap_fail "$tap_desc"
		diag "should have failed: $*"
		diag "$tap_out"
	else
		tap_pass "$tap_desc"
	fi
}

is() {
	if [ "$1" = "$2" ]; then
		tap_pass "$3"
	else
		tap_fail "$3"
		diag "got:  $1"
		diag "want: $2"
	fi
}

like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		tap_pass "$3"
	else
		tap_fail "$3"
		diag "no line matches: $2"
		diag "$1"
	fi
}

unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		tap_fail "$3"
		diag "a line matches: $2"
		diag "$1"
	else
		tap_pass "$3"
	fi
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $1"
	tap_ended=yes
	exit 0
}

bail_out() {
	echo "Bail out! $*"
	tap_ended=yes
	exit 99
}

# The command is kept as shell words, so that blanks in paths survive.
defer() {
	tap_words=
	for tap_word in "$@"; do
		tap_words="$tap_words '$(printf '%s' "$tap_word" | sed "s/'/'\\\\''/g")'"
	done
	tap_deferred="$tap_words
$tap_deferred"
}

tap_at_exit() {
	tap_status=$?
	trap - EXIT
	trap '' INT TERM HUP
	eval "$tap_deferred"
	if [ "$tap_ended" = no ]; then
		tap_fail "the script ran to its end (exit status $tap_status)"
		[ -n "$tap_planned" ] || echo "1..$tap_count"
		exit 1
	fi
	exit "$tap_status"
}

trap tap_at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

scratch() {
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/brattice-test.XXXXXX") || bail_out "no directory"
	chmod 0700 "$tmp"
	defer rm -rf "$tmp"
}

done_testing() {
	[ -n "$tap_planned" ] || echo "1..$tap_count"
	if [ -n "$tap_planned" ] && [ "$tap_planned" -ne "$tap_count" ]; then
		diag "planned $tap_planned, ran $tap_count"
		tap_failed=$((tap_failed + 1))
	fi
	tap_ended=yes
	[ "$tap_failed" -eq 0 ]
	exit
}
