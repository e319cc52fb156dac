#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The front door: which programs it starts, when it compiles, what the compiler's process can
# do (a hostile one in its place tries), and which bundles it takes from it.
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-.}
. "$top_srcdir/tests/lib/tap.sh"
scratch
[ "$(id -u)" -eq 0 ] || skip_all "needs root: an unprivileged front door changes no ids"

# A build tree of its own, with a launcher that says how it was called.
tree=$tmp/tree
mkdir "$tree"
chmod 0755 "$tmp" "$tree"
: > "$tree/config.status"
cp "$top_builddir/brattice" "$top_builddir/brattice-compile" "$tree/"
cat > "$tree/brattice-confine" << 'END'
#!/bin/sh
echo "confine $*"
exit 42
END
chmod 0755 "$tree/brattice-confine"
vm=$tmp/vm.yaml
printf 'name: front\nemulator: /usr/bin/qemu-system-x86_64\nmemory: 64M\n' > "$vm"
chmod 0644 "$vm"
cache=$tmp/cache

run() {
	status=0
	HOSTILE_CANARY=1 "$tree/brattice" run --bundle-dir "$cache" --accel kvm "$@" \
		> "$tmp/out" 2> "$tmp/err" < /dev/null || status=$?
}

# Bundles in the cache.
bundles() {
	find "$cache" -mindepth 1 -maxdepth 1 -type d -name '[0-9a-f]*' | wc -l
}

leftovers() {
	find "$cache" -mindepth 1 -maxdepth 1 -name '.*' ! -name .lock | wc -l
}

run "$vm" -- -S
is "$status" 42 "the launcher's status is passed on"
diag "$(cat "$tmp/err")"
bundle=$(find "$cache" -mindepth 1 -maxdepth 1 -type d)
sum=$(sha256sum < "$bundle/manifest.json" | cut -d ' ' -f 1)
is "$(cat "$tmp/out")" "confine run $bundle --expect $sum -- -S" \
	"the launcher gets bundle, digest and further arguments"
is "$(find "$cache" ! -user root | wc -l)" 0 "all of the cache is root's"
is "$(find "$bundle" -perm /022 | wc -l)" 0 "nobody else can write the bundle"
is "$(leftovers)" 0 "no work directory is left"

before=$(stat -c %i "$bundle")
run "$vm"
is "$(bundles) $(stat -c %i "$bundle")" "1 $before" "the same description is not compiled again"
run --run-dir /run/other "$vm"
like "$(cat "$tmp/out")" '--run-dir /run/other$' "--run-dir is passed on"
echo 'cpus: 2' >> "$vm"
run "$vm"
is "$(bundles)" 2 "another description has another bundle"
printf 'seccomp: {log: false}\n' > "$tmp/quiet.yaml"
echo 'inherit: quiet' >> "$vm"
run "$vm"
is "$status $(bundles)" "42 3" "a profile beside the description is found"
printf 'seccomp: {log: true}\n' > "$tmp/quiet.yaml"
run "$vm"
is "$(bundles)" 4 "another profile has another bundle"
printf 'uid_first: 2000000000\nuid_last: 2000000999\n' > "$tmp/host.yaml"
run --host "$tmp/host.yaml" "$vm"
is "$status $(bundles)" "42 5" "other settings of the host have another bundle"

echo garbage > "$bundle/seccomp.bpf"
printf 'name: front\nemulator: /usr/bin/qemu-system-x86_64\nmemory: 64M\n' > "$vm"
run "$vm"
is "$status $(bundles)" "42 5" "a damaged bundle is compiled again"
is "$(grep -c garbage "$bundle/seccomp.bpf")" 0 "and replaced"

printf 'name: front\nmemry: 64M\n' > "$tmp/bad.yaml"
run "$tmp/bad.yaml"
is "$status" 125 "an invalid description: 125"
like "$(cat "$tmp/err")" '^bad.yaml:2:1: error: unknown key' "its errors are shown"
is "$(leftovers)" 0 "and nothing is left"
run "$tmp/none.yaml"
is "$status" 125 "a missing description: 125"
mkfifo "$tmp/fifo.yaml"
run "$tmp/fifo.yaml"
is "$status" 125 "a fifo is not waited for"
chmod 0666 "$tmp/bad.yaml"
run "$tmp/bad.yaml"
like "$(cat "$tmp/err")" 'written by everybody' "a description that everybody can write is refused"
chmod 0777 "$cache"
run "$vm"
like "$status $(cat "$tmp/err")" '^125 .*writable by others' \
	"a cache that others can write is refused"
chmod 0755 "$cache"
"$tree/brattice" run -- qemu-system-x86_64 > /dev/null 2>&1
is "$?" 2 "a command line of QEMU: 2"
"$tree/brattice" xsm > /dev/null 2>&1
is "$?" 127 "a program that is not installed: 127"
"$tree/brattice" status x > "$tmp/out" 2>&1
is "$? $(cat "$tmp/out")" "42 confine status x" "status is the launcher's verb"

# From here on the compiler is hostile.
cp "$top_builddir/tests/front/hostile" "$tree/brattice-compile"
cache=$tmp/cache2
hostile() {
	echo "$1" > "$vm"
	run "$vm"
}

hostile probe
like "$(cat "$tmp/err")" '^uid 1899999999 gid 1899999999|^uid [1-9]' "the compiler is not root"
is "$(grep POSSIBLE "$tmp/err")" "" "nothing that a hostile compiler tries is possible"
is "$(grep -c ': refused$' "$tmp/err")" 15 "all was tried"
is "$(grep -c "$(printf '\033')" "$tmp/err")" 0 "its escape sequences do not reach the terminal"
for kind in symlink fifo garbage big link crash; do
	hostile "$kind"
	is "$status $(bundles) $(leftovers)" "125 0 0" "hostile bundle: $kind"
done
done_testing
