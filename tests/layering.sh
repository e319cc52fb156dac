#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Which folder may see which, by #include, by undefined symbols and by linked libraries:
#   policies <- confine, xsm, audit; nothing sideways, nothing back; nobody sees tests.
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-.}
. "$top_srcdir/tests/lib/tap.sh"

cd "$top_builddir" || bail_out "no build directory"
src=$top_srcdir
scratch

# includes FOLDER FORBIDDEN…: files of FOLDER that include a header of another folder.
includes() {
	folder=$1
	shift
	find "$src/$folder" -name '*.[ch]' -type f | while IFS= read -r f; do
		sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$f" |
		while IFS= read -r h; do
			case $h in
			*/*) echo "$f: \"$h\": headers are named without a folder" ;;
			esac
			for other in "$@"; do
				if [ -f "$src/$other/$(basename "$h")" ] &&
				   [ ! -f "$src/$folder/$(basename "$h")" ]; then
					echo "$f: includes $h of $other/"
				fi
			done
		done
	done
}

is "$(includes policies confine xsm audit tests)" "" "policies/ includes only its own headers"
is "$(includes confine xsm audit tests)" "" "confine/ includes only policies/ and its own"
is "$(includes audit confine xsm tests)" "" "audit/ includes only policies/ and its own"
is "$(includes xsm confine audit tests)" "" "xsm/ includes only policies/ and its own"

# The same header name in two folders would make the rule above ambiguous.
twice=$(cd "$src" && find policies confine xsm audit -name '*.h' -exec basename {} \; |
	sort | uniq -d)
is "$twice" "" "no header name is used in two folders"

# undefined FOLDER EXCEPT-REGEX: "symbol object" of every undefined symbol.
undefined() {
	find "$1" -name '*.o' -type f | sort | while IFS= read -r o; do
		case $o in
		*$2*) [ -z "$2" ] || continue ;;
		esac
		nm -u "$o" | awk -v o="$o" '{ sub(/@.*/, "", $2); print $2, o }'
	done
}

# bites LIST-FILE: a list of objects that is empty proves nothing.
count_objects() {
	find "$1" -name '*.o' -type f | wc -l
}

changes='kill|tgkill|tkill|pidfd_send_signal|ptrace|mount|umount|umount2|pivot_root|chroot
unshare|setns|fork|vfork|clone|clone3|posix_spawn|posix_spawnp|system|popen
execve|execv|execvp|execvpe|execl|execlp|execle|fexecve|execveat
chmod|fchmod|fchmodat|chown|fchown|lchown|fchownat
setxattr|fsetxattr|lsetxattr|removexattr|fremovexattr
mknod|mknodat|mkdir|mkdirat|rmdir|link|linkat|symlink|symlinkat
setuid|setgid|seteuid|setegid|setreuid|setregid|setresuid|setresgid|setgroups
setrlimit|setrlimit64|setpriority|sched_setscheduler|sched_setaffinity|nice
reboot|swapon|swapoff|sethostname|settimeofday|clock_settime|adjtimex
process_vm_writev|init_module|delete_module|setsid|setpgid
seccomp_load|capng_apply|capset|cap_set_proc|keyctl|truncate|truncate64'
changes=$(printf '%s' "$changes" | tr '\n' '|')

if [ "$(count_objects audit)" -gt 0 ]; then
	undefined audit deep_seccomp > "$tmp/audit"
	is "$(grep -E "^($changes) " "$tmp/audit")" "" \
		"audit/ calls nothing that changes the system"
	deep=$(find audit -name '*deep_seccomp*.o' -exec nm -u {} \; | awk '{ print $2 }' |
		grep -E "^($changes)$" | grep -vE '^ptrace$')
	is "$deep" "" "audit/deep_seccomp calls ptrace and nothing else of that kind"
	# syscall(2) would go around the list; only whole words of harmless numbers may
	raw=$(grep -nE '\bsyscall[[:space:]]*\(' "$src"/audit/*.c |
		grep -vE '(SYS|__NR)_(openat2|bpf|pidfd_open|statx|kcmp|prctl|gettid)\b')
	is "$raw" "" "audit/ makes no unlisted raw system call"
	prctls=$(grep -nE '\bprctl[[:space:]]*\(' "$src"/audit/*.c |
		grep -vE 'PR_(GET|CAPBSET_READ|SCHED_CORE)')
	is "$prctls" "" "audit/ uses prctl only to read"
else
	tap_fail "audit/ has objects to look at"
fi

pure='fork|vfork|clone|clone3|posix_spawn|posix_spawnp|system|popen|execve|execv|execvp
execvpe|execl|execlp|execle|fexecve|execveat|mount|umount|umount2|unshare|setns|prctl
ptrace|kill|syscall|chroot|pivot_root|setuid|setgid|setresuid|setresgid|setgroups
socket|connect|bind|setrlimit|setrlimit64|seccomp_load|dlopen|chmod|chown|fchown'
pure=$(printf '%s' "$pure" | tr '\n' '|')
# fdio.c asks for openat2 by number (glibc has no wrapper); front.c is the front door.
undefined policies policies/brattice- > /dev/null
find policies -name '*.o' -type f | grep -vE 'front(_[a-z]+)?\.o$|compile_apparmor\.o$' |
	sort > "$tmp/pure-objects"
while IFS= read -r o; do
	nm -u "$o" | awk -v o="$o" '{ sub(/@.*/, "", $2); print $2, o }'
done < "$tmp/pure-objects" > "$tmp/pure"
is "$(grep -E "^($pure) " "$tmp/pure" | grep -vE '^syscall .*fdio\.o$')" "" \
	"policies/ starts no program and touches no kernel state, front.c apart"
is "$(grep -nE '\bsyscall[[:space:]]*\(' "$src/policies/fdio.c" | grep -v openat2)" "" \
	"policies/fdio.c makes no raw system call but openat2"
ok "policies/ has objects to look at" [ -s "$tmp/pure-objects" ]
is "$(find policies -name '*front_*.o' -exec nm -u {} \; | grep -E ' (f?exec|posix_spawn)')" "" \
	"of the front door only front.c calls exec"

# The privileged launcher: its libraries, dynamic or linked in.
launcher=brattice-confine
[ -x "$launcher" ] || launcher=$(find . -maxdepth 2 -name brattice-confine -type f | head -n 1)
if [ -n "$launcher" ] && [ -x "$launcher" ]; then
	parsers='libsepol|libseccomp|libyaml|libxml2|libcurl|libselinux|libapparmor|libbpf'
	is "$(readelf -d "$launcher" | grep -E "NEEDED.*($parsers)")" "" \
		"the launcher needs no parser library"
	nm "$launcher" > "$tmp/launcher"
	inside='sepol_|seccomp_(init|rule|export|load)|yaml_|xmlParse|xmlRead|curl_easy'
	is "$(grep -E " T ($inside)" "$tmp/launcher")" "" \
		"no parser library is linked into the launcher"
	ok "the launcher has symbols to look at" \
		grep -q ' [Tt] main$' "$tmp/launcher"
	compilers=$(grep -E ' [A-Za-z] (compiler_|compile_run|parse_description|resolve_)' \
		"$tmp/launcher")
	is "$compilers" "" "no compiler is linked into the launcher"
else
	tap_fail "brattice-confine was built"
fi
done_testing
