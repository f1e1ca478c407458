/*
 * host/identity: whose a cgroup is, from its path alone. Pure.
 *
 * Unit, slice, session and user unit follow systemd's own path rules
 * (src/basic/cgroup-util.c: cg_path_get_unit and its siblings): leading
 * *.slice elements are skipped, the next element is the unit; an element that
 * begins with '_' is unescaped by taking that '_' off; unit names keep their
 * \x2d escapes, so that they are what `journalctl -u` takes.
 *
 * Containers are found by one table row per runtime, from the right: the first
 * match is the innermost container, further ones to the left are `outer`.
 *
 * Trust: what lies below a delegated subtree that an unprivileged user owns
 * (user@UID.service, a user's session scope) was named by that user. A name in
 * there can say which of the user's own things it is; it never makes the
 * process another unit's, pod's or system container's. `owner_uid` tells whose
 * word it is. In the same way a container or a machine names what lies below
 * it: that is told as nested, with the enclosing ones in `outer`, the host's
 * own unit stays the unit, and the outermost pod stays the pod.
 *
 * So the files of this host may be asked for a container's or pod's name only
 * where `outermost_by_host` or `pod_by_host` says that the host named it;
 * anything else could carry the id of a stranger. A path does not tell whom a
 * system service with Delegate= was given to: `named_in` is where the host must
 * be asked for that (host/cgroupfs), and host_identity_disown() what to do when
 * it was a user.
 */
#ifndef HOST_IDENTITY_H
#define HOST_IDENTITY_H

#include "base/arena.h"
#include "base/limits.h"

enum host_qos { HOST_QOS_NONE, HOST_QOS_GUARANTEED, HOST_QOS_BURSTABLE, HOST_QOS_BEST_EFFORT };

struct host_container_id {
	struct slice id;      /* the runtime's exact form: 64 lower-case hex; a name for lxc, Garden and Nomad */
	struct slice runtime; /* "containerd" "cri-o" "docker" "podman" "lxc"; absent where the path does not tell */
};

struct host_identity {
	struct slice unit;       /* as `journalctl -u` takes it; a container's scope too */
	struct slice user_unit;  /* as `journalctl --user-unit` takes it */
	struct slice slice;      /* innermost of the leading slices; "-.slice" when there is none */
	struct slice user_slice; /* the same inside user@UID.service */
	struct slice session;    /* login session id: "3" of session-3.scope */
	struct slice machine;    /* nspawn, libvirt and other machined guests: their own name, unescaped */
	bool in_machine; /* below a machine's unit, also when its name does not show or found no room in the arena */

	bool has_container;
	bool container_by_host;             /* not inside another container, a machine or a user's subtree */
	bool outermost_by_host;             /* the same of the outermost container */
	struct host_container_id container; /* innermost */
	uint32_t outer_count;
	uint32_t outer_dropped; /* enclosing ones over LIMIT_OUTER; those next to `container` are dropped first */
	struct host_container_id outer[LIMIT_OUTER]; /* enclosing, innermost first */

	struct slice pod_uid; /* with dashes; static pods 32 hex */
	bool pod_by_host;
	enum host_qos qos;

	/* The cgroup in which the outermost container or the pod was made; absent when there is none by the host. Who
	 * may make folders there chose its name. */
	struct slice named_in;
	bool named_in_unit; /* … and that is a service or scope, or below one: what may be delegated */

	bool user_owned;    /* part of the path lies in a user's delegated subtree */
	uint32_t owner_uid; /* whose, when user_owned; UINT32_MAX for a capsule, whose uid is dynamic */
};

/*
 * Reads `path` (absolute cgroup path, as the kernel prints it: not namespaced; anything else tells nothing).
 * Strings that differ from the path's bytes (unescaped names, pod uids) go into
 * `arena`; others borrow from `path`. Never fails: what is not recognised stays absent.
 */
void host_identity_parse(struct slice path, struct arena *arena, struct host_identity *out) ATTR_NONNULL;

/*
 * `named_in` turned out to be a user's (HOST_UNIT_NO_UID: nobody can tell whose): as if that user's manager lay above.
 * Unit, slice and session stay; they are the host's.
 */
void host_identity_disown(struct host_identity *id, uint32_t uid) ATTR_NONNULL;

#endif
