/*
 * Prints the fields of the event as mdoc, from the schema table: `make man-fields` puts them into
 * man/oomwatchd.event.7 between its two marks, and a lint fails when they are not what the table says.
 */
#include <stdio.h>
#include <string.h>

#include "event/schema.h"

static const char *kind_name(enum event_kind kind)
{
	switch (kind) {
	case EVENT_U64:
	case EVENT_I64:
		return "integer";
	case EVENT_STR:
		return "string";
	case EVENT_TRUE:
		return "true";
	case EVENT_LIST:
		return "array of objects";
	case EVENT_MAP:
		return "object of integers";
	default:
		return "array of strings";
	}
}

#define WIDTH 78

/* A sentence as mdoc wants its source: no long lines, and never a dot or an apostrophe at the front of one. */
static void put(const char *sentence)
{
	size_t at = 0;
	while (*sentence) {
		size_t n = strcspn(sentence, " ");
		if (at && at + 1 + n > WIDTH && *sentence != '.' && *sentence != '\'') {
			putchar('\n');
			at = 0;
		} else if (at) {
			putchar(' ');
			at++;
		}
		printf("%.*s", (int)n, sentence);
		at += n;
		sentence += n + (sentence[n] == ' ');
	}
	putchar('\n');
}

/* Text of the table as roff takes it: backslashes and hyphens are ordinary characters here. */
static void add_doc(char *out, size_t size, const char *s)
{
	size_t n = strlen(out);
	for (; *s && n + 3 < size; s++) {
		out[n++] = *s;
		if (*s == '\\')
			out[n++] = 'e';
	}
	out[n] = '\0';
}

static void add(char *out, size_t size, const char *s)
{
	size_t n = strlen(out);
	snprintf(out + n, size - n, "%s", s);
}

static void put_types(uint32_t types)
{
	const char *comma = "";
	fputs("In ", stdout);
	for (unsigned i = 0; i < EVENT_TYPES; i++) {
		if (!(types & 1u << i))
			continue;
		printf("%s%s", comma, event_type_name((enum event_type)i));
		comma = ", ";
	}
	puts(".");
}

static void put_field(const char *list, const struct event_field *f)
{
	char text[4096] = "";
	printf(".It Va %s%s%s\n", list, *list ? "[]." : "", f->path);
	add(text, sizeof(text), kind_name(f->kind));
	for (size_t i = 0; f->values && f->values[i]; i++) {
		add(text, sizeof(text), i ? ", \\(dq" : ": \\(dq");
		add(text, sizeof(text), f->values[i]);
		add(text, sizeof(text), "\\(dq");
	}
	add(text, sizeof(text), "; ");
	add_doc(text, sizeof(text), f->doc);
	add(text, sizeof(text), ".");
	put(text);
	if (!*list && f->types && f->types != 1u << EVENT_OOM_KILL)
		put_types(f->types);
	if (f->journal) {
		snprintf(text, sizeof(text), "Journal: %s.", f->journal);
		put(text);
	}
	for (const struct event_field *i = f->items; i && i->path; i++)
		put_field(f->path, i);
}

int main(void)
{
	puts(".Bl -tag -width Ds -compact");
	for (const struct event_field *f = event_schema(); f->path; f++)
		put_field("", f);
	puts(".El");
	return fflush(stdout) == EOF;
}
