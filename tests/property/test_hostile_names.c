/*
 * Names are chosen by whoever is to be blamed. A model of the kernel prints reports about processes and cgroups whose
 * names are any bytes and pieces of the kernel's own lines, whole or in pr_cont pieces, with strangers' records in
 * between; what comes out must be one event, of the right process, and every name in it must be the right one, byte for
 * byte. And any bytes at all in an event's strings are JSON that loads and gives the bytes back.
 */
#include "base/text.h"
#include "stories.h"

#define COMM_MAX 15
#define NAME_MAX_BYTES 255
#define REPORTS 30000
#define EVENTS 3000

/* ---- bytes ---- */

struct bytes {
	size_t n;
	char p[4096];
};

static void add(struct bytes *b, const char *p, size_t n)
{
	assert_true(b->n + n <= sizeof(b->p));
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void add_text(struct bytes *b, const char *text)
{
	add(b, text, strlen(text));
}

static void add_bytes(struct bytes *b, const struct bytes *more)
{
	add(b, more->p, more->n);
}

__attribute__((format(printf, 2, 3))) static void addf(struct bytes *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(b->p + b->n, sizeof(b->p) - b->n, fmt, ap);
	va_end(ap);
	assert_true(n >= 0 && (size_t)n < sizeof(b->p) - b->n);
	b->n += (size_t)n;
}

static const char *const words[] = {
    ",task=",
    ",pid=1,uid=0",
    ",pid=1",
    ",uid=0",
    ",task_memcg=/system.slice/sshd.service",
    ",task_memcg=",
    ",oom_memcg=/",
    ",oom_memcg=",
    ",global_oom",
    "global_oom",
    ",mems_allowed=0",
    ",mems_allowed=",
    ",cpuset=",
    ",nodemask=(null)",
    ") total-vm:1kB",
    ") total-vm:1kB, anon-rss:1kB",
    " total-vm:",
    ", UID:0 pgtables:1kB",
    "), UID 0,",
    ")",
    "(",
    ") score 1",
    " score 9 or sacrifice child",
    ") sharing same memory",
    " invoked oom-killer: gfp_mask=0x0",
    " invoked oom-killer",
    " cpuset=",
    " mems_allowed=0",
    " killed as a result of limit of ",
    " killed as a result of limit of /system.slice",
    "Killed process 1 (",
    "Out of memory: ",
    "oom-kill:constraint=",
    "oom-kill:",
    "Tasks in ",
    " are going to be killed due to memory.oom.group set",
    "Task in ",
    "Mem-Info:",
    "memory: usage 1kB, limit 1kB, failcnt 1",
    "[ pid ]",
    "] 0 1 1",
    "/",
    "//",
    "/..",
    ":",
    ",",
    "=",
    " ",
    "\n",
    "\\x0a",
    "\\",
    "\xff",
    "\xc3\xa9",
    "\xe2\x82",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    "\x1b[2J",
    "\x7f",
    "a",
    "sshd",
    "x.service",
    "(deleted)",
    "(null)",
    "(name too long)",
};

static bool all_plain;

/* A name of at most `max` bytes without those in `never` and NUL; one in four is plain. */
static void make_name(struct bytes *b, size_t max, const char *never, bool may_be_empty)
{
	b->n = 0;
	if (all_plain || random_below(4) == 0) {
		addf(b, "name%zu", random_below(1000));
		return;
	}
	for (size_t parts = random_below(5) + !may_be_empty; parts; parts--) {
		struct bytes part = {0};
		if (random_below(4) == 0)
			for (size_t k = 1 + random_below(3); k; k--) {
				char c = (char)(1 + random_below(255));
				add(&part, &c, 1);
			}
		else
			add_text(&part, words[random_below(ARRAY_COUNT(words))]);
		for (size_t k = 0; k < part.n && b->n < max; k++)
			if (!strchr(never, part.p[k]))
				add(b, part.p + k, 1);
	}
	if (b->n == 0 && !may_be_empty)
		add_text(b, "x");
}

/* One more element of a path, as mkdir() lets it be named. */
static void add_element(struct bytes *path)
{
	struct bytes name;
	do {
		make_name(&name, 1 + random_below(NAME_MAX_BYTES), "/\n", false);
	} while ((name.n == 1 && name.p[0] == '.') || (name.n == 2 && memcmp(name.p, "..", 2) == 0));
	add_text(path, "/");
	add_bytes(path, &name);
}

/* ---- JSON gives the bytes back ---- */

/* How many bytes of `s` are no UTF-8: by the tables of RFC 3629, apart from base/text. */
static size_t bad_bytes(struct slice s)
{
	size_t bad = 0;
	for (size_t i = 0; i < s.n;) {
		size_t n = 1;
		for (; n <= 4 && i + n <= s.n; n++) { /* jansson is the judge of one character */
			json_t *one = json_stringn(s.p + i, n);
			if (one) {
				json_decref(one);
				break;
			}
		}
		bool good = n <= 4 && i + n <= s.n;
		bad += !good;
		i += good ? n : 1;
	}
	return bad;
}

static size_t replacements(const char *text, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i + 3 <= n; i++)
		count += memcmp(text + i, "\xef\xbf\xbd", 3) == 0;
	return count;
}

static bool hex_is(const json_t *hex, struct slice bytes)
{
	const char *text = json_string_value(hex);
	if (!text || strlen(text) != 2 * bytes.n)
		return false;
	for (size_t i = 0; i < bytes.n; i++) {
		char two[3];
		snprintf(two, sizeof(two), "%02x", (unsigned char)bytes.p[i]);
		if (memcmp(text + 2 * i, two, 2) != 0)
			return false;
	}
	return true;
}

/* contract: the bytes themselves where they are UTF-8, else U+FFFD for each bad byte and all of them in hex beside. */
static bool shows(const json_t *value, const json_t *hex, struct slice bytes)
{
	const char *text = json_string_value(value);
	size_t n = json_string_length(value), bad = bad_bytes(bytes);
	if (!text)
		return false;
	if (bad == 0)
		return !hex && n == bytes.n && memcmp(text, bytes.p, n) == 0;
	return hex_is(hex, bytes) && replacements(text, n) == bad + replacements(bytes.p, bytes.n) &&
	       n == bytes.n + 2 * bad;
}

static bool key_shows(const json_t *object, const char *key, struct slice bytes)
{
	char hex[64];
	snprintf(hex, sizeof(hex), "%s_hex", key);
	return shows(json_object_get(object, key), json_object_get(object, hex), bytes);
}

/* ---- the model ---- */

enum form { FORM_3_10, FORM_4_19, FORM_5_4, FORMS };

struct model {
	enum form form;
	bool memcg, suppressed, group, has_caller, plain_stream;
	bool plain_names; /* with strangers' pieces: hostile names beside them are more than the lines tell apart */
	uint64_t seq, usec;
	uint64_t pid, other_pid, uid;
	struct bytes trigger, victim, other, limit, path, cpuset;
	json_t *events;
};

static void print(struct model *m, int level, char flag, const struct bytes *text)
{
	const struct kmsg_record rec = {
	    .seq = m->seq++,
	    .usec = m->usec += 10,
	    .level = (uint8_t)level,
	    .flag = flag,
	    .caller_kind = m->has_caller ? 'T' : 0,
	    .caller_id = m->has_caller ? 77 : 0,
	    .text = slice_of(text->p, text->n),
	};
	run_record(&rec, m->events);
}

static void print_text(struct model *m, int level, const char *text)
{
	struct bytes b = {0};
	add_text(&b, text);
	print(m, level, '-', &b);
}

static void print_stranger(struct model *m)
{
	static const char *const lines[] = {"usb 1-1: new high-speed USB device number 2", "eth0: link up", "",
					    "audit: type=1400 audit(1.2:3): apparmor=\"DENIED\""};
	struct bytes b = {0};
	add_text(&b, lines[random_below(ARRAY_COUNT(lines))]);
	struct kmsg_record rec = {
	    .seq = m->seq++, .usec = m->usec += 10, .level = 6, .flag = '-', .text = slice_of(b.p, b.n)};
	if (m->has_caller)
		rec.caller_kind = 'C';
	run_record(&rec, m->events);
}

/* Another processor's pr_cont, which lands between ours (sysrq's help text was seen to). */
static void print_strangers_piece(struct model *m)
{
	static const char *const pieces[] = {" loglevel(0-9)", " crash(c)", "/dev/vda1", "0-3", " 7", ":",
					     ", nodemask"};
	struct bytes b = {0};
	add_text(&b, pieces[random_below(ARRAY_COUNT(pieces))]);
	struct kmsg_record rec = {
	    .seq = m->seq++, .usec = m->usec += 10, .level = 4, .flag = 'c', .text = slice_of(b.p, b.n)};
	if (m->has_caller)
		rec.caller_kind = 'C';
	run_record(&rec, m->events);
}

/* Pieces of one line, glued here and there as printk does, strangers' records where it could not. */
static void print_pieces(struct model *m, int level, const struct bytes *piece, size_t n)
{
	struct bytes b = {0};
	char flag = '-';
	for (size_t i = 0; i < n; i++) {
		bool split = i > 0 && !m->plain_stream && random_below(3) == 0;
		if (split) {
			print(m, flag == '-' ? level : 4, flag, &b);
			flag = 'c';
			b.n = 0;
			if (random_below(2))
				print_stranger(m);
			if (m->plain_names && random_below(4) == 0)
				print_strangers_piece(m);
		}
		add_bytes(&b, &piece[i]);
	}
	print(m, flag == '-' ? level : 4, flag, &b);
}

static void print_trigger(struct model *m)
{
	struct bytes b = m->trigger;
	add_text(&b,
		 m->form == FORM_3_10 ? " invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0"
		 : m->form == FORM_4_19
		     ? " invoked oom-killer: gfp_mask=0x6000c0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=0"
		     : " invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0");
	print(m, 4, '-', &b);
	if (m->form != FORM_5_4) {
		struct bytes line[3] = {m->trigger};
		add_text(&line[0], " cpuset=");
		line[1] = m->cpuset;
		add_text(&line[2], " mems_allowed=0");
		print_pieces(m, 6, line, 3);
	}
	struct bytes cpu = {0};
	add_text(&cpu, "CPU: 1 PID: 900 Comm: ");
	add_bytes(&cpu, &m->trigger);
	add_text(&cpu, " Not tainted 1.2.3 #1");
	print(m, 4, '-', &cpu);
	print_text(m, 4, "Call Trace:");
	print_text(m, 4, " dump_stack+0x1/0x2");
}

static void print_memory(struct model *m)
{
	if (!m->memcg) {
		print_text(m, 4, "Mem-Info:");
		print_text(m, 4, "active_anon:1 inactive_anon:1 isolated_anon:0\n slab_unreclaimable:1\n free:1");
		print_text(m, 4, "262144 pages RAM");
		return;
	}
	if (m->form != FORM_5_4) {
		struct bytes line[4] = {0};
		add_text(&line[0], "Task in ");
		line[1] = m->path;
		add_text(&line[2], " killed as a result of limit of ");
		line[3] = m->limit;
		print_pieces(m, 6, line, 4);
	}
	print_text(m, 6, "memory: usage 512kB, limit 512kB, failcnt 9");
	struct bytes head = {0};
	add_text(&head, "Memory cgroup stats for ");
	add_bytes(&head, &m->limit);
	add_text(&head, m->form == FORM_5_4 ? ":" : ": cache:0KB rss:500KB");
	print(m, 6, '-', &head);
	if (m->form == FORM_5_4)
		print_text(m, 6, "anon 4096\nfile 0");
}

static void print_row(struct model *m, uint64_t pid, const struct bytes *comm)
{
	struct bytes b = {0};
	addf(&b, "[%5llu]  %4llu %5llu      100       90        3        0             0 ", (unsigned long long)pid,
	     (unsigned long long)m->uid, (unsigned long long)pid);
	add_bytes(&b, comm);
	print(m, 6, '-', &b);
}

static void print_table(struct model *m)
{
	print_text(m, 6, "[ pid ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name");
	print_row(m, m->pid, &m->victim);
	print_row(m, m->other_pid, &m->other);
}

static void print_summary(struct model *m)
{
	struct bytes line[10] = {0};
	size_t n = 0;
	addf(&line[n++], "oom-kill:constraint=%s,nodemask=(null)", m->memcg ? "CONSTRAINT_MEMCG" : "CONSTRAINT_NONE");
	add_text(&line[n++], ",cpuset=");
	line[n++] = m->cpuset;
	add_text(&line[n++], ",mems_allowed=0");
	if (m->memcg) {
		add_text(&line[n++], ",oom_memcg=");
		line[n++] = m->limit;
	} else {
		add_text(&line[n++], ",global_oom");
	}
	add_text(&line[n++], ",task_memcg=");
	line[n++] = m->path;
	add_text(&line[n], ",task=");
	add_bytes(&line[n], &m->victim);
	addf(&line[n++], ",pid=%llu,uid=%llu", (unsigned long long)m->pid, (unsigned long long)m->uid);
	print_pieces(m, 6, line, n);
}

static void print_kill(struct model *m, uint64_t pid, const struct bytes *comm)
{
	struct bytes b = {0};
	const char *cause = m->memcg ? "Memory cgroup out of memory" : "Out of memory";
	if (m->form == FORM_5_4)
		addf(&b, "%s: ", cause);
	addf(&b, "Killed process %llu (", (unsigned long long)pid);
	add_bytes(&b, comm);
	add_text(&b, ") total-vm:400kB, anon-rss:300kB, file-rss:60kB, shmem-rss:0kB");
	if (m->form == FORM_5_4)
		addf(&b, ", UID:%llu pgtables:12kB oom_score_adj:0", (unsigned long long)m->uid);
	print(m, 3, '-', &b);
}

static void print_report(struct model *m)
{
	if (!m->suppressed) {
		print_trigger(m);
		print_memory(m);
		print_table(m);
		if (m->form == FORM_5_4)
			print_summary(m);
	}
	if (m->form != FORM_5_4) {
		struct bytes b = {0};
		addf(&b, "%s: Kill process %llu (", m->memcg ? "Memory cgroup out of memory" : "Out of memory",
		     (unsigned long long)m->pid);
		add_bytes(&b, &m->victim);
		add_text(&b, ") score 990 or sacrifice child");
		print(m, 3, '-', &b);
	}
	print_kill(m, m->pid, &m->victim);
	if (m->group) {
		struct bytes line[3] = {0};
		add_text(&line[0], "Tasks in ");
		line[1] = m->path;
		add_text(&line[2], " are going to be killed due to memory.oom.group set");
		print_pieces(m, 6, line, 3);
		print_kill(m, m->other_pid, &m->other);
		print_kill(m, m->pid, &m->victim);
	}
}

/* ---- what must hold ---- */

static void wrong(const struct model *m, const char *what)
{
	const struct bytes *name[] = {&m->trigger, &m->victim, &m->other, &m->cpuset, &m->limit, &m->path};
	char *events = json_dumps(m->events, JSON_COMPACT), shown[8192];
	struct text t = text_on(shown, sizeof(shown));
	for (size_t i = 0; i < ARRAY_COUNT(name); i++) {
		text_add_shown(&t, slice_of(name[i]->p, name[i]->n));
		text_add(&t, SLICE("\n"));
	}
	fail_msg("%s is wrong (form %d, memcg %d, suppressed %d, group %d); trigger, victim, other, cpuset, limit and "
		 "path:\n%s%s",
		 what, m->form, m->memcg, m->suppressed, m->group, text_cstr(&t), events ? events : "");
}

/* Told right, or not told; names without anything hostile must be told. */
static void check_name(const struct model *m, const json_t *object, const char *key, const struct bytes *name,
		       bool must)
{
	if (!json_object_get(object, key) && !must)
		return;
	if (!key_shows(object, key, slice_of(name->p, name->n)))
		wrong(m, key);
}

static bool is_plain(const struct bytes *b)
{
	for (size_t i = 0; i < b->n; i++) {
		char c = b->p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/';
		if (!plain)
			return false;
	}
	return true;
}

static void check_kill(const struct model *m, const json_t *e, uint64_t pid, const struct bytes *comm, bool chosen)
{
	const json_t *victim = json_object_get(e, "victim"), *cgroup = json_object_get(e, "cgroup");
	const json_t *trigger = json_object_get(e, "trigger");
	bool whole = !m->suppressed && m->plain_stream;
	bool plain = whole && is_plain(&m->path) && is_plain(&m->limit) && is_plain(&m->cpuset) && is_plain(&m->victim);
	if (strcmp(event_word(e, "type"), "oom-kill") != 0)
		wrong(m, "type");
	if (json_integer_value(json_object_get(victim, "pid")) != (json_int_t)pid)
		wrong(m, "victim.pid");
	check_name(m, victim, "comm", comm, true);
	const json_t *uid = json_object_get(victim, "uid");
	if ((uid || m->form == FORM_5_4 || whole) && json_integer_value(uid) != (json_int_t)m->uid)
		wrong(m, "victim.uid");
	if (strcmp(event_word(e, "scope"), m->memcg ? "memcg" : "global") != 0)
		wrong(m, "scope");
	/* One name is the beginning of another line, which may hold the words of this one. */
	bool doubtful = slice_starts(slice_of(m->trigger.p, m->trigger.n), SLICE("Tasks in /"));
	check_name(m, trigger, "comm", &m->trigger, whole && !doubtful);
	check_name(m, e, "cpuset", &m->cpuset, plain && !doubtful);
	check_name(m, cgroup, "path", &m->path, plain && chosen && (m->memcg || m->form == FORM_5_4));
	check_name(m, cgroup, "limit_path", &m->limit, plain && m->memcg);
	/* Where the report names no cgroup nothing tells whether the group's, in pieces, is whole. */
	bool named = !m->suppressed && (m->memcg || m->form == FORM_5_4);
	if (named || m->plain_stream)
		check_name(m, json_object_get(e, "group"), "cgroup", &m->path, false);
	json_t *task;
	size_t i;
	json_array_foreach(json_object_get(json_object_get(e, "tasks"), "top"), i, task)
	{
		bool first = json_integer_value(json_object_get(task, "pid")) == (json_int_t)m->pid;
		check_name(m, task, "comm", first ? &m->victim : &m->other, true);
	}
}

static void one_report(void)
{
	static struct model m;
	m = (struct model){
	    .form = (enum form)random_below(FORMS),
	    .memcg = random_below(3) > 0,
	    .suppressed = random_below(6) == 0,
	    .has_caller = random_below(3) == 0,
	    .plain_stream = random_below(2),
	    .seq = 100,
	    .usec = 5000000,
	    .pid = 2 + random_below(30000),
	    .uid = random_below(60000),
	    .events = json_array(),
	};
	m.other_pid = m.pid + 1;
	m.plain_names = all_plain = random_below(4) == 0;
	m.group = m.form != FORM_3_10 && random_below(4) == 0;
	make_name(&m.trigger, COMM_MAX, "", true);
	make_name(&m.victim, COMM_MAX, "", true);
	make_name(&m.other, COMM_MAX, "", true);
	add_element(&m.limit);
	if (random_below(2))
		add_element(&m.limit);
	m.path = m.limit;
	if (random_below(2))
		add_element(&m.path);
	if (random_below(3)) /* the trigger's: the last element of where it is */
		make_name(&m.cpuset, 60, "/\n", false);
	else
		add_text(&m.cpuset, "/");
	run_begin();
	print_report(&m);
	run_end(m.events);
	if (json_array_size(m.events) != (m.group ? 2 : 1))
		wrong(&m, "the number of events");
	check_kill(&m, json_array_get(m.events, 0), m.pid, &m.victim, true);
	if (m.group)
		check_kill(&m, json_array_get(m.events, 1), m.other_pid, &m.other, false);
	json_decref(m.events);
}

static void no_name_makes_an_event_or_moves_the_blame(void **state)
{
	(void)state;
	for (size_t i = 0; i < REPORTS; i++)
		one_report();
}

/* ---- any bytes ---- */

static struct slice any_bytes(struct arena *arena, struct bytes *scratch)
{
	scratch->n = 0;
	for (size_t parts = random_below(6); parts; parts--) {
		if (random_below(2)) {
			add_text(scratch, words[random_below(ARRAY_COUNT(words))]);
			continue;
		}
		for (size_t k = random_below(9); k; k--) {
			char c = (char)random_below(256);
			add(scratch, &c, 1);
		}
	}
	return arena_copy(arena, slice_of(scratch->p, scratch->n));
}

static void one_event(void)
{
	static struct event e;
	static struct bytes scratch;
	event_init(&e, EVENT_OOM_KILL);
	e.id = SLICE("00000000000000000000000000000000-1");
	e.report = SLICE("full");
	e.victim.pid = (struct opt_u64){true, 1};
	struct slice *const at[] = {&e.summary,     &e.victim.comm,       &e.victim.exe,
				    &e.cgroup.path, &e.cgroup.limit_path, &e.identity.unit};
	static const char *const in[] = {NULL, "victim", "victim", "cgroup", "cgroup", "identity"};
	static const char *const key[] = {"summary", "comm", "exe", "path", "limit_path", "unit"};
	for (size_t i = 0; i < ARRAY_COUNT(at); i++)
		*at[i] = any_bytes(&e.arena, &scratch);
	struct slice args[3];
	e.victim.cmdline = (struct event_strings){3, args};
	for (size_t i = 0; i < 3; i++)
		args[i] = any_bytes(&e.arena, &scratch);
	struct slice line = event_json_encode(property_json, &e);
	json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	assert_non_null(root);
	assert_null(memchr(line.p, '\n', line.n));
	for (size_t i = 0; i < ARRAY_COUNT(at); i++) {
		const json_t *object = in[i] ? json_object_get(root, in[i]) : root;
		if (!key_shows(object, key[i], *at[i]))
			fail_msg("%s does not come back: %.*s", key[i], (int)line.n, line.p);
	}
	const json_t *victim = json_object_get(root, "victim");
	const json_t *shown = json_object_get(victim, "cmdline"), *hex = json_object_get(victim, "cmdline_hex");
	for (size_t i = 0; i < 3; i++) {
		const json_t *one = bad_bytes(args[i]) ? json_array_get(hex, i) : NULL;
		if (!shows(json_array_get(shown, i), one, args[i]) || (hex && !hex_is(json_array_get(hex, i), args[i])))
			fail_msg("cmdline does not come back: %.*s", (int)line.n, line.p);
	}
	json_decref(root);
}

static void any_bytes_are_json_that_gives_them_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVENTS; i++)
		one_event();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(no_name_makes_an_event_or_moves_the_blame, random_seed),
	    cmocka_unit_test_setup(any_bytes_are_json_that_gives_them_back, random_seed),
	};
	return cmocka_run_group_tests(tests, property_set_up, property_tear_down);
}
