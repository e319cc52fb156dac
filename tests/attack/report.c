/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "-stub report": the world as the VMM sees it, one "key: value" a line. */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <sys/resource.h>

#include "raw.h"

static void line(const char *key, unsigned long value)
{
	out_text(key);
	out_text(": ");
	out_number(value);
	out_text("\n");
}

static void report_ids(void)
{
	unsigned r[3] = { 0 };

	raw(__NR_getresuid, &r[0], &r[1], &r[2]);
	line("ruid", r[0]);
	line("euid", r[1]);
	line("suid", r[2]);
	raw(__NR_getresgid, &r[0], &r[1], &r[2]);
	line("rgid", r[0]);
	line("egid", r[1]);
	line("sgid", r[2]);
	line("groups", (unsigned long)raw(__NR_getgroups, 0, NULL));
	line("pid", (unsigned long)raw(__NR_getpid));
	line("sid", (unsigned long)raw(__NR_getsid, 0));
}

static void report_rights(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	raw(__NR_capget, &h, d);
	line("capabilities", d[0].effective | d[0].permitted | d[0].inheritable |
			     d[1].effective | d[1].permitted | d[1].inheritable);
	line("dumpable", (unsigned long)raw(__NR_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0));
	line("no_new_privs",
	     (unsigned long)raw(__NR_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	line("securebits", (unsigned long)raw(__NR_prctl, PR_GET_SECUREBITS, 0, 0, 0, 0));
	line("seccomp", (unsigned long)raw(__NR_prctl, PR_GET_SECCOMP, 0, 0, 0, 0));
	line("nice", (unsigned long)raw(__NR_getpriority, 0, 0));
	line("personality", (unsigned long)raw(__NR_personality, 0xffffffffL));
	line("umask", (unsigned long)raw(__NR_umask, 077));
}

static void report_signals(void)
{
	unsigned long mask = 0, ignored = 0;

	raw(__NR_rt_sigprocmask, 0, NULL, &mask, 8);
	line("blocked", mask);
	for (long s = 1; s <= 64; s++) {
		unsigned long action[4] = { 0 };

		raw(__NR_rt_sigaction, s, NULL, action, 8);
		ignored += action[0] != 0;
	}
	line("handled", ignored);
}

static void report_limits(void)
{
	static const struct {
		const char *name;
		int which;
	} limits[] = {
		{ "core", RLIMIT_CORE }, { "nofile", RLIMIT_NOFILE },
		{ "nproc", RLIMIT_NPROC }, { "memlock", RLIMIT_MEMLOCK },
		{ "fsize", RLIMIT_FSIZE }, { "stack", RLIMIT_STACK }, { "as", RLIMIT_AS },
		{ "cpu", RLIMIT_CPU }, { "data", RLIMIT_DATA },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		unsigned long r[2] = { 0, 0 };

		raw(__NR_prlimit64, 0, limits[i].which, NULL, r);
		out_text("limit: ");
		out_text(limits[i].name);
		out_text(" ");
		out_number(r[0]);
		out_text(" ");
		out_number(r[1]);
		out_text("\n");
	}
}

static void report_fds(void)
{
	for (long fd = 0; fd < 65536; fd++)
		if (raw(__NR_fcntl, fd, F_GETFD, 0) >= 0)
			line("fd", (unsigned long)fd);
}

static void report_directory(const char *path)
{
	char buffer[2048];
	long n, fd = raw(__NR_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0) {
		const char *e = errno_name(-fd);

		out_text("list: ");
		out_text(path);
		out_text(" ");
		out_text(e ? e : "?");
		out_text("\n");
		return;
	}
	while ((n = raw(__NR_getdents64, fd, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < n;) {
			unsigned short length;
			const char *name = buffer + at + 19;

			__builtin_memcpy(&length, buffer + at + 16, sizeof(length));
			if (!text_equal(name, ".") && !text_equal(name, "..")) {
				out_text("list: ");
				out_text(path);
				out_text(" ");
				out_text(name);
				out_text("\n");
			}
			at += length;
		}
	raw(__NR_close, fd);
}

void report(const struct target *t, char **env)
{
	char cwd[256] = "?", names[6 * 65] = "";

	raw(__NR_uname, names);
	out_text("host: ");
	out_text(names + 65);
	out_text("\n");
	(void)t;
	report_ids();
	report_rights();
	report_signals();
	report_limits();
	report_fds();
	for (; *env; env++) {
		out_text("env: ");
		out_text(*env);
		out_text("\n");
	}
	raw(__NR_getcwd, cwd, sizeof(cwd));
	out_text("cwd: ");
	out_text(cwd);
	out_text("\n");
	report_directory("/");
	report_directory("/dev");
	report_directory("/proc");
	report_directory("/sys");
	out_text("report: end\n");
}
