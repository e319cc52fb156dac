/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "filters.h"

#include <linux/seccomp.h>
#include <string.h>

#include "alloc.h"
#include "bpfsim.h"
#include "cleanup.h"
#include "digest.h"
#include "err.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False if the text is not whole instructions in hex. */
static bool program_decode(struct filter_program *p, const char *hex)
{
	size_t len = strlen(hex), i;
	unsigned char *out;

	if (!len || len % (2 * sizeof(*p->v)) || len / 2 / sizeof(*p->v) > BPF_MAXINSNS)
		return false;
	p->n = len / 2 / sizeof(*p->v);
	p->v = xcalloc(p->n, sizeof(*p->v));
	out = (unsigned char *)p->v;
	for (i = 0; i < len / 2; i++) {
		int hi = digit(hex[2 * i]), lo = digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		out[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

static void programs_init(struct filters *f, const json_t *programs)
{
	json_t *copy = json_deep_copy(programs), *hex;
	const char *digest;

	f->programs = xcalloc(json_object_size(copy) + 1, sizeof(*f->programs));
	json_object_foreach(copy, digest, hex) {
		struct filter_program *p = &f->programs[f->n_programs++];
		const char *text = json_string_value(hex);
		struct err e = ERR_INIT;

		if (!text || !program_decode(p, text)) {
			f->broken = "a dumped filter is not whole instructions";
			break;
		}
		digest_bytes(p->v, p->n * sizeof(*p->v), p->digest);
		if (strcmp(p->digest, digest))
			f->broken = "a dumped filter does not have the digest it is kept "
				    "under";
		else if (bpfsim_check(p->v, p->n, &e) < 0)
			f->broken = "a dumped filter has instructions that the simulator "
				    "does not know";
	}
	json_decref(copy);
}

static const struct filter_program *program_find(const struct filters *f,
						 const char *digest)
{
	size_t i;

	for (i = 0; digest && i < f->n_programs; i++)
		if (!strcmp(f->programs[i].digest, digest))
			return &f->programs[i];
	return NULL;
}

static void chain_init(struct filters *f, const json_t *group)
{
	const json_t *digests = json_object_get(group, "chain"), *digest;
	struct filter_chain *c = &f->chains[f->n_chains++];
	size_t i;

	c->threads = (unsigned)json_integer_value(json_object_get(group, "count"));
	json_array_foreach(digests, i, digest) {
		const struct filter_program *p =
			program_find(f, json_string_value(digest));

		if (!p || c->n >= FILTERS_CHAIN_MAX) {
			f->broken = "a filter of a thread was not dumped";
			return;
		}
		c->programs[c->n++] = p;
	}
}

void filters_init(struct filters *f, const json_t *facts)
{
	const json_t *groups = json_object_get(facts, "groups"), *g;
	size_t i;

	memset(f, 0, sizeof(*f));
	if (!groups)
		return;
	programs_init(f, json_object_get(facts, "programs"));
	f->chains = xcalloc(json_array_size(groups) + 1, sizeof(*f->chains));
	json_array_foreach(groups, i, g)
		chain_init(f, g);
}

void filters_dispose(struct filters *f)
{
	size_t i;

	for (i = 0; i < f->n_programs; i++)
		free(f->programs[i].v);
	free(f->programs);
	free(f->chains);
}

uint32_t filters_run(const struct filter_chain *c, uint32_t arch, int nr,
		     const uint64_t args[6])
{
	struct seccomp_data d = { .nr = nr, .arch = arch, .instruction_pointer = 0x1000 };
	uint32_t action = SECCOMP_RET_ALLOW;
	size_t i;

	if (args)
		memcpy(d.args, args, sizeof(d.args));
	for (i = 0; i < c->n; i++) { /* [0] was installed last */
		uint32_t a = bpfsim_run(c->programs[i]->v, c->programs[i]->n, &d, NULL);

		action = i ? bpfsim_combine(action, a) : a;
	}
	return action;
}

bool filters_allow(const struct filters *f, uint32_t arch, int nr, const uint64_t args[6])
{
	size_t i;

	for (i = 0; i < f->n_chains; i++)
		if (bpfsim_permits(filters_run(&f->chains[i], arch, nr, args)))
			return true;
	return false;
}
