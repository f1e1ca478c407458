/*
 * Dates before a line of the kernel log. What is fixed in all of them is the
 * clock, HH:MM:SS; around it stand a few short words in the writer's language.
 */
#include "kmsg/textdate.h"

#define USEC 1000000ull
#define DAY_SEC 86400ull
#define WORD_MAX 24 /* "сентября", "septembre", "9月" and the like, in bytes */

/* Exactly `digits` decimal digits. */
static bool take_fixed(struct slice *c, size_t digits, uint64_t max, uint64_t *out)
{
	if (c->n < digits || !slice_to_u64(slice_sub(*c, 0, digits), out) || *out > max)
		return false;
	*c = slice_sub(*c, digits, c->n);
	return true;
}

/* Digits of a fraction as microseconds; what is finer is dropped. */
static bool take_fraction(struct slice *c, uint64_t *usec)
{
	uint64_t v = 0, scale = USEC;
	size_t i = 0;
	for (; i < c->n && c->p[i] >= '0' && c->p[i] <= '9'; i++) {
		if (i >= 9)
			return false;
		if (scale > 1) {
			scale /= 10;
			v += (uint64_t)(c->p[i] - '0') * scale;
		}
	}
	if (i == 0)
		return false;
	*usec = v;
	*c = slice_sub(*c, i, c->n);
	return true;
}

static bool take_decimal(struct slice *c, const char *const *signs, size_t count, uint64_t *usec)
{
	struct slice s = *c;
	uint64_t sec, frac;
	if (!take_u64(&s, &sec) || sec > UINT64_MAX / USEC - 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (take_literal(&s, slice_cstr(signs[i])) && take_fraction(&s, &frac)) {
			*usec = sec * USEC + frac;
			*c = s;
			return true;
		}
	return false;
}

bool kmsg_textdate_take_seconds(struct slice *c, uint64_t *usec)
{
	static const char *const point[] = {"."};
	return take_decimal(c, point, 1, usec);
}

bool kmsg_textdate_take_delta(struct slice *c, uint64_t *usec)
{
	static const char *const signs[] = {".", ",", "\xd9\xab"}; /* the last is U+066B, as in Persian */
	return take_decimal(c, signs, ARRAY_COUNT(signs), usec);
}

/* HH:MM:SS with an optional fraction behind '.' or ','. A leap second is let through. */
static bool take_clock(struct slice *c, struct kmsg_textdate *d)
{
	struct slice s = *c;
	uint64_t h, m, sec, frac = 0;
	if (!take_fixed(&s, 2, 23, &h) || !take_literal(&s, SLICE(":")) || !take_fixed(&s, 2, 59, &m) ||
	    !take_literal(&s, SLICE(":")) || !take_fixed(&s, 2, 60, &sec))
		return false;
	struct slice t = s;
	if (take_literal(&t, SLICE(".")) && take_fraction(&t, &frac)) {
		s = t;
	} else {
		t = s;
		if (take_literal(&t, SLICE(",")) && take_fraction(&t, &frac)) {
			s = t;
			d->comma = true;
		}
	}
	d->usec_of_day = ((h * 60 + m) * 60 + sec) * USEC + frac;
	d->present = true;
	*c = s;
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar; year >= 1970. */
static uint64_t days_since_epoch(uint64_t year, uint64_t month, uint64_t day)
{
	static const uint16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	uint64_t y = year - 1;
	uint64_t leaps = (y / 4 - y / 100 + y / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return (year - 1970) * 365 + leaps + before[month - 1] + (leap && month > 2) + day - 1;
}

/* YYYY-MM-DD into d->day. */
static bool take_day(struct slice *c, struct kmsg_textdate *d)
{
	struct slice s = *c;
	uint64_t year, month, day;
	if (!take_fixed(&s, 4, 9999, &year) || !take_literal(&s, SLICE("-")) || !take_fixed(&s, 2, 12, &month) ||
	    !take_literal(&s, SLICE("-")) || !take_fixed(&s, 2, 31, &day) || year < 1970 || month < 1 || day < 1)
		return false;
	d->day = days_since_epoch(year, month, day);
	*c = s;
	return true;
}

/* Z, +01:00, +0100, +01, or " UTC": seconds east of Greenwich. */
static bool take_zone(struct slice *c, int64_t *east)
{
	static const struct slice utc[] = {{"Z", 1}, {" UTC", 4}, {" GMT", 4}};
	for (size_t i = 0; i < ARRAY_COUNT(utc); i++)
		if (take_literal(c, utc[i])) {
			*east = 0;
			return true;
		}
	struct slice s = *c;
	if (s.n > 1 && s.p[0] == ' ' && (s.p[1] == '+' || s.p[1] == '-'))
		take_blanks(&s);
	bool minus = take_literal(&s, SLICE("-"));
	if (!minus && !take_literal(&s, SLICE("+")))
		return false;
	uint64_t h, m = 0;
	if (!take_fixed(&s, 2, 14, &h))
		return false;
	struct slice t = s;
	take_literal(&t, SLICE(":"));
	if (take_fixed(&t, 2, 59, &m))
		s = t;
	*east = (int64_t)((h * 60 + m) * 60) * (minus ? -1 : 1);
	*c = s;
	return true;
}

static void set_realtime(struct kmsg_textdate *d, int64_t east)
{
	int64_t usec = (int64_t)(d->day * DAY_SEC * USEC + d->usec_of_day) - east * (int64_t)USEC;
	d->has_realtime = usec >= 0;
	d->realtime_usec = usec >= 0 ? (uint64_t)usec : 0;
}

bool kmsg_textdate_take_iso(struct slice *c, struct kmsg_textdate *out)
{
	struct slice s = *c;
	struct kmsg_textdate d = {0};
	int64_t east;
	if (!take_day(&s, &d) || (!take_literal(&s, SLICE("T")) && !take_literal(&s, SLICE(" "))) ||
	    !take_clock(&s, &d))
		return false;
	if (take_zone(&s, &east))
		set_realtime(&d, east);
	*out = d;
	*c = s;
	return true;
}

/* A short word that is not a number: a name of a month or a day of the week, perhaps with a dot. */
static bool take_name(struct slice *c, struct slice *out)
{
	struct slice s = *c, w;
	uint64_t number;
	if (!take_word(&s, &w) || w.n > WORD_MAX || slice_to_u64(w, &number))
		return false;
	for (size_t i = 0; i < w.n; i++)
		if (strchr("[]:=/()<>", w.p[i]))
			return false;
	*out = w;
	*c = s;
	return true;
}

static bool take_number_word(struct slice *c, uint64_t min, uint64_t max, uint64_t *out)
{
	struct slice s = *c, w;
	if (!take_word(&s, &w) || !slice_to_u64(w, out) || *out < min || *out > max)
		return false;
	*c = s;
	return true;
}

static uint32_t name_hash(struct slice name, uint64_t year)
{
	uint32_t h = 2166136261u ^ (uint32_t)year;
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 16777619u;
	return h;
}

/* "Nov  3", "3月 18", "Thg 11 28": a month's name may end with a number of its own. */
static bool take_month_day(struct slice *c, struct slice *month, uint64_t *day)
{
	struct slice s = *c;
	uint64_t number;
	if (!take_name(&s, month) || !take_number_word(&s, 1, 31, day))
		return false;
	struct slice name = slice_of(month->p, (size_t)(s.p - month->p));
	if (take_number_word(&s, 1, 31, &number)) {
		*month = name;
		*day = number;
	}
	*c = s;
	return true;
}

/* Everything up to the clock is a name and a day, perhaps without a blank between; nothing is read from it. */
bool kmsg_textdate_skip_minute(struct slice *c)
{
	struct slice s = *c, name;
	uint64_t n;
	bool letters = false;
	size_t colon = slice_find(s, SLICE(":"));
	if (colon == SLICE_NPOS || colon < 5 || colon > 2 * WORD_MAX)
		return false;
	name = slice_sub(s, 0, colon - 3);
	s = slice_sub(s, colon - 3, s.n);
	for (size_t i = 0; i < name.n; i++) {
		letters |= (unsigned char)name.p[i] > '9';
		if (strchr("[]:=/()<>_", name.p[i]))
			return false;
	}
	if (!letters || name.p[name.n - 1] < '0' || name.p[name.n - 1] > '9' || !take_literal(&s, SLICE(" ")) ||
	    !take_fixed(&s, 2, 23, &n) || !take_literal(&s, SLICE(":")) || !take_fixed(&s, 2, 59, &n))
		return false;
	*c = s;
	return true;
}

bool kmsg_textdate_take_short(struct slice *c, struct kmsg_textdate *out)
{
	struct slice s = *c, month;
	struct kmsg_textdate d = {0};
	uint64_t year = 0, day;
	if (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		return false;
	take_number_word(&s, 1970, 9999, &year);
	if (!take_month_day(&s, &month, &day))
		return false;
	if (!year)
		take_number_word(&s, 1970, 9999, &year);
	if (!take_blanks(&s) || !take_clock(&s, &d))
		return false;
	d.day = day;
	d.month = name_hash(month, year);
	*out = d;
	*c = s;
	return true;
}

bool kmsg_textdate_take_ctime(struct slice *c, struct kmsg_textdate *out)
{
	struct slice s = *c, weekday, month;
	struct kmsg_textdate d = {0};
	uint64_t day, year;
	if (!take_name(&s, &weekday) || !take_month_day(&s, &month, &day) || !take_blanks(&s) || !take_clock(&s, &d) ||
	    !take_blanks(&s) || !take_fixed(&s, 4, 9999, &year) || year < 1970)
		return false;
	d.day = day;
	d.month = name_hash(month, year);
	*out = d;
	*c = s;
	return true;
}

bool kmsg_textdate_take_full(struct slice *c, struct kmsg_textdate *out)
{
	struct slice s = *c, weekday, zone;
	struct kmsg_textdate d = {0};
	int64_t east;
	if (!take_name(&s, &weekday) || !take_blanks(&s) || !take_day(&s, &d) || !take_blanks(&s) ||
	    !take_clock(&s, &d))
		return false;
	if (take_zone(&s, &east))
		set_realtime(&d, east);
	else if (!take_name(&s, &zone)) /* "CEST": a name that stands for several zones */
		return false;
	*out = d;
	*c = s;
	return true;
}

bool kmsg_textdate_take_unix(struct slice *c, struct kmsg_textdate *out)
{
	struct slice s = *c;
	uint64_t usec;
	/* Ten digits before the dot: 2001 to 2286. Fewer is a kernel stamp or something else. */
	size_t dot = slice_find(s, SLICE("."));
	if (dot != 10 || !kmsg_textdate_take_seconds(&s, &usec))
		return false;
	*out = (struct kmsg_textdate){.present = true, .has_realtime = true, .realtime_usec = usec};
	out->day = usec / USEC / DAY_SEC;
	out->usec_of_day = usec % (DAY_SEC * USEC);
	*c = s;
	return true;
}
