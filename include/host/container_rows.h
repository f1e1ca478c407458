/*
 * host/container_rows: the table. One row per runtime and kind of file, one row
 * per name in a file; a new runtime is a new row.
 */
#ifndef HOST_CONTAINER_ROWS_H
#define HOST_CONTAINER_ROWS_H

#include "host/container_files.h"

struct host_row_key {
	enum host_name name;
	const char *at[5]; /* see host_json_string(); of two with one name the first that tells wins. {NULL} ends */
};

enum host_row_source {
	HOST_ROW_FILE,       /* a JSON file about this one thing */
	HOST_ROW_RECORD,     /* a JSON list with a record of it */
	HOST_ROW_DIRECTORY,  /* that it exists says that the id is <project>_<name> */
	HOST_ROW_ID,         /* the id is the name */
	HOST_ROW_ALLOCATION, /* the id is <allocation's uuid>.<task> */
	HOST_ROW_LOG_LINK,   /* the kubelet's <pod>_<namespace>_<container>-<id>.log */
	HOST_ROW_LOG_DIR,    /* the kubelet's <namespace>_<pod>_<uid> */
	HOST_ROW_ONLY_ONE,   /* the only entry of a directory is the container's name (or it is the sandbox, 1 MB of it)
			      */
	HOST_ROW_LINK,       /* a symlink whose text is the name */
};

/* Of whom a row tells. */
enum {
	HOST_ROW_OF_SYSTEM = 1, /* system containers */
	HOST_ROW_OF_USER = 2,   /* a user's own */
	HOST_ROW_OF_BARE = 4,   /* containers of a pod whose path names no runtime */
	HOST_ROW_OF_PLAIN = 8,  /* other containers whose path names none: Nomad, Garden */
};

struct host_row {
	const char *runtime; /* NULL: any */
	unsigned int of;
	enum host_row_source source;
	enum host_place place;
	const char *path;                /* a template: see host/container_place.h */
	const struct host_row_key *keys; /* of JSON */
	enum host_name name;             /* of what tells one thing only */
};

struct host_rows {
	const struct host_row *row;
	size_t count;
};

/* In the order in which they are asked. Of a container or a pod the first row that tells its name is believed. */
struct host_rows host_container_rows(void);
struct host_rows host_pod_rows(void);
/* Each tells another thing. */
struct host_rows host_unit_rows(void);

#endif
