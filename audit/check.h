/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_CHECK_H
#define BRATTICE_CHECK_H

/*
 * Checks are rows: what is read, what is expected, why, and how to fix it, with a
 * function that judges the facts. A function sees only the facts, so a saved document
 * gives the same verdicts. Ids are those of the catalogue and never change their meaning.
 *
 * Four verdicts. "unknown" means that a fact could not be had; it is never counted as a
 * pass and lowers the coverage. "n/a" means that the question does not arise.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "facts.h"
#include "strbuf.h"

enum verdict { VERDICT_PASS, VERDICT_GAP, VERDICT_NA, VERDICT_UNKNOWN, VERDICTS };
enum severity {
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
	SEVERITIES
};
enum scope { SCOPE_VM, SCOPE_PAIR, SCOPE_HOST };

struct filters;

struct view {
	const json_t *facts, *host, *files; /* files: host/files */
	const json_t *vms;		    /* those that are still there */
	const json_t *vm;		    /* SCOPE_VM only */
	const struct filters *filters;	    /* of vm, or NULL without --deep */
};

struct finding {
	struct strbuf found; /* what was read, for the report */
	json_t *groups;	 /* SCOPE_PAIR: [[index in vms, …], …] that share something */
	bool not_asked;	 /* unknown only because --deep was not given */
	bool incomplete; /* SCOPE_PAIR: not every VM could be compared */
};

struct check {
	const char *id, *title;
	enum severity severity;
	enum scope scope;
	const char *reads; /* where; PID stands for the process */
	const char *expected;
	const char *why, *fix;
	enum verdict (*eval)(const struct check *c, const struct view *v,
			     struct finding *f);
	const char *arg; /* for functions that serve several rows */
	long limit;
};

#define AREA(id) extern const struct check checks_##id[];
#include "check.def"
#undef AREA

struct result {
	const struct check *check;
	const json_t *vm; /* borrowed; NULL for host and pairs */
	enum verdict verdict;
	bool not_asked, incomplete;
	char *found;
	json_t *groups; /* or NULL */
};

/* Results stand in this order: those of the first VM, of the second …, pairs, host. */
struct results {
	struct result *v;
	size_t n;
	size_t *first; /* of each VM, then of the pairs, then of the host */
	json_t *vms;   /* those judged, in the order of the facts */
};

const char *verdict_name(enum verdict v);
const char *severity_name(enum severity s);
const char *scope_name(enum scope s);
/* SEVERITIES when there is none of that name. */
enum severity severity_by_name(const char *name);

/* Calls fn for each check in the order of the report. */
void check_each(void (*fn)(const struct check *c, void *ctx), void *ctx);
const struct check *check_find(const char *id);

/* Judges everything. VMs that were gone are left out. */
void check_run(const json_t *facts, struct results *r);
void results_dispose(struct results *r);

#endif
