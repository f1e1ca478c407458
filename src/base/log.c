/* Own diagnostics: one line, one write, never buffered (memory may be short and the process may die next). */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"

void log_line(enum log_level level, const char *fmt, ...)
{
	int saved = errno;
	char raw[1024], shown[2048];

	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	if (n < 0)
		n = 0;
	if ((size_t)n >= sizeof(raw))
		n = sizeof(raw) - 1;

	struct text t = text_on(shown, sizeof(shown));
	if (isatty(STDERR_FILENO))
		text_addf(&t, "%s: ", program_invocation_short_name);
	else
		text_addf(&t, "<%d>", (int)level);
	text_add_shown(&t, slice_of(raw, (size_t)n));
	text_cstr(&t);
	t.p[t.n++] = '\n'; /* text keeps one byte free */
	ssize_t written = write(STDERR_FILENO, t.p, t.n);
	(void)written; /* nobody is left to tell */
	errno = saved;
}
