/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Identity: a uid and gid of the VM's own, so that plain Unix permissions are a second
 * wall between VMs. The range lies above those of distributions and of systemd
 * (DynamicUser 61184..65519, containers 524288..1879048191) and below 2^31.
 */
#include "compile.h"

#include <errno.h>

#define IDENTITY_FIRST 1900000000u
#define IDENTITY_LAST  1900065535u
#define IDENTITY_MAX   4294967294u /* 2^32 - 1 means "leave alone" to setresuid(2) */

static int identity_check(const struct m_u64 *id, const char *key, struct err *e)
{
	if (id->set && id->v == 0)
		return err_at(e, &id->loc, EINVAL, "%s: a VM never runs as root", key);
	if (id->set && id->v > IDENTITY_MAX)
		return err_at(e, &id->loc, ERANGE, "%s: larger than %u", key,
			      IDENTITY_MAX);
	return 0;
}

static json_t *identity_compile(struct compile *c, struct err *e)
{
	const struct m_u64 *uid = &c->policy->identity.uid,
			   *gid = &c->policy->identity.gid;
	const struct m_u64 *first = &c->policy->identity.first;
	const struct m_u64 *last = &c->policy->identity.last;
	uint64_t lo = first->v ? first->v : IDENTITY_FIRST;
	uint64_t hi = last->v ? last->v : IDENTITY_LAST;

	if (identity_check(uid, "identity.uid", e) < 0 ||
	    identity_check(gid, "identity.gid", e) < 0 ||
	    identity_check(first, "identity.first", e) < 0 ||
	    identity_check(last, "identity.last", e) < 0)
		return NULL;
	if (uid->set)
		return json_pack("{s:I, s:I}", "uid", (json_int_t)uid->v, "gid",
				 (json_int_t)(gid->set ? gid->v : uid->v));
	if (gid->set) {
		err_at(e, &gid->loc, EINVAL, "identity.gid: given without identity.uid");
		return NULL;
	}
	if (lo > hi) {
		err_at(e, last->set ? &last->loc : &first->loc, EINVAL,
		       "identity: the range %llu..%llu is empty", (unsigned long long)lo,
		       (unsigned long long)hi);
		return NULL;
	}
	return json_pack("{s:I, s:I}", "first", (json_int_t)lo, "last", (json_int_t)hi);
}

static void identity_explain(const struct compile *c, struct strbuf *out)
{
	const struct m_u64 *uid = &c->policy->identity.uid,
			   *gid = &c->policy->identity.gid;
	const struct m_u64 *first = &c->policy->identity.first;
	const struct m_u64 *last = &c->policy->identity.last;

	if (uid->set) {
		strbuf_printf(out, "Runs as uid %llu, gid %llu",
			      (unsigned long long)uid->v,
			      (unsigned long long)(gid->set ? gid->v : uid->v));
		compile_from(out, &uid->loc);
		strbuf_puts(out, ", without further groups.\n");
		return;
	}
	strbuf_printf(out,
		      "Runs as a uid and gid that no other VM has while it runs, leased "
		      "from %llu to %llu",
		      (unsigned long long)(first->v ? first->v : IDENTITY_FIRST),
		      (unsigned long long)(last->v ? last->v : IDENTITY_LAST));
	compile_from(out, first->set ? &first->loc : &last->loc);
	strbuf_puts(out, ", without further groups.\n");
}

const struct compiler compiler_identity = { identity_compile, identity_explain };
