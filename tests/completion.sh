#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The generated bash completions: verbs, options and fixed values of every program, as bash
# itself would ask for them, compared with what --help says.
set -u
dir=${top_builddir:-build}/completions
n=0 failed=0

result() # STATUS DESCRIPTION
{
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

# Prints the candidates for the words given, the last of which is being typed.
complete_words()
{
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	"$function"
	printf '%s\n' "${COMPREPLY[@]}"
}

offers() # CANDIDATE WORD…: is CANDIDATE offered after the words?
{
	local want=$1

	shift
	complete_words "$@" | grep -qxF -e "$want"
}

# A verb's options as --help prints them, one a line; "brattice" hands verbs on, whose
# --help is another program's.
options_of()
{
	"$path" "$@" --help 2>/dev/null | grep -o -- ' --[a-z][a-z-]*' | tr -d ' ' |
		grep -vx -e --help -e --version | sort -u
}

check_verb() # VERB, or nothing for a program without verbs
{
	local missing='' o

	for o in $(options_of "$@") --help; do
		offers "$o" "$program" "$@" -- || missing="$missing $o"
	done
	[ -z "$missing" ]
	result $? "$program${1:+ $1}: every option is offered${missing:+; missing:$missing}"
}

check_program()
{
	local verbs v

	# shellcheck disable=SC1090 # made by the build
	. "$dir/$program"
	result $? "$program: the completion can be sourced"
	function=$(complete -p "$program" | sed 's/.*-F \([^ ]*\) .*/\1/')
	declare -F "$function" > /dev/null
	result $? "$program: complete names a function"
	verbs=$(sed -n "s/.* verbs='\(.*\)'\$/\1/p" "$dir/$program")
	for v in $verbs; do
		offers "$v" "$program" "${v:0:1}"
		result $? "$program: verb $v is offered for ${v:0:1}"
		case $program/$v in
		brattice/run) check_verb "$v" ;;
		brattice/*) ;;
		*) check_verb "$v" ;;
		esac
	done
	[ -n "$verbs" ] || check_verb
}

for file in "$dir"/*; do
	program=${file##*/}
	path=${top_builddir:-build}/$program
	[ -x "$path" ]
	result $? "$program: the completion belongs to a program"
	check_program
done

program=brattice function=_brattice
! offers run brattice run --accel ''
result $? "no verb is offered where a value is wanted"
offers tcg brattice run --accel t
result $? "a fixed word is offered as a value"
! offers kvm brattice run --accel t
result $? "words that do not fit what was typed are not"
offers "$dir" brattice run --bundle-dir "${dir%?}"
result $? "a directory is offered where a directory is wanted"
offers "$dir/brattice" brattice run "$dir/bratt"
result $? "files are offered as arguments"

echo "1..$n"
exit $failed
