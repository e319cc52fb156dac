/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process holds open: foreign objects, disks of the host, images of others. */
#include <string.h>

#include "judge.h"

static const json_t *fd_list(const struct view *v, struct finding *f, enum verdict *out)
{
	return judge_list(v->vm, "object/list", f, out);
}

static enum verdict no_gap(const struct view *v, struct finding *f, const char *text)
{
	const json_t *incomplete = facts_at(v->vm, "object/incomplete");

	if (incomplete)
		return judge_unreadable(f, incomplete, "some descriptors");
	return judge(f, VERDICT_PASS, "%s (%zu descriptors)", text,
		     json_array_size(facts_at(v->vm, "object/list")));
}

static void show_fd(struct finding *f, const json_t *fd)
{
	judge(f, VERDICT_GAP, "fd %lld: %s %s (%s)", judge_number(fd, "fd", -1),
	      judge_text(fd, "class"),
	      *judge_text(fd, "path") ? judge_text(fd, "path") : "without a name",
	      judge_text(fd, "access"));
}

/* Every descriptor whose class is in c->arg is a gap. */
static enum verdict eval_class(const struct check *c, const struct view *v,
			       struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = fd_list(v, f, &out), *fd;
	unsigned n = 0;
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, fd) {
		if (!judge_word_in(judge_text(fd, "class"), c->arg))
			continue;
		n++;
		show_fd(f, fd);
	}
	return n ? VERDICT_GAP : no_gap(v, f, "none of that kind");
}

/* Granted by the description: the same object under the same number. Memory and the
 * kernel's log can't be granted away. */
static bool is_declared(const json_t *objects, const json_t *fd)
{
	const json_t *o;
	size_t i;

	if (judge_word_in(judge_text(fd, "class"), "memory|kmsg|proc|sys"))
		return false;
	json_array_foreach(objects, i, o)
		if (judge_number(o, "fd", -1) == judge_number(fd, "fd", -2) &&
		    judge_number(o, "ino", -1) == judge_number(fd, "ino", -2))
			return true;
	return false;
}

/*
 * A VMM's own: stdio, its eventfds (not listed), kvm, sockets and pipes (judged
 * elsewhere), regular files and memory. Foreign is what reaches into the host or another
 * process.
 */
static bool is_foreign(const json_t *fd)
{
	const char *class = judge_text(fd, "class");

	if (judge_word_in(class, "memory|kmsg|proc|sys|usb|input|loop-control"))
		return true;
	return !strcmp(class, "char");
}

static enum verdict eval_foreign(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	const json_t *objects = facts_at(v->vm, "receipt/receipt/objects");
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = fd_list(v, f, &out), *fd;
	unsigned n = 0;
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, fd) {
		if (!is_foreign(fd) || is_declared(objects, fd))
			continue;
		n++;
		show_fd(f, fd);
	}
	return n ? VERDICT_GAP : no_gap(v, f, "nothing foreign");
}

/* An image that is written, or holds a guest's data, is nobody else's to read. Standard
 * streams are no images: c->limit tells which of the two this row judges. */
static bool mode_is_open(const struct check *c, const json_t *fd)
{
	bool stdio = judge_number(fd, "fd", 0) <= 2;
	long long mode = judge_number(fd, "mode", 0);

	if (stdio != (c->limit == 1) ||
	    !judge_word_in(judge_text(fd, "class"), "file|block") ||
	    !strncmp(judge_text(fd, "path"), "/usr/", 5))
		return false;
	return strcmp(judge_text(fd, "access"), "r") ? mode & 06 : mode & 02;
}

static enum verdict eval_mode(const struct check *c, const struct view *v,
			      struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = fd_list(v, f, &out), *fd;
	unsigned n = 0;
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, fd) {
		if (!mode_is_open(c, fd))
			continue;
		n++;
		judge(f, VERDICT_GAP, "fd %lld: %s has mode %04llo",
		      judge_number(fd, "fd", -1), judge_text(fd, "path"),
		      judge_number(fd, "mode", 0));
	}
	return n ? VERDICT_GAP : no_gap(v, f, "none is open to others");
}

static enum verdict eval_deleted(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = fd_list(v, f, &out), *fd;
	unsigned n = 0;
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, fd) {
		/* a file made to be nameless (O_TMPFILE, unlinked in /tmp) is no accident
		 */
		if (strcmp(judge_text(fd, "class"), "file") ||
		    judge_number(fd, "nlink", 1) != 0 ||
		    !strncmp(judge_text(fd, "path"), "/tmp/", 5) ||
		    !strncmp(judge_text(fd, "path"), "/var/tmp/", 9))
			continue;
		n++;
		show_fd(f, fd);
	}
	return n ? VERDICT_GAP : no_gap(v, f, "no deleted file");
}

/* Where a device is mounted, in any mount table that was read; NULL if nowhere. */
static const char *mounted_at(json_t *tables, const char *rdev)
{
	const char *key;
	json_t *table, *m;
	size_t i;

	json_object_foreach(tables, key, table) {
		json_array_foreach(table, i, m)
			if (!strcmp(judge_text(m, "dev"), rdev))
				return judge_text(m, "point");
	}
	return NULL;
}

static enum verdict eval_mounted(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	json_t *tables = json_object_get(v->facts, "mounts"), *fd;
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = fd_list(v, f, &out);
	unsigned n = 0, blocks = 0;
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, fd) {
		const char *point;

		if (strcmp(judge_text(fd, "class"), "block"))
			continue;
		blocks++;
		point = mounted_at(tables, judge_text(fd, "rdev"));
		if (!point)
			continue;
		n++;
		judge(f, VERDICT_GAP, "%s is mounted at %s", judge_text(fd, "path"),
		      point);
	}
	if (!n && blocks && !json_object_size(tables))
		return judge(f, VERDICT_UNKNOWN, "no mount table could be read");
	return n ? VERDICT_GAP : no_gap(v, f, "no mounted block device");
}

#define FDS "/proc/PID/fd/* (stat, lstat, readlink)"
#define OWN "run it with brattice run: only declared objects are handed to the VMM"

const struct check checks_descriptor[] = {
	{ "PRV-013", "Descriptors that reach into the host", SEVERITY_CRITICAL, SCOPE_VM,
	  FDS, "no memory, kmsg, usb, input or unknown device, nothing of /proc and /sys",
	  "An open descriptor works whatever uid, root and label the process has now.",
	  OWN, eval_foreign, NULL, 0 },
	{ "PRV-015", "Open directories", SEVERITY_CRITICAL, SCOPE_VM, FDS,
	  "no descriptor is a directory",
	  "A directory descriptor leads out of any chroot or "
	  "mount namespace.",
	  OWN, eval_class, "directory", 0 },
	{ "PRV-035", "A terminal is open", SEVERITY_LOW, SCOPE_VM, FDS, "no tty or pty",
	  "Characters pushed into a terminal are run by the shell that owns it "
	  "(TIOCSTI).",
	  "serial.type: file or socket; start VMs from a service", eval_class, "tty", 0 },
	{ "IMG-002", "Images are open to every user of the host", SEVERITY_HIGH, SCOPE_VM,
	  FDS, "not readable (writable images) and not writable by others",
	  "Any other VMM, whatever its uid, reads or changes this guest's disk.",
	  "chmod o-rwx the image; disks[].allow_world_readable says it is wanted",
	  eval_mode, NULL, 0 },
	{ "MGT-007", "Console logs are open to every user of the host", SEVERITY_LOW,
	  SCOPE_VM, FDS, "standard output and error are not readable by others",
	  "What the guest prints on its console is the guest's.", "chmod o-rwx the log",
	  eval_mode, NULL, 1 },
	{ "IMG-009", "A mounted disk of the host is the guest's disk", SEVERITY_CRITICAL,
	  SCOPE_VM, FDS ", mountinfo", "no block device that is mounted anywhere",
	  "The guest rewrites a file system under the host kernel.",
	  "give the guest an image or an unused volume under disks[].path", eval_mounted,
	  NULL, 0 },
	{ "IMG-011", "Deleted files in use", SEVERITY_LOW, SCOPE_VM, FDS,
	  "every file still has a name",
	  "What runs can't be inspected or compared any more.", "restart the VM",
	  eval_deleted, NULL, 0 },
	{ "DEV-010", "vhost devices in use", SEVERITY_LOW, SCOPE_VM, FDS,
	  "no vhost descriptor",
	  "The guest's rings are parsed in the host kernel "
	  "(CVE-2019-14835).",
	  "network[].vhost: false", eval_class, "vhost", 0 },
	{ "DEV-012", "Pass-through of SCSI or USB devices", SEVERITY_MEDIUM, SCOPE_VM,
	  FDS, "no sg, usb descriptor",
	  "SG_IO and USB requests reach the device's firmware.",
	  "use disks[] with a block device instead", eval_class, "scsi-generic|usb", 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
