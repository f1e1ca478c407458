#include "app/daemon.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	struct app_options options;
	switch (app_options_parse(&options, argc, argv)) {
	case APP_OPTIONS_DONE:
		return EXIT_SUCCESS;
	case APP_OPTIONS_USAGE:
		return 2;
	default:
		return app_daemon_run(&options);
	}
}
