/*
 * host/runtime: containers and pods in a cgroup path, one element at a time. A
 * new runtime is one row of the table in runtime.c. Pure; everything borrows.
 */
#ifndef HOST_RUNTIME_H
#define HOST_RUNTIME_H

#include "host/identity.h"

/* The elements since the root, or since the innermost container or machine so far; {0} at the root. */
struct host_runtime_scope {
	struct slice first, parent, grandparent; /* the first one, the last one read, the one before it */
	bool has_unit;                           /* a slice or unit was among them: systemd's tree, not cgroupfs's */
	bool parent_is_pod;                      /* kept by the caller, who knows pods */
	bool inner;                              /* below a container or a machine */
};
void host_runtime_step(struct host_runtime_scope *scope, struct slice element) ATTR_NONNULL;

/* Is `element`, below `scope`, a container's own cgroup? */
bool host_runtime_container(const struct host_runtime_scope *scope, struct slice element,
			    struct host_container_id *out) ATTR_NONNULL;
/* A pod's? `uid` is as it stands in the name, with '_' where systemd's driver writes it. */
bool host_runtime_pod(const struct host_runtime_scope *scope, struct slice element, struct slice *uid,
		      enum host_qos *qos) ATTR_NONNULL;

#endif
