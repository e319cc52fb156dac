# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034
# Debian packages by purpose, and how to install what is missing.

packages_build="autoconf automake make gcc libc6-dev binutils pkg-config libjansson-dev
	libyaml-dev libseccomp-dev libmd-dev libcap-ng-dev libcmocka-dev"
packages_run="qemu-system-x86 seabios"
packages_test="universal-ctags mandoc bsdextrautils python3 clang libclang-rt-dev strace
	procps iproute2 util-linux"

# as_root CMD…: with sudo when we are not root.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -- "$@"
	fi
}

# packages_need NAME…: installs those that are missing; says which.
packages_need() {
	packages_missing=
	for package in "$@"; do
		dpkg-query -W -f '${Status}\n' "$package" 2> /dev/null |
			grep -q '^install ok installed$' ||
			packages_missing="$packages_missing $package"
	done
	[ -n "$packages_missing" ] || return 0
	echo "installing:$packages_missing"
	packages_log=$(mktemp) || return 1
	# shellcheck disable=SC2086 # a list of words
	if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install \
		--no-install-recommends $packages_missing > "$packages_log" 2>&1; then
		# the lists of a fresh machine may be empty or old
		if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install \
				--no-install-recommends $packages_missing
			} > "$packages_log" 2>&1; then
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
build_tree() {
	build_source=$1
	build_dir=$2
	shift 2
	if newer "$build_source/configure.ac" "$build_source/configure" ||
	   newer "$build_source/Makefile.am" "$build_source/Makefile.in"; then
		(cd "$build_source" && autoreconf -fi) > /dev/null 2>&1 ||
			(cd "$build_source" && autoreconf -fi) || return 1
	fi
	mkdir -p "$build_dir" || return 1
	if newer "$build_source/configure" "$build_dir/config.status"; then
		(cd "$build_dir" && "$build_source/configure" -q "$@") || return 1
	fi
	make -s -j 2 -C "$build_dir"
}
