/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_REPORT_H
#define BRATTICE_REPORT_H

/*
 * Reports are made from facts and results only, so that the same facts give the same
 * bytes. Strings in facts are printable ASCII (facts.h); nothing else of foreign origin
 * is printed.
 */
#include <stdbool.h>
#include <stdio.h>

#include "check.h"
#include "err.h"

struct report_input {
	const json_t *facts;
	const struct results *results;
	const char *vm;	   /* only this VM, or NULL */
	const char *scope; /* "all", "vm", "pair" or "host" */
	enum severity fail_on;
	bool color;
};

struct report {
	const char *name;
	void (*write)(FILE *f, const struct report_input *in);
};

/* NULL when there is no format of that name. */
const struct report *report_find(const char *name);

/* What was selected, counted. Coverage: judged / (judged + unknown); n/a counts nowhere.
 */
struct report_summary {
	unsigned count[SEVERITIES][VERDICTS];
	unsigned verdicts[VERDICTS];
	unsigned not_asked; /* of the unknown: only because --deep was not given */
	unsigned vms, gone;
	int status; /* the exit status, see brattice-audit(8) */
};

void report_summarize(const struct report_input *in, struct report_summary *s);

/* The verdict of a result under the selection; false if it is not selected at all. With
 * one VM selected, what only others share is no gap of it. */
bool report_select(const struct report_input *in, const struct result *r,
		   enum verdict *v);
bool report_vm_selected(const struct report_input *in, const json_t *vm);
/* The results of one VM (number i), of the pairs or of the host: [from, to). */
struct report_part {
	size_t from, to;
};

struct report_part report_part_vm(const struct results *r, size_t i);
struct report_part report_part_pairs(const struct results *r);
struct report_part report_part_host(const struct results *r);
void report_count(const struct report_input *in, struct report_part part,
		  struct report_summary *s);

/* "where it was read" with the token PID replaced; the caller frees. */
char *report_where(const struct result *r);

/* Highest severity of what the VMs of numbers a and b share; -1 nothing. */
int report_pair(const struct results *r, size_t a, size_t b);
/* Pairs that were compared, and those of them that share nothing. */
void report_pairs(const struct results *r, size_t *pairs, size_t *separate, bool *known);

#endif
