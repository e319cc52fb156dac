/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seccomp layer: filter, its readable form, its OCI form. */
#include <errno.h>
#include <string.h>

#include "compile.h"
#include "jsonx.h"
#include "seccomp_exec.h"
#include "seccomp_gen.h"
#include "seccomp_set.h"
#include "seccomp_text.h"
#include "syscall_table.h"

static const char *const violations[] = { WORDS_VIOLATION };

static json_t *allowed_names(const struct sc_set *s)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < s->n; i++)
		if (sc_rule_reachable(&s->rules[i]))
			json_array_append_new(names, json_string(s->rules[i].name));
	return names;
}

static void add_texts(struct compile *c, const struct sc_set *s)
{
	struct strbuf pfc = STRBUF_INIT;
	_cleanup_json_ json_t *oci = sc_oci(s, c->policy->seccomp.log.v);
	char *text;
	size_t len;

	sc_pfc(s, c->policy->name.v, &pfc);
	len = pfc.len;
	compile_add_artefact(c, "seccomp.pfc", strbuf_steal(&pfc), len);
	text = jsonx_dump(oci);
	compile_add_artefact(c, "oci-seccomp.json", text, strlen(text));
}

static json_t *seccomp_compile(struct compile *c, struct err *e)
{
	_cleanup_sc_set_ struct sc_set s = { .arena = ARENA_INIT };
	const struct vm_policy *p = c->policy;
	struct sock_filter *prog;
	size_t n;

	if (sc_set_build(&s, p, c->target, e) < 0 || sc_generate(&s, &prog, &n, e) < 0)
		return NULL;
	compile_add_artefact(c, SECCOMP_ARTEFACT, (char *)prog, n * sizeof(*prog));
	add_texts(c, &s);
	return json_pack("{s:s,s:s,s:b,s:i,s:o}", "artefact", SECCOMP_ARTEFACT,
			 "violation", violations[p->seccomp.violation.v], "log",
			 (int)p->seccomp.log.v, "syscall_max", s.max, "allowed",
			 allowed_names(&s));
}

static void explain_counts(const struct sc_set *s, struct strbuf *out)
{
	unsigned count[SC_UNASSIGNED + 1] = { 0 }, known;
	int nr;

	for (nr = 0; nr <= s->max; nr++)
		count[sc_set_classify(s, nr)]++;
	known = count[SC_ALLOWED] + count[SC_CHECKED] + count[SC_SOFT] + count[SC_DENIED];
	strbuf_printf(out, "Of the %u system calls up to number %d, %u are allowed, ",
		      known, s->max, count[SC_ALLOWED]);
	strbuf_printf(out, "%u more with checked arguments, %u are refused with an ",
		      count[SC_CHECKED], count[SC_SOFT]);
	strbuf_puts(out, "error that the VMM copes with, ");
	strbuf_printf(out, "%u ", count[SC_DENIED]);
	switch (s->violation & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO: strbuf_puts(out, "fail with EPERM"); break;
	case SECCOMP_RET_LOG:
		strbuf_puts(out, "are LOGGED AND CARRIED OUT (log confines nothing)");
		break;
	default: strbuf_puts(out, "kill the VMM");
	}
	strbuf_puts(out, "; newer ones do not exist for it (ENOSYS).\n");
}

static void explain_features(const struct sc_set *s, const struct vm_policy *p,
			     struct strbuf *out)
{
	size_t i;

	strbuf_puts(out, "What it may use comes from:");
	for (i = 0; i < SC_FEATURE_COUNT; i++)
		if (s->feature[i])
			strbuf_printf(out, "%s %s", i ? ";" : "",
				      sc_feature_why((enum sc_feature)i));
	for (i = 0; i < p->grants.syscalls.n; i++)
		strbuf_printf(out, "; grants.syscalls %s (line %u)",
			      p->grants.syscalls.v[i].v,
			      p->grants.syscalls.v[i].loc.line);
	for (i = 0; i < p->grants.ioctls.n; i++)
		strbuf_printf(out, "; grants.ioctls %s (line %u)",
			      p->grants.ioctls.v[i].v, p->grants.ioctls.v[i].loc.line);
	strbuf_puts(out, ".\nOne exec is possible, the launcher's; threads, but no "
			 "processes and namespaces; no memory that is writable and "
			 "executable.\n");
}

static void seccomp_explain(const struct compile *c, struct strbuf *out)
{
	_cleanup_sc_set_ struct sc_set s = { .arena = ARENA_INIT };
	struct err e = ERR_INIT;

	if (sc_set_build(&s, c->policy, c->target, &e) < 0) {
		strbuf_printf(out, "%s\n", e.text);
		return;
	}
	explain_counts(&s, out);
	explain_features(&s, c->policy, out);
}

const struct compiler compiler_seccomp = { seccomp_compile, seccomp_explain };
