# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
# Debian packages by purpose, how to install what is missing, and how to build: shared by
# quickstart and check.

packages_build="autoconf automake make gcc libc6-dev binutils pkg-config libjansson-dev
	libyaml-dev libseccomp-dev libmd-dev libcap-ng-dev libcmocka-dev"
packages_run="qemu-system-x86 seabios"
packages_test="universal-ctags mandoc bsdextrautils python3 clang libclang-rt-dev shellcheck
	strace procps iproute2 util-linux xz-utils"

# as_root CMD…: with sudo when we are not root.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -- "$@"
	fi
}

# What neither autoconf nor a package can cure; prints why, in one line.
cannot_build() {
	case $1 in
	*[!A-Za-z0-9_./,:@%+=~-]*)
		echo "autoconf cannot build in \"$1\": move it to a path without spaces" \
			"and special characters"
		return 0
		;;
	esac
	if [ "$(uname -m)" != x86_64 ]; then
		echo "x86-64 only; this machine is $(uname -m)"
	elif ! command -v apt-get > /dev/null; then
		echo "packages are installed with apt-get (Debian); elsewhere see \"Install\"" \
			"in README.md, then: configure, make, make check"
	elif [ "$(id -u)" -ne 0 ] && ! command -v sudo > /dev/null; then
		echo "run it as root, or install sudo"
	else
		return 1
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=120 install --no-install-recommends "$@" < /dev/null
}

# packages_need NAME…: installs those that are missing; says which.
packages_need() {
	packages_missing=
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2> /dev/null |
			grep -q '^install ok installed$' ||
			packages_missing="$packages_missing $package"
	done
	if [ -z "$packages_missing" ]; then
		echo "nothing is missing"
		return 0
	fi
	echo "installing:$packages_missing"
	packages_log=$(mktemp) || return 1
	# shellcheck disable=SC2086 # a list of words
	if ! apt_install $packages_missing > "$packages_log" 2>&1; then
		# the lists of a fresh machine may be empty or old
		if ! { as_root apt-get -q update < /dev/null &&
			apt_install $packages_missing; } > "$packages_log" 2>&1; then
			tail -n 20 "$packages_log" >&2
			rm -f "$packages_log"
			echo "cannot install:$packages_missing" >&2
			return 1
		fi
	fi
	rm -f "$packages_log"
}

newer() {
	[ ! -e "$2" ] || [ -n "$(find "$1" -newer "$2" 2> /dev/null)" ]
}

# build_tree SOURCE BUILD [CONFIGURE-OPTION…]: autoreconf and configure when needed, make.
# Quiet; on failure the end of BUILD/build.log is shown.
build_tree() {
	build_source=$1
	build_dir=$2
	shift 2
	mkdir -p "$build_dir" || return 1
	build_steps "$@" > "$build_dir/build.log" 2>&1 && return 0
	tail -n 30 "$build_dir/build.log" >&2
	echo "the build failed; all of its output: $build_dir/build.log" >&2
	return 1
}

build_steps() {
	if newer "$build_source/configure.ac" "$build_source/configure" ||
	   newer "$build_source/Makefile.am" "$build_source/Makefile.in"; then
		(cd "$build_source" && autoreconf -fi) || return 1
	fi
	if newer "$build_source/configure" "$build_dir/config.status"; then
		(cd "$build_dir" && "$build_source/configure" -q "$@") || return 1
	fi
	make -s -j 2 -C "$build_dir"
}
