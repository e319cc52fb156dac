/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report for people: gaps and unknowns with their evidence, passes by id. */
#include <string.h>

#include "judge.h"
#include "report.h"

#define WIDTH 90
#define MATRIX_MAX 24

static const char *severity_color(const struct report_input *in, enum severity s)
{
	static const char *const colors[SEVERITIES] = { "\033[2m", "\033[33m", "\033[31m",
							"\033[1;37;41m" };

	return in->color ? colors[s] : "";
}

static const char *bold(const struct report_input *in)
{
	return in->color ? "\033[1m" : "";
}

static const char *plain(const struct report_input *in)
{
	return in->color ? "\033[0m" : "";
}

/* Words are wrapped; continuation lines stand below the text. */
static void print_wrapped(FILE *f, const char *label, const char *text)
{
	size_t column = 16;

	fprintf(f, "      %-10s", label);
	while (*text) {
		size_t n = strcspn(text, " ");

		if (column > 16 && column + 1 + n > WIDTH) {
			fprintf(f, "\n%16s", "");
			column = 16;
		} else if (column > 16) {
			fputc(' ', f);
			column++;
		}
		fwrite(text, 1, n, f);
		column += n;
		text += n + strspn(text + n, " ");
	}
	fputc('\n', f);
}

static void print_evidence(FILE *f, const struct report_input *in, const struct result *r,
			   enum verdict v)
{
	_cleanup_free_ char *where = report_where(r);

	fprintf(f, "  %s%-8s%s %-7s  %s%-8s%s %s\n",
		severity_color(in, r->check->severity), severity_name(r->check->severity),
		plain(in), verdict_name(v), bold(in), r->check->id, plain(in),
		r->check->title);
	print_wrapped(f, "found", r->found);
	print_wrapped(f, "expected", r->check->expected);
	print_wrapped(f, "read", where);
	if (v == VERDICT_GAP) {
		print_wrapped(f, "why", r->check->why);
		print_wrapped(f, "fix", r->check->fix);
	}
}

/* Gaps first, the severe ones before the others; then the unknowns that were asked for.
 */
static void print_verdict(FILE *f, const struct report_input *in, struct report_part part,
			  enum verdict want)
{
	int s;
	size_t i;

	for (s = SEVERITIES - 1; s >= 0; s--) {
		for (i = part.from; i < part.to; i++) {
			const struct result *r = &in->results->v[i];
			enum verdict v;

			if ((int)r->check->severity != s || r->not_asked ||
			    !report_select(in, r, &v) || v != want)
				continue;
			print_evidence(f, in, r, v);
		}
	}
}

/* "pass (31): SEC-002 …", wrapped. */
static void print_ids(FILE *f, const struct report_input *in, struct report_part part,
		      enum verdict want, bool not_asked, const char *label)
{
	size_t i, column = 0, n = 0;

	for (i = part.from; i < part.to; i++) {
		const struct result *r = &in->results->v[i];
		enum verdict v;

		if (r->not_asked != not_asked || !report_select(in, r, &v) || v != want)
			continue;
		if (!n++) {
			fprintf(f, "  %s:", label);
			column = strlen(label) + 3;
		}
		if (column + 9 > WIDTH) {
			fputs("\n   ", f);
			column = 3;
		}
		fprintf(f, " %s", r->check->id);
		column += strlen(r->check->id) + 1;
	}
	if (n)
		fputc('\n', f);
}

static void print_counts(FILE *f, const struct report_input *in,
			 const struct report_summary *s)
{
	unsigned judged = s->verdicts[VERDICT_PASS] + s->verdicts[VERDICT_GAP];
	int i;

	fputs("gaps:", f);
	for (i = SEVERITIES - 1; i >= 0; i--) {
		unsigned n = s->count[i][VERDICT_GAP];

		fprintf(f, " %s%u %s%s%s", n ? severity_color(in, (enum severity)i) : "",
			n, severity_name((enum severity)i), n ? plain(in) : "",
			i ? "," : "");
	}
	fprintf(f, "; unknown: %u", s->verdicts[VERDICT_UNKNOWN]);
	if (s->not_asked)
		fprintf(f, " (%u need --deep)", s->not_asked);
	fprintf(f, "; coverage %u/%u\n", judged, judged + s->verdicts[VERDICT_UNKNOWN]);
}

static void print_section(FILE *f, const struct report_input *in, struct report_part part)
{
	struct report_summary s;

	report_count(in, part, &s);
	fputs("  ", f);
	print_counts(f, in, &s);
	print_verdict(f, in, part, VERDICT_GAP);
	print_verdict(f, in, part, VERDICT_UNKNOWN);
	print_ids(f, in, part, VERDICT_UNKNOWN, true, "needs --deep");
	print_ids(f, in, part, VERDICT_PASS, false, "pass");
	print_ids(f, in, part, VERDICT_NA, false, "n/a");
	fputc('\n', f);
}

static void print_vm(FILE *f, const struct report_input *in, size_t i)
{
	const json_t *vm = json_array_get(in->results->vms, i);
	const json_t *kvm = json_object_get(vm, "kvm");

	fprintf(f, "%sVM %s%s  pid %lld, %s, %s, found by %s, named by %s\n", bold(in),
		judge_text(vm, "name"), plain(in), judge_number(vm, "pid", 0),
		judge_text(vm, "vmm"),
		json_is_true(kvm)  ? "KVM" :
		json_is_false(kvm) ? "no KVM" :
				     "KVM unknown",
		judge_text(vm, "found_by"), judge_text(vm, "name_from"));
	print_section(f, in, report_part_vm(in->results, i));
}

/* C, H, M, L: the gravest thing that the two share; . nothing; ? not all was compared. */
static void print_matrix(FILE *f, const struct report_input *in, bool known)
{
	static const char letters[] = "LMHC";
	size_t n = json_array_size(in->results->vms), i, k;

	for (i = 0; i < n; i++) {
		fprintf(f, "    %-20.20s",
			judge_text(json_array_get(in->results->vms, i), "name"));
		for (k = 0; k < i; k++) {
			int s = report_pair(in->results, k, i);

			fprintf(f, " %c", s < 0 ? (known ? '.' : '?') : letters[s]);
		}
		fputs(" \\\n", f);
	}
}

static void print_pairs(FILE *f, const struct report_input *in)
{
	size_t n = json_array_size(in->results->vms), pairs, separate;
	bool known;

	report_pairs(in->results, &pairs, &separate, &known);
	if (!pairs)
		return;
	fprintf(f, "%sPairs%s  %zu of %zu pairs share nothing of what was %scompared\n",
		bold(in), plain(in), separate, pairs,
		known ? "" : "compared, but not all could be ");
	if (n <= MATRIX_MAX) {
		print_matrix(f, in, known);
		fputs("    C H M L: the gravest thing shared, . nothing, ? not all "
		      "compared\n",
		      f);
	}
	print_section(f, in, report_part_pairs(in->results));
}

static void print_heading(FILE *f, const struct report_input *in)
{
	const json_t *scan = json_object_get(in->facts, "scan");

	fprintf(f, "brattice-audit %s, facts of %s, %lld processes",
		judge_text(in->facts, "tool"), judge_text(in->facts, "taken"),
		judge_number(scan, "processes", 0));
	if (judge_number(scan, "could_not_look", 0))
		fprintf(f, ", %s%lld could not be looked at%s", bold(in),
			judge_number(scan, "could_not_look", 0), plain(in));
	fputs("\n\n", f);
}

static bool shows(const struct report_input *in, enum scope scope)
{
	return !strcmp(in->scope, "all") || !strcmp(in->scope, scope_name(scope));
}

static void write_text(FILE *f, const struct report_input *in)
{
	struct report_summary s;
	const json_t *vm;
	size_t i;

	report_summarize(in, &s);
	print_heading(f, in);
	json_array_foreach(in->results->vms, i, vm)
		if (shows(in, SCOPE_VM) && report_vm_selected(in, vm))
			print_vm(f, in, i);
	if (shows(in, SCOPE_PAIR))
		print_pairs(f, in);
	if (shows(in, SCOPE_HOST)) {
		fprintf(f, "%sHost%s\n", bold(in), plain(in));
		print_section(f, in, report_part_host(in->results));
	}
	fprintf(f, "%u VM%s", s.vms, s.vms == 1 ? "" : "s");
	if (s.gone)
		fprintf(f, " (%u ended while they were looked at)", s.gone);
	fputs("; ", f);
	print_counts(f, in, &s);
}

const struct report report_text = { "text", write_text };
