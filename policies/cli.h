/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_CLI_H
#define BRATTICE_CLI_H

/*
 * Command lines from tables. One table gives parsing, --help, --version and the bash
 * completion (hidden option --print-completion), so that they can't drift apart.
 */
#include "err.h"

struct cli_option {
	const char *name; /* long name without dashes; NULL ends a table */
	char letter; /* short form or 0 */
	const char *arg; /* what the value is called in --help; NULL = a flag.
			     * FILE and DIR complete as paths, a|b|c as these words. */
	const char *help;
};

struct cli;

struct cli_verb {
	const char *name; /* NULL ends a table; "" = the program without a verb */
	const char *args; /* positional arguments as shown in --help, "" if none */
	const char *help; /* one line */
	const struct cli_option *options;
	int (*run)(struct cli *c); /* returns the exit status */
	int min_args, max_args; /* positional arguments; max -1 = any number */
	int passes_rest; /* nonzero: arguments after "--" are allowed (c->rest) */
};

struct cli_program {
	const char *name, *summary;
	const struct cli_verb *verbs;
};

#define CLI_MAX_OPTIONS 64

struct cli {
	const struct cli_program *program;
	const struct cli_verb *verb;
	const char *values[CLI_MAX_OPTIONS]; /* by index in verb->options */
	int argc; /* positional arguments */
	char **argv;
	int restc; /* arguments after "--" */
	char **rest;
};

/* The value of an option, "" for a flag that was given, NULL if it was not given.
 * An option given twice is a usage error. */
const char *cli_value(const struct cli *c, const char *name);

/* Parses, runs the verb, returns its exit status; usage errors print and return 2. */
int cli_main(const struct cli_program *p, int argc, char **argv);

/* Prints "PROGRAM: error: …", or with a place "FILE:LINE:COL: error: …". */
void cli_error(const struct cli *c, const struct err *e);

#endif
