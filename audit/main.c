/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "cli.h"
#include "collect.h"
#include "facts.h"
#include "report.h"

/* Exit status; see brattice-audit(8). A system error means that nothing was evaluated. */
enum { EXIT_USAGE = 2, EXIT_UNKNOWN = 3 };

static int complain(const struct cli *c, const char *text)
{
	struct err e = ERR_INIT;

	err_set(&e, 22, "%s", text);
	cli_error(c, &e);
	return EXIT_USAGE;
}

static int usage(const struct cli *c, const char *option, const char *value,
		 const char *words)
{
	struct err e = ERR_INIT;

	err_set(&e, 22, "--%s does not know \"%s\": %s", option, value, words);
	cli_error(c, &e);
	return EXIT_USAGE;
}

static const char *value_or(const struct cli *c, const char *name, const char *otherwise)
{
	const char *v = cli_value(c, name);

	return v ? v : otherwise;
}

static bool wants_color(const char *when)
{
	if (strcmp(when, "auto"))
		return !strcmp(when, "always");
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c,
		      const char *d)
{
	return !strcmp(word, a) || !strcmp(word, b) || !strcmp(word, c) ||
	       (d && !strcmp(word, d));
}

static json_t *get_facts(const struct cli *c, struct err *e)
{
	const char *from = cli_value(c, "facts-from"), *save = cli_value(c, "save-facts");
	struct collect_options o = { .run_dir = value_or(c, "run-dir", "/run/brattice"),
				     .deep = cli_value(c, "deep") != NULL };
	json_t *f = from ? facts_load(from, e) : collect_run(&o, e);

	if (f && save && facts_save(f, save, e) < 0) {
		json_decref(f);
		return NULL;
	}
	return f;
}

static int check_options(const struct cli *c, struct report_input *in,
			 const struct report **report)
{
	const char *format = value_or(c, "format", "text");
	const char *fail_on = value_or(c, "fail-on", "high");
	const char *color = value_or(c, "color", "auto");

	in->scope = value_or(c, "scope", "all");
	in->vm = cli_value(c, "vm");
	in->fail_on = severity_by_name(fail_on);
	*report = report_find(format);
	if (!*report)
		return usage(c, "format", format, "text or json");
	if (in->fail_on == SEVERITIES)
		return usage(c, "fail-on", fail_on, "low, medium, high or critical");
	if (!is_one_of(color, "auto", "always", "never", NULL))
		return usage(c, "color", color, "auto, always or never");
	if (!is_one_of(in->scope, "all", "vm", "pair", "host"))
		return usage(c, "scope", in->scope, "all, vm, pair or host");
	if (cli_value(c, "facts-from") && cli_value(c, "deep"))
		return complain(c, "--deep reads this machine, --facts-from does not");
	in->color = wants_color(color);
	return 0;
}

/* Kept to the end of the program on purpose: taking a document of a thousand VMs apart
 * costs a third of the time that judging it does. */
static json_t *facts;
static struct results results;

static int cmd_audit(struct cli *c)
{
	struct report_input in = { .facts = NULL };
	const struct report *report;
	struct report_summary s;
	struct err e = ERR_INIT;
	int r = check_options(c, &in, &report);

	if (r)
		return r;
	facts = get_facts(c, &e);
	if (!facts) {
		cli_error(c, &e);
		return EXIT_UNKNOWN;
	}
	check_run(facts, &results);
	in.facts = facts;
	in.results = &results;
	report->write(stdout, &in);
	report_summarize(&in, &s);
	if (fflush(stdout) || ferror(stdout)) {
		err_errno(&e, "cannot write the report");
		cli_error(c, &e);
		return EXIT_UNKNOWN;
	}
	if (in.vm && !s.vms) {
		err_set(&e, 2, "no VM named \"%s\" was found", in.vm);
		cli_error(c, &e);
	}
	return s.status;
}

static void list_one(const struct check *k, void *ctx _unused_)
{
	printf("%-8s %-4s %-8s %s\n", k->id, scope_name(k->scope),
	       severity_name(k->severity), k->title);
}

static int cmd_list(struct cli *c _unused_)
{
	check_each(list_one, NULL);
	return 0;
}

static int cmd_explain(struct cli *c)
{
	const struct check *k = check_find(c->argv[0]);
	struct err e = ERR_INIT;

	if (!k) {
		err_set(&e, 22, "no check is called \"%s\" (see brattice-audit list)",
			c->argv[0]);
		cli_error(c, &e);
		return EXIT_USAGE;
	}
	printf("%s  %s\n\nseverity  %s\nscope     %s\nread      %s\nexpected  %s\nwhy    "
	       "   %s\n"
	       "fix       %s\n",
	       k->id, k->title, severity_name(k->severity), scope_name(k->scope),
	       k->reads, k->expected, k->why, k->fix);
	return 0;
}

static const struct cli_option audit_options[] = {
	{ "vm", 0, "NAME", "report on this VM only (all are still compared with it)" },
	{ "format", 0, "text|json", "text (default) or json" },
	{ "fail-on", 0, "low|medium|high|critical",
	  "gaps of this severity or above give exit "
	  "status 1 (default high)" },
	{ "scope", 0, "all|vm|pair|host", "report on this part only (default all)" },
	{ "deep", 0, NULL,
	  "dump and execute live seccomp filters and device programs; stops "
	  "each thread for about 50 us" },
	{ "facts-from", 0, "FILE",
	  "judge saved facts instead of this machine (- is stdin)" },
	{ "save-facts", 0, "FILE", "write the facts as JSON" },
	{ "run-dir", 0, "DIR", "where receipts are (default /run/brattice)" },
	{ "color", 0, "auto|always|never", "colour the text report (default auto)" },
	{ NULL, 0, NULL, NULL },
};

static const struct cli_verb verbs[] = {
	{ "", "", "audit the VMs of this host", audit_options, cmd_audit, 0, 0, 0 },
	{ "list", "", "list all checks", NULL, cmd_list, 0, 0, 0 },
	{ "explain", "CHECK", "say what a check reads, expects, and how to fix a gap",
	  NULL, cmd_explain, 1, 1, 0 },
	{ NULL, NULL, NULL, NULL, NULL, 0, 0, 0 },
};

static const struct cli_program program = {
	"brattice-audit",
	"judge what the kernel really enforces on running VMs",
	verbs,
};

int main(int argc, char **argv)
{
	alloc_set_exit_status(EXIT_UNKNOWN);
	return cli_main(&program, argc, argv);
}
