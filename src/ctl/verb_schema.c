/* schema: the JSON Schema of events, from the table the daemon encodes by. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/out.h"
#include "ctl/say.h"
#include "ctl/value.h"
#include "ctl/verbs.h"
#include "event/json.h"

int ctl_verb_schema(const struct ctl_options *o)
{
	char *schema = event_json_schema();
	if (!schema) {
		ctl_say("out of memory");
		return 1;
	}
	struct ctl_out out;
	ctl_out_open(&out, o);
	if (o->json == CTL_JSON_SHORT) {
		json_t *j = json_loads(schema, 0, NULL);
		if (j)
			ctl_event_write(j, false, out.f);
		json_decref(j);
	} else {
		fprintf(out.f, "%s\n", schema);
	}
	free(schema);
	return ctl_out_close(&out) ? 0 : 1;
}
