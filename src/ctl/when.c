/* Times in and out. The calendar is libc's (mktime, localtime_r): only it knows the local zone's history. */
#include "ctl/when.h"

#include <time.h>

#include "kmsg/textdate.h"

#define USEC 1000000ull

static const struct {
	const char *name;
	uint64_t sec;
} units[] = {
    {"s", 1},       {"sec", 1},         {"second", 1},       {"seconds", 1},  {"m", 60},          {"min", 60},
    {"minute", 60}, {"minutes", 60},    {"h", 3600},         {"hr", 3600},    {"hour", 3600},     {"hours", 3600},
    {"d", 86400},   {"day", 86400},     {"days", 86400},     {"w", 604800},   {"week", 604800},   {"weeks", 604800},
    {"M", 2629800}, {"month", 2629800}, {"months", 2629800}, {"y", 31557600}, {"year", 31557600}, {"years", 31557600},
};

/* "1h", "1 hour 30min": the whole slice, a bare number counts seconds. */
static bool parse_span(struct slice s, uint64_t *sec)
{
	uint64_t total = 0, n, part;
	bool any = false;
	for (take_blanks(&s); s.n; take_blanks(&s)) {
		if (!take_u64(&s, &n))
			return false;
		take_blanks(&s);
		size_t len = 0;
		while (len < s.n && ((s.p[len] >= 'a' && s.p[len] <= 'z') || (s.p[len] >= 'A' && s.p[len] <= 'Z')))
			len++;
		uint64_t factor = len == 0 ? 1 : 0;
		for (size_t i = 0; len && i < ARRAY_COUNT(units); i++)
			if (slice_eq(slice_sub(s, 0, len), slice_cstr(units[i].name)))
				factor = units[i].sec;
		if (!factor || __builtin_mul_overflow(n, factor, &part) || __builtin_add_overflow(total, part, &total))
			return false;
		s = slice_sub(s, len, s.n);
		any = true;
	}
	*sec = total;
	return any;
}

static bool local(struct tm tm, uint64_t *out)
{
	tm.tm_isdst = -1;
	time_t t = mktime(&tm);
	if (t < 0)
		return false;
	*out = (uint64_t)t * USEC;
	return true;
}

static bool take_two(struct slice *s, int max, int *out)
{
	uint64_t v;
	struct slice c = *s;
	if (!take_u64(&c, &v) || v > (uint64_t)max || c.p - s->p > 2)
		return false;
	*out = (int)v;
	*s = c;
	return true;
}

/* HH:MM[:SS] to the end. */
static bool parse_clock(struct slice s, struct tm *tm)
{
	tm->tm_sec = 0;
	if (!take_two(&s, 23, &tm->tm_hour) || !take_literal(&s, SLICE(":")) || !take_two(&s, 59, &tm->tm_min))
		return false;
	if (take_literal(&s, SLICE(":")) && !take_two(&s, 60, &tm->tm_sec))
		return false;
	return s.n == 0;
}

/* YYYY-MM-DD[ HH:MM[:SS]] in the local zone. */
static bool parse_local(struct slice s, struct tm tm, uint64_t *out)
{
	uint64_t year;
	int month;
	struct slice c = s;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	if (take_u64(&c, &year) && take_literal(&c, SLICE("-"))) {
		if (year < 1970 || year > 9999 || !take_two(&c, 12, &month) || month < 1 ||
		    !take_literal(&c, SLICE("-")) || !take_two(&c, 31, &tm.tm_mday) || tm.tm_mday < 1)
			return false;
		tm.tm_year = (int)year - 1900;
		tm.tm_mon = month - 1;
		s = c;
		if (s.n == 0)
			return local(tm, out);
		if (!take_blanks(&s) && !take_literal(&s, SLICE("T")))
			return false;
	}
	return parse_clock(s, &tm) && local(tm, out);
}

static bool parse_word(struct slice s, uint64_t now_usec, struct tm tm, uint64_t *out)
{
	static const struct {
		const char *name;
		int day;
	} days[] = {{"yesterday", -1}, {"today", 0}, {"tomorrow", 1}};
	if (slice_eq(s, SLICE("now"))) {
		*out = now_usec;
		return true;
	}
	for (size_t i = 0; i < ARRAY_COUNT(days); i++)
		if (slice_eq(s, slice_cstr(days[i].name))) {
			tm.tm_mday += days[i].day;
			tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
			return local(tm, out);
		}
	return false;
}

bool ctl_when_parse(struct slice word, uint64_t now_usec, uint64_t *out)
{
	struct slice s = slice_trim(word), head = s;
	struct kmsg_textdate date;
	struct tm tm;
	time_t now = (time_t)(now_usec / USEC);
	uint64_t sec;
	if (s.n == 0 || !localtime_r(&now, &tm))
		return false;
	if (take_literal(&head, SLICE("@")))
		return slice_to_u64(head, &sec) && !__builtin_mul_overflow(sec, USEC, out);
	bool minus = take_literal(&head, SLICE("-")), plus = !minus && take_literal(&head, SLICE("+"));
	bool ago = slice_ends(head, SLICE(" ago"));
	if (ago)
		head.n -= 4;
	if (minus || plus || ago) {
		if (!parse_span(head, &sec) || sec > UINT64_MAX / 4 / USEC)
			return false;
		*out = plus ? now_usec + sec * USEC : sec * USEC > now_usec ? 0 : now_usec - sec * USEC;
		return true;
	}
	if (kmsg_textdate_take_iso(&head, &date) && head.n == 0 && date.has_realtime) {
		*out = date.realtime_usec;
		return true;
	}
	return parse_word(s, now_usec, tm, out) || parse_local(s, tm, out);
}

void ctl_when_add(struct text *t, uint64_t usec, bool zone)
{
	struct tm tm;
	char s[64];
	time_t sec = (time_t)(usec / USEC);
	if (!localtime_r(&sec, &tm) ||
	    strftime(s, sizeof(s), zone ? "%Y-%m-%d %H:%M:%S %Z" : "%Y-%m-%d %H:%M:%S", &tm) == 0)
		text_addf(t, "@%llu", (unsigned long long)(usec / USEC));
	else
		text_add(t, slice_cstr(s));
}

void ctl_when_add_span(struct text *t, uint64_t sec)
{
	static const struct {
		const char *name;
		uint64_t sec;
	} parts[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
	for (size_t i = 0; i < ARRAY_COUNT(parts); i++) {
		if (sec < parts[i].sec && i + 1 < ARRAY_COUNT(parts))
			continue;
		text_addf(t, "%llu%s", (unsigned long long)(sec / parts[i].sec), parts[i].name);
		sec %= parts[i].sec;
		if (i + 1 < ARRAY_COUNT(parts) && sec / parts[i + 1].sec)
			text_addf(t, " %llu%s", (unsigned long long)(sec / parts[i + 1].sec), parts[i + 1].name);
		return;
	}
}
