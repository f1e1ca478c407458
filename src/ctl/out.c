/* The terminal: pager as systemctl chooses it, width, colour, and characters as wide as they are. */
#include "ctl/out.h"

#include <errno.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "ctl/say.h"

#define MIN_WIDTH 40

static int terminal_width(void)
{
	struct winsize w;
	uint64_t columns;
	if (slice_to_u64(slice_cstr(getenv("COLUMNS")), &columns) && columns >= 1 && columns <= 10000)
		return columns < MIN_WIDTH ? MIN_WIDTH : (int)columns;
	if (!isatty(STDOUT_FILENO))
		return INT_MAX;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return 80;
	return w.ws_col < MIN_WIDTH ? MIN_WIDTH : w.ws_col;
}

static bool wants_colour(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

/* Words of a command, split at blanks: no shell looks at them. */
static size_t split(char *command, char **argv, size_t max)
{
	size_t n = 0;
	for (char *p = command, *word; n + 1 < max && (word = strsep(&p, " \t"));)
		if (*word)
			argv[n++] = word;
	argv[n] = NULL;
	return n;
}

static void exec_pager(const char *chosen)
{
	static const char *const usual[] = {"less", "more"};
	char command[1024], *argv[32];
	const char *less = getenv("SYSTEMD_LESS"), *charset = getenv("SYSTEMD_LESSCHARSET");
	setenv("LESS", less ? less : "FRSXMK", 1);
	if (charset)
		setenv("LESSCHARSET", charset, 1);
	/* A pager that root runs for somebody must not offer a shell. */
	if (getenv("SUDO_UID") || geteuid() != getuid())
		setenv("LESSSECURE", "1", 1);
	if (chosen && snprintf(command, sizeof(command), "%s", chosen) < (int)sizeof(command) &&
	    split(command, argv, 32)) {
		execvp(argv[0], argv);
		_exit(127);
	}
	for (size_t i = 0; i < ARRAY_COUNT(usual); i++)
		execlp(usual[i], usual[i], (char *)NULL);
	/* None installed: what cat does. */
	char buffer[65536];
	for (ssize_t n; (n = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0;)
		if (write(STDOUT_FILENO, buffer, (size_t)n) < 0)
			break;
	_exit(0);
}

static pid_t start_pager(void)
{
	const char *pager = getenv("SYSTEMD_PAGER");
	int fd[2];
	if (!pager)
		pager = getenv("PAGER");
	if (pager && (*pager == '\0' || strcmp(pager, "cat") == 0))
		return 0;
	if (pipe(fd) < 0)
		return 0;
	fflush(stdout);
	pid_t pid = fork();
	if (pid < 0) {
		close(fd[0]);
		close(fd[1]);
		return 0;
	}
	if (pid == 0) {
		dup2(fd[0], STDIN_FILENO);
		close(fd[0]);
		close(fd[1]);
		exec_pager(pager);
	}
	close(fd[0]);
	dup2(fd[1], STDOUT_FILENO);
	close(fd[1]);
	signal(SIGINT, SIG_IGN); /* it is the pager's */
	return pid;
}

void ctl_out_open(struct ctl_out *out, const struct ctl_options *o)
{
	setlocale(LC_ALL, "");
	*out = (struct ctl_out){.f = stdout, .width = terminal_width(), .colour = wants_colour()};
	out->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	signal(SIGPIPE, SIG_IGN);
	if (!o->no_pager && isatty(STDOUT_FILENO))
		out->pager = start_pager();
}

bool ctl_out_close(struct ctl_out *out)
{
	bool ok = fflush(out->f) == 0 || errno == EPIPE;
	if (!ok)
		ctl_say("standard output: %s", strerror(errno));
	if (out->pager > 0) {
		fclose(out->f);
		close(STDOUT_FILENO);
		while (waitpid(out->pager, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return ok;
}

const char *ctl_style(const struct ctl_out *out, enum ctl_style style)
{
	static const char *const sequence[CTL_STYLES] = {"\x1b[0m",  "\x1b[1m",  "\x1b[2m", "\x1b[1;31m",
							 "\x1b[33m", "\x1b[32m", "\x1b[34m"};
	return out->colour ? sequence[style] : "";
}

const char *ctl_glyph(const struct ctl_out *out, const char *utf8, const char *ascii)
{
	return out->utf8 ? utf8 : ascii;
}

/* Columns of one character: what the locale says, 1 where it says nothing. */
static size_t char_width(struct slice ch)
{
	const unsigned char *u = (const unsigned char *)ch.p;
	wchar_t c = u[0];
	if (ch.n == 2)
		c = (u[0] & 31) << 6 | (u[1] & 63);
	else if (ch.n == 3)
		c = (u[0] & 15) << 12 | (u[1] & 63) << 6 | (u[2] & 63);
	else if (ch.n == 4)
		c = (u[0] & 7) << 18 | (u[1] & 63) << 12 | (u[2] & 63) << 6 | (u[3] & 63);
	int w = c < 0x80 ? 1 : wcwidth(c);
	return w < 0 ? 1 : (size_t)w;
}

static struct slice first_char(struct slice s)
{
	size_t n = text_utf8_len(s);
	return slice_sub(s, 0, n ? n : 1);
}

size_t ctl_width(struct slice s)
{
	size_t columns = 0;
	while (s.n) {
		struct slice ch = first_char(s);
		columns += char_width(ch);
		s = slice_sub(s, ch.n, s.n);
	}
	return columns;
}

void ctl_put(const struct ctl_out *out, struct slice s)
{
	if (out->utf8) {
		fwrite(s.p, 1, s.n, out->f);
		return;
	}
	while (s.n) {
		struct slice ch = first_char(s);
		fputc(ch.n == 1 ? ch.p[0] : '?', out->f);
		s = slice_sub(s, ch.n, s.n);
	}
}

/* The front of `s` that fits into `columns`. */
static struct slice fitting(struct slice s, size_t columns)
{
	size_t n = 0, used = 0;
	while (n < s.n) {
		struct slice ch = first_char(slice_sub(s, n, s.n));
		size_t w = char_width(ch);
		if (used + w > columns)
			break;
		used += w;
		n += ch.n;
	}
	return slice_sub(s, 0, n);
}

void ctl_put_fitted(const struct ctl_out *out, struct slice s, size_t columns, int pad)
{
	size_t width = ctl_width(s);
	if (width > columns) {
		const char *dots = ctl_glyph(out, "\xe2\x80\xa6", "~");
		s = fitting(s, columns ? columns - 1 : 0);
		width = ctl_width(s) + 1;
		ctl_put(out, s);
		if (columns)
			fputs(dots, out->f);
		s = SLICE("");
	}
	int blanks = width < columns ? (int)(columns - width) : 0;
	if (pad < 0)
		fprintf(out->f, "%*s", blanks, "");
	ctl_put(out, s);
	if (pad > 0)
		fprintf(out->f, "%*s", blanks, "");
}

static bool is_unit(struct slice word)
{
	static const char *const units[] = {"kB", "MiB", "GiB", "TiB", "%"};
	while (word.n && slice_find(SLICE(",.;:)"), slice_sub(word, word.n - 1, word.n)) != SLICE_NPOS)
		word = slice_sub(word, 0, word.n - 1);
	for (size_t i = 0; i < ARRAY_COUNT(units); i++)
		if (slice_eq(word, slice_cstr(units[i])))
			return true;
	return false;
}

/* The next word; a number takes its unit along. */
static bool take_whole_word(struct slice *s, struct slice *word)
{
	struct slice unit, rest;
	if (!take_word(s, word))
		return false;
	rest = *s;
	if (word->p[word->n - 1] >= '0' && word->p[word->n - 1] <= '9' && take_word(&rest, &unit) && is_unit(unit) &&
	    unit.p == word->p + word->n + 1) {
		*word = slice_of(word->p, word->n + 1 + unit.n);
		*s = rest;
	}
	return true;
}

static void new_line(const struct ctl_out *out, size_t indent)
{
	fprintf(out->f, "\n%*s", (int)indent, "");
}

void ctl_put_wrapped(const struct ctl_out *out, struct slice s, size_t at, size_t indent)
{
	size_t limit = out->width == INT_MAX ? SIZE_MAX : (size_t)out->width;
	struct slice word;
	bool first = true;
	while (take_whole_word(&s, &word)) {
		size_t w = ctl_width(word);
		if (at > indent && at + !first + w > limit) {
			new_line(out, indent);
			at = indent;
		} else if (!first) {
			fputc(' ', out->f);
			at++;
		}
		/* longer than a line: a path */
		while (at + w > limit && limit > at + 1) {
			struct slice front = fitting(word, limit - at);
			ctl_put(out, front);
			new_line(out, indent);
			at = indent;
			word = slice_sub(word, front.n, word.n);
			w = ctl_width(word);
		}
		ctl_put(out, word);
		at += w;
		first = false;
	}
}

void ctl_put_bar(const struct ctl_out *out, uint64_t part, uint64_t whole, size_t columns, enum ctl_style style)
{
	static const char *const eighth[] = {"",
					     "\xe2\x96\x8f",
					     "\xe2\x96\x8e",
					     "\xe2\x96\x8d",
					     "\xe2\x96\x8c",
					     "\xe2\x96\x8b",
					     "\xe2\x96\x8a",
					     "\xe2\x96\x89"};
	double share = whole ? (double)part / (double)whole : 0;
	size_t steps = (size_t)((share > 1 ? 1 : share) * (double)columns * 8 + 0.5), used = steps / 8;
	fputs(ctl_style(out, style), out->f);
	for (size_t i = 0; i < used; i++)
		fputs(ctl_glyph(out, "\xe2\x96\x88", "#"), out->f);
	if (steps % 8 && out->utf8) {
		fputs(eighth[steps % 8], out->f);
		used++;
	}
	fputs(ctl_style(out, CTL_PLAIN), out->f);
	fputs(ctl_style(out, CTL_DIM), out->f);
	for (size_t i = used; i < columns; i++)
		fputs(ctl_glyph(out, "\xc2\xb7", "."), out->f);
	fputs(ctl_style(out, CTL_PLAIN), out->f);
}
