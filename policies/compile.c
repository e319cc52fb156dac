/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "compile.h"

#include <errno.h>
#include <string.h>

#include "explain.h"
#include "jsonx.h"

static const struct compiler *const compilers[MECH_COUNT] = {
#define MECH(id, title) [MECH_##id] = &compiler_##id,
#include "mech.def"
#undef MECH
};

const struct compiler *compiler_of(enum mech m)
{
	return compilers[m];
}

void compile_from(struct strbuf *out, const struct loc *loc)
{
	if (!loc || !loc->line)
		strbuf_puts(out, " (default)");
	else if (loc->file)
		strbuf_printf(out, " (%s:%u)", loc->file, loc->line);
	else
		strbuf_printf(out, " (line %u)", loc->line);
}

void compile_add_artefact(struct compile *c, const char *name, char *data, size_t len)
{
	c->artefacts = xrealloc(c->artefacts, c->n_artefacts + 1, sizeof(*c->artefacts));
	c->artefacts[c->n_artefacts++] = (struct artefact){ xstrdup(name), data, len };
}

/* The resolved description, for the auditor and for people. */
static void compile_add_policy(struct compile *c)
{
	json_t *j = explain_values(SECTION_root, c->policy);
	char *text = jsonx_dump(j);

	json_decref(j);
	compile_add_artefact(c, "policy.json", text, strlen(text));
}

static int compile_layers(struct compile *c, struct err *e)
{
	enum mech m;

	for (m = 0; m < MECH_COUNT; m++) {
		c->params[m] = compilers[m]->compile(c, e);
		if (!c->params[m])
			return err_wrap(e, "%s", mech_name(m));
	}
	return 0;
}

int compile_run(struct compile *c, struct vm_policy *p, const struct target *t,
		struct err *e)
{
	static const char *none[] = { NULL };
	const char *vmm = p->vmm.v ? p->vmm.v : "qemu";
	int r;

	memset(c, 0, sizeof(*c));
	c->policy = p;
	c->target = t;
	c->needs = &c->own;
	c->vmm = vmm_find(vmm);
	if (!c->vmm)
		return err_at(e, &p->vmm.loc, EINVAL, "vmm: there is no \"%s\"", vmm);
	if (t->accel == ACCEL_AUTO)
		return err_at(e, &p->accel.loc, EINVAL,
			      "accel: must be decided, not auto");
	r = c->vmm->needs(p, t, &c->own, e);
	if (r == 0 && !c->own.env)
		c->own.env = none;
	if (r == 0)
		r = compile_layers(c, e);
	if (r == 0)
		compile_add_policy(c);
	return r;
}

void compile_dispose(struct compile *c)
{
	size_t i;

	for (i = 0; i < c->n_artefacts; i++) {
		free(c->artefacts[i].name);
		free(c->artefacts[i].data);
	}
	free(c->artefacts);
	for (i = 0; i < MECH_COUNT; i++)
		json_decref(c->params[i]);
	strbuf_dispose(&c->own.notes);
	memset(c, 0, sizeof(*c));
}
