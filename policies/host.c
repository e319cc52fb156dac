/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fill.h"

static void check_range(const struct host *h, struct problems *out)
{
	const struct loc *loc = h->uid_first.set ? &h->uid_first.loc : &h->uid_last.loc;

	if (problems_tainted(out, &h->uid_first, sizeof(h->uid_first)) ||
	    problems_tainted(out, &h->uid_last, sizeof(h->uid_last)))
		return;
	if (h->uid_first.v < 65536)
		problems_add(out, loc,
			     "uid_first: the range must begin at 65536 or later: ids "
			     "below belong to users and services of the host");
	if (h->uid_first.v > h->uid_last.v)
		problems_add(
			out, loc,
			"the range of ids is empty: uid_first is larger than uid_last");
}

static int host_finish(struct host *h, const struct doc_node *root, size_t before,
		       struct problems *out)
{
	if (root) {
		h->loc = root->loc;
		fill_section(out, &h->arena, SECTION_host, root, h);
	}
	fill_defaults(&h->arena, SECTION_host, h);
	check_range(h, out);
	return out->n + out->dropped > before ? -EINVAL : 0;
}

int host_parse(struct host *h, const char *file, const char *text, size_t len,
	       struct problems *out)
{
	const struct doc_node *root = NULL;
	size_t before = out->n + out->dropped;

	if (text) {
		file = arena_strdup(&h->arena, file);
		problems_source(out, file, text, len);
		root = doc_read(&h->arena, file, text, len, out);
	}
	return host_finish(h, root, before, out);
}

int host_read(struct host *h, const char *path, struct problems *out)
{
	const struct doc_node *root;
	size_t before = out->n + out->dropped;
	int r;

	if (!path && access(HOST_FILE, F_OK) < 0 && errno == ENOENT)
		return host_parse(h, HOST_FILE, NULL, 0, out);
	r = fill_read_file(out, &h->arena, path ? path : HOST_FILE, &root);
	return r < 0 ? r : host_finish(h, root, before, out);
}

void host_dispose(struct host *h)
{
	arena_dispose(&h->arena);
	memset(h, 0, sizeof(*h));
}
