/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "resolve.h"

#include <stdlib.h>
#include <string.h>

/* Every path that the VM uses as a file of its own, to find the same one used twice. */
struct use {
	const char *what;
	const struct m_str *path;
	bool writable, disk;
};

struct uses {
	struct use *v;
	size_t n;
};

static void use_add(struct uses *u, const char *what, const struct m_str *path,
		    bool writable, bool disk)
{
	if (path->v)
		u->v[u->n++] = (struct use){ what, path, writable, disk };
}

/* Neighbours of equal path are compared with the first of them, in the order of the file.
 */
static int use_compare(const void *a, const void *b)
{
	const struct use *x = a, *y = b;
	int r = strcmp(x->path->v, y->path->v);

	if (r)
		return r;
	if (x->path->loc.line != y->path->loc.line)
		return x->path->loc.line < y->path->loc.line ? -1 : 1;
	return x->path->loc.col < y->path->loc.col ? -1 :
						     x->path->loc.col > y->path->loc.col;
}

static void use_clash(const struct use *first, const struct use *again,
		      struct problems *out)
{
	const char *path = problems_quote(out, again->path->v, strlen(again->path->v));
	unsigned line = first->path->loc.line;

	if (first->disk && again->disk)
		problems_add(out, &again->path->loc,
			     "disks: %s is listed twice, first in line %u%s", path, line,
			     first->writable || again->writable ?
				     ": two writers would destroy it" :
				     "");
	else if (first->writable || again->writable)
		problems_add(out, &again->path->loc,
			     "%s: %s is also used as %s in line %u, and one "
			     "of them writes to it",
			     again->what, path, first->what, line);
}

static void uses_collect(const struct vm_policy *p, struct uses *u)
{
	size_t i, k;

	for (i = 0; i < p->n_disks; i++) {
		const struct m_disk *d = &p->disks[i];

		use_add(u, "disks.path", &d->path, !d->readonly.v, true);
		for (k = 0; k < d->n_backing; k++)
			use_add(u, "disks.backing.path", &d->backing[k].path, false,
				false);
	}
	use_add(u, "firmware", &p->firmware, false, false);
	use_add(u, "nvram", &p->nvram, true, false);
	use_add(u, "kernel", &p->kernel, false, false);
	use_add(u, "initrd", &p->initrd, false, false);
	use_add(u, "emulator", &p->emulator, false, false);
	use_add(u, "serial.path", &p->serial.path, true, false);
	use_add(u, "qmp.path", &p->qmp.path, true, false);
	use_add(u, "vnc.password_file", &p->vnc.password_file, false, false);
	for (i = 0; i < p->grants.n_files; i++)
		use_add(u, "grants.files.path", &p->grants.files[i].path,
			p->grants.files[i].access.v == ACCESS_RW, false);
}

static void check_uses(const struct vm_policy *p, struct problems *out)
{
	_cleanup_free_ struct use *room = NULL;
	struct uses u = { NULL, 0 };
	size_t n = p->n_disks + p->grants.n_files + 8, i, first = 0;

	for (i = 0; i < p->n_disks; i++)
		n += p->disks[i].n_backing;
	u.v = room = xcalloc(n, sizeof(*room));
	uses_collect(p, &u);
	qsort(u.v, u.n, sizeof(*u.v), use_compare);
	for (i = 1; i < u.n; i++) {
		if (strcmp(u.v[first].path->v, u.v[i].path->v) != 0)
			first = i;
		else
			use_clash(&u.v[first], &u.v[i], out);
	}
}

static bool below(const char *path, const struct m_list *directories)
{
	size_t i;

	for (i = 0; i < directories->n; i++) {
		size_t n = strlen(directories->v[i].v);

		if (!strncmp(path, directories->v[i].v, n) && path[n] == '/')
			return true;
	}
	return false;
}

static void check_place(const struct m_str *path, const char *what, const struct host *h,
			struct problems *out)
{
	if (path->v && h->image_directories.n && !below(path->v, &h->image_directories))
		problems_add(out, &path->loc,
			     "%s: not in one of the image directories that %s "
			     "allows",
			     what, h->image_directories.loc.file);
}

static void check_backing(const struct m_disk *d, const struct host *h,
			  struct problems *out)
{
	size_t i;

	for (i = 0; i < d->n_backing; i++)
		check_place(&d->backing[i].path, "disks.backing.path", h, out);
	if (!RESOLVE_CLEAN(out, *d))
		return;
	if (d->n_backing && d->format.v == FORMAT_RAW && d->format.set)
		problems_add(out, &d->backing[0].loc,
			     "disks.backing: a raw image has none; only qcow2 refers to "
			     "another");
	for (i = 0; i + 1 < d->n_backing; i++)
		if (d->backing[i].format.v == FORMAT_RAW && d->backing[i].format.set)
			problems_add(out, &d->backing[i + 1].loc,
				     "disks.backing: the image above, "
				     "%s, is raw and has nothing below it",
				     d->backing[i].path.v ? d->backing[i].path.v :
							    "in the list");
}

static void check_disk(const struct m_disk *d, struct problems *out)
{
	if (!RESOLVE_CLEAN(out, *d))
		return;
	if (d->shared.v && !d->readonly.v && d->format.v == FORMAT_QCOW2)
		problems_add(out, &d->shared.loc,
			     "disks.shared: two writers destroy a qcow2 image; "
			     "only raw can be shared");
	if (d->aio.v == AIO_NATIVE && d->cache.v != CACHE_NONE &&
	    d->cache.v != CACHE_DIRECTSYNC)
		problems_add(out, &d->aio.loc,
			     "disks.aio: native needs cache: none or cache: directsync");
	if (d->readonly.v && d->discard.v)
		problems_add(out, &d->discard.loc,
			     "disks.discard: contradicts readonly: true");
	if (d->readonly.v && d->size_max.set)
		problems_add(out, &d->size_max.loc,
			     "disks.size_max: contradicts readonly: true");
}

void resolve_disks(struct vm_policy *p, const struct host *h, struct problems *out)
{
	size_t i;

	for (i = 0; i < p->n_disks; i++) {
		check_place(&p->disks[i].path, "disks.path", h, out);
		check_backing(&p->disks[i], h, out);
		check_disk(&p->disks[i], out);
	}
	check_uses(p, out);
}
