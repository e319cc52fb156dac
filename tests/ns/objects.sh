#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Objects that are not what the description says: each is refused, and the VMM never runs.
set -u
. "$top_srcdir/tests/lib/tap.sh"
. "$top_srcdir/tests/lib/vm.sh"

vm_setup
vm_stub obj || bail_out "cannot compile"
img=$tmp/obj.img

vm_run obj -stub
is "$status" 0 "the plain image is accepted"
like "$out" '^stub: ran$' "and the VMM runs"

# refused DESC ERE: a launch of obj must end with 125 and a message
refused() {
	vm_run obj -stub
	is "$status" 125 "$1: refused"
	is "$out" "" "$1: the VMM never ran"
	like "$err" "$2" "$1: the message says why"
}

mv "$img" "$tmp/real.img"
mkfifo -m 0600 "$img"
refused "FIFO as a disk" 'obj\.img|fifo|regular'
rm "$img"
mkdir -m 0700 "$img"
refused "directory as a disk" 'obj\.img|directory|regular'
rmdir "$img"
mknod -m 0600 "$img" c 1 1
refused "/dev/mem's node as a disk" 'obj\.img|device|regular'
rm "$img"
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$img"
refused "socket as a disk" 'obj\.img|socket|regular'
rm "$img"
refused "missing disk" 'obj\.img'
ln -s /proc/self/mem "$img"
refused "link to /proc/self/mem" 'obj\.img|magic|proc'
rm "$img"
ln -s "/proc/$$/root/etc/shadow" "$img"
refused "link through /proc/PID/root" 'obj\.img|magic|proc|link'
rm "$img"
(umask 077 && : > "$img")
chmod 0644 "$img"
truncate -s 1M "$img"
refused "world-readable image" 'read'
rm "$img"
cp -p "$tmp/real.img" "$img"
chmod 0602 "$img"
refused "world-writable image" 'writ'
rm "$img"
ln "$tmp/real.img" "$img"
refused "image with a second hard link" 'link'
rm "$img"
vm_disk "$tmp/shadow"
ln -s "$tmp/shadow" "$img"
vm_run obj -stub
case $status in
0) like "$out" '^stub: ran$' "a link to an image of root's is followed, once" ;;
125) tap_pass "a link as image is refused" ;;
*) tap_fail "a link as image: exit status $status" ;;
esac
rm "$img"

# A directory on the way that another user may write to: he could swap the image.
mkdir -m 0777 "$tmp/public"
vm_disk "$tmp/public/d.img"
printf 'emulator: %s\naccel: tcg\nmemory: 16M\ndisks:\n  - path: %s\n    format: raw\n' \
	"$stub" "$tmp/public/d.img" | vm_build open || bail_out "cannot compile"
vm_run open -stub
case $status in
125) is "$out" "" "image in a directory that anybody may write to: refused" ;;
0) is "$(json "$run/open.json" . 2> /dev/null)" "" \
	"image in a directory that anybody may write to: pinned before use" ;;
*) tap_fail "image in a directory that anybody may write to: $status" ;;
esac

mv "$tmp/real.img" "$img"

# The same image twice: writable in two VMs is refused, read-only is not.
vm_start obj -stub idle
ok "the first VM runs" vm_wait_for "$tmp/obj.out" 'stub: idle'
first=$vm_pid
printf 'emulator: %s\naccel: tcg\nmemory: 16M\ndisks:\n  - path: %s\n    format: raw\n' \
	"$stub" "$img" | vm_build second || bail_out "cannot compile"
vm_run second -stub
is "$status" 125 "the same image writable in two VMs: refused"
is "$out" "" "the second VMM never ran"
like "$err" 'use|lock|open' "the message says why"
ln -s "$img" "$tmp/alias.img"
mkdir "$tmp/mnt"
touch "$tmp/mnt/bound.img"
if mount --bind "$img" "$tmp/mnt/bound.img"; then
	defer umount -l "$tmp/mnt/bound.img"
	printf 'emulator: %s\naccel: tcg\nmemory: 16M\ndisks:\n  - path: %s\n    format: raw\n' \
		"$stub" "$tmp/mnt/bound.img" | vm_build third || bail_out "cannot compile"
	vm_run third -stub
	is "$status" 125 "the same inode by another path: refused"
	is "$out" "" "the third VMM never ran"
else
	skip "the same inode by another path" "bind mounts are not possible here"
fi
# The same VM twice
vm_run obj -stub
is "$status" 125 "the same VM twice: refused"
is "$out" "" "its VMM never ran"
vm_stop "$first"
wait "$first"

# Symlink swapped under the launcher's hands: always the old or the new file, checked.
swap() {
	while [ -d "$tmp/swapping" ]; do
		ln -sfn "$tmp/shadow-like" "$tmp/swap.img"
		ln -sfn "$img" "$tmp/swap.img"
	done
}
: > "$tmp/shadow-like"
chmod 0644 "$tmp/shadow-like"
mkdir "$tmp/swapping"
ln -sfn "$img" "$tmp/swap.img"
printf 'emulator: %s\naccel: tcg\nmemory: 16M\ndisks:\n  - path: %s\n    format: raw\n' \
	"$stub" "$tmp/swap.img" | vm_build swap || bail_out "cannot compile"
swap &
swapper=$!
bad=0
i=0
while [ "$i" -lt 30 ]; do
	vm_run swap -stub attack disk_fchmod fd=3
	case $status in
	125 | 159) ;;
	*) bad=$((bad + 1)) ;;
	esac
	i=$((i + 1))
done
rmdir "$tmp/swapping"
wait "$swapper"
is "$bad" 0 "30 launches while the link is swapped: refused, or the good image"
is "$(stat -c %a "$tmp/shadow-like")" 644 "the other file was not touched"

is "$(vm_rest obj)" "" "nothing is left"
done_testing
