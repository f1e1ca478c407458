"""Runs in a guest with real container runtimes: has the kernel kill inside each of them and compares what the event
names with what the runtime's own tools say. Prints TAP. What it saw is left in /out.

The victim is one static program in a root of a few files, and it dies as soon as it runs: what a runtime removes at
once (--rm) must have been read before. Arguments after the number of the boot pick steps."""
import json
import os
import secrets
import shutil
import subprocess
import sys
import time

from guest import TREE, Guest, kills, property_of, read, sh, wait_for, write

ROOTFS = "/srv/rootfs"
HOG = ROOTFS + "/hog"
HOG_IMAGE = "registry.example/hog:1.2"
ALICE = 1000
POD_UID = "8d0ee4cf-9d6e-4a3c-9d93-5a7c1d2b3e4f"
LIMIT = ("--memory=40m", "--memory-swap=40m")
g = Guest()


def event_of(comm):
    """The event of the victim with this name, out of the journal."""
    return wait_for(lambda: kills("OOM_COMM=" + comm), 20)


def at(event, key):
    for k in key.split("."):
        event = event[int(k)] if isinstance(event, list) and len(event) > int(k) else \
            event.get(k) if isinstance(event, dict) else None
    return event


def compare(story, comm, want, log="", shown=True):
    """`want`: keys of identity and what the runtime says; None: must be absent."""
    got = event_of(comm)
    if len(got) != 1:
        g.case("%s: the kill is one event" % story, False, "%s\n%s" % (got, log))
        return
    identity = got[0].get("identity", {})
    wrong = ["%s is %r, not %r" % (k, at(identity, k), v) for k, v in want.items() if at(identity, k) != v]
    print("# %.0f s, %s: %s" % (time.monotonic() - g.began, got[0].get("cgroup", {}).get("path"),
                                json.dumps(identity)))
    g.case("%s: the event names %s" % (story, ", ".join(want)), not wrong,
         "%s\nsources %s\n%s" % ("\n".join(wrong), got[0].get("sources"), log))
    unit = identity.get("unit")
    if unit and shown:
        out = sh("journalctl", "-q", "--no-pager", "-o", "cat", "-t", "oomwatchd", "-u", unit)
        g.case("%s: journalctl -u of its unit shows it" % story, comm in out, out)
    return got[0]


# ---- the guest made ready ----

def prepare():
    os.makedirs(ROOTFS)
    log = sh("gcc", "-O1", "-static", "-o", HOG, TREE + "/tests/tools/hog.c")
    shutil.copy("/bin/busybox", ROOTFS + "/busybox")
    for d in ("proc", "sys", "dev", "tmp", "run", "etc", "usr"):
        os.makedirs("%s/%s" % (ROOTFS, d))
    write(ROOTFS + "/etc/os-release", "ID=hog\n")
    log += sh("useradd", "-m", "-s", "/bin/sh", "-u", str(ALICE), "-G", "systemd-journal", "alice")
    log += sh("loginctl", "enable-linger", "alice")
    g.install()
    # Their own units are masked (see jobs/containers.args), or the guest would be minutes in booting.
    log += start_docker("systemd")
    g.case("there is somebody to be killed, and who runs it", os.path.exists(HOG), log)


def as_alice(*argv):
    """In a service of alice's own manager, as a login of hers would have it."""
    return sh("runuser", "-u", "alice", "--", "env", "XDG_RUNTIME_DIR=/run/user/%d" % ALICE, "systemd-run", "--user",
              "-q", "--wait", "-P", "--collect", *argv)


# ---- systemd ----

def unit_with_escapes():
    unit = "sidekiq@default\\x2dhigh.service"
    write("/etc/systemd/system/sidekiq@.service",
          "[Service]\nMemoryMax=30M\nMemorySwapMax=0\nExecStart=%s 200 5 sidekiq\n" % HOG)
    sh("systemctl", "daemon-reload")
    log = sh("systemctl", "start", unit)
    first = property_of(unit, "InvocationID")
    compare("template unit with escapes", "sidekiq", {
        "unit": unit, "slice": property_of(unit, "Slice"), "invocation_id": first, "container": None}, log)
    write("/etc/systemd/system/sidekiq@.service.d/again.conf",
          "[Service]\nExecStart=\nExecStart=%s 200 5 sidekiq-again\n" % HOG)
    sh("systemctl", "daemon-reload")
    log = sh("systemctl", "restart", unit)
    second = property_of(unit, "InvocationID")
    g.case("template unit: its second start is another invocation", second and second != first, log)
    compare("template unit, started again", "sidekiq-again", {"unit": unit, "invocation_id": second}, log)


def user_service():
    log = as_alice("--unit=cache", "-p", "MemoryMax=30M", "-p", "MemorySwapMax=0", HOG, "200", "5", "user-service")
    compare("user service", "user-service", {
        "unit": "user@%d.service" % ALICE, "user_unit": "cache.service", "slice": "user-%d.slice" % ALICE,
        "user_slice": "app.slice", "invocation_id": property_of("user@%d.service" % ALICE, "InvocationID")}, log)
    out = sh("runuser", "-u", "alice", "--", "journalctl", "-q", "--no-pager", "-o", "cat", "--user-unit", "cache",
             "-t", "oomwatchd")
    g.case("user service: the user's journalctl --user-unit shows it", "user-service" in out, out)


def login_session():
    write("/srv/login", "echo $XDG_SESSION_ID >/tmp/id\ncat /proc/self/cgroup >/tmp/session\n"
          "until [ -e /tmp/go ]; do sleep 0.2; done\n%s 200 5 login; true\n" % HOG)
    p = subprocess.Popen(["su", "-", "alice", "-c", "sh /srv/login"], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    end = time.monotonic() + 20
    while not read("/tmp/session") and time.monotonic() < end:
        time.sleep(0.2)
    scope = read("/tmp/session").split("/")[-1]
    log = sh("systemctl", "set-property", "--runtime", scope, "MemoryMax=40M", "MemorySwapMax=0")
    want = {"unit": scope, "slice": property_of(scope, "Slice"), "session": read("/tmp/id"),
            "invocation_id": property_of(scope, "InvocationID")}
    write("/tmp/go", "")
    log += p.communicate(timeout=60)[0]
    compare("login session", "login", want, log)


# ---- podman ----

def inspect(tool, name, via=sh):
    out = via(tool, "inspect", "--type=container", name)
    try:
        return json.loads(out)[0], out
    except (ValueError, IndexError, KeyError):
        return None, out


def podman_rooted():
    log = sh("podman", "run", "--name", "web", "--network=none", *LIMIT, "--rootfs", ROOTFS, "/hog", "200", "5",
             "pm-root")
    c, out = inspect("podman", "web")
    if not c:
        g.case("podman", False, log + out)
        return
    print("# podman itself says OOMKilled=%s" % c["State"]["OOMKilled"])  # conmon may look too late
    compare("podman", "pm-root", {
        "container.id": c["Id"], "container.name": "web", "container.runtime": "podman", "slice": "machine.slice",
        "unit": "libpod-%s.scope" % c["Id"], "pod": None, "user_unit": None}, log)


def podman_removed():
    cid = sh("podman", "create", "--rm", "--name", "brief", "--network=none", "--runtime=runc", *LIMIT, "--rootfs",
             ROOTFS, "/hog", "200", "5", "pm-rm").strip().splitlines()[-1]
    log = sh("podman", "start", "-a", "brief")
    compare("podman --rm with runc", "pm-rm", {"container.id": cid, "container.name": "brief",
                                              "unit": "libpod-%s.scope" % cid}, log)


def podman_cgroupfs():
    log = sh("podman", "--cgroup-manager=cgroupfs", "run", "--name", "plain", "--network=none", *LIMIT, "--rootfs",
             ROOTFS, "/hog", "200", "5", "pm-cgroupfs")
    c, out = inspect("podman", "plain")
    compare("podman with cgroupfs", "pm-cgroupfs", {
        "container.id": c and c["Id"], "container.name": "plain", "container.runtime": "podman"}, log + out)


def podman_pod():
    log = sh("podman", "pod", "create", "--name", "shop", "--infra=false")
    pod = log.strip().splitlines()[-1]
    log += sh("podman", "run", "--pod", "shop", "--name", "cart", "--network=none", *LIMIT, "--rootfs", ROOTFS,
              "/hog", "200", "5", "pm-pod")
    c, out = inspect("podman", "cart")
    compare("podman pod", "pm-pod", {
        "container.id": c and c["Id"], "container.name": "cart", "container.runtime": "podman",
        "slice": "machine-libpod_pod_%s.slice" % pod}, log + out)


def podman_rootless():
    log = as_alice("podman", "run", "--name", "mine", "--network=none", *LIMIT, "--rootfs", ROOTFS, "/hog", "200",
                   "5", "pm-rootless")
    c, out = inspect("podman", "mine", as_alice)
    compare("podman rootless", "pm-rootless", {
        "container.id": c and c["Id"], "container.name": "mine", "container.runtime": "podman",
        "unit": "user@%d.service" % ALICE, "user_unit": c and "libpod-%s.scope" % c["Id"],
        "user_slice": "user.slice"}, log + out)


def quadlet():
    write("/etc/containers/systemd/shopfront.container",
          "[Container]\nRootfs=%s\nNetwork=none\nPodmanArgs=--memory=40m --memory-swap=40m\n"
          "Exec=/busybox sh -c \"until [ -e /tmp/go ]; do /busybox sleep 0.2; done; exec /hog 200 5 quadlet\"\n"
          % ROOTFS)
    sh("systemctl", "daemon-reload")
    log = sh("systemctl", "start", "shopfront")
    c, out = inspect("podman", "systemd-shopfront")
    want = {"container.id": c and c["Id"], "container.name": "systemd-shopfront", "container.runtime": "podman",
            "unit": "shopfront.service", "slice": "system.slice",
            "invocation_id": property_of("shopfront.service", "InvocationID")}
    write(ROOTFS + "/tmp/go", "")
    compare("Quadlet", "quadlet", want, log + out)


# ---- docker ----

def start_docker(driver):
    """containerd and dockerd, without waiting for them."""
    write("/etc/docker/daemon.json", json.dumps({"bridge": "none", "iptables": False, "ip6tables": False,
                                                 "exec-opts": ["native.cgroupdriver=" + driver]}))
    log = sh("systemd-run", "--unit=ctrd", "-p", "Delegate=yes", "-p", "OOMPolicy=continue", "containerd")
    return log + sh("systemd-run", "--unit=dockerd-" + driver, "-p", "Delegate=yes", "-p", "OOMPolicy=continue",
                    "dockerd", "--containerd=/run/containerd/containerd.sock")


def docker_ready():
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if "Server Version" in sh("docker", "info"):
            return ""
        time.sleep(1)
    return sh("journalctl", "--no-pager", "-n", "30", "-u", "dockerd-*", "-u", "ctrd")


def docker():
    log = docker_ready()
    log += sh("tar", "-C", ROOTFS, "-cf", "/tmp/image.tar", "hog", "busybox", "tmp")
    log += sh("docker", "import", "/tmp/image.tar", HOG_IMAGE)
    log += sh("docker", "run", "--name", "db", "--network=none", *LIMIT, HOG_IMAGE, "/hog", "200", "5", "dk-db")
    c, out = inspect("docker", "db")
    if not c:
        g.case("docker", False, log + out)
        return
    print("# docker itself says OOMKilled=%s" % c["State"]["OOMKilled"])  # it loses containerd's event now and then
    compare("docker", "dk-db", {
        "container.id": c["Id"], "container.name": c["Name"][1:], "container.runtime": "docker",
        "container.image": c["Config"]["Image"], "unit": "docker-%s.scope" % c["Id"], "slice": "system.slice",
        "compose": None}, log)


def docker_compose():
    labels = {"project": "shop", "service": "queue", "config-hash": "a" * 64, "oneoff": "False"}
    flags = [x for k, v in labels.items() for x in ("--label", "com.docker.compose.%s=%s" % (k, v))]
    log = sh("docker", "run", "--rm", "--cidfile=/tmp/dk-cid", "--name", "shop-queue-1", "--network=none", *LIMIT,
             *flags, HOG_IMAGE, "/hog", "200", "5", "dk-compose")
    compare("docker --rm with compose's labels", "dk-compose", {
        "container.id": read("/tmp/dk-cid"), "container.name": "shop-queue-1", "container.runtime": "docker",
        "container.image": HOG_IMAGE, "compose.project": "shop", "compose.service": "queue"}, log)


def docker_cgroupfs():
    log = sh("systemctl", "stop", "dockerd-systemd") + start_docker("cgroupfs") + docker_ready()
    log += sh("docker", "run", "--name", "old", "--network=none", *LIMIT, HOG_IMAGE, "/hog", "200", "5",
              "dk-cgroupfs")
    c, out = inspect("docker", "old")
    compare("docker with cgroupfs", "dk-cgroupfs", {
        "container.id": c and c["Id"], "container.name": "old", "container.runtime": "docker", "unit": None},
        log + out)


# ---- docker in docker ----

DIND = "registry.example/dind:3"
DIND_ROOT = "/srv/dind"
DIND_MOUNTS = ("-v", "/usr:/usr:ro", "-v", "/tmp/image.tar:/image.tar:ro", "--tmpfs=/run")
# First what the entry of docker's own image does: nobody may be in a cgroup that hands controllers to those below it.
# With a name it runs one victim of that name and says its container's id.
DIND_ENTRY = """cd /sys/fs/cgroup
mkdir -p init
for p in $(cat cgroup.procs); do echo $p >init/cgroup.procs; done
sed 's/^/+/; s/ / +/g' cgroup.controllers >cgroup.subtree_control
daemon="dockerd --bridge=none --iptables=false --ip6tables=false --ip-forward=false --storage-driver=vfs"
daemon="$daemon --exec-opt native.cgroupdriver=cgroupfs"
[ $# != 0 ] || exec $daemon
$daemon >/dev/null 2>&1 &
until docker info >/dev/null 2>&1; do sleep 1; done
docker import /image.tar %s
docker run --name one --network=none %s %s /hog 200 5 $1
docker inspect --format={{.Id}} one
""" % (HOG_IMAGE, " ".join(LIMIT), HOG_IMAGE)
# Makes the cgroups $1 one below the other with a limit on the last, and dies there as $2.
POSE = """PATH=/usr/bin:/:$PATH
cd /sys/fs/cgroup
busybox mkdir -p init
echo $$ >init/cgroup.procs
for d in $(echo $1 | busybox tr / ' '); do
    echo +memory >cgroup.subtree_control
    busybox mkdir -p $d
    cd $d
done
echo 40M >memory.max
echo 0 >memory.swap.max
echo $$ >cgroup.procs
exec hog 200 5 $2
"""


def inside(*argv):
    return sh("docker", "exec", "dind", *argv)


def start_dind():
    """An outer container with this guest's programs and a dockerd of its own; what it runs is imported too."""
    for d in ("proc", "sys", "dev", "run", "tmp", "etc", "usr", "var/lib/docker"):
        os.makedirs("%s/%s" % (DIND_ROOT, d))
    os.symlink("/run", DIND_ROOT + "/var/run")
    for d in ("bin", "sbin", "lib", "lib64"):
        os.symlink("usr/" + d, "%s/%s" % (DIND_ROOT, d))
    for file in (HOG, "/bin/busybox"):
        shutil.copy(file, DIND_ROOT)
    write(DIND_ROOT + "/entry", DIND_ENTRY)
    write(DIND_ROOT + "/pose", POSE)
    log = sh("sh", "-c", "tar -C %s -c . | docker import - %s" % (DIND_ROOT, DIND))
    log += sh("docker", "run", "-d", "--name", "dind", "--privileged", "--network=none", *DIND_MOUNTS, "-v",
              "dind:/var/lib/docker", DIND, "/bin/sh", "/entry")
    return log + dind_ready() + inside("docker", "import", "/image.tar", HOG_IMAGE)


def dind_ready():
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if "Server Version" in inside("docker", "info"):
            return ""
        time.sleep(1)
    return sh("docker", "logs", "--tail=30", "dind")


def run_inside(comm, *flags, mib="200"):
    return inside("docker", "run", "--network=none", *flags, HOG_IMAGE, "/hog", mib, "5", comm)


def outer(story, comm, want, log):
    """What is in the outer container, whatever it is called: the host's names for that one, and none for the inner."""
    o, out = inspect("docker", "dind")
    want = {"container.name": None, "container.image": None, "outer.0.id": o and o["Id"], "outer.0.name": "dind",
            "outer.0.runtime": "docker", "outer.0.image": DIND, "outer.1": None, "pod.name": None, "compose": None,
            **want}
    return o and compare(story, comm, want, log + out) or {}


def dind():
    """docker in docker: each docker's own inspect tells its own container."""
    log = start_dind()
    log += run_inside("did-job", "--name=job", *LIMIT)
    c, out = inspect("docker", "job", inside)
    print("# the inner docker itself says OOMKilled=%s" % (c and c["State"]["OOMKilled"]))
    outer("docker in docker", "did-job", {
        "container.id": c and c["Id"], "container.runtime": "docker", "slice": "system.slice"}, log + out)

    log = run_inside("did-rm", "--rm", "--cidfile=/tmp/cid", "--cgroup-parent=/jobs", *LIMIT)
    outer("docker in docker --rm with a cgroup parent", "did-rm", {
        "container.id": inside("cat", "/tmp/cid").strip(), "container.runtime": None}, log)

    log = sh("docker", "update", "--memory=300m", "--memory-swap=300m", "dind")
    log += run_inside("did-outer", "--name=greedy", mib="400")
    c, out = inspect("docker", "greedy", inside)
    e = outer("docker in docker, the outer one's limit", "did-outer", {"container.id": c and c["Id"]}, log + out)
    whole = "/system.slice/" + str(at(e, "identity.unit"))
    g.case("docker in docker: the limit is told to be the outer one's",
           (at(e, "verdict.code"), at(e, "cgroup.limit_path"), at(e, "cgroup.path"), at(e, "cgroup.memory.limit_kb")) ==
           ("ancestor-limit", whole, "%s/docker/%s" % (whole, c and c["Id"]), 300 << 10), e)


def posing():
    """Root in a container makes cgroups that are called as a neighbour's: told by id, and whose it is by the host."""
    bank = inspect("docker", "db")[0]["Id"]
    scope = "docker-%s.scope" % bank
    os.makedirs("/var/log/pods/prod_orders-0_%s/app" % POD_UID)
    write(ROOTFS + "/pose", POSE)
    log = inside("sh", "/pose", scope, "pose-docker")
    outer("a cgroup called as a neighbour", "pose-docker", {"container.id": bank, "container.runtime": "docker"}, log)
    pod = "kubepods.slice/kubepods-pod%s.slice/cri-containerd-%s.scope" % (POD_UID.replace("-", "_"), bank)
    log = inside("sh", "/pose", pod, "pose-pod")
    outer("a cgroup called as a pod of the host", "pose-pod", {"container.id": bank}, log)
    log = sh("systemd-run", "--unit=box", "--wait", "-P", "-p", "Delegate=yes", "-p", "OOMPolicy=continue",
             "systemd-nspawn", "-q", "-D", ROOTFS, "-M", "box", "--keep-unit", "--register=no", "/busybox", "sh",
             "/pose", scope, "pose-nspawn")
    compare("nspawn in a service, a cgroup called as a neighbour", "pose-nspawn", {
        "unit": "box.service", "container.id": bank, "container.name": None, "container.image": None}, log)


def dind_cgroupfs():
    """The same outer container again, by the docker that has cgroupfs now."""
    log = sh("docker", "start", "dind") + dind_ready() + run_inside("did-old", "--name=old", *LIMIT)
    c, out = inspect("docker", "old", inside)
    outer("docker in docker with cgroupfs", "did-old", {
        "container.id": c and c["Id"], "container.runtime": "docker", "unit": None}, log + out)
    sh("docker", "rm", "-f", "dind")


def docker_in_podman():
    log = sh("podman", "run", "--name", "pmind", "--privileged", "--cgroupns=private", "--network=none", *DIND_MOUNTS,
             "-v", "pmind:/var/lib/docker", "--rootfs", DIND_ROOT, "/bin/sh", "/entry", "did-podman")
    c, out = inspect("podman", "pmind")
    compare("docker in podman", "did-podman", {
        "container.id": log.strip().splitlines()[-1], "container.name": None, "container.runtime": "docker",
        "outer.0.id": c and c["Id"], "outer.0.name": "pmind", "outer.0.runtime": "podman",
        "unit": c and "libpod-%s.scope" % c["Id"]}, log + out)


# ---- OCI bundles: containerd's CRI layout, runc, crun ----

def bundle(path, comm, cgroup=None, annotations=None):
    os.makedirs(path, exist_ok=True)
    if not os.path.exists(path + "/config.json"):
        sh("runc", "spec", "-b", path)
    with open(path + "/config.json") as f:
        spec = json.load(f)
    spec["process"].update(terminal=False, args=["/hog", "200", "5", comm])
    spec["root"] = {"path": ROOTFS, "readonly": True}
    spec["annotations"] = annotations or {}
    spec["linux"]["resources"]["memory"] = {"limit": 40 << 20, "swap": 40 << 20}
    if cgroup:
        spec["linux"]["cgroupsPath"] = cgroup
    write(path + "/config.json", json.dumps(spec))
    return path + "/config.json"


def cri(story, comm, cgroup, qos, systemd=False, runtime="containerd", uid=POD_UID):
    """What containerd's CRI plugin makes of a pod's container: its annotations, under the path the kubelet chose."""
    cid = secrets.token_hex(32)
    cgroup = cgroup.replace("ID", cid)
    spec = bundle("/srv/" + comm, comm, cgroup, {
        "io.kubernetes.cri.container-name": comm + "-app", "io.kubernetes.cri.container-type": "container",
        "io.kubernetes.cri.image-name": "registry.example/%s:7" % comm,
        "io.kubernetes.cri.sandbox-id": secrets.token_hex(32), "io.kubernetes.cri.sandbox-name": "orders-0",
        "io.kubernetes.cri.sandbox-namespace": "prod", "io.kubernetes.cri.sandbox-uid": uid})
    flags = ["--runc-systemd-cgroup", "--cgroup", cgroup] if systemd else []
    log = sh("ctr", "-n", "k8s.io", "run", "--rm", "--null-io", *flags, "--config", spec, cid)
    compare(story, comm, {
        "container.id": cid, "container.name": comm + "-app", "container.runtime": runtime,
        "container.image": "registry.example/%s:7" % comm, "pod.uid": uid, "pod.name": "orders-0",
        "pod.namespace": "prod", "pod.qos": qos}, log)


def containerd():
    slice_uid = POD_UID.replace("-", "_")
    cri("containerd, kubelet with systemd", "cri-systemd",
        "kubepods-burstable-pod%s.slice:cri-containerd:ID" % slice_uid, "Burstable", systemd=True)
    cri("containerd, kubelet with cgroupfs", "cri-cgroupfs", "/kubepods/pod%s/ID" % POD_UID, "Guaranteed")
    cri("containerd with cgroupfs under a systemd kubelet", "cri-mixed",
        "kubepods-besteffort-pod%s.slice:cri-containerd:ID" % slice_uid, "BestEffort")


def plain_bundles():
    """Known to nobody but their runtime: the scope is a unit, and that is all there is to say."""
    for runtime in ("runc", "crun"):
        comm = "plain-" + runtime
        path = os.path.dirname(bundle("/srv/" + comm, comm, "system.slice:%s:job" % runtime))
        log = sh(runtime, "--systemd-cgroup", "run", "-b", path, comm)
        compare("%s bundle" % runtime, comm, {"unit": "%s-job.scope" % runtime, "slice": "system.slice",
                                             "container": None}, log)


# ---- machines ----

def lxc():
    write("/var/lib/lxc/box/config", "lxc.uts.name = box\nlxc.rootfs.path = dir:%s\nlxc.net.0.type = empty\n"
          "lxc.init.cmd = /hog 200 5 lxc-box\nlxc.cgroup2.memory.max = 40M\nlxc.apparmor.profile = unconfined\n"
          "lxc.autodev = 0\n" % ROOTFS)
    log = sh("lxc-start", "-n", "box", "-d", "-o", "/tmp/lxc.log", timeout=30)
    compare("LXC", "lxc-box", {"container.id": "box", "container.name": "box", "container.runtime": "lxc",
                               "unit": None}, log + read("/tmp/lxc.log"))


def nspawn(story, comm, machine, unit, *flags):
    p = subprocess.Popen(["systemd-nspawn", "-q", "-D", ROOTFS, "-M", machine, "--property=MemoryMax=40M",
                          "--property=MemorySwapMax=0", *flags, "/hog", "200", "5", comm], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    log = p.communicate(timeout=60)[0]
    compare(story, comm, {"machine": machine, "unit": unit, "slice": "machine.slice", "container": None}, log)


def nspawn_both():
    nspawn("nspawn, not registered", "ns-m1", "m1", "m1.scope", "--register=no")
    nspawn("nspawn, registered", "ns-web", "web-1", "machine-web\\x2d1.scope")


# ---- what it came to ----

def afterwards():
    g.healthy()
    asked = [e for e in kills() if e.get("sources", {}).get("identity") not in ("kernel", "cache", "file")]
    g.case("every event says where its names came from", not asked, asked)


STEPS = (unit_with_escapes, user_service, login_session, podman_rooted, podman_removed, podman_cgroupfs, podman_pod,
         podman_rootless, quadlet, docker, docker_compose, dind, posing, docker_cgroupfs, dind_cgroupfs,
         docker_in_podman, containerd, plain_bundles, lxc, nspawn_both)

# Children inherit the job's -1000; a cgroup with no other processes the kernel reports for ever, killing none.
write("/proc/self/oom_score_adj", "0")
g.run(prepare, *(s for s in STEPS if s.__name__ in (sys.argv[2:] or [s.__name__])), afterwards)
g.end()
