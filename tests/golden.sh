#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each description in tests/golden gives exactly the bundle beside it: filter, description
# and manifest, which holds the digests of the others. "golden.sh --update" ("make
# golden") rewrites them; read the diff.
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
. "$top_srcdir/tests/lib/tap.sh"

golden=$top_srcdir/tests/golden
compile=$top_builddir/brattice-compile
update=${1-}
LC_ALL=C
export LC_ALL
scratch
echo 'cgroup_parent: brattice' >"$tmp/host.yaml"

# The versions of the tools that built it are the only thing that may differ.
stable() {
	sed -E 's/^(    "(brattice|jansson|libseccomp)": )"[0-9.]+"/\1"VERSION"/'
}

build() {
	"$compile" build --host "$tmp/host.yaml" -o "$2" "$1"
}

# The artefacts in the directory $1 that people read, with stable content, under $2.
collect() {
	rm -rf "$2"
	mkdir -p "$2"
	for f in "$1"/*; do
		case ${f##*/} in
		manifest.json | policy.json | *.pfc) stable <"$f" >"$2/${f##*/}" ;;
		esac
	done
}

cd "$golden" || exit 1
for yaml in *.yaml; do
	name=${yaml%.yaml}
	ok "$name: compiles" build "$yaml" "$tmp/$name"
	collect "$tmp/$name" "$tmp/$name.got"
	if [ "$update" = --update ]; then
		rm -rf "${golden:?}/$name"
		cp -r "$tmp/$name.got" "$golden/$name"
	fi
	ok "$name: as expected" diff -ru "$name" "$tmp/$name.got"
	ok "$name: compiles again" build "$yaml" "$tmp/$name.again"
	ok "$name: twice the same bytes" diff -r "$tmp/$name" "$tmp/$name.again"
done

# Neither directory, time, umask, locale nor environment shows in a bundle.
cp ordinary.yaml "$tmp/elsewhere.yaml"
(
	cd / || exit 1
	umask 077
	env -i PATH="$PATH" TZ=Asia/Tokyo "$compile" build --host "$tmp/host.yaml" \
		--input-name ordinary.yaml -o "$tmp/elsewhere" "$tmp/elsewhere.yaml"
) >/dev/null
ok "the same bytes from another directory, umask and environment" \
	diff -r "$tmp/ordinary" "$tmp/elsewhere"
done_testing
