/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_JUDGE_H
#define BRATTICE_JUDGE_H

/* What the check functions are made of. */
#include <stdint.h>

#include "check.h"

/* Appends to what was found, "; " between, and returns the verdict. */
enum verdict judge(struct finding *f, enum verdict v, const char *fmt, ...)
	_printf_(3, 4);

/* "WHAT could not be read: EACCES (…)", or "is not in the facts": unknown. */
enum verdict judge_unreadable(struct finding *f, const json_t *fact, const char *what);

/* unknown because the run was made without --deep */
enum verdict judge_not_asked(struct finding *f);

/* The fact if it was read, else NULL and *out = unknown with the reason in f. */
const json_t *judge_fact(const json_t *o, const char *path, struct finding *f,
			 enum verdict *out);

/* The same for a fact that is a list. */
const json_t *judge_list(const json_t *o, const char *path, struct finding *f,
			 enum verdict *out);

/* Calls bad() with each thread group's member key; a group for which it says true is a
 * gap. bad() may add to why. Groups without that member or unread threads: unknown. */
enum verdict judge_threads(const struct view *v, struct finding *f, const char *key,
			   bool (*bad)(const json_t *value, struct strbuf *why));

/* The VM's receipt, or NULL: *out is n/a when there is none, unknown when one that might
 * be this VM's could not be read. */
const json_t *judge_receipt(const struct view *v, struct finding *f, enum verdict *out);

/* The text of a host setting, or NULL: *out is n/a when this kernel has no such file, or
 * unknown when it can't be read. */
const char *judge_setting(const struct view *v, const char *path, struct finding *f,
			  enum verdict *out);

/* Host setting, a number: a gap when below (min) or above (max) c->limit; c->reads is the
 * file. Rows use these directly. */
enum verdict judge_setting_min(const struct check *c, const struct view *v,
			       struct finding *f);
enum verdict judge_setting_max(const struct check *c, const struct view *v,
			       struct finding *f);
/* Host setting that is a gap when its text is one of the words in c->arg ("Y|1"). */
enum verdict judge_setting_not(const struct check *c, const struct view *v,
			       struct finding *f);

/* True if text is one of the words in list, separated by '|'. */
bool judge_word_in(const char *text, const char *list);

/* Text of a member, "" if it isn't a string. */
const char *judge_text(const json_t *o, const char *path);
long long judge_number(const json_t *o, const char *path, long long missing);

/* The argument after any of the options in list ("-a|-b"), starting the search at *i;
 * "-opt=value" counts too. *i is moved behind it. NULL at the end. */
const char *judge_next_option(const json_t *cmdline, size_t *i, const char *list);

#endif
