/* The page: one style sheet, an overview, a section a kill. Every string of an event goes through ctl_html_text(). */
#include "ctl/html.h"

#include "ctl/list.h"
#include "ctl/svg.h"
#include "ctl/when.h"

#define STEPS 60

static const char style[] =
    ":root{--bg:#f6f7f9;--card:#fff;--ink:#1b1f24;--dim:#5b6570;--line:#dfe3e8;--warn:#fff4d6;--warnline:#e5b93b;--red:"
    "#c4323b;"
    "--c0:#3b6fd4;--c1:#2a9d8f;--c2:#e08a2e;--c3:#8a5cd0;--c4:#d1495b;--c5:#6b8e23;--c6:#4f7f9f;--c7:#9aa5b1;--rest:#"
    "e6e9ee}"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2127;--ink:#e6e9ed;--dim:#9aa5b1;--line:#333a43;"
    "--warn:#33290f;--warnline:#a8842a;--red:#ff7b82;--c0:#6d9bf5;--c1:#4fc3b5;--c2:#f0a75a;--c3:#b18cf0;--c4:#f07a8a;"
    "--c5:#a3c65a;--c6:#7fb0d0;--c7:#6b7683;--rest:#2a3038}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:62rem;padding:1rem;background:var(--bg);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.15rem;line-height:1.35;margin:0 0 .6rem}"
    "h3{font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--dim);margin:1.2rem 0 .4rem}"
    "section,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1rem "
    "1.1rem;margin:1rem 0}"
    ".dim{color:var(--dim)}.why{background:var(--warn);border-left:4px solid var(--warnline);padding:.6rem .8rem;"
    "border-radius:4px;margin:.6rem 0}code{font:.9em ui-monospace,monospace}"
    "dl{display:grid;grid-template-columns:8.5rem 1fr;gap:.15rem "
    "1rem;margin:0}dt{color:var(--dim)}dd{margin:0}"
    "table{border-collapse:collapse;width:100%}th{text-align:left;color:var(--dim);font-weight:600;font-size:.85rem}"
    "th,td{padding:.3rem .5rem;border-bottom:1px solid "
    "var(--line);vertical-align:top;overflow-wrap:break-word}td.t,td.v{white-space:nowrap}td.l{min-width:7.5rem}.what{"
    "overflow-wrap:anywhere}"
    "."
    "phone{display:none}td.n,th.n{text-align:right;"
    "white-space:nowrap}tr.dead td{color:var(--red);font-weight:600}.scroll{overflow-x:auto}a{color:var(--c0)}"
    ".pair{margin-bottom:.4rem}.pair th:first-child{padding-left:0}"
    ".plot{display:block;width:100%;height:auto;margin:.3rem "
    "0}.grid{stroke:var(--line)}.axis{fill:var(--dim);font-size:12px}"
    ".area{fill:var(--c0);opacity:.18}.line{fill:none;stroke:var(--c0);stroke-width:2.5;stroke-linejoin:round}"
    ".limit{stroke:var(--red);stroke-width:1.5;stroke-dasharray:6 "
    "4}.mark{stroke:var(--red);stroke-width:4}.rest{fill:var(--rest)}"
    ".legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.2rem 0;font-size:.88rem;color:var(--dim)}"
    ".legend b{color:var(--ink);font-weight:600}.legend "
    "i{display:inline-block;width:.7em;height:.7em;border-radius:2px;"
    "margin-right:.35em}.brest{background:var(--rest)}.blimit{background:var(--red)}"
    ".c0{fill:var(--c0)}.c1{fill:var(--c1)}.c2{fill:var(--c2)}.c3{fill:var(--c3)}.c4{fill:var(--c4)}.c5{fill:var(--c5)}"
    ".c6{fill:var(--c6)}.c7{fill:var(--c7)}.b0{background:var(--c0)}.b1{background:var(--c1)}.b2{background:var(--c2)}"
    ".b3{background:var(--c3)}.b4{background:var(--c4)}.b5{background:var(--c5)}.b6{background:var(--c6)}.b7{"
    "background:var(--c7)}"
    "@media(max-width:36rem){body{padding:.5rem;font-size:15px}section,.card{padding:.8rem}dl{grid-template-columns:"
    "7.2rem 1fr;gap:.15rem .6rem}th,td{padding:.3rem "
    ".25rem}table{font-size:14px}.axis{font-size:20px}.wide{display:none}br.phone{display:inline}small.phone{display:"
    "block}}"
    "@media print{body{max-width:none}section{break-inside:avoid}}";

static void escape(FILE *f, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			fputc(s.p[i], f);
		}
}

void ctl_html_text(FILE *f, struct slice s)
{
	char shown[1024];
	/* In parts: a \xNN takes four bytes for one, and a part must not end inside a character. */
	while (s.n) {
		size_t n = 0;
		while (n < s.n && n < sizeof(shown) / 4 - 4) {
			size_t len = text_utf8_len(slice_sub(s, n, s.n));
			n += len ? len : 1;
		}
		struct text t = text_on(shown, sizeof(shown));
		text_add_shown(&t, slice_sub(s, 0, n));
		escape(f, text_slice(&t));
		s = slice_sub(s, n, s.n);
	}
}

void ctl_html_size(FILE *f, uint64_t kb)
{
	char s[32];
	struct text t = text_on(s, sizeof(s));
	text_add_size_kb(&t, kb);
	fputs(text_cstr(&t), f);
}

void ctl_html_begin(FILE *f, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
	      "<meta name=\"color-scheme\" content=\"light dark\"><title>",
	      f);
	ctl_html_text(f, slice_cstr(title));
	fprintf(f, "</title><style>%s</style></head><body>\n<h1>", style);
	ctl_html_text(f, slice_cstr(title));
	fputs("</h1>\n", f);
}

void ctl_html_end(FILE *f, uint64_t now_usec)
{
	char s[64];
	struct text t = text_on(s, sizeof(s));
	ctl_when_add(&t, now_usec, true);
	fprintf(f, "<p class=\"dim\">Made by oomwatchctl %s, %s.</p>\n</body></html>\n", OOMWATCHD_VERSION,
		text_cstr(&t));
}

void ctl_html_overview(FILE *f, const struct ctl_tally *t)
{
	uint64_t steps[STEPS], from, step;
	char first[64], last[64];
	size_t count = ctl_tally_over_time(t, steps, STEPS, &from, &step);
	fprintf(f, "<div class=\"card\"><b>%llu</b> process%s killed", (unsigned long long)t->kills,
		t->kills == 1 ? "" : "es");
	if (t->dated) {
		struct text a = text_on(first, sizeof(first)), b = text_on(last, sizeof(last));
		ctl_when_add(&a, t->first_usec, false);
		ctl_when_add(&b, t->last_usec, true);
		fprintf(f, t->first_usec != t->last_usec ? ", %s to %s" : ", %.0s%s", text_cstr(&a), text_cstr(&b));
	}
	if (t->lost)
		fprintf(f, "<p class=\"why\">%llu records of the kernel log were lost.</p>",
			(unsigned long long)t->lost);
	if (t->unseen)
		fprintf(f, "<p class=\"why\">%llu kills were counted by the kernel but not seen.</p>",
			(unsigned long long)t->unseen);
	if (count >= 2) {
		struct text a = text_on(first, sizeof(first)), b = text_on(last, sizeof(last));
		ctl_when_add(&a, from, false);
		ctl_when_add(&b, from + (count - 1) * step * 1000000, false);
		ctl_svg_columns(f, steps, count, text_cstr(&a), text_cstr(&b));
	}
	fputs("</div>\n", f);
}

void ctl_html_table_begin(FILE *f)
{
	fputs("<div class=\"card scroll\"><table><tr><th>Time</th><th class=\"n wide\">PID</th><th>What</th><th "
	      "class=\"n\">Held</th>"
	      "<th class=\"wide\">Limit</th><th class=\"wide\">Verdict</th></tr>\n",
	      f);
}

void ctl_html_table_row(FILE *f, const json_t *event, unsigned number)
{
	char s[1024], code[128];
	struct text t = text_on(s, sizeof(s));
	struct slice date;
	uint64_t v;
	ctl_list_add_time(&t, event, false);
	struct slice clock = text_slice(&t);
	/* Two parts, that a narrow screen may set one above the other. */
	fputs("<tr><td class=\"dim t\">", f);
	if (!slice_starts(clock, SLICE("[")) && take_until(&clock, SLICE(" "), &date)) {
		ctl_html_text(f, date);
		fputs("<br class=\"phone\"> ", f);
	}
	ctl_html_text(f, clock);
	fputs("</td>", f);
	if (!ctl_is_kill(event)) {
		fputs("<td colspan=\"5\">", f);
		if (number)
			fprintf(f, "<a href=\"#kill%u\">", number);
		ctl_html_text(f, ctl_str(event, "summary"));
		fputs(number ? "</a></td></tr>\n" : "</td></tr>\n", f);
		return;
	}
	fputs("<td class=\"n wide\">", f);
	if (ctl_num(event, "victim.pid", &v))
		fprintf(f, "%llu", (unsigned long long)v);
	t = text_on(s, sizeof(s));
	ctl_add_what(&t, event);
	fputs("</td><td class=\"what\">", f);
	if (number)
		fprintf(f, "<a href=\"#kill%u\">", number);
	escape(f, text_slice(&t));
	fputs(number ? "</a>" : "", f);
	struct text verdict = text_on(code, sizeof(code));
	ctl_add_verdict(&verdict, event);
	/* A narrow screen has no column for it. */
	fputs("<small class=\"phone dim\">", f);
	escape(f, text_slice(&verdict));
	fputs("</small></td><td class=\"n\">", f);
	if (ctl_held_kb(event, &v))
		ctl_html_size(f, v);
	t = text_on(s, sizeof(s));
	ctl_add_limit(&t, event);
	fputs("</td><td class=\"wide l\">", f);
	escape(f, text_slice(&t));
	fputs("</td><td class=\"wide v\">", f);
	escape(f, text_slice(&verdict));
	fputs("</td></tr>\n", f);
}

void ctl_html_table_end(FILE *f)
{
	fputs("</table></div>\n", f);
}
