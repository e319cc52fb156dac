/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_SECCOMP_SET_H
#define BRATTICE_SECCOMP_SET_H

/*
 * Which system calls a VM may use, with which arguments. A VMM brings a table of rows,
 * each row belongs to one feature; the description decides which features a VM has. What
 * the rows of one call allow is the union of them, so the order of rows never matters.
 */
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "err.h"
#include "model.h"

struct target;

enum sc_feature {
#define FEATURE(id, why) SC_##id,
#include "seccomp_feature.def"
#undef FEATURE
	SC_FEATURE_COUNT
};

/*
 * (argument & mask) == value. The kernel takes most arguments as int or unsigned int and
 * ignores the upper half of the register: there mask has only low bits, or a caller could
 * slip past with other high bits (CVE-2019-10063). Pointers and unsigned long arguments
 * are compared in full.
 */
struct sc_cond {
	unsigned arg;
	uint64_t mask, value;
};

#define SC_MAX_COND 3

/* All conditions hold -> action. At most one condition for each argument. */
struct sc_clause {
	uint32_t action; /* SECCOMP_RET_ALLOW or SECCOMP_RET_ERRNO | n */
	unsigned n_cond;
	struct sc_cond cond[SC_MAX_COND];
	bool hot;	  /* tested before its neighbours */
	const char *text; /* how the table writes the conditions */
	const char *why;
};

struct sc_row {
	enum sc_feature feature;
	const char *syscall;
	struct sc_clause clause;
};

/* What holds for one system call. */
struct sc_rule {
	int nr;
	const char *name;
	struct sc_clause *clauses; /* those that allow first; each with conditions */
	size_t n;
	uint32_t otherwise; /* action when no clause matches */
	const char *why;    /* of otherwise, NULL when that is the violation */
};

struct sc_vmm {
	const char *name;
	const struct sc_row *rows;
	size_t n;
};

struct sc_set {
	struct arena arena;
	struct sc_rule *rules; /* by ascending number; a call without a rule is denied */
	size_t n;
	bool feature[SC_FEATURE_COUNT];
	uint32_t violation; /* action for calls that are known but not allowed */
	int max;	    /* highest number known: above it, ENOSYS */
};

extern const struct sc_vmm sc_vmm_qemu;

/* NULL if there is no table for that VMM. */
const struct sc_vmm *sc_vmm_find(const char *name);

/* The features that a description asks for. */
void sc_features(const struct vm_policy *p, const struct target *t,
		 bool feature[SC_FEATURE_COUNT]);

/* Fills s (empty before); errors point at the grant that caused them. */
int sc_set_build(struct sc_set *s, const struct vm_policy *p, const struct target *t,
		 struct err *e);
void sc_set_dispose(struct sc_set *s);

const struct sc_rule *sc_set_rule(const struct sc_set *s, int nr); /* NULL: denied */

/* Allowed for some argument. */
bool sc_rule_reachable(const struct sc_rule *r);

enum sc_class { SC_ALLOWED, SC_CHECKED, SC_SOFT, SC_DENIED, SC_UNASSIGNED };

/* Every number has a class: allowed whatever the arguments, allowed for some arguments,
 * refused with an errno that the VMM copes with, a violation, or not assigned (ENOSYS).
 */
enum sc_class sc_set_classify(const struct sc_set *s, int nr);

const char *sc_feature_name(enum sc_feature f);
const char *sc_feature_why(enum sc_feature f);

#define _cleanup_sc_set_ __attribute__((cleanup(sc_set_dispose)))

#endif
