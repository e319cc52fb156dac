/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "seccomp_text.h"

#include <inttypes.h>
#include <linux/audit.h>
#include <string.h>

#include "seccomp_gen.h"
#include "syscall_table.h"

void sc_action_text(struct strbuf *out, uint32_t action)
{
	unsigned n = action & SECCOMP_RET_DATA;
	const char *name;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW: strbuf_puts(out, "allow"); break;
	case SECCOMP_RET_LOG: strbuf_puts(out, "log"); break;
	case SECCOMP_RET_ERRNO:
		name = strerrorname_np((int)n);
		strbuf_printf(out, "errno %u (%s)", n, name ? name : "?");
		break;
	default: strbuf_puts(out, "kill_process");
	}
}

static void cond_text(struct strbuf *out, const struct sc_cond *c)
{
	if (c->mask == UINT64_MAX)
		strbuf_printf(out, "$a%u == 0x%" PRIx64, c->arg, c->value);
	else
		strbuf_printf(out, "($a%u & 0x%" PRIx64 ") == 0x%" PRIx64, c->arg,
			      c->mask, c->value);
}

static void clause_text(struct strbuf *out, const struct sc_clause *c)
{
	size_t i;

	strbuf_puts(out, "    if (");
	for (i = 0; i < c->n_cond; i++) {
		if (i)
			strbuf_puts(out, " && ");
		cond_text(out, &c->cond[i]);
	}
	strbuf_puts(out, ") ");
	sc_action_text(out, c->action);
	strbuf_printf(out, "; # %s: %s\n", c->text, c->why);
}

static void rule_text(struct strbuf *out, const struct sc_rule *r)
{
	size_t i;

	strbuf_printf(out, "  if ($syscall == %d) ", r->nr);
	if (r->n == 0) {
		sc_action_text(out, r->otherwise);
		strbuf_printf(out, "; # %s: %s\n", r->name, r->why);
		return;
	}
	strbuf_printf(out, "{ # %s\n", r->name);
	for (i = 0; i < r->n; i++)
		clause_text(out, &r->clauses[i]);
	strbuf_puts(out, "    ");
	sc_action_text(out, r->otherwise);
	strbuf_printf(out, ";%s%s\n  }\n", r->why ? " # " : "", r->why ? r->why : "");
}

void sc_pfc(const struct sc_set *s, const char *name, struct strbuf *out)
{
	size_t i;
	int nr;

	strbuf_printf(out, "# pseudo filter code of %s; system calls known: 0 to %d\n",
		      name, s->max);
	strbuf_printf(out, "if ($arch != %u) kill_process; # not x86-64\n",
		      AUDIT_ARCH_X86_64);
	strbuf_printf(out, "if ($syscall >= 0x%x) kill_process; # x32\n", SC_X32_BIT);
	strbuf_printf(out,
		      "if ($syscall > %d) errno 38 (ENOSYS); # newer than this filter\n",
		      s->max);
	strbuf_puts(out, "if ($arch == x86-64) {\n");
	for (i = 0; i < s->n; i++)
		rule_text(out, &s->rules[i]);
	for (nr = 0; nr <= s->max; nr++)
		if (sc_set_classify(s, nr) == SC_UNASSIGNED)
			strbuf_printf(out,
				      "  if ($syscall == %d) errno 38 (ENOSYS); # not "
				      "assigned\n",
				      nr);
	strbuf_puts(out, "}\n# known, not allowed\n");
	sc_action_text(out, s->violation);
	strbuf_puts(out, ";\n");
}

/* ---- OCI -------------------------------------------------------------------------- */

static const char *oci_action(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW: return "SCMP_ACT_ALLOW";
	case SECCOMP_RET_LOG: return "SCMP_ACT_LOG";
	case SECCOMP_RET_ERRNO: return "SCMP_ACT_ERRNO";
	default: return "SCMP_ACT_KILL_PROCESS";
	}
}

static bool is_errno(uint32_t action)
{
	return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

static json_t *oci_rule(uint32_t action)
{
	json_t *o = json_pack("{s:[],s:s}", "names", "action", oci_action(action));

	if (is_errno(action))
		json_object_set_new(o, "errnoRet",
				    json_integer(action & SECCOMP_RET_DATA));
	return o;
}

static void oci_name(json_t *rule, const char *name)
{
	json_array_append_new(json_object_get(rule, "names"), json_string(name));
}

/*
 * SCMP_CMP_MASKED_EQ: (argument & value) == valueTwo. Both are uint64 in the format; no
 * mask or value of the tables needs more than 63 bits but the full mask, and that is
 * written as SCMP_CMP_EQ.
 */
static json_t *oci_args(const struct sc_clause *c)
{
	json_t *args = json_array();
	size_t i;

	for (i = 0; i < c->n_cond; i++) {
		const struct sc_cond *k = &c->cond[i];
		json_int_t mask = (json_int_t)k->mask, value = (json_int_t)k->value;
		json_t *a;

		if (k->mask == UINT64_MAX)
			a = json_pack("{s:i,s:I,s:s}", "index", (int)k->arg, "value",
				      value, "op", "SCMP_CMP_EQ");
		else
			a = json_pack("{s:i,s:I,s:I,s:s}", "index", (int)k->arg, "value",
				      mask, "valueTwo", value, "op",
				      "SCMP_CMP_MASKED_EQ");
		json_array_append_new(args, a);
	}
	return args;
}

static void oci_clauses(json_t *calls, const struct sc_rule *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		json_t *o = oci_rule(r->clauses[i].action);

		oci_name(o, r->name);
		json_object_set_new(o, "args", oci_args(&r->clauses[i]));
		json_array_append_new(calls, o);
	}
}

/* Calls that end in the same action whatever their arguments stand in one rule. */
static void oci_plain(json_t *calls, const struct sc_set *s, uint32_t action)
{
	json_t *o = oci_rule(action);
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->rules[i].n == 0 && s->rules[i].otherwise == action)
			oci_name(o, s->rules[i].name);
	if (action == SECCOMP_RET_ALLOW)
		oci_name(o, "execve");
	if (json_array_size(json_object_get(o, "names")))
		json_array_append_new(calls, o);
	else
		json_decref(o);
}

/*
 * A rule with arguments and a soft error for all others has no exact form: a second rule
 * of the same call without arguments would swallow the first. Those calls get the
 * default.
 */
json_t *sc_oci(const struct sc_set *s, bool log)
{
	json_t *calls = json_array(), *o;
	unsigned n;
	size_t i;

	oci_plain(calls, s, SECCOMP_RET_ALLOW);
	for (n = 1; n < 134; n++)
		oci_plain(calls, s, SECCOMP_RET_ERRNO | n);
	for (i = 0; i < s->n; i++)
		oci_clauses(calls, &s->rules[i]);
	o = json_pack("{s:s,s:[s],s:o}", "defaultAction", oci_action(s->violation),
		      "architectures", "SCMP_ARCH_X86_64", "syscalls", calls);
	if (is_errno(s->violation))
		json_object_set_new(o, "defaultErrnoRet",
				    json_integer(s->violation & SECCOMP_RET_DATA));
	if (log)
		json_object_set_new(o, "flags",
				    json_pack("[s]", "SECCOMP_FILTER_FLAG_LOG"));
	return o;
}
