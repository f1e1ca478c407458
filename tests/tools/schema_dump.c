/* Prints the JSON Schema of the event, for installation and for the tests that hold events against it. */
#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"

int main(void)
{
	char *schema = event_json_schema();
	if (!schema || puts(schema) == EOF || fflush(stdout) == EOF) {
		fputs("schema_dump: cannot print the schema\n", stderr);
		return 1;
	}
	free(schema);
	return 0;
}
