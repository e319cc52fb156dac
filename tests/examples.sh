#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The examples are right, and examples/full.yaml shows every key there is.
: "${top_srcdir:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${top_builddir:=$top_srcdir/build}"
. "$top_srcdir/tests/lib/tap.sh"

compile=$top_builddir/brattice-compile
scratch
echo 'cgroup_parent: brattice' >"$tmp/host"
# full.yaml inherits a profile, which need not be installed yet
cp "$top_srcdir"/examples/*.yaml "$top_srcdir"/policies/profiles/*.yaml "$tmp"
cd "$tmp" || exit 1

for f in "$top_srcdir"/examples/*.yaml; do
	f=${f##*/}
	is "$("$compile" check --host host "$f" 2>&1)" "$f: ok" "$f is right"
done
for f in "$top_srcdir"/policies/profiles/*.yaml; do
	f=${f##*/}
	printf 'name: a\nemulator: /usr/bin/q\nmemory: 64M\ninherit: %s\n' "${f%.yaml}" >vm.yaml
	is "$("$compile" check --host host vm.yaml 2>&1)" "vm.yaml: ok" "profile $f is right"
done

# Which keys full.yaml sets, as dotted paths; the file keeps to two blanks a level.
sed 's/^\( *\)- /\1  /; s/ *#.*//' "$top_srcdir/examples/full.yaml" | awk '
	match($0, /^ *[a-z_0-9]+:/) {
		depth = match($0, /[^ ]/) - 1
		name = $0; sub(/^ */, "", name); sub(/:.*/, "", name)
		while (n && at[n] >= depth) n--
		at[++n] = depth; names[n] = name
		path = names[1]; for (i = 2; i <= n; i++) path = path "." names[i]
		print path
	}' | sort -u >shown
# identity.first and last are the alternative to uid and gid
"$compile" keys | cut -f 1 | grep -v -e '^host\.' -e '^identity\.first$' -e '^identity\.last$' |
	sort >known
is "$(comm -13 shown known)" "" "examples/full.yaml shows every key"
is "$(grep -c 'first: 200000, last: 265535' "$top_srcdir/examples/full.yaml")" 1 \
	"examples/full.yaml mentions identity.first and last"

# The schema is JSON and knows the same keys.
"$compile" schema >schema.json
ok "the JSON Schema is a JSON object with the top-level keys" \
	grep -q '"supervisor_death"' schema.json
is "$("$compile" explain disks.formt 2>&1)" \
	'brattice-compile: error: no key "disks.formt"; did you mean "disks.format"?' \
	"explain suggests a key"
"$compile" explain disks.format >/dev/null
is $? 0 "explain knows a key"
"$compile" explain nothing-like-it >/dev/null 2>&1
is $? 2 "explain refuses an unknown key"

# JSON is a description too, and gives the same model.
cat >a.yaml <<'EOF'
name: j1
emulator: /usr/bin/qemu-system-x86_64
memory: 512M
disks:
  - path: /srv/a.img
    format: raw
EOF
printf '{"name":"j1","emulator":"/usr/bin/qemu-system-x86_64","memory":"512M",\n\t"disks":[{"path":"/srv/a.img","format":"raw"}]}\n' >a.json
is "$("$compile" show --host host --format json a.json)" \
	"$("$compile" show --host host --format json a.yaml)" "JSON gives the same model as YAML"

# The same input gives the same bytes.
"$compile" build --host host --accel kvm -o one a.yaml >/dev/null 2>err &&
	"$compile" build --host host --accel kvm -o two a.yaml >/dev/null 2>>err
is "$?:$(cat err)" "0:" "build"
ok "the same input gives the same bundle" diff -r one two
cp a.yaml input
"$compile" build --host host --accel kvm --input-name a.yaml -o three - <input >/dev/null
ok "standard input under another name gives the same bundle" diff -r one three
like "$("$compile" show one)" '^j1: bundle [0-9a-f]{64}$' "show reads a bundle"
like "$("$compile" show --accel tcg --host host a.yaml)" '^j1: qemu with TCG, 512 MiB, 1 CPU$' \
	"show reads a description"
"$compile" build --host host a.yaml >/dev/null 2>&1
is $? 2 "build needs -o"
"$compile" build --host host --accel xen -o four a.yaml >/dev/null 2>&1
is $? 2 "--accel takes three words"
done_testing
