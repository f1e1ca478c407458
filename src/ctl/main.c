#include <stdlib.h>
#include <string.h>

#include "ctl/verbs.h"

int main(int argc, char **argv)
{
	struct ctl_options options;
	switch (ctl_options_parse(&options, argc, argv)) {
	case CTL_OPTIONS_DONE:
		return EXIT_SUCCESS;
	case CTL_OPTIONS_USAGE:
		return 2;
	case CTL_OPTIONS_RUN:
		break;
	}
	const struct ctl_verb *verb = ctl_verbs();
	if (options.verb)
		while (verb->name && strcmp(verb->name, options.verb) != 0)
			verb++;
	if (!verb->name)
		return ctl_usage("%s: no such verb; if it was killed: oomwatchctl info %s", options.verb, options.verb);
	if (verb->max_args != CTL_NO_LIMIT && options.arg_count > verb->max_args)
		return ctl_usage("%s takes no arguments", verb->name);
	return verb->run(&options);
}
