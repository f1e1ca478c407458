/* Unlike the daemon's log this is never read by journald: no level in front. */
#include "ctl/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

void ctl_say(const char *fmt, ...)
{
	char raw[1024], shown[4096];
	struct text t = text_on(shown, sizeof(shown));
	va_list args;
	va_start(args, fmt);
	vsnprintf(raw, sizeof(raw), fmt, args);
	va_end(args);
	text_add_shown(&t, slice_cstr(raw));
	fprintf(stderr, "oomwatchctl: %s\n", text_cstr(&t));
}
