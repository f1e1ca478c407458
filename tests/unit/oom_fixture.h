/* What the tests of oom/ share: slices compared, records fed, incidents taken. */
#ifndef OOM_FIXTURE_H
#define OOM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oom/assembler.h"

#define assert_text(got, want) expect_text(got, want, __FILE__, __LINE__)
#define assert_num(got, want) expect_num(got, want, __FILE__, __LINE__)
#define assert_int(got, want) expect_int(got, want, __FILE__, __LINE__)

static inline void expect_text(struct slice got, struct slice want, const char *file, int line)
{
	if (slice_eq(got, want))
		return;
	print_error("got \"%.*s\"%s, want \"%.*s\"%s\n", (int)got.n, got.p ? got.p : "", got.p ? "" : " (absent)",
		    (int)want.n, want.p ? want.p : "", want.p ? "" : " (absent)");
	_fail(file, line);
}

static inline void expect_num(struct oom_num got, uint64_t want, const char *file, int line)
{
	if (got.set && got.v == want)
		return;
	print_error("got %llu%s, want %llu\n", (unsigned long long)got.v, got.set ? "" : " (absent)",
		    (unsigned long long)want);
	_fail(file, line);
}

static inline void expect_int(struct oom_int got, int64_t want, const char *file, int line)
{
	if (got.set && got.v == want)
		return;
	print_error("got %lld%s, want %lld\n", (long long)got.v, got.set ? "" : " (absent)", (long long)want);
	_fail(file, line);
}

#define KILLS_MAX 64

/* An assembler, the stream that is fed to it, and what came out. */
struct stream {
	struct oom_assembler *a;
	uint64_t seq, usec;
	char caller_kind;
	uint32_t caller_id;
	uint32_t count;
	struct oom_incident out[KILLS_MAX]; /* what they point to has gone: look at `seen` */
	void (*seen)(const struct oom_incident *in, uint32_t index, void *user);
	void *user;
};

static inline struct stream stream_begin(void)
{
	void *storage = test_malloc(oom_assembler_size());
	return (struct stream){.a = oom_assembler_init(storage), .seq = 100, .usec = 5000000};
}

static inline void stream_take(struct stream *s)
{
	struct oom_incident in;
	while (oom_assembler_take(s->a, &in)) {
		assert_true(s->count < KILLS_MAX);
		if (s->seen)
			s->seen(&in, s->count, s->user);
		s->out[s->count++] = in;
	}
}

static inline void stream_record(struct stream *s, int level, char flag, struct slice text)
{
	/* exactly as large as the text: a read past its end is an error the sanitizers see */
	char *copy = test_malloc(text.n ? text.n : 1);
	if (text.n)
		memcpy(copy, text.p, text.n);
	const struct kmsg_record rec = {
	    .seq = s->seq++,
	    .usec = s->usec += 10,
	    .level = (uint8_t)level,
	    .flag = flag,
	    .caller_kind = s->caller_kind,
	    .caller_id = s->caller_id,
	    .text = slice_of(copy, text.n),
	};
	oom_assembler_feed(s->a, &rec);
	memset(copy, '!', text.n);
	test_free(copy);
	stream_take(s);
}

/* A line of a report: level 6, whole. */
static inline void stream_line(struct stream *s, const char *text)
{
	stream_record(s, 6, '-', slice_cstr(text));
}

static inline void stream_err(struct stream *s, const char *text)
{
	stream_record(s, 3, '-', slice_cstr(text));
}

static inline void stream_piece(struct stream *s, const char *text)
{
	stream_record(s, 4, 'c', slice_cstr(text));
}

static inline void stream_lines(struct stream *s, const char *const *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		stream_line(s, text[i]);
}

static inline void stream_gap(struct stream *s)
{
	s->seq += 7;
	oom_assembler_gap(s->a);
	stream_take(s);
}

static inline void stream_settle(struct stream *s)
{
	oom_assembler_settle(s->a);
	stream_take(s);
}

/* Ends the stream; returns how many incidents came in all. */
static inline uint32_t stream_end(struct stream *s)
{
	oom_assembler_end(s->a);
	stream_take(s);
	test_free(s->a);
	s->a = NULL;
	return s->count;
}

static inline struct slice incident_comm(const struct oom_incident *in)
{
	return in->comm_known ? slice_of(in->comm, in->comm_len) : SLICE_NONE;
}

#endif
