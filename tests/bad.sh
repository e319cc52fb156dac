#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each wrong input gives exactly the messages in its .expected file, exit status 1, and
# nothing on standard output. "bad.sh --update" rewrites the expected files; read the diff.
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
. "$top_srcdir/tests/lib/tap.sh"

bad=$top_srcdir/tests/bad
compile=$top_builddir/brattice-compile
update=$1
LC_ALL=C
export LC_ALL
scratch

# Where profiles are installed depends on configure.
stable() {
	sed 's|nor /[^ ]*/profiles/|nor PROFILES/|'
}

# compare NAME EXPECTED ARG...: the error text of "check ARG..." and its exit status
compare() {
	name=$1 expected=$2
	shift 2
	out=$("$compile" check "$@" 2>"$tmp/err")
	status=$?
	stable <"$tmp/err" >"$tmp/got"
	if [ "$update" = --update ]; then
		cp "$tmp/got" "$expected"
	fi
	if diff -u "$expected" "$tmp/got" >"$tmp/diff" && [ "$status" = 1 ] && [ -z "$out" ]; then
		ok "$name" true
	else
		ok "$name" false
		diag "exit status $status, want 1; output: $out"
		sed 's/^/# /' "$tmp/diff"
	fi
	if LC_ALL=C grep -q '[^ -~]' "$tmp/err"; then
		ok "$name: messages are printable ASCII" false
	fi
}

cd "$bad" || exit 1
for f in *.yaml; do
	case $f in
	host-*) compare "$f" "${f%.yaml}.expected" --host "$f" good.vm ;;
	*) compare "$f" "${f%.yaml}.expected" --host good.host "$f" ;;
	esac
done
cd profile || exit 1
for f in case-*.yaml; do
	compare "profile/$f" "${f%.yaml}.expected" --host ../good.host "$f"
done

# Inputs that are too large to keep.
cd "$tmp" || exit 1
head() {
	printf 'name: web01\nemulator: /usr/bin/qemu-system-x86_64\nmemory: 512M\n'
}
repeat() {
	awk -v s="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", s }'
}
{ head; printf 'append: '; repeat a 5000; echo; } >long-text.yaml
{ head; printf 'kernel: "/'; repeat a/ 2500; echo 'b"'; } >long-path.yaml
{ head; printf 'argv: '; repeat '[' 40; repeat ']' 40; echo; } >deep.yaml
{ head; printf 'argv: ['; repeat 'a,' 1001; echo ']'; } >entries.yaml
{ head; repeat '# comment\n' 110000; } >large.yaml
{ head; printf 'append: a\000b\n'; } >nul.yaml
{ repeat 'x: {' 300; } >flow.yaml
{ repeat '\001' 1000; } >binary.yaml
{ head; repeat 'k: 1\n' 300; } >doubled.yaml
for f in *.yaml; do
	compare "made: $f" "$bad/made-${f%.yaml}.expected" --host "$bad/good.host" "$f"
done

out=$(printf 'name: a/b\nemulator: /usr/bin/q\nmemory: 1M\n' |
	"$compile" check --host "$bad/good.host" - 2>&1)
is "$?" 1 "standard input: exit status"
like "$out" '^<stdin>:1:7: error: name: "a/b" must not contain' "standard input: message"
out=$("$compile" check --host "$bad/good.host" "$tmp/absent.yaml" 2>&1)
is "$?" 4 "a file that does not exist is not an invalid file"
like "$out" 'cannot open .*absent.yaml: No such file' "absent file: message"
out=$("$compile" check --host "$tmp/absent.host" "$bad/good.vm" 2>&1)
is "$?" 4 "a host file that was named must exist"
"$compile" check --host "$bad/good.host" "$bad/good.vm" >/dev/null 2>&1
is "$?" 0 "the good description is good"
done_testing
