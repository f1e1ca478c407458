/* host/container_json: what runtimes write, what is torn or hostile, and records far inside a long list. */
#include <jansson.h>
#include <sys/mman.h>

#include "host/container_json.h"
#include "host_tree_fixture.h"

struct bench {
	struct root root;
	struct host_json json;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	assert_non_null(b);
	root_new(&b->root);
	assert_int_equal(host_json_init(&b->json), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	host_json_destroy(&b->json);
	root_free(&b->root);
	free(b);
	return 0;
}

static int open_text(struct bench *b, const char *text)
{
	return host_json_parse(&b->json, slice_cstr(text));
}

#define get(b, ...) host_json_string(&(b)->json, (const char *const[]){__VA_ARGS__, NULL})

static void a_string_is_found_by_the_way_to_it(void **state)
{
	struct bench *b = *state;
	assert_int_equal(open_text(b, "{\"a\":{\"b.c/d\":\"x\"},\"list\":[\"zero\",{\"k\":\"v\"}],\"n\":1,\"e\":\"\"}"),
			 0);
	assert_slice(get(b, "a", "b.c/d"), "x");
	assert_slice(get(b, "list", "0"), "zero");
	assert_slice(get(b, "list", "1", "k"), "v");
	assert_slice(get(b, "e"), "");
	assert_slice(get(b, "n"), NULL);
	assert_slice(get(b, "a"), NULL);
	assert_slice(get(b, "none", "x"), NULL);
	assert_slice(get(b, "list", "2"), NULL);
	assert_slice(get(b, "list", "-1"), NULL);
	assert_slice(get(b, "list", "x"), NULL);
	assert_slice(get(b, "a", "b.c/d", "deeper"), NULL);
	host_json_close(&b->json);
}

static void json_inside_a_string_is_read_on(void **state)
{
	struct bench *b = *state;
	assert_int_equal(
	    open_text(b, "{\"m\":\"{\\\"name\\\":\\\"web\\\",\\\"n\\\":18446744073709551615}\",\"bad\":\"{\"}"), 0);
	assert_slice(get(b, "m", HOST_JSON_TEXT, "name"), "web");
	assert_slice(get(b, "m", "name"), NULL);
	assert_slice(get(b, "bad", HOST_JSON_TEXT, "name"), NULL);
	assert_slice(get(b, "none", HOST_JSON_TEXT, "name"), NULL);
	host_json_close(&b->json);
}

static void numbers_too_large_for_jansson_do_not_cost_the_file(void **state)
{
	struct bench *b = *state;
	assert_int_equal(open_text(b, "{\"rlimits\":[{\"hard\":18446744073709551615}],\"k\":\"v\"}"), 0);
	assert_slice(get(b, "k"), "v");
	host_json_close(&b->json);
}

static void a_string_may_hold_a_nul(void **state)
{
	struct bench *b = *state;
	assert_int_equal(open_text(b, "{\"label\":\"a\\u0000b\",\"k\":\"v\"}"), 0);
	assert_slice(get(b, "k"), "v");
	assert_true(slice_eq(get(b, "label"), SLICE("a\0b")));
	host_json_close(&b->json);
}

static void what_is_torn_is_broken(void **state)
{
	struct bench *b = *state;
	const char whole[] = "{\"Name\":\"/web\",\"Config\":{\"Labels\":{\"a\":\"b\"}}}";
	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		assert_int_equal(host_json_parse(&b->json, slice_of(whole, n)), -EBADMSG);
	assert_int_equal(open_text(b, "{\"a\":\"\xff\"}"), -EBADMSG);
	assert_int_equal(open_text(b, "{\"a\":\"b\"} rest"), -EBADMSG);
	assert_int_equal(open_text(b, ""), -EBADMSG);
	assert_int_equal(open_text(b, whole), 0);
	host_json_close(&b->json);
}

static void fill(char *text, size_t size, const char *unit)
{
	size_t n = strlen(unit);
	for (size_t at = 0; at < size; at++)
		text[at] = unit[at % n];
}

static void hostile_text_is_broken_within_the_memory_there_is(void **state)
{
	struct bench *b = *state;
	static const char *const units[] = {"[", "{\"\":", "[[],[],", "0,", "\"\",", "\"", "\\", "{\"a\":0,", "1e9,"};
	char *text = malloc(HOST_JSON_MAX);
	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_COUNT(units); i++) {
		fill(text, HOST_JSON_MAX, units[i]);
		text[0] = '[';
		assert_int_equal(host_json_parse(&b->json, slice_of(text, HOST_JSON_MAX)), -EBADMSG);
	}
	/* Valid, and too much for the arena: numbers take twenty times their text. */
	for (size_t i = 0; i < HOST_JSON_MAX; i++)
		text[i] = i % 2 ? '0' : ',';
	text[0] = '[';
	text[HOST_JSON_MAX - 1] = ']';
	text[HOST_JSON_MAX - 2] = ' ';
	text[HOST_JSON_MAX - 3] = '0';
	uint32_t refused = b->json.arena.refused;
	assert_int_equal(host_json_parse(&b->json, slice_of(text, HOST_JSON_MAX)), -EBADMSG);
	assert_true(b->json.arena.refused > refused);
	free(text);
	assert_int_equal(open_text(b, "{\"k\":\"v\"}"), 0);
	assert_slice(get(b, "k"), "v");
	host_json_close(&b->json);
}

static void check_given_back(struct bench *b)
{
	unsigned char resident[(HOST_JSON_MAX + HOST_JSON_ARENA) / 4096];
	assert_int_equal(mincore(b->json.text, HOST_JSON_MAX + HOST_JSON_ARENA, resident), 0);
	for (size_t i = 0; i < sizeof(resident); i++)
		assert_int_equal(resident[i] & 1, 0);
}

static void a_file_is_read_and_its_memory_given_back(void **state)
{
	struct bench *b = *state;
	put(&b->root, "f", "{\"k\":\"v\"}");
	assert_int_equal(host_json_open(&b->json, b->root.fd, "f", b->root.trust), 0);
	assert_slice(get(b, "k"), "v");
	host_json_close(&b->json);
	check_given_back(b);
	put(&b->root, "f", "{");
	assert_int_equal(host_json_open(&b->json, b->root.fd, "f", b->root.trust), -EBADMSG);
	check_given_back(b);
	assert_int_equal(host_json_open(&b->json, b->root.fd, "none", b->root.trust), -ENOENT);
	put_mode(&b->root, "f", 0666);
	assert_int_equal(host_json_open(&b->json, b->root.fd, "f", b->root.trust), -EPERM);
	/* and jansson has its own memory again */
	json_t *own = json_loads("{\"a\":1}", 0, NULL);
	assert_non_null(own);
	assert_false((char *)own >= b->json.text && (char *)own < b->json.text + HOST_JSON_MAX + HOST_JSON_ARENA);
	json_decref(own);
}

#define ID_A "1111111111111111111111111111111111111111111111111111111111111111"
#define ID_B "2222222222222222222222222222222222222222222222222222222222222222"

static int open_record(struct bench *b, const char *id)
{
	return host_json_open_record(&b->json, b->root.fd, "list", b->root.trust, slice_cstr(id));
}

static void check_record(struct bench *b, const char *list, const char *id, const char *name)
{
	put(&b->root, "list", list);
	int r = open_record(b, id);
	if (!name) {
		assert_true(r < 0);
		return;
	}
	assert_int_equal(r, 0);
	assert_slice(get(b, "name"), name);
	host_json_close(&b->json);
}

static void a_record_is_found_by_the_id_it_begins_with(void **state)
{
	struct bench *b = *state;
	const char *list = "[{\"id\":\"" ID_A "\",\"name\":\"a\"},{\"id\":\"" ID_B "\",\"name\":\"b\"}]\n";
	check_record(b, list, ID_A, "a");
	check_record(b, list, ID_B, "b");
	check_record(b, list, "3", NULL);
	check_record(b, "[ { \"id\" : \"" ID_A "\" ,\n\"name\" : \"pretty\" } ]", ID_A, "pretty");
	check_record(b, "", ID_A, NULL);
	check_record(b, "[]", ID_A, NULL);
	assert_int_equal(open_record(b, ""), -EINVAL);
	assert_int_equal(open_record(b, "a\"b"), -EINVAL);
	assert_int_equal(open_record(b, "a\\b"), -EINVAL);
}

static void an_id_inside_another_record_is_not_that_record(void **state)
{
	struct bench *b = *state;
	/* A layer, a name and a text with that id, in front of the record itself. */
	check_record(b,
		     "[{\"id\":\"" ID_A "\",\"layer\":\"" ID_B "\",\"names\":[\"" ID_B "\"],"
		     "\"metadata\":\"{\\\"id\\\":\\\"" ID_B "\\\",\\\"name\\\":\\\"liar\\\"}\",\"x\":{\"ID\":\"" ID_B
		     "\"}},"
		     "{\"id\":\"" ID_B "\",\"name\":\"b\"}]",
		     ID_B, "b");
	check_record(b, "[{\"id\":\"" ID_A "\",\"metadata\":\"{\\\"id\\\":\\\"" ID_B "\\\"}\"}]", ID_B, NULL);
	check_record(b, "[{\"name\":\"x\",\"id\":\"" ID_B "\"}]", ID_B, NULL);
}

static void a_torn_record_is_broken_and_others_are_not(void **state)
{
	struct bench *b = *state;
	const char *list = "[{\"id\":\"" ID_A "\",\"name\":\"a\"},{\"id\":\"" ID_B "\",\"nam";
	check_record(b, list, ID_A, "a");
	put(&b->root, "list", list);
	assert_int_equal(open_record(b, ID_B), -EBADMSG);
}

/* Records at every place around the border of two windows, and at the end of a list of several windows. */
static void a_record_is_found_wherever_it_lies(void **state)
{
	struct bench *b = *state;
	const char *first = "[{\"id\":\"" ID_A "\",\"pad\":\"", *second = "\"},{\"id\":\"" ID_B "\",\"name\":\"b\"}]";
	size_t cap = 3 * HOST_JSON_MAX;
	char *text = malloc(cap);
	assert_non_null(text);
	for (size_t back = 0; back < 700; back += back < 120 ? 1 : 37) {
		size_t at = HOST_JSON_MAX - back;
		size_t n = strlen(first);
		memset(text, 'x', cap);
		memcpy(text, first, n);
		memcpy(text + at, second, strlen(second));
		put_bytes(&b->root, "list", slice_of(text, at + strlen(second)));
		assert_int_equal(open_record(b, ID_B), 0);
		assert_slice(get(b, "name"), "b");
		host_json_close(&b->json);
	}
	memset(text, 'x', cap);
	memcpy(text, first, strlen(first));
	memcpy(text + cap - strlen(second), second, strlen(second));
	put_bytes(&b->root, "list", slice_of(text, cap));
	assert_int_equal(open_record(b, ID_B), 0);
	assert_slice(get(b, "name"), "b");
	host_json_close(&b->json);
	assert_int_equal(open_record(b, "3333"), -ENOENT);
	free(text);
}

static void a_list_over_the_bound_is_searched_no_further(void **state)
{
	struct bench *b = *state;
	const char *record = "{\"id\":\"" ID_A "\",\"name\":\"late\"}]";
	put(&b->root, "list", "[");
	int fd = openat(b->root.fd, "list", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, record, strlen(record), HOST_JSON_LIST_MAX + HOST_JSON_MAX), strlen(record));
	close(fd);
	assert_int_equal(open_record(b, ID_A), -EFBIG);
	struct host_trust ours = {.root_uid = geteuid()},
			  users = {.root_uid = geteuid(), .user = true, .uid = geteuid()};
	fd = openat(b->root.fd, "list", O_WRONLY | O_TRUNC | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "[", 1, 0), 1);
	assert_int_equal(pwrite(fd, record, strlen(record), HOST_JSON_USER_LIST_MAX + HOST_JSON_MAX), strlen(record));
	close(fd);
	assert_int_equal(host_json_open_record(&b->json, b->root.fd, "list", ours, SLICE(ID_A)), 0);
	host_json_close(&b->json);
	assert_int_equal(host_json_open_record(&b->json, b->root.fd, "list", users, SLICE(ID_A)), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_string_is_found_by_the_way_to_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(json_inside_a_string_is_read_on, setup, teardown),
	    cmocka_unit_test_setup_teardown(numbers_too_large_for_jansson_do_not_cost_the_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_string_may_hold_a_nul, setup, teardown),
	    cmocka_unit_test_setup_teardown(what_is_torn_is_broken, setup, teardown),
	    cmocka_unit_test_setup_teardown(hostile_text_is_broken_within_the_memory_there_is, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_file_is_read_and_its_memory_given_back, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_record_is_found_by_the_id_it_begins_with, setup, teardown),
	    cmocka_unit_test_setup_teardown(an_id_inside_another_record_is_not_that_record, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_torn_record_is_broken_and_others_are_not, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_record_is_found_wherever_it_lies, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_list_over_the_bound_is_searched_no_further, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
