/*
 * The JSON Schema, written straight from the table: every text in it is the
 * table's own ASCII. Additions to an event are welcome, so nothing forbids
 * further keys; enums list what this version may say.
 */
#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"
#include "event/schema.h"

#define DEPTH_STEP 2

static void indent(FILE *out, int depth)
{
	fprintf(out, "%*s", depth * DEPTH_STEP, "");
}

static void quote(FILE *out, const char *s, size_t n)
{
	fputc('"', out);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			fputc('\\', out);
		fputc(s[i], out);
	}
	fputc('"', out);
}

static void member(FILE *out, int depth, const char *key, size_t n)
{
	indent(out, depth);
	quote(out, key, n);
	fputs(": ", out);
}

static void object(FILE *out, int depth, const struct event_field *rows, size_t count, size_t skip);

static void list_items(FILE *out, int depth, const struct event_field *items)
{
	size_t count = 0;
	while (items[count].path)
		count++;
	fputs("\"type\": \"array\", \"items\": ", out);
	object(out, depth, items, count, 0);
}

static void values(FILE *out, const char *const *value)
{
	fputs(", \"enum\": [", out);
	for (size_t i = 0; value[i]; i++) {
		fputs(i ? ", " : "", out);
		quote(out, value[i], strlen(value[i]));
	}
	fputc(']', out);
}

static void leaf(FILE *out, int depth, const struct event_field *f)
{
	static const char *const types[] = {
	    [EVENT_U64] = "\"type\": \"integer\", \"minimum\": 0",
	    [EVENT_I64] = "\"type\": \"integer\"",
	    [EVENT_STR] = "\"type\": \"string\"",
	    [EVENT_TRUE] = "\"const\": true",
	    [EVENT_STRINGS] = "\"type\": \"array\", \"items\": {\"type\": \"string\"}",
	    [EVENT_LIST] = NULL,
	    [EVENT_MAP] = "\"type\": \"object\", \"additionalProperties\": {\"type\": \"integer\", \"minimum\": 0}",
	    [EVENT_LEFT_OUT] = "\"type\": \"array\", \"items\": {\"type\": \"string\"}",
	};
	fputs("{\"description\": ", out);
	quote(out, f->doc, strlen(f->doc));
	fputs(", ", out);
	if (f->kind == EVENT_LIST)
		list_items(out, depth, f->items);
	else
		fputs(types[f->kind], out);
	if (f->values)
		values(out, f->values);
	if (strcmp(f->path, "version") == 0)
		fprintf(out, ", \"const\": %d", EVENT_VERSION);
	fputc('}', out);
}

/* Rows from `rows` on whose path, behind `skip` bytes, begins with the same element; `n` = that element's length. */
static size_t siblings(const struct event_field *rows, size_t count, size_t skip, size_t *n)
{
	const char *path = rows->path + skip;
	size_t same = 1;
	*n = strcspn(path, ".");
	if (!path[*n])
		return 1;
	while (same < count && strncmp(rows[same].path + skip, path, *n + 1) == 0)
		same++;
	return same;
}

static void properties(FILE *out, int depth, const struct event_field *rows, size_t count, size_t skip)
{
	size_t n;
	for (size_t i = 0, same; i < count; i += same) {
		same = siblings(rows + i, count - i, skip, &n);
		const char *key = rows[i].path + skip;
		fputs(i ? ",\n" : "", out);
		member(out, depth, key, n);
		if (key[n])
			object(out, depth, rows + i, same, skip + n + 1);
		else
			leaf(out, depth, &rows[i]);
	}
}

/* The keys that must be there: of one object (`types` = 0), or at the top of the events of one type. */
static void required(FILE *out, const struct event_field *rows, size_t count, size_t skip, uint32_t types)
{
	size_t n, found = 0;
	for (size_t i = 0, same; i < count; i += same) {
		same = siblings(rows + i, count - i, skip, &n);
		bool wanted = false;
		for (size_t k = i; k < i + same; k++)
			wanted = wanted ||
				 (rows[k].required && (types ? (rows[k].types & types) != 0 : skip || !rows[k].types));
		if (types == 0 && rows[i].path[skip + n])
			wanted = false; /* an object inside: its own members say what it needs */
		if (!wanted)
			continue;
		fputs(found++ ? ", " : "", out);
		quote(out, rows[i].path + skip, n);
	}
}

/* The members of an object's schema, without the braces. */
static void body(FILE *out, int depth, const struct event_field *rows, size_t count, size_t skip)
{
	fputs("\"type\": \"object\",\n", out);
	member(out, depth, "required", strlen("required"));
	fputc('[', out);
	required(out, rows, count, skip, 0);
	fputs("],\n", out);
	member(out, depth, "additionalProperties", strlen("additionalProperties"));
	fputs("true,\n", out);
	member(out, depth, "patternProperties", strlen("patternProperties"));
	fputs("{\"_hex$\": {\"$ref\": \"#/$defs/hex\"}},\n", out);
	member(out, depth, "properties", strlen("properties"));
	fputs("{\n", out);
	properties(out, depth + 1, rows, count, skip);
	fputc('\n', out);
	indent(out, depth);
	fputc('}', out);
}

static void object(FILE *out, int depth, const struct event_field *rows, size_t count, size_t skip)
{
	fputc('{', out);
	body(out, depth + 1, rows, count, skip);
	fputc('}', out);
}

static void document(FILE *out)
{
	const struct event_field *rows = event_schema();
	size_t count = 0;
	while (rows[count].path)
		count++;
	fputs("{\n"
	      "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
	      "  \"title\": \"oomwatchd event\",\n"
	      "  \"description\": \"One event of oomwatchd. A key that is not there is unknown, never zero.\",\n"
	      "  \"$defs\": {\n"
	      "    \"hexString\": {\"type\": \"string\", \"pattern\": \"^([0-9a-f][0-9a-f])*$\"},\n"
	      "    \"hex\": {\"description\": \"exact bytes of the key beside it\",\n"
	      "      \"anyOf\": [{\"$ref\": \"#/$defs/hexString\"},\n"
	      "        {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/hexString\"}}]}\n"
	      "  },\n"
	      "  ",
	      out);
	body(out, 1, rows, count, 0);
	fputs(",\n  \"allOf\": [", out);
	for (unsigned type = 0; type < EVENT_TYPES; type++) {
		const char *name = event_type_name(type);
		fprintf(out, "%s\n    {\"if\": {\"properties\": {\"type\": {\"const\": \"%s\"}}},\n", type ? "," : "",
			name);
		fputs("     \"then\": {\"required\": [", out);
		required(out, rows, count, 0, EVENT_TYPE_BIT(type));
		fputs("]}}", out);
	}
	fputs("\n  ]\n}\n", out);
}

char *event_json_schema(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	document(out);
	bool failed = ferror(out) != 0;
	if (fclose(out) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}
