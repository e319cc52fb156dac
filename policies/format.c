/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "format.h"

#include <arpa/inet.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "bundle.h"
#include "num.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdefABCDEF"
#define ALNUM LOWER UPPER DIGITS

static bool only(const char *s, const char *allowed)
{
	return !s[strspn(s, allowed)];
}

static bool starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static const char *check_name(const char *s)
{
	if (strchr(s, '/'))
		return "must not contain '/'";
	if (strlen(s) > BUNDLE_NAME_MAX)
		return "must not be longer than 64 bytes";
	if (strstr(s, ".."))
		return "must not contain '..'";
	if (!bundle_name_valid(s))
		return "must start with a letter or digit and go on with these, '.', '_' "
		       "or '-'";
	return NULL;
}

static const char *check_components(const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "/");

		if (n == 0)
			return "must not contain '//'";
		if (n == 2 && starts(s, ".."))
			return "must not contain '..'; write the path that is meant";
		if (n == 1 && *s == '.')
			return "must not contain '/./'";
		if (n > NAME_MAX)
			return "must not have a component of more than 255 bytes";
		s += n;
		if (*s == '/' && !*++s)
			return "must not end with '/'";
	}
	return NULL;
}

static const char *check_path(const char *s)
{
	if (*s != '/')
		return "must be an absolute path: it must start with '/'";
	if (!s[1])
		return "must not be the root directory";
	if (strlen(s) >= PATH_MAX)
		return "must be shorter than 4096 bytes";
	return check_components(s + 1);
}

static const char *check_socket(const char *s)
{
	const char *why;

	if (starts(s, "tcp:") || starts(s, "telnet:") || starts(s, "udp:") ||
	    starts(s, "websocket:"))
		return "must be an absolute path: who reaches a network socket controls "
		       "the VM";
	if (starts(s, "unix:"))
		return "must be the absolute path alone, without 'unix:'";
	why = check_path(s);
	if (!why && strlen(s) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return "must be shorter than 108 bytes, as a unix socket's name";
	return why;
}

static const char *check_device(const char *s)
{
	static const struct {
		const char *path, *why;
	} bad[] = {
		{ "/dev/mem", "must not be /dev/mem: it is the host's memory" },
		{ "/dev/kmem", "must not be /dev/kmem: it is the kernel's memory" },
		{ "/dev/port",
		  "must not be /dev/port: it reaches every device of the host" },
		{ "/dev/kmsg", "must not be /dev/kmsg: it is the host's log" },
		{ "/dev/console", "must not be /dev/console: it is the host's console" },
		{ "/dev/tty", "must not be /dev/tty: it is somebody's terminal" },
		{ "/dev/ptmx", "must not be /dev/ptmx: it makes terminals on the host" },
		{ "/dev/fuse",
		  "must not be /dev/fuse: it makes file systems on the host" },
	};
	const char *why = check_path(s);
	size_t i;

	if (why)
		return why;
	if (!starts(s, "/dev/"))
		return "must be a node below /dev";
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!strcmp(s, bad[i].path))
			return bad[i].why;
	return NULL;
}

static const char *check_text(const char *s _unused_)
{
	return NULL;
}

static const char *check_word(const char *s)
{
	if (strchr(s, ','))
		return "must be a type alone; further options belong to argv";
	if (!only(s, ALNUM "._-") || !strchr(ALNUM, *s))
		return "must consist of letters, digits and . _ -";
	return NULL;
}

static const char *check_model(const char *s)
{
	if (!only(s, ALNUM "._,=+-") || !strchr(ALNUM, *s))
		return "must consist of letters, digits and . _ , = + -";
	return NULL;
}

static const char *check_disk_serial(const char *s)
{
	if (!only(s, ALNUM "._-"))
		return "must consist of letters, digits and . _ -";
	return strlen(s) > 20 ? "must not be longer than 20 bytes" : NULL;
}

static const char *check_ifname(const char *s)
{
	if (strchr(s, '/'))
		return "must not contain '/'";
	if (strlen(s) >= IFNAMSIZ)
		return "must not be longer than 15 bytes, as every interface name";
	if (!only(s, ALNUM "._-") || !strchr(ALNUM, *s))
		return "must start with a letter or digit and go on with these, '.', '_' "
		       "or '-'";
	return NULL;
}

static int hex_value(char c)
{
	uint64_t v = 0;

	return num_hex64((char[]){ c, '\0' }, &v) == 0 ? (int)v : -1;
}

static const char *check_mac(const char *s)
{
	size_t i;

	if (strlen(s) != 17)
		return "must be six bytes like 52:54:00:12:34:56";
	for (i = 0; i < 17; i++)
		if (i % 3 == 2 ? s[i] != ':' : !strchr(HEX, s[i]))
			return "must be six bytes like 52:54:00:12:34:56";
	if (hex_value(s[1]) & 1)
		return "must not be a multicast address: the first byte must be even";
	return only(s, "0:") ? "must not be all zeros" : NULL;
}

static const char *check_pci(const char *s)
{
	static const char shape[] = "hhhh:hh:1h.7";
	static const char why[] = "must be DDDD:BB:DD.F in lower case, like 0000:3b:00.0";
	size_t i;

	if (strlen(s) != sizeof(shape) - 1)
		return why;
	for (i = 0; shape[i]; i++) {
		const char *allowed = shape[i] == 'h' ? DIGITS "abcdef" :
				      shape[i] == '1' ? "01" :
				      shape[i] == '7' ? "01234567" :
							NULL;

		if (allowed ? !strchr(allowed, s[i]) : s[i] != shape[i])
			return why;
	}
	return NULL;
}

/* Reads a number of at most max up to one of the bytes in "ends"; NULL if there is none.
 */
static const char *number_until(const char *s, const char *ends, uint32_t max,
				uint32_t *out)
{
	char digits[11];
	size_t n = strspn(s, DIGITS);

	if (n == 0 || n >= sizeof(digits) || (s[n] && !strchr(ends, s[n])))
		return NULL;
	memcpy(digits, s, n);
	digits[n] = '\0';
	return num_u32(digits, out) == 0 && *out <= max ? s + n : NULL;
}

static const char *check_cpuset(const char *s)
{
	uint32_t next = 0, first, last;

	for (;; s++) {
		s = number_until(s, "-,", 8191, &first);
		if (!s)
			return "must be CPU numbers up to 8191, as in 0-3,8";
		last = first;
		if (*s == '-')
			s = number_until(s + 1, ",", 8191, &last);
		if (!s)
			return "must be CPU numbers up to 8191, as in 0-3,8";
		if (last < first || first < next)
			return "must be in ascending order, without repetition";
		next = last + 1;
		if (!*s)
			return NULL;
	}
}

/* Splits ADDRESS:DISPLAY. */
static bool listen_split(const char *s, char *address, size_t size, int *family)
{
	const char *colon = strrchr(s, ':');
	uint32_t display;
	size_t n;

	if (!colon || !number_until(colon + 1, "", 9999, &display))
		return false;
	n = (size_t)(colon - s);
	*family = *s == '[' ? AF_INET6 : AF_INET;
	if (*s == '[') {
		if (n < 2 || s[n - 1] != ']')
			return false;
		s++;
		n -= 2;
	}
	if (n == 0 || n >= size)
		return false;
	memcpy(address, s, n);
	address[n] = '\0';
	return true;
}

static const char *check_listen(const char *s)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN];
	int family;

	if (!listen_split(s, address, sizeof(address), &family) ||
	    inet_pton(family, address, bytes) != 1)
		return "must be ADDRESS:DISPLAY with a numeric address, like 127.0.0.1:0 "
		       "or [::1]:0";
	return NULL;
}

bool format_is_loopback(const char *s)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN];
	int family;

	if (!listen_split(s, address, sizeof(address), &family) ||
	    inet_pton(family, address, bytes) != 1)
		return false;
	if (family == AF_INET)
		return bytes[0] == 127;
	return !memcmp(bytes, &in6addr_loopback, sizeof(in6addr_loopback));
}

static const char *check_block(const char *s)
{
	uint32_t major, minor;
	const char *p;

	if (*s == '/')
		return check_path(s);
	p = number_until(s, ":", 4095, &major);
	if (!p || *p != ':' || !number_until(p + 1, "", 1048575, &minor))
		return "must be the absolute path of a block device, or MAJOR:MINOR";
	return NULL;
}

static const char *check_syscall(const char *s)
{
	if (!only(s, LOWER DIGITS "_") || strlen(s) > 40)
		return "must be the name of a system call, like io_uring_setup";
	return NULL;
}

static const char *check_hex(const char *s)
{
	size_t n = strlen(s);

	if (!starts(s, "0x") || n < 3 || n > 10 || !only(s + 2, HEX))
		return "must be a hexadecimal number of at most 32 bits, like 0xae80";
	return NULL;
}

static const char *check_env(const char *s)
{
	size_t n = strcspn(s, "=");

	if (!s[n] || n == 0 || strspn(s, ALNUM "_") != n || strchr(DIGITS, *s))
		return "must be NAME=VALUE";
	if (starts(s, "LD_") || starts(s, "GLIBC_TUNABLES="))
		return "must not steer the dynamic linker: it would run code that nobody "
		       "declared";
	return NULL;
}

static const char *check_cgroup(const char *s)
{
	if (*s == '/')
		return "must be relative to the cgroup file system, without the first "
		       "'/'";
	if (!only(s, ALNUM "_.@-/"))
		return "must consist of letters, digits and _ . @ - /";
	if (strlen(s) > 512)
		return "must not be longer than 512 bytes";
	return check_components(s);
}

static const char *check_label(const char *s)
{
	if (!strchr(LOWER, *s) || !only(s, LOWER DIGITS "_") || strlen(s) > 64)
		return "must be a type name, like svirt_t";
	return NULL;
}

#define FORMAT_ROW(id, name, pattern) \
	const struct format format_##id = { name, pattern, check_##id };
#include "format.def"
#undef FORMAT_ROW
