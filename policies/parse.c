/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fill.h"
#include "resolve.h"
#include "value.h"

#ifndef PROFILE_DIR
#error "PROFILE_DIR: where profiles are installed"
#endif

/* DIRECTORY/NAME.yaml if it exists, else the installed one; the caller frees. */
static char *profile_path(const char *directory, const char *name)
{
	_cleanup_free_ char *own = xasprintf("%s/%s.yaml", directory, name);

	if (access(own, F_OK) == 0)
		return steal_ptr(&own);
	return xasprintf("%s/%s.yaml", PROFILE_DIR, name);
}

/* A profile names no VM and has no profile itself. */
static void profile_check(const struct doc_node *root, struct problems *out)
{
	static const char *const refused[] = { "name", "inherit" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct doc_node *n = doc_get(root, refused[i]);

		if (n)
			problems_add(out, &n->key->loc,
				     "a profile can't have the key \"%s\"%s", refused[i],
				     i ? ": one level of profiles is all there is" : "");
	}
}

static int profile_read(struct vm_policy *p, const char *directory, struct problems *out,
			const struct doc_node **root)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (!directory) {
		problems_add(out, &p->inherit.loc, "inherit: there are no profiles here");
		return -EINVAL;
	}
	path = profile_path(directory, p->inherit.v);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		problems_add(
			out, &p->inherit.loc,
			"inherit: no profile \"%s\": neither %s/%s.yaml nor " PROFILE_DIR
			"/%s.yaml exists",
			p->inherit.v, directory, p->inherit.v, p->inherit.v);
		return -EINVAL;
	}
	r = fill_read_file(out, &p->arena, path, root);
	if (r == 0 && *root && (*root)->kind == DOC_MAP)
		profile_check(*root, out);
	return r;
}

/* Fills from the profile first, so that the description stands over it. */
static int description_fill(struct vm_policy *p, const struct doc_node *root,
			    const char *directory, struct problems *out)
{
	const struct doc_node *profile = NULL, *inherit = doc_get(root, "inherit");
	int r = 0;

	p->loc = root->loc;
	if (inherit) {
		struct problems again = PROBLEMS_INIT; /* the same are found below */

		value_set(&again, &p->arena, key_find(SECTION_root, "inherit"), inherit,
			  &p->inherit);
		problems_dispose(&again);
	}
	if (p->inherit.v)
		r = profile_read(p, directory, out, &profile);
	if (profile)
		fill_section(out, &p->arena, SECTION_root, profile, p);
	fill_section(out, &p->arena, SECTION_root, root, p);
	if (root->kind == DOC_MAP && r == 0)
		fill_check_required(out, SECTION_root, root, profile);
	return r;
}

static int description_finish(struct vm_policy *p, const struct doc_node *root,
			      const char *directory, const struct host *h, size_t before,
			      struct problems *out)
{
	int r = root ? description_fill(p, root, directory, out) : -EINVAL;

	if (root) {
		fill_defaults(&p->arena, SECTION_root, p);
		resolve_policy(p, h, out);
	}
	if (r < 0 && r != -EINVAL)
		return r;
	return out->n + out->dropped > before ? -EINVAL : 0;
}

int description_parse(struct vm_policy *p, const char *file, const char *text, size_t len,
		      const char *directory, const struct host *h, struct problems *out)
{
	size_t before = out->n + out->dropped;
	const struct doc_node *root;

	memset(p, 0, sizeof(*p));
	file = arena_strdup(&p->arena, file);
	problems_source(out, file, text, len);
	root = doc_read(&p->arena, file, text, len, out);
	return description_finish(p, root, directory, h, before, out);
}

int description_read(struct vm_policy *p, const char *path, const struct host *h,
		     struct problems *out)
{
	size_t before = out->n + out->dropped;
	const struct doc_node *root;
	const char *directory = ".", *slash = strrchr(path, '/');
	int r;

	memset(p, 0, sizeof(*p));
	if (slash)
		directory = slash == path ? "/" :
					    arena_strndup(&p->arena, path,
							  (size_t)(slash - path));
	r = fill_read_file(out, &p->arena, path, &root);
	if (r < 0)
		return r;
	return description_finish(p, root, strcmp(path, "-") ? directory : PROFILE_DIR, h,
				  before, out);
}

void policy_dispose(struct vm_policy *p)
{
	arena_dispose(&p->arena);
	memset(p, 0, sizeof(*p));
}
