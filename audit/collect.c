/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "collect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc.h"
#include "config.h"
#include "discover.h"
#include "facts.h"
#include "name.h"
#include "num.h"

static const struct probe *const probes[MECH_COUNT] = {
#define MECH(id, title) [MECH_##id] = &probe_##id,
#include "mech.def"
#undef MECH
};

const struct probe *probe_of(enum mech m)
{
	return probes[m];
}

static json_t *timestamp(void)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	if (!gmtime_r(&now, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_string("unknown");
	return json_string(text);
}

/* Threads first: every probe that looks at threads works on the same reading. */
static int collect_subject(struct subject *s, json_t *facts, struct err *e)
{
	int m, r = threads_read(s->procfd, &s->threads, &s->c->buf);

	proc_set(facts, "threads",
		 r < 0 ? proc_fact_unreadable(r) : threads_fact(&s->threads));
	if (r == -ESRCH || r == -ENOENT)
		return -ESRCH;
	for (m = 0; m < MECH_COUNT; m++) {
		r = probe_of((enum mech)m)->observe(s, facts, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A process that ended meanwhile leaves half its facts: none of them may be judged. */
static bool still_there(struct subject *s)
{
	uint64_t starttime;

	return proc_starttime(s->procfd, &s->c->buf, &starttime, NULL) == 0 &&
	       starttime == s->starttime;
}

/* How it was found, and whether KVM runs it: null when nobody could look. */
static void add_provenance(json_t *vm, const struct candidate *x)
{
	const json_t *anon = facts_at(vm, "object/anon");
	bool kvm = x->by == FOUND_KVM || json_object_get(anon, "kvm-vm");
	enum found_by by = x->by == FOUND_EXE && kvm ? FOUND_KVM : x->by;

	proc_set(vm, "found_by", json_string(discover_by_name(by)));
	proc_set(vm, "kvm", anon ? json_boolean(kvm) : json_null());
}

/* Reads one VM process, into the array of VMs. */
struct collection {
	struct collector *c;
	json_t *vms;
};

static void collect_vm(void *ctx, const struct candidate *x)
{
	struct collection *into = ctx;
	struct subject s = { .c = into->c,
			     .pid = x->pid,
			     .procfd = x->procfd,
			     .starttime = x->starttime,
			     .ppid = x->ppid,
			     .receipt = x->receipt };
	json_t *vm = json_object();
	struct err e = ERR_INIT;
	int r;

	proc_set(vm, "pid", json_integer(x->pid));
	proc_set(vm, "starttime", json_integer((json_int_t)x->starttime));
	proc_set(vm, "vmm", json_string(x->vmm));
	r = collect_subject(&s, vm, &e);
	if (r < 0 || !still_there(&s))
		proc_set(vm, "gone", json_true());
	add_provenance(vm, x);
	proc_set(vm, "receipt", x->receipt ? json_deep_copy(x->receipt) : json_null());
	threads_dispose(&s.threads);
	free(s.sockets);
	proc_append(into->vms, vm);
}

/* The hidepid= of our /proc, proc(5): with it, processes of others are not even listed.
 */
static json_t *hidepid_fact(struct collector *c)
{
	int r = proc_read(c->procfd, "self/mountinfo", PROC_LARGE_MAX, &c->buf);
	char *cursor, *line;
	size_t len;

	if (r < 0)
		return proc_fact_unreadable(r);
	cursor = c->buf.s;
	while (proc_next_line(&cursor, &line, &len)) {
		const char *option;

		line[len] = '\0';
		if (!strstr(line, " /proc ") || !strstr(line, " - proc "))
			continue;
		option = strstr(line, "hidepid=");
		if (option)
			return proc_fact_text(option + 8, strcspn(option + 8, ", "));
	}
	return json_string("0");
}

static json_t *scan_facts(struct collector *c, const struct discovery *d)
{
	json_t *j = json_object();
	struct stat st;

	proc_set(j, "processes", json_integer(d->processes));
	proc_set(j, "could_not_look", json_integer(d->could_not_look));
	proc_set(j, "vanished", json_integer(d->vanished));
	/* PROC_PID_INIT_INO, include/linux/proc_ns.h */
	if (fstatat(c->procfd, "self/ns/pid", &st, 0) < 0)
		proc_set(j, "initial_pid_namespace", proc_fact_unreadable(errno));
	else
		proc_set(j, "initial_pid_namespace",
			 json_boolean(st.st_ino == 0xEFFFFFFCU));
	proc_set(j, "hidepid", hidepid_fact(c));
	proc_set(j, "uid", json_integer((json_int_t)geteuid()));
	return j;
}

/* PF_KTHREAD, include/linux/sched.h: field 9 of stat. Nobody can pretend to be one. */
static bool is_kthread(struct collector *c, const char *pid)
{
	char path[32], *p, *word, *save = NULL;
	uint64_t flags = 0;
	int field = 2;

	snprintf(path, sizeof(path), "%s/stat", pid);
	if (proc_read(c->procfd, path, PROC_SMALL_MAX, &c->buf) < 0)
		return false;
	p = strrchr(c->buf.s, ')');
	for (word = p ? strtok_r(p + 1, " ", &save) : NULL; word && ++field < 9;)
		word = strtok_r(NULL, " ", &save);
	return word && num_u64(word, &flags) == 0 && (flags & 0x00200000);
}

/* Who stands for the host: pid 1, or kthreadd where pid 1 may not be looked at. Kernel
 * threads live in the initial namespaces. */
static void choose_init(struct collector *c)
{
	struct stat st;

	c->init_pid = "1";
	if (fstatat(c->procfd, "1/ns/mnt", &st, 0) == 0 || !is_kthread(c, "2"))
		return;
	c->init_pid = "2";
}

static json_t *init_namespaces(struct collector *c)
{
	static const char *const names[] = { "cgroup", "ipc",  "mnt",  "net",
					     "pid",    "time", "user", "uts" };
	json_t *j = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct stat st;
		char path[32];

		snprintf(path, sizeof(path), "%s/ns/%s", c->init_pid, names[i]);
		proc_set(j, names[i],
			 fstatat(c->procfd, path, &st, 0) < 0 ?
				 proc_fact_unreadable(errno) :
				 json_integer((json_int_t)st.st_ino));
	}
	return j;
}

static json_t *collect_all(struct collector *c, struct err *e)
{
	struct collection into = { c, json_array() };
	struct discovery d = { .found = collect_vm, .ctx = &into };
	json_t *facts;

	if (discover_run(c, &d, e) < 0) {
		json_decref(into.vms);
		return NULL;
	}
	name_vms(into.vms);
	facts = facts_new();
	proc_set(facts, "tool", json_string(PACKAGE_VERSION));
	proc_set(facts, "taken", timestamp());
	proc_set(facts, "deep", json_boolean(c->options.deep));
	proc_set(facts, "boot_id",
		 proc_fact_file(c->procfd, "sys/kernel/random/boot_id", 256, &c->buf));
	proc_set(facts, "scan", scan_facts(c, &d));
	proc_set(facts, "init_ns", init_namespaces(c));
	proc_set(facts, "host", host_facts(c));
	proc_set(facts, "vms", into.vms);
	proc_set(facts, "receipts", json_incref(c->receipts));
	proc_set(facts, "cgroups", json_incref(c->cgroups));
	proc_set(facts, "mounts", json_incref(c->mounts));
	return facts;
}

static void collector_dispose(struct collector *c)
{
	proc_buf_dispose(&c->buf);
	json_decref(c->cgroups);
	json_decref(c->mounts);
	json_decref(c->receipts);
	cgroupfs_dispose(c);
	netns_dispose(c);
	if (c->procfd >= 0)
		close(c->procfd);
}

json_t *collect_run(const struct collect_options *o, struct err *e)
{
	struct collector c = { .options = *o, .buf = PROC_BUF_INIT };
	json_t *facts;

	c.cgroups = json_object();
	c.mounts = json_object();
	c.procfd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c.procfd < 0) {
		err_errno(e, "cannot open /proc");
		collector_dispose(&c);
		return NULL;
	}
	choose_init(&c);
	cgroupfs_init(&c);
	c.has_lsm = proc_read(c.procfd, "self/attr/current", PROC_SMALL_MAX, &c.buf) == 0;
	c.receipts = receipt_facts(&c);
	facts = collect_all(&c, e);
	collector_dispose(&c);
	return facts;
}
