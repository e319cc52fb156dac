/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fault injection over a launch. One undisturbed run lists every call into the kernel of
 * every process of the launch; then each call is made to fail once with each errno of the
 * table, and once more the process dies there. After each run the oracle looks at what
 * the VMM printed, the exit status, the message, and, after "recover", at what is left.
 *
 *   inject -l LAUNCHER -r RECOVER -w WORKDIR -c CGROUP-PARENT -j JOBS -e ERRNOS BUNDLE…
 *
 * One bundle (with its own VM name) for each job. Prints TAP, one line for each call.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle.h"

static struct options opt = { .jobs = 1, .errnos = 1 };

struct job {
	pid_t pid;
	FILE *out;		/* what the worker found, shown when it is done */
	struct fault_target target;
};

static int test_number, failures;
static void (*try)(const struct oracle *o, const struct fault_target *target, int action,
		   struct verdict *v) = oracle_run;
static const char *what = "run";

static void show(struct job *j)
{
	char line[4096];
	int status;
	bool bad;

	waitpid(j->pid, &status, 0);
	bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	failures += bad;
	printf("%s %d - ", bad ? "not ok" : "ok", ++test_number);
	rewind(j->out);
	if (!fgets(line, sizeof(line), j->out))
		strcpy(line, "the worker said nothing\n");
	fputs(line, stdout);
	while (fgets(line, sizeof(line), j->out))
		printf("# %s", line);
	fflush(stdout);
	fclose(j->out);
	j->pid = 0;
}

/* All faults of one call, one after the other, in a process of their own. */
static int worker(const struct oracle *o, struct job *j)
{
	const struct fault_target *t = &j->target;
	int actions[MAX_ACTIONS], n = actions_of(&t->call, opt.errnos, actions), bad = 0;
	char detail[8192] = "";

	fprintf(j->out, "%s: process %d %s %d:", what, t->process, call_name(&t->call),
		t->nth + 1);
	for (int i = 0; i < n; i++) {
		struct verdict v;

		try(o, t, actions[i], &v);
		fprintf(j->out, " %s=%s", action_name(actions[i]), v.kind);
		if (v.bad) {
			size_t at = strlen(detail);

			bad = 1;
			snprintf(detail + at, sizeof(detail) - at, "%s: %s\n",
				 action_name(actions[i]), v.text);
		}
	}
	fprintf(j->out, "\n%s", detail);
	fflush(j->out);
	return bad;
}

static void start(struct job *j, const struct oracle *o)
{
	j->out = tmpfile();
	if (!j->out)
		exit(99);
	fflush(stdout);
	j->pid = fork();
	if (j->pid == 0)
		_exit(worker(o, j));
}

/* The slot of a job that is free, after waiting for one if need be. */
static int free_slot(struct job *jobs)
{
	siginfo_t info;

	for (;;) {
		for (int i = 0; i < opt.jobs; i++)
			if (!jobs[i].pid)
				return i;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0)
			exit(99);
		for (int i = 0; i < opt.jobs; i++)
			if (jobs[i].pid == info.si_pid)
				show(&jobs[i]);
	}
}

/* The call at this position of the list, as its process's n-th of that function. */
static struct fault_target target_of(const struct fault_map *list, int process, int at)
{
	struct fault_target t = { process, list->call[process][at], 0 };

	for (int i = 0; i < at; i++)
		t.nth += list->call[process][i].id == t.call.id &&
			 list->call[process][i].nr == t.call.nr;
	return t;
}

static void inject_all(struct oracle *oracles, const struct fault_map *list)
{
	struct job jobs[MAX_JOBS] = { { 0 } };

	for (int p = 0; p < FAULT_PROCESSES; p++)
		for (int c = 0; c < list->calls[p] && c < FAULT_CALLS; c++) {
			int slot = free_slot(jobs);

			jobs[slot].target = target_of(list, p, c);
			start(&jobs[slot], &oracles[slot]);
		}
	for (int i = 0; i < opt.jobs; i++)
		if (jobs[i].pid)
			show(&jobs[i]);
}

/* The supervisor of these launches dies as it gives up its privileges: at its last
 * capset(2), when everything is there, the receipt included. */
static int recover_all(struct oracle *oracles, struct fault_map *list)
{
	struct fault_target death = { .process = -1 };

	for (int i = 0; i < list->calls[0] && i < FAULT_CALLS; i++)
		if (!strcmp(call_name(&list->call[0][i]), "capset"))
			death = target_of(list, 0, i);
	for (int i = 0; i < opt.jobs; i++)
		if (oracle_recover_list(&oracles[i], &death, list) < 0)
			return -1;
	try = oracle_recover_run;
	what = "recover";
	inject_all(oracles, list);
	return 0;
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "l:r:w:c:j:e:")) != -1) {
		switch (c) {
		case 'l': opt.launcher = optarg; break;
		case 'r': opt.recover = optarg; break;
		case 'w': opt.work = optarg; break;
		case 'c': opt.parent = optarg; break;
		case 'j': opt.jobs = atoi(optarg); break;
		case 'e': opt.errnos = atoi(optarg); break;
		default: exit(2);
		}
	}
	if (!opt.launcher || !opt.recover || !opt.work || !opt.parent || opt.jobs < 1 ||
	    opt.jobs > MAX_JOBS || argc - optind != opt.jobs) {
		fprintf(stderr,
			"usage: inject -l LAUNCHER -r RECOVER -w WORKDIR -c PARENT "
			"[-j JOBS] [-e ERRNOS] BUNDLE... (one for each job)\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct oracle oracles[MAX_JOBS];
	struct fault_map *list;
	int calls = 0;

	parse(argc, argv);
	list = calloc(1, sizeof(*list));
	if (!list)
		return 99;
	for (int i = 0; i < opt.jobs; i++)
		if (oracle_init(&oracles[i], &opt, argv[optind + i], i, list) < 0)
			return 99;
	for (int p = 0; p < FAULT_PROCESSES; p++)
		if (list->calls[p]) {
			printf("# process %d: %d calls\n", p, list->calls[p]);
			calls += list->calls[p];
		}
	fflush(stdout);
	inject_all(oracles, list);
	if (recover_all(oracles, list) < 0)
		return 99;
	printf("%s %d - more than 50 calls were found (%d)\n",
	       calls > 50 ? "ok" : "not ok", ++test_number, calls);
	printf("1..%d\n", test_number);
	return failures || calls <= 50;
}
