/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "num.h"

enum verdict judge(struct finding *f, enum verdict v, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		xmalloc((size_t)-1);
	}
	if (f->found.len)
		strbuf_puts(&f->found, "; ");
	strbuf_puts(&f->found, text);
	return v;
}

enum verdict judge_unreadable(struct finding *f, const json_t *fact, const char *what)
{
	int error;
	const char *name, *text;

	if (!facts_unreadable(fact, &error))
		return judge(f, VERDICT_UNKNOWN, "%s is not in the facts", what);
	name = strerrorname_np(error);
	text = judge_text(fact, "error");
	return judge(f, VERDICT_UNKNOWN, "%s could not be read: %s (%s)", what,
		     name ? name : "?", *text ? text : strerrordesc_np(error));
}

enum verdict judge_not_asked(struct finding *f)
{
	f->not_asked = true;
	return judge(f, VERDICT_UNKNOWN, "not looked at: needs --deep");
}

const json_t *judge_fact(const json_t *o, const char *path, struct finding *f,
			 enum verdict *out)
{
	size_t n = strlen(path);
	char part[128];
	const json_t *fact = NULL;
	size_t i;

	/* an unreadable object on the way is the reason for all below it */
	for (i = 1; i <= n && i < sizeof(part); i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		fact = facts_at(o, part);
		if (!fact || facts_unreadable(fact, NULL)) {
			*out = judge_unreadable(f, fact, part);
			return NULL;
		}
	}
	return fact;
}

const json_t *judge_list(const json_t *o, const char *path, struct finding *f,
			 enum verdict *out)
{
	const json_t *list = judge_fact(o, path, f, out);

	if (!list || json_is_array(list))
		return list;
	*out = judge(f, VERDICT_UNKNOWN, "%s is not a list", path);
	return NULL;
}

static void add_tids(struct strbuf *b, const json_t *group)
{
	const json_t *tids = json_object_get(group, "tids");
	long long count = judge_number(group, "count", 0);
	size_t i, n = json_array_size(tids);

	strbuf_puts(b, " (tid ");
	for (i = 0; i < n && i < 8; i++)
		strbuf_printf(b, "%s%lld", i ? ", " : "",
			      (long long)json_integer_value(json_array_get(tids, i)));
	strbuf_printf(b, "%s)", count > (long long)i ? ", …" : "");
}

enum verdict judge_threads(const struct view *v, struct finding *f, const char *key,
			   bool (*bad)(const json_t *value, struct strbuf *why))
{
	_cleanup_strbuf_ struct strbuf last = STRBUF_INIT;
	const json_t *threads, *groups, *g;
	enum verdict out = VERDICT_UNKNOWN;
	long long n_bad = 0, n_missing = 0;
	size_t i;

	threads = judge_fact(v->vm, "threads", f, &out);
	if (!threads)
		return out;
	groups = json_object_get(threads, "groups");
	json_array_foreach(groups, i, g) {
		const json_t *value = json_object_get(g, key);
		_cleanup_strbuf_ struct strbuf why = STRBUF_INIT;
		long long count = judge_number(g, "count", 0);

		if (!value) {
			n_missing += count;
		} else if (bad(value, &why)) {
			n_bad += count;
			add_tids(&why, g);
			judge(f, VERDICT_GAP, "%lld thread%s: %s", count,
			      count == 1 ? "" : "s", strbuf_str(&why));
		} else {
			last.len = 0;
			strbuf_puts(&last, strbuf_str(&why));
		}
	}
	if (n_bad)
		return VERDICT_GAP;
	if (n_missing)
		return judge(f, VERDICT_UNKNOWN,
			     "%lld threads without this line in status", n_missing);
	if (json_object_get(threads, "incomplete"))
		return judge_unreadable(f, json_object_get(threads, "incomplete"),
					"status of some threads");
	if (!json_array_size(groups))
		return judge(f, VERDICT_UNKNOWN, "no thread was seen");
	return judge(f, VERDICT_PASS, "all %lld threads: %s",
		     judge_number(threads, "total", 0) -
			     judge_number(threads, "vanished", 0),
		     last.len ? strbuf_str(&last) : "as expected");
}

const json_t *judge_receipt(const struct view *v, struct finding *f, enum verdict *out)
{
	const json_t *r = facts_at(v->vm, "receipt/receipt");
	size_t i;

	if (json_is_object(r))
		return r;
	json_array_foreach(json_object_get(v->facts, "receipts"), i, r) {
		const json_t *unread = json_object_get(r, "receipt");

		if (!facts_unreadable(unread, NULL))
			continue;
		*out = judge_unreadable(f, unread, judge_text(r, "file"));
		return NULL;
	}
	*out = judge(f, VERDICT_NA, "no receipt: not launched by brattice");
	return NULL;
}

const char *judge_setting(const struct view *v, const char *path, struct finding *f,
			  enum verdict *out)
{
	const json_t *fact = json_object_get(v->files, path);

	if (json_is_string(fact))
		return json_string_value(fact);
	if (facts_absent(fact))
		*out = judge(f, VERDICT_NA, "this kernel has no %s", path);
	else
		*out = judge_unreadable(f, fact, path);
	return NULL;
}

static enum verdict setting_number(const struct check *c, const struct view *v,
				   struct finding *f, long *n)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *text = judge_setting(v, c->reads, f, &out), *digits;
	uint64_t u;

	if (!text)
		return out;
	digits = text + (*text == '-');
	if (num_u64(digits, &u) < 0 || u > INT64_MAX)
		return judge(f, VERDICT_UNKNOWN, "not a number: %s", text);
	*n = *text == '-' ? -(long)u : (long)u;
	judge(f, VERDICT_PASS, "%ld", *n);
	return VERDICT_PASS;
}

enum verdict judge_setting_min(const struct check *c, const struct view *v,
			       struct finding *f)
{
	long n = 0;
	enum verdict r = setting_number(c, v, f, &n);

	return r == VERDICT_PASS && n < c->limit ? VERDICT_GAP : r;
}

enum verdict judge_setting_max(const struct check *c, const struct view *v,
			       struct finding *f)
{
	long n = 0;
	enum verdict r = setting_number(c, v, f, &n);

	return r == VERDICT_PASS && n > c->limit ? VERDICT_GAP : r;
}

enum verdict judge_setting_not(const struct check *c, const struct view *v,
			       struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const char *text = judge_setting(v, c->reads, f, &out);

	if (!text)
		return out;
	return judge(f, judge_word_in(text, c->arg) ? VERDICT_GAP : VERDICT_PASS, "%s",
		     text);
}

bool judge_word_in(const char *text, const char *list)
{
	size_t n = strlen(text);
	const char *p;

	for (p = list; p; p = strchr(p, '|')) {
		p += *p == '|';
		if (!strncmp(p, text, n) && (p[n] == '|' || !p[n]))
			return true;
	}
	return false;
}

const char *judge_text(const json_t *o, const char *path)
{
	const char *s = json_string_value(facts_at(o, path));

	return s ? s : "";
}

long long judge_number(const json_t *o, const char *path, long long missing)
{
	const json_t *j = facts_at(o, path);

	return json_is_integer(j) ? (long long)json_integer_value(j) : missing;
}

const char *judge_next_option(const json_t *cmdline, size_t *i, const char *list)
{
	for (; *i < json_array_size(cmdline); ++*i) {
		const char *a = json_string_value(json_array_get(cmdline, *i));
		_cleanup_free_ char *name = NULL;
		size_t n;

		if (!a || a[0] != '-')
			continue;
		a += a[1] == '-'; /* QEMU takes --opt for -opt */
		n = strcspn(a, "=");
		name = xstrndup(a, n);
		if (!judge_word_in(name, list))
			continue;
		++*i;
		if (a[n] == '=')
			return a + n + 1;
		a = json_string_value(json_array_get(cmdline, *i));
		return a ? a : "";
	}
	return NULL;
}
