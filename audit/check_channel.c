/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ways in from outside: monitors, debuggers, displays, migration. The sockets on which
 * the process really listens come from the kernel; the command line only says what they
 * are.
 */
#include <string.h>

#include "judge.h"

static const json_t *cmdline(const struct view *v, struct finding *f, enum verdict *out)
{
	return judge_list(v->vm, "process/cmdline", f, out);
}

static bool is_loopback(const char *address)
{
	return !strncmp(address, "127.", 4) || !strcmp(address, "::1") ||
	       !strncmp(address, "::ffff:127.", 11);
}

static bool is_tcp(const json_t *l)
{
	return !strncmp(judge_text(l, "family"), "tcp", 3);
}

/* A display with TLS or a password, by its own words. */
static bool display_has_auth(const json_t *args)
{
	const char *arg;
	size_t i = 1;

	while ((arg = judge_next_option(args, &i, "-vnc|-spice")))
		if (!strstr(arg, "tls-creds=") && !strstr(arg, "password") &&
		    !strstr(arg, "sasl") && !strstr(arg, "tls-port="))
			return false;
	return true;
}

static enum verdict eval_listen(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = judge_list(v->vm, "listeners", f, &out), *l, *args;
	unsigned n = 0;
	size_t i;

	if (!list)
		return out;
	args = cmdline(v, f, &out);
	json_array_foreach(list, i, l) {
		bool display = judge_number(l, "port", 0) >= 5900 &&
			       judge_number(l, "port", 0) < 6100;

		if (!is_tcp(l) || is_loopback(judge_text(l, "address")) ||
		    (display && args && display_has_auth(args)))
			continue;
		n++;
		judge(f, VERDICT_GAP, "listens on %s port %lld", judge_text(l, "address"),
		      judge_number(l, "port", -1));
	}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS,
			 "%zu listening sockets, none open to the network "
			 "without a password",
			 json_array_size(list));
}

/* -qmp tcp:…, -monitor telnet:…, -chardev socket,host=…, -gdb tcp::1234 */
static bool is_tcp_argument(const char *arg)
{
	return !strncmp(arg, "tcp:", 4) || !strncmp(arg, "telnet:", 7) ||
	       (!strncmp(arg, "socket,", 7) && strstr(arg, "port="));
}

static enum verdict eval_monitor(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	static const char options[] = "-qmp|-qmp-pretty|-monitor|-gdb|-qtest|-api-sock";
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out);
	const char *arg;
	unsigned n = 0;
	size_t i = 1;

	if (!args)
		return out;
	while ((arg = judge_next_option(args, &i, options)))
		if (is_tcp_argument(arg)) {
			n++;
			judge(f, VERDICT_GAP, "%s", arg);
		}
	i = 1;
	while ((arg = judge_next_option(args, &i, "-chardev")))
		if (is_tcp_argument(arg) && (strstr(arg, "mon") || strstr(arg, "qmp"))) {
			n++;
			judge(f, VERDICT_GAP, "-chardev %s", arg);
		}
	return n ? VERDICT_GAP : judge(f, VERDICT_PASS, "no monitor on TCP");
}

static enum verdict eval_debug(const struct check *c _unused_, const struct view *v,
			       struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out), *a;
	unsigned n = 0;
	size_t i;

	if (!args)
		return out;
	json_array_foreach(args, i, a) {
		const char *s = json_string_value(a);

		s = s && s[0] == '-' && s[1] == '-' ? s + 1 : s;
		if (!i || !s || !judge_word_in(s, "-s|-gdb|-qtest"))
			continue;
		n++;
		judge(f, VERDICT_GAP, "%s", s);
	}
	return n ? VERDICT_GAP : judge(f, VERDICT_PASS, "no debugger, no qtest");
}

/* A monitor is the VMM's command line after its start: migrate "exec:…", drive_add. */
static enum verdict eval_socket(const struct check *c _unused_, const struct view *v,
				struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *list = judge_list(v->vm, "listeners", f, &out), *l;
	unsigned n = 0, sockets = 0, unread = 0;
	size_t i;

	if (!list)
		return out;
	json_array_foreach(list, i, l) {
		const char *path = judge_text(l, "path");
		long long mode = judge_number(l, "mode", -1);

		if (is_tcp(l))
			continue;
		sockets++;
		if (*path == '@' || !*path) {
			n++; /* abstract: no mode protects it within the network namespace
			      */
			judge(f, VERDICT_GAP, "abstract socket %s", path);
		} else if (mode < 0) {
			unread++;
			judge_unreadable(f, json_object_get(l, "mode"), path);
		} else if ((mode & 02) &&
			   json_is_true(json_object_get(l, "others_reach_directory"))) {
			n++;
			judge(f, VERDICT_GAP,
			      "%s: mode %04llo, in directories open to others", path,
			      mode);
		}
	}
	if (n || unread)
		return n ? VERDICT_GAP : VERDICT_UNKNOWN;
	return judge(f, VERDICT_PASS, "%u listening Unix sockets, none open to others",
		     sockets);
}

static enum verdict eval_migration(const struct check *c _unused_, const struct view *v,
				   struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out);
	const char *arg;
	unsigned n = 0;
	size_t i = 1;

	if (!args)
		return out;
	while ((arg = judge_next_option(args, &i, "-incoming")))
		if (!strncmp(arg, "tcp:", 4) || !strncmp(arg, "rdma:", 5)) {
			n++;
			judge(f, VERDICT_GAP, "-incoming %s", arg);
		}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "no incoming migration on the network");
}

static enum verdict eval_hostfwd(const struct check *c _unused_, const struct view *v,
				 struct finding *f)
{
	enum verdict out = VERDICT_UNKNOWN;
	const json_t *args = cmdline(v, f, &out);
	const char *arg;
	unsigned n = 0;
	size_t i = 1;

	if (!args)
		return out;
	while ((arg = judge_next_option(args, &i, "-netdev|-nic|-net|-redir")))
		if (strstr(arg, "hostfwd=") || strstr(arg, "guestfwd=") ||
		    strstr(arg, "smb=")) {
			n++;
			judge(f, VERDICT_GAP, "%s", arg);
		}
	return n ? VERDICT_GAP :
		   judge(f, VERDICT_PASS, "no port of the host leads inside");
}

#define ARGV "/proc/PID/cmdline"
#define SOCKETS "/proc/PID/net/{tcp,tcp6,unix} for the sockets in /proc/PID/fd"

const struct check checks_channel[] = {
	{ "MGT-001", "VMM listens on the network", SEVERITY_HIGH, SCOPE_VM,
	  SOCKETS ", " ARGV, "loopback only, or a display with TLS or a password",
	  "Whoever reaches the host reaches the guest's console.",
	  "vnc.listen: 127.0.0.1:N with vnc.password_file", eval_listen, NULL, 0 },
	{ "MGT-002", "Monitor or debugger on TCP", SEVERITY_CRITICAL, SCOPE_VM, ARGV,
	  "QMP and HMP on Unix sockets only",
	  "A monitor executes commands on the host (migrate exec:), without any "
	  "password.",
	  "qmp.enabled: true makes a Unix socket that root alone reaches", eval_monitor,
	  NULL, 0 },
	{ "MGT-003", "Monitor socket is open to others", SEVERITY_HIGH, SCOPE_VM, SOCKETS,
	  "mode without o+w, or below a directory that others can't enter",
	  "Every local user commands the VMM.", "qmp.path below the run directory",
	  eval_socket, NULL, 0 },
	{ "MGT-004", "Guest debugger or qtest is on", SEVERITY_CRITICAL, SCOPE_VM, ARGV,
	  "no -s, -gdb, -qtest",
	  "It reads and writes all guest memory for anybody who asks.",
	  "take the option out of argv", eval_debug, NULL, 0 },
	{ "MGT-006", "Migration is awaited without TLS", SEVERITY_HIGH, SCOPE_VM, ARGV,
	  "no -incoming tcp:", "Guest memory arrives from, and can be sent by, anybody.",
	  "use -incoming defer and tls-creds, or a Unix socket", eval_migration, NULL,
	  0 },
	{ "NET-005", "Ports of the host are forwarded into the guest", SEVERITY_LOW,
	  SCOPE_VM, ARGV,
	  "no hostfwd=, guestfwd=, smb=", "It goes around the host's packet filter.",
	  "network[].type: tap", eval_hostfwd, NULL, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0 },
};
