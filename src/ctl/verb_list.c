/* list: one line a kill. */
#include "ctl/list.h"
#include "ctl/reader.h"
#include "ctl/say.h"
#include "ctl/verbs.h"

struct listing {
	const struct ctl_options *options;
	struct ctl_out out;
	struct ctl_list *list;
	bool failed;
};

static bool each(void *context, const json_t *event)
{
	struct listing *l = context;
	if (l->options->json != CTL_JSON_OFF)
		l->failed = !ctl_event_write(event, l->options->json == CTL_JSON_PRETTY, l->out.f);
	else
		l->failed = !ctl_list_add(l->list, event);
	return !l->failed;
}

int ctl_verb_list(const struct ctl_options *o)
{
	struct listing l = {.options = o};
	struct ctl_match m;
	int rc = ctl_query(o, o->args, o->arg_count, &m);
	if (rc)
		return rc;
	ctl_out_open(&l.out, o);
	l.list = ctl_list_new(l.out.width);
	if (!l.list)
		ctl_say("out of memory");
	rc = l.list ? ctl_each(o, &m, NULL, each, &l) : 1;
	if (rc == 0 && o->json == CTL_JSON_OFF)
		ctl_list_print(l.list, &l.out);
	ctl_list_free(l.list);
	return ctl_out_close(&l.out) && !l.failed ? rc : 1;
}
