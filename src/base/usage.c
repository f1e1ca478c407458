#include "base/usage.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LEFT_WIDTH 26

void usage_row(const char *left, const char *help)
{
	bool wide = strlen(left) > LEFT_WIDTH;
	if (wide)
		printf("  %s\n", left);
	else
		printf("  %-*s  ", LEFT_WIDTH, left);
	for (bool first = true; *help; first = false) {
		size_t n = strcspn(help, "\n");
		if (!first || wide)
			printf("%*s", LEFT_WIDTH + 4, "");
		printf("%.*s\n", (int)n, help);
		help += n + (help[n] == '\n');
	}
}

void usage_option(char letter, const char *name, const char *value, const char *help)
{
	char left[96], dash[8] = "    ";
	if (letter)
		snprintf(dash, sizeof(dash), "-%c, ", letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", dash, name, value ? "=" : "", value ? value : "");
	usage_row(left, help);
}
