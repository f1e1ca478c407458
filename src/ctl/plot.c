/* A filled curve in eighths of a character's height. */
#include "ctl/plot.h"

#define MAX_COLUMNS 200

static void put_level(const struct ctl_out *out, double filled)
{
	static const char *const eighth[] = {" ",
					     "\xe2\x96\x81",
					     "\xe2\x96\x82",
					     "\xe2\x96\x83",
					     "\xe2\x96\x84",
					     "\xe2\x96\x85",
					     "\xe2\x96\x86",
					     "\xe2\x96\x87",
					     "\xe2\x96\x88"};
	int n = filled <= 0 ? 0 : filled >= 1 ? 8 : (int)(filled * 8 + 0.5);
	if (out->utf8)
		fputs(eighth[n], out->f);
	else
		fputc(n >= 4 ? '#' : n >= 1 ? '.' : ' ', out->f);
}

static void put_label(const struct ctl_out *out, uint64_t kb, bool show)
{
	char s[32];
	struct text t = text_on(s, sizeof(s));
	if (show)
		text_add_size_kb(&t, kb);
	fprintf(out->f, "%12s %s", text_cstr(&t), ctl_glyph(out, "\xe2\x94\x82", "|"));
}

void ctl_plot_line(const struct ctl_out *out, const struct ctl_point *p, size_t count, size_t columns, size_t rows,
		   const char *left, const char *right)
{
	uint64_t height[MAX_COLUMNS], max = 0;
	if (columns > MAX_COLUMNS)
		columns = MAX_COLUMNS;
	if (count < 2 || columns < 2 || rows == 0 || p[count - 1].x <= p[0].x)
		return;
	size_t at = 0;
	for (size_t c = 0; c < columns; c++) {
		uint64_t x =
		    p[0].x + (uint64_t)((double)(p[count - 1].x - p[0].x) * (double)c / (double)(columns - 1) + 0.5);
		while (at + 1 < count && p[at + 1].x <= x)
			at++;
		height[c] = p[at].y;
		if (height[c] > max)
			max = height[c];
	}
	for (size_t r = rows; r-- > 0;) {
		put_label(out, max, r == rows - 1);
		fputs(ctl_style(out, CTL_BLUE), out->f);
		for (size_t c = 0; c < columns; c++)
			put_level(out, (max ? (double)height[c] / (double)max : 0) * (double)rows - (double)r);
		fprintf(out->f, "%s\n", ctl_style(out, CTL_PLAIN));
	}
	put_label(out, 0, true);
	int gap = (int)columns - (int)strlen(left) - (int)strlen(right);
	fprintf(out->f, "%s%s%*s%s%s\n", ctl_style(out, CTL_DIM), left, gap > 1 ? gap : 1, "", right,
		ctl_style(out, CTL_PLAIN));
}
