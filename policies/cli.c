/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "strbuf.h"

static const struct cli_verb *verb_find(const struct cli_program *p, const char *name)
{
	const struct cli_verb *v;

	for (v = p->verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return v;
	return NULL;
}

static void print_options(const struct cli_option *o)
{
	for (; o && o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", o->letter ? "-" : " ",
			 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
			 o->arg ? " " : "", o->arg ? o->arg : "");
		printf("    %-30s %s\n", left, o->help);
	}
}

static void print_verb_usage(FILE *f, const struct cli_program *p,
			     const struct cli_verb *v)
{
	fprintf(f, "%s%s%s%s%s%s%s\n", p->name, *v->name ? " " : "", v->name,
		v->options && v->options->name ? " [OPTIONS]" : "", *v->args ? " " : "",
		v->args, v->passes_rest ? " [-- ARG…]" : "");
}

static int print_help(const struct cli_program *p, const struct cli_verb *only)
{
	const struct cli_verb *v;

	printf("%s - %s\n\nUsage:\n", p->name, p->summary);
	for (v = p->verbs; v->name; v++) {
		if (only && v != only)
			continue;
		printf("  ");
		print_verb_usage(stdout, p, v);
		printf("      %s\n", v->help);
		print_options(v->options);
	}
	printf("\n  --help, --version, and VERB --help are understood everywhere.\n");
	return 0;
}

static int print_version(const struct cli_program *p)
{
	printf("%s %s\n", p->name, PACKAGE_VERSION);
	return 0;
}

/* A bash function name can't have a dash. */
static void print_identifier(const char *s)
{
	for (; *s; s++)
		putchar(*s == '-' ? '_' : *s);
}

static void print_words(const char *s)
{
	for (; *s; s++)
		putchar(*s == '|' ? ' ' : *s);
}

static void print_value_completion(const struct cli_option *o)
{
	if (!strcmp(o->arg, "FILE"))
		printf("COMPREPLY=($(compgen -f -- \"$cur\"))");
	else if (!strcmp(o->arg, "DIR"))
		printf("COMPREPLY=($(compgen -d -- \"$cur\"))");
	else if (strchr(o->arg, '|')) {
		printf("COMPREPLY=($(compgen -W '");
		print_words(o->arg);
		printf("' -- \"$cur\"))");
	} else
		printf("COMPREPLY=()");
}

static void print_verb_completion(const struct cli_verb *v)
{
	const struct cli_option *o;

	printf("\t%s)\n\t\tcase $prev in\n", *v->name ? v->name : "''");
	for (o = v->options; o && o->name; o++) {
		if (!o->arg)
			continue;
		printf("\t\t--%s", o->name);
		if (o->letter)
			printf("|-%c", o->letter);
		printf(") ");
		print_value_completion(o);
		printf("; return;;\n");
	}
	printf("\t\tesac\n\t\twords='--help --version");
	for (o = v->options; o && o->name; o++)
		printf(" --%s", o->name);
	printf("';;\n");
}

static int print_completion(const struct cli_program *p)
{
	const struct cli_verb *v;

	printf("# bash completion for %s, made from its option table\n_", p->name);
	print_identifier(p->name);
	printf("()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
	       "prev=${COMP_WORDS[COMP_CWORD-1]}"
	       " verb= words= w verbs='");
	for (v = p->verbs; v->name; v++)
		if (*v->name)
			printf("%s%s", v == p->verbs ? "" : " ", v->name);
	printf("'\n\tfor w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	       "\t\tcase \" $verbs \" in *\" $w \"*) verb=$w; break;; esac\n\tdone\n"
	       "\tcase $verb in\n");
	for (v = p->verbs; v->name; v++)
		print_verb_completion(v);
	printf("\t*) words='--help --version';;\n\tesac\n"
	       "\tif [[ -z $verb && $cur != -* && -n ${verbs// /} ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\"))\n"
	       "\telif [[ $cur == -* ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\n"
	       "complete -o filenames -F _");
	print_identifier(p->name);
	printf(" %s\n", p->name);
	return 0;
}

static int usage_error(const struct cli *c, const char *text, const char *what)
{
	fprintf(stderr, "%s: %s%s%s\n", c->program->name, text, *what ? ": " : "", what);
	if (c->verb) {
		fprintf(stderr, "usage: ");
		print_verb_usage(stderr, c->program, c->verb);
	}
	fprintf(stderr, "Try '%s --help'.\n", c->program->name);
	return 2;
}

static int option_index(const struct cli_verb *v, const char *name, size_t n, char letter)
{
	int i;

	for (i = 0; v->options && v->options[i].name; i++) {
		const struct cli_option *o = &v->options[i];

		if (letter ? o->letter == letter
			   : (strlen(o->name) == n && !strncmp(o->name, name, n)))
			return i;
	}
	return -1;
}

/* One "--name", "--name=value", "-x" or "-xvalue". Returns 0 or the exit status 2. */
static int parse_option(struct cli *c, char ***argv)
{
	char *a = **argv, *value = NULL;
	int is_long = a[1] == '-', i;

	if (is_long) {
		size_t n = strcspn(a + 2, "=");

		i = option_index(c->verb, a + 2, n, 0);
		value = a[2 + n] ? a + 3 + n : NULL;
	} else {
		i = option_index(c->verb, NULL, 0, a[1]);
		value = a[2] ? a + 2 : NULL;
	}
	if (i < 0)
		return usage_error(c, "unknown option", a);
	if (c->values[i])
		return usage_error(c, "option given twice", a);
	if (!c->verb->options[i].arg) {
		if (value)
			return usage_error(c, "option takes no value", a);
		value = (char *)(size_t) "";
	} else if (!value) {
		if (!(*argv)[1])
			return usage_error(c, "option needs a value", a);
		value = *++*argv;
	}
	c->values[i] = value;
	return 0;
}

static int parse(struct cli *c, char **argv)
{
	int n = 0;

	c->argv = argv;
	for (; *argv; argv++) {
		if (!strcmp(*argv, "--")) {
			for (c->rest = argv + 1; c->rest[c->restc];)
				c->restc++;
			break;
		}
		if ((*argv)[0] == '-' && (*argv)[1]) {
			int r = parse_option(c, &argv);

			if (r)
				return r;
		} else
			c->argv[n++] = *argv;
	}
	c->argc = n;
	if (c->restc && !c->verb->passes_rest)
		return usage_error(c, "no arguments are taken after --", "");
	if (n < c->verb->min_args)
		return usage_error(c, "too few arguments", "");
	if (c->verb->max_args >= 0 && n > c->verb->max_args)
		return usage_error(c, "too many arguments", c->argv[c->verb->max_args]);
	return 0;
}

/* --help and --version count anywhere before "--". */
static int has_word(char **argv, const char *word)
{
	for (; *argv && strcmp(*argv, "--"); argv++)
		if (!strcmp(*argv, word))
			return 1;
	return 0;
}

int cli_main(const struct cli_program *p, int argc, char **argv)
{
	struct cli c = { .program = p };
	int r;

	if (argc < 1)
		return 2;
	if (argv[1] && !strcmp(argv[1], "--print-completion"))
		return print_completion(p);
	if (argv[1])
		c.verb = verb_find(p, argv[1]);
	if (has_word(argv + 1, "--help"))
		return print_help(p, c.verb);
	if (has_word(argv + 1, "--version"))
		return print_version(p);
	if (c.verb)
		argv++;
	else
		c.verb = verb_find(p, "");
	if (!c.verb && argv[1])
		return usage_error(&c, "unknown verb", argv[1]);
	if (!c.verb)
		return usage_error(&c, "a verb is needed", "");
	r = parse(&c, argv + 1);
	return r ? r : c.verb->run(&c);
}

const char *cli_value(const struct cli *c, const char *name)
{
	int i = option_index(c->verb, name, strlen(name), 0);

	return i < 0 ? NULL : c->values[i];
}

void cli_error(const struct cli *c, const struct err *e)
{
	_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;

	strbuf_add_escaped(&b, e->text);
	if (e->loc.file && e->loc.line)
		fprintf(stderr, "%s:%u:%u: error: %s\n", e->loc.file, e->loc.line,
			e->loc.col, b.s);
	else
		fprintf(stderr, "%s: error: %s\n", c->program->name, strbuf_str(&b));
}
