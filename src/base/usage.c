#include "base/usage.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LEFT_WIDTH 26
#define WIDTH 79 /* of the narrowest terminal that is common */

void usage_row(const char *left, const char *help)
{
	bool wide = strlen(left) > LEFT_WIDTH;
	if (wide)
		printf("  %s\n", left);
	else
		printf("  %-*s  ", LEFT_WIDTH, left);
	if (wide)
		printf("%*s", LEFT_WIDTH + 4, "");
	for (size_t at = 0; *(help += strspn(help, " \n"));) {
		size_t n = strcspn(help, " \n");
		if (at && LEFT_WIDTH + 4 + at + 1 + n > WIDTH) {
			printf("\n%*s", LEFT_WIDTH + 4, "");
			at = 0;
		}
		printf("%s%.*s", at ? " " : "", (int)n, help);
		at += n + (at > 0);
		help += n;
	}
	putchar('\n');
}

void usage_option(char letter, const char *name, const char *value, const char *help)
{
	char left[96], dash[8] = "    ";
	if (letter)
		snprintf(dash, sizeof(dash), "-%c, ", letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", dash, name, value ? "=" : "", value ? value : "");
	usage_row(left, help);
}
