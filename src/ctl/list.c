/* The table of kills. */
#include "ctl/list.h"

#include <stdlib.h>

#include "ctl/when.h"

enum { TIME, PID, WHAT, HELD, LIMIT, VERDICT, COLUMNS };

/* Groups that may still get members: a storm of several cgroups interleaves theirs. */
#define OPEN_GROUPS 16

struct group {
	char id[80];
	size_t row;
	uint64_t count, held_kb;
	char what[256];
};

struct ctl_list {
	struct ctl_table table;
	bool narrow;
	struct group group[OPEN_GROUPS];
	size_t next_group;
};

struct ctl_list *ctl_list_new(int width)
{
	static const struct ctl_column columns[COLUMNS] = {
	    [TIME] = {"TIME", 1, 0, CTL_DIM, 0},     [PID] = {"PID", -1, 0, CTL_PLAIN, 0},
	    [WHAT] = {"WHAT", 1, 14, CTL_BOLD, 0},   [HELD] = {"HELD", -1, 0, CTL_PLAIN, 0},
	    [LIMIT] = {"LIMIT", 1, 6, CTL_PLAIN, 0}, [VERDICT] = {"VERDICT", 1, 8, CTL_YELLOW, 18},
	};
	struct ctl_list *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->table = (struct ctl_table){.column = columns, .columns = COLUMNS};
	l->narrow = width < 100;
	return l;
}

void ctl_list_add_time(struct text *t, const json_t *event, bool narrow)
{
	uint64_t usec;
	char whole[64];
	struct text w = text_on(whole, sizeof(whole));
	if (ctl_num(event, "realtime_usec", &usec)) {
		ctl_when_add(&w, usec, false);
		text_add(t, slice_sub(text_slice(&w), narrow ? 5 : 0, w.n));
	} else if (ctl_num(event, "monotonic_usec", &usec)) {
		text_addf(t, "[%5llu.%06llu]", (unsigned long long)(usec / 1000000),
			  (unsigned long long)(usec % 1000000));
	}
}

/* "1.5 MiB own" -> "1.5M own": where columns are dear, sizes are written as other tables of systemd write them. */
static void set_sized(char **cell, struct slice s, bool narrow)
{
	char shown[320];
	struct text t = text_on(shown, sizeof(shown));
	struct slice number, unit = s;
	if (narrow && take_until(&unit, SLICE(" "), &number) && unit.n >= 2 && number.p[0] >= '0' &&
	    number.p[0] <= '9') {
		text_add(&t, number);
		text_add(&t, slice_eq(slice_sub(unit, 0, 2), SLICE("kB")) ? SLICE("K") : slice_sub(unit, 0, 1));
		size_t name = slice_find(unit, SLICE(" "));
		s = name == SLICE_NPOS ? SLICE("") : slice_sub(unit, name, unit.n);
	}
	text_add(&t, s);
	ctl_cell_set(cell, text_slice(&t));
}

static void set_size(char **cell, uint64_t kb, bool narrow)
{
	char s[32];
	struct text t = text_on(s, sizeof(s));
	text_add_size_kb(&t, kb);
	set_sized(cell, text_slice(&t), narrow);
}

/* Adds to the row of the same decision; false when there is none. */
static bool fold(struct ctl_list *l, const json_t *event, struct slice id)
{
	for (size_t i = 0; i < OPEN_GROUPS; i++) {
		struct group *g = &l->group[i];
		uint64_t kb;
		char s[320];
		struct text t = text_on(s, sizeof(s));
		if (g->count == 0 || !slice_eq(id, slice_cstr(g->id)))
			continue;
		struct ctl_row *row = &l->table.row[g->row];
		g->count++;
		if (ctl_held_kb(event, &kb)) {
			g->held_kb += kb;
			set_size(&row->cell[HELD], g->held_kb, l->narrow);
		}
		text_addf(&t, "%llu\xc3\x97 %s", (unsigned long long)g->count, g->what);
		ctl_cell_set(&row->cell[WHAT], text_slice(&t));
		return true;
	}
	return false;
}

static void open_group(struct ctl_list *l, struct slice id, uint64_t held_kb)
{
	struct group *g = &l->group[l->next_group++ % OPEN_GROUPS];
	if (id.n >= sizeof(g->id))
		return;
	*g = (struct group){.row = l->table.rows - 1, .count = 1, .held_kb = held_kb};
	memcpy(g->id, id.p, id.n);
	snprintf(g->what, sizeof(g->what), "%s", l->table.row[g->row].cell[WHAT]);
}

static bool add_other(struct ctl_list *l, const json_t *event)
{
	struct ctl_row *row = ctl_table_add(&l->table);
	char s[512];
	struct text t = text_on(s, sizeof(s));
	if (!row)
		return false;
	ctl_list_add_time(&t, event, l->narrow);
	ctl_cell_set(&row->cell[TIME], text_slice(&t));
	t = text_on(s, sizeof(s));
	ctl_add_shown(&t, event, "summary");
	ctl_cell_set(&row->line, text_slice(&t));
	return true;
}

bool ctl_list_add(struct ctl_list *l, const json_t *event)
{
	struct slice id = ctl_str(event, "group.id");
	uint64_t pid, held = 0;
	char s[1024];
	struct text t = text_on(s, sizeof(s));
	if (!ctl_is_kill(event))
		return add_other(l, event);
	if (slice_present(id) && fold(l, event, id))
		return true;
	struct ctl_row *row = ctl_table_add(&l->table);
	if (!row)
		return false;
	ctl_list_add_time(&t, event, l->narrow);
	ctl_cell_set(&row->cell[TIME], text_slice(&t));
	t = text_on(s, sizeof(s));
	if (ctl_num(event, "victim.pid", &pid))
		text_addf(&t, "%llu", (unsigned long long)pid);
	ctl_cell_set(&row->cell[PID], text_slice(&t));
	t = text_on(s, sizeof(s));
	ctl_add_what(&t, event);
	ctl_cell_set(&row->cell[WHAT], text_slice(&t));
	if (ctl_held_kb(event, &held))
		set_size(&row->cell[HELD], held, l->narrow);
	t = text_on(s, sizeof(s));
	ctl_add_limit(&t, event);
	set_sized(&row->cell[LIMIT], text_slice(&t), l->narrow);
	t = text_on(s, sizeof(s));
	ctl_add_verdict(&t, event);
	ctl_cell_set(&row->cell[VERDICT], text_slice(&t));
	if (slice_present(id))
		open_group(l, id, held);
	return true;
}

size_t ctl_list_rows(const struct ctl_list *l)
{
	return l->table.rows;
}

void ctl_list_print(const struct ctl_list *l, const struct ctl_out *out)
{
	ctl_table_print(&l->table, out);
}

void ctl_list_free(struct ctl_list *l)
{
	if (!l)
		return;
	ctl_table_free(&l->table);
	free(l);
}
