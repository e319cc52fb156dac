#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Bundles that somebody has changed, or could have: each is refused with exit status 125 and
# its exact message, the VMM never runs, and nothing is left behind.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
# the argument of the stub stands in the description, so that "--" adds nothing
vm_stub good 'argv: [-stub]' || bail_out "cannot compile"
bad=$tmp/bad
manifest=$bad/manifest.json

# fresh: $bad is a bundle as the compiler made it
fresh() {
	rm -rf "$bad"
	cp -a "$tmp/good" "$bad"
}

# edit STATEMENTS: a fresh bundle, its manifest changed by Python statements; m is the
# manifest, p the parameters of the layers by name
edit() {
	fresh
	python3 - "$manifest" "$1" <<'PYTHON' || bail_out "cannot edit the manifest: $1"
import json, sys
with open(sys.argv[1]) as f:
    m = json.load(f)
p = {layer["mech"]: layer["params"] for layer in m["layers"]}
exec(sys.argv[2])
with open(sys.argv[1], "w") as f:
    json.dump(m, f)
PYTHON
}

launch() {
	status=0
	timeout -k 5 60 "$confine" run --run-dir "$run" "$@" > "$tmp/out" 2> "$tmp/err" \
		< /dev/null || status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

# refused DESC MESSAGE [ARG…]: by "run"; MESSAGE is all of it behind the program's name
refused() {
	refused_desc=$1
	refused_message=$2
	shift 2
	launch "$@" "$bad"
	is "$status" 125 "$refused_desc: refused"
	# where jansson stops reading depends on the length of paths
	err=$(printf '%s\n' "$err" | sed -E 's/:[0-9]+:[0-9]+: not JSON/:L:C: not JSON/')
	is "$err" "brattice-confine: error: $refused_message" "$refused_desc: the message"
	is "$out" "" "$refused_desc: the VMM never ran"
	is "$(vm_rest good; find "$run" -name '*.lock')" "" "$refused_desc: nothing is left"
}

# The controls: as compiled, and rewritten without a change, it runs.
launch "$tmp/good"
is "$status" 0 "the bundle as compiled is accepted"
is "$out" "stub: ran" "and the VMM runs"
edit ''
launch "$bad"
is "$status" 0 "the bundle with a manifest that says the same in other bytes is accepted"
digest=$(sha256sum < "$tmp/good/manifest.json" | cut -d ' ' -f 1)
launch --expect "$digest" "$tmp/good"
is "$status" 0 "the expected digest is accepted"
is "$out" "stub: ran" "and the VMM runs"

# ---- who may change it ----------------------------------------------------------------------
fresh
chmod 0777 "$bad"
refused "directory writable by everybody" \
	"bundle $bad: $bad is writable by others (mode 0777)"
fresh
chmod 0775 "$bad"
refused "directory writable by its group" \
	"bundle $bad: $bad is writable by others (mode 0775)"
fresh
chmod 0646 "$manifest"
refused "manifest writable by everybody" \
	"bundle $bad: manifest.json is writable by others (mode 0646)"
fresh
chmod 0664 "$manifest"
refused "manifest writable by its group" \
	"bundle $bad: manifest.json is writable by others (mode 0664)"
fresh
chmod 0666 "$bad/seccomp.bpf"
refused "artefact writable by everybody" \
	"load: seccomp.bpf is writable by others (mode 0666)"
fresh
chown 12345:12345 "$bad"
refused "directory of another user" \
	"bundle $bad: $bad belongs to uid 12345, not to root"
fresh
chown 12345:12345 "$manifest"
refused "manifest of another user" \
	"bundle $bad: manifest.json belongs to uid 12345, not to root"
fresh
chown 12345:12345 "$bad/seccomp.bpf"
refused "artefact of another user" \
	"load: seccomp.bpf belongs to uid 12345, not to root"

# ---- tampered, or not what it says ----------------------------------------------------------
fresh
printf '\006\000\000\000\000\000\377\177' |
	dd of="$bad/seccomp.bpf" bs=1 conv=notrunc status=none
refused "filter that begins with \"allow\"" \
	"load: artefact seccomp.bpf does not match its digest in the manifest"
fresh
printf '\006\000\000\000\000\000\377\177' >> "$bad/seccomp.bpf"
refused "filter with an instruction more" \
	"load: artefact seccomp.bpf does not match its digest in the manifest"
edit 'm["exec"]["env"] = ["LD_PRELOAD=/tmp/evil.so"]'
changed=$(sha256sum < "$manifest" | cut -d ' ' -f 1)
refused "manifest tampered with, its digest was expected" \
	"bundle $bad has the digest $changed, not the expected $digest" --expect "$digest"
fresh
refused "an expected digest that is too short" \
	"bundle $bad has the digest $digest, not the expected ${digest%?}" --expect "${digest%?}"

fresh
mv "$manifest" "$tmp/elsewhere.json"
ln -s "$tmp/elsewhere.json" "$manifest"
refused "manifest is a link" \
	"bundle $bad: cannot open manifest.json: Too many levels of symbolic links"
fresh
mv "$bad/seccomp.bpf" "$bad/real.bpf"
ln -s real.bpf "$bad/seccomp.bpf"
refused "artefact is a link" \
	"load: cannot open seccomp.bpf: Too many levels of symbolic links"
fresh
rm "$manifest"
mkfifo -m 0600 "$manifest"
refused "manifest is a FIFO" "bundle $bad: manifest.json is not a regular file"
fresh
rm "$bad/seccomp.bpf"
mkfifo -m 0600 "$bad/seccomp.bpf"
refused "artefact is a FIFO" "load: seccomp.bpf is not a regular file"
fresh
rm "$manifest"
refused "no manifest" "bundle $bad: cannot open manifest.json: No such file or directory"
fresh
rm "$bad/seccomp.bpf"
refused "no filter" "load: cannot open seccomp.bpf: No such file or directory"
fresh
: > "$manifest"
refused "empty manifest" \
	"bundle $bad: manifest.json:L:C: not JSON: '[' or '{' expected near end of file"
fresh
truncate -s 1000 "$manifest"
refused "truncated manifest" \
	"bundle $bad: manifest.json:L:C: not JSON: ']' expected near end of file"
fresh
truncate -s 1048577 "$manifest"
refused "manifest over 1 MiB" "bundle $bad: larger than 1048576 bytes"
fresh
printf '{}' >> "$manifest"
refused "something after the manifest" \
	"bundle $bad: manifest.json:L:C: not JSON: end of file expected near '{'"
fresh
sed -i 's/^{$/{ "name": "other",/' "$manifest"
refused "a member twice" \
	"bundle $bad: manifest.json:L:C: not JSON: duplicate object key near '\"name\"'"
edit 'm["name"] = "good\0evil"'
refused "NUL in the name" \
	"bundle $bad: manifest.json:L:C: not JSON: \\\\u0000 is not allowed without JSON_ALLOW_NUL near '\"good\\\\u0000evil\"'"
edit 'm = [m]'
refused "manifest is a list" "bundle $bad: manifest.json: member \"format\" is missing"

# ---- the header -----------------------------------------------------------------------------
edit 'm["format"] = "brattice-receipt"'
refused "another format" \
	"bundle $bad: manifest.json: format is \"brattice-receipt\", not \"brattice-bundle\""
edit 'm["version"] = 2'
refused "version 2" "bundle $bad: manifest.json: version 2, this program reads 1"
edit 'm["version"] = "1"'
refused "version is text" \
	"bundle $bad: manifest.json: member \"version\" is not a whole number >= 0"
edit 'del m["version"]'
refused "no version" "bundle $bad: manifest.json: member \"version\" is missing"
for name in ../good .good good/x a..b "" "$(printf '%065d' 1)"; do
	edit "m['name'] = '$name'"
	refused "name \"$name\"" "bundle $bad: manifest.json: name is not a valid VM name"
done
edit 'del m["artefacts"]'
refused "no artefacts" "bundle $bad: manifest.json: member \"artefacts\" is missing"
edit 'del m["artefacts"]["seccomp.bpf"]'
refused "filter without a digest" "load: artefact seccomp.bpf is not in the manifest"
edit 'm["exec"]["argv"] = []'
refused "no argv" "manifest.json: exec: argv is empty"
edit 'm["exec"]["argv"][1] = 7'
refused "argv holds a number" "manifest.json: exec: a value is not a string"
edit 'del m["exec"]["emulator"]'
refused "no emulator" "manifest.json: exec: member \"emulator\" is missing"

# ---- the layers -----------------------------------------------------------------------------
edit 'm["layers"].pop()'
refused "no seccomp layer" "bundle $bad: manifest.json: 14 layers, this version has 15"
edit 'm["layers"].append(m["layers"][0])'
refused "a layer more" "bundle $bad: manifest.json: 16 layers, this version has 15"
edit 'm["layers"][13], m["layers"][14] = m["layers"][14], m["layers"][13]'
refused "layers in another order" \
	"bundle $bad: manifest.json: layer 13 is \"seccomp\", not \"landlock\""
edit 'm["layers"][14]["mech"] = "nothing"'
refused "unknown mechanism" \
	"bundle $bad: manifest.json: layer 14 is \"nothing\", not \"seccomp\""
edit 'del m["layers"][14]["params"]'
refused "layer without params" "bundle $bad: manifest.json: layer seccomp has no params"

edit 'p["object"]["objects"][0]["fd"] = 4'
refused "descriptors don't begin at 3" \
	"load: layer object: descriptors must count up from 3"
edit 'p["object"]["objects"][0]["fd"] = 2**32 + 3'
refused "descriptor number beyond 32 bits" \
	"load: layer object: descriptors must count up from 3"
edit 'p["object"]["objects"].append(dict(p["object"]["objects"][0]))'
refused "descriptor 3 twice" "load: layer object: descriptors must count up from 3"
edit 'p["object"]["objects"][0]["kind"] = "directory"'
refused "object of an unknown kind" "load: layer object: unknown kind \"directory\""
edit 'p["object"]["objects"][0]["path"] = "disk.img"'
refused "relative path of an object" "load: layer object: path of disk0 is not absolute"
edit 'del p["object"]["objects"][0]["format"]'
refused "disk without a format" "load: layer object: disk disk0 has no format"
edit 'p["object"]["objects"] = [p["object"]["objects"][0] | { "fd": 3 + i } for i in range(257)]'
refused "257 objects" "load: layer object: more than 256 objects"

edit 'p["identity"].clear(); p["identity"].update(uid=0, gid=0)'
refused "uid 0" "load: layer identity: uid 0 can't be a VM's"
edit 'p["identity"].clear(); p["identity"].update(uid=1800000000, gid=0)'
refused "gid 0" "load: layer identity: gid 0 can't be a VM's"
edit 'p["identity"].clear(); p["identity"].update(uid=2**32, gid=2**32)'
refused "uid that is 0 in 32 bits" "load: layer identity: uid 4294967296 can't be a VM's"
edit 'p["identity"].clear(); p["identity"].update(uid=2**32 - 1, gid=2**32 - 1)'
refused "uid -1, which changes nothing" \
	"load: layer identity: uid 4294967295 can't be a VM's"
edit 'p["identity"].clear()'
refused "no identity" "load: layer identity: member \"first\" is missing"
edit 'p["identity"].update(first=0)'
refused "range from 0" "load: layer identity: first 0 can't be a VM's"
edit 'p["identity"].update(first=1800000001, last=1800000000)'
refused "empty range" "load: layer identity: the range is empty"
edit 'p["identity"].update(first=65533, last=65536)'
refused "range with the overflow uid" \
	"load: layer identity: 65534, in the range, can't be a VM's"

edit 'p["capability"]["keep"] = ["sys_admin"]'
refused "a capability is kept" "load: layer capability: no VMM keeps a capability"
edit 'p["namespace"]["mount"] = False'
refused "no mount namespace" "load: layer namespace: mount and pid can't be off"
edit 'p["namespace"]["pid"] = False'
refused "no pid namespace" "load: layer namespace: mount and pid can't be off"
edit 'p["cgroup"]["parent"] = "../.."'
refused "cgroup parent with .." \
	"load: layer cgroup: parent \"../..\" is not a relative path"
edit 'p["rootfs"]["binds"][0]["path"] = "/usr/../etc"'
refused "bind with .." \
	"load: layer rootfs: bind: path \"/usr/../etc\" is not a plain absolute path"
edit 'p["rootfs"]["binds"].append({"path": "/tmp", "writable": True, "exec": True})'
refused "bind that is writable and executable" \
	"load: layer rootfs: bind: /tmp can't be writable and executable"
edit 'p["process"]["supervisor_death"] = "ignore"'
refused "unknown supervisor_death" "load: layer process: supervisor_death is \"ignore\""
edit 'p["memory"]["mdwe"] = "maybe"'
refused "unknown need" "load: layer memory: mdwe is \"maybe\""
edit 'p["landlock"]["mode"] = "sometimes"'
refused "unknown mode of Landlock" "load: layer landlock: mode is \"sometimes\""
edit 'p["landlock"]["rules"][0]["access"].append("fly")'
refused "unknown Landlock right" "apply landlock: layer landlock: unknown right \"fly\""
edit 'p["landlock"]["rules"][0]["access"].append(7)'
refused "Landlock right that is a number" \
	"apply landlock: layer landlock: unknown right \"\""

# filter LENGTH: a fresh bundle whose filter has that length and the right digest
filter() {
	fresh
	truncate -s "$1" "$bad/seccomp.bpf"
	cp "$bad/seccomp.bpf" "$tmp/filter"
	sum=$(sha256sum < "$tmp/filter" | cut -d ' ' -f 1)
	edit "m['artefacts']['seccomp.bpf'] = { 'sha256': '$sum', 'size': $1 }"
	cp "$tmp/filter" "$bad/seccomp.bpf"
}
size=$(stat -c %s "$tmp/good/seccomp.bpf")
filter $((size - 1))
refused "filter of odd length" \
	"load: seccomp.bpf is not a seccomp program ($((size - 1)) bytes)"
filter 0
refused "empty filter" "load: seccomp.bpf is not a seccomp program (0 bytes)"
filter $((4097 * 8))
refused "filter of 4097 instructions" \
	"load: seccomp.bpf is not a seccomp program (32776 bytes)"
filter $((size + 8))
refused "filter that ends in nothing" \
	"apply seccomp: cannot install the seccomp filter: Invalid argument"
edit 'p["seccomp"]["artefact"] = "../good/seccomp.bpf"
m["artefacts"]["../good/seccomp.bpf"] = m["artefacts"]["seccomp.bpf"]'
refused "filter outside of the bundle" \
	"load: cannot open ../good/seccomp.bpf: Invalid cross-device link"

# "plan" reads with the same eyes.
chmod 0666 "$manifest"
status=0
"$confine" plan --run-dir "$run" "$bad" > "$tmp/out" 2> "$tmp/err" || status=$?
is "$status $(cat "$tmp/out")" "125 " "plan refuses a bundle writable by others"
done_testing
