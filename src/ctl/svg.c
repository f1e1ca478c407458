/* SVG by hand: three plots. Every number printed is our own; names are literals of this program. */
#include "ctl/svg.h"

#include "ctl/html.h"
#include "ctl/when.h"

#define W 640.0

void ctl_svg_stack(FILE *f, const struct ctl_svg_part *parts, size_t count, uint64_t total_kb, const char *total_name)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += parts[i].kb;
	/* Parts may exceed the whole: shared pages, or numbers read at different moments. */
	double whole = (double)(total_kb > sum ? total_kb : sum), x = 0;
	if (whole <= 0)
		return;
	fprintf(f,
		"<svg class=\"plot\" viewBox=\"0 0 %g 26\" preserveAspectRatio=\"none\" style=\"height:26px\" "
		"role=\"img\">",
		W);
	fprintf(f, "<rect class=\"rest\" x=\"0\" y=\"1\" width=\"%g\" height=\"24\" rx=\"4\"/>", W);
	for (size_t i = 0; i < count; i++) {
		double w = (double)parts[i].kb / whole * W;
		fprintf(f, "<rect class=\"c%u\" x=\"%.2f\" y=\"1\" width=\"%.2f\" height=\"24\"><title>%s ",
			parts[i].colour & 7, x, w, parts[i].name);
		ctl_html_size(f, parts[i].kb);
		fputs("</title></rect>", f);
		x += w;
	}
	if (total_kb && total_kb < sum)
		fprintf(f, "<line class=\"mark\" x1=\"%.2f\" x2=\"%.2f\" y1=\"0\" y2=\"26\"/>",
			(double)total_kb / whole * W, (double)total_kb / whole * W);
	fputs("</svg><p class=\"legend\">", f);
	for (size_t i = 0; i < count; i++) {
		fprintf(f, "<span><i class=\"b%u\"></i>%s <b>", parts[i].colour & 7, parts[i].name);
		ctl_html_size(f, parts[i].kb);
		fputs("</b></span> ", f);
	}
	if (total_kb) {
		fprintf(f, "<span><i class=\"%s\"></i>%s <b>", total_kb < sum ? "blimit" : "brest", total_name);
		ctl_html_size(f, total_kb);
		fputs("</b></span>", f);
	}
	fputs("</p>\n", f);
}

static void axis_size(FILE *f, uint64_t kb, double y)
{
	fprintf(f, "<text class=\"axis\" x=\"102\" y=\"%.1f\" text-anchor=\"end\">", y + 4);
	ctl_html_size(f, kb);
	fprintf(f, "</text><line class=\"grid\" x1=\"108\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>", W, y, y);
}

void ctl_svg_history(FILE *f, const struct ctl_svg_point *p, size_t count, uint64_t limit_kb)
{
	const double left = 108, top = 14, bottom = 160, right = W - 8;
	uint64_t max = limit_kb, first = count ? p[0].age_sec : 0;
	char s[64];
	for (size_t i = 0; i < count; i++)
		max = p[i].kb > max ? p[i].kb : max;
	if (count < 2 || first == 0 || max == 0)
		return;
	fprintf(
	    f, "<svg class=\"plot\" viewBox=\"0 0 %g 184\" role=\"img\"><title>resident memory before the kill</title>",
	    W);
	axis_size(f, max, top);
	axis_size(f, max / 2, (top + bottom) / 2);
	axis_size(f, 0, bottom);
	fprintf(f, "<path class=\"area\" d=\"M%.1f %.1f", left, bottom);
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < count; i++) {
			double x = left + (right - left) * (1 - (double)p[i].age_sec / (double)first);
			double y = bottom - (bottom - top) * (double)p[i].kb / (double)max;
			fprintf(f, "%c%.1f %.1f", pass && i == 0 ? 'M' : 'L', x, y);
		}
		if (pass == 0)
			fprintf(f, "L%.1f %.1fZ\"/><path class=\"line\" d=\"", right, bottom);
	}
	fputs("\"/>", f);
	if (limit_kb) {
		double y = bottom - (bottom - top) * (double)limit_kb / (double)max;
		fprintf(f, "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", left, right, y,
			y);
	}
	struct text t = text_on(s, sizeof(s));
	ctl_when_add_span(&t, first);
	fprintf(f, "<text class=\"axis\" x=\"%.1f\" y=\"178\">%s before</text>", left, text_cstr(&t));
	fprintf(f, "<text class=\"axis\" x=\"%.1f\" y=\"178\" text-anchor=\"end\">killed</text></svg>\n", right);
}

void ctl_svg_columns(FILE *f, const uint64_t *value, size_t count, const char *first, const char *last)
{
	uint64_t max = 0;
	for (size_t i = 0; i < count; i++)
		max = value[i] > max ? value[i] : max;
	if (count == 0 || max == 0)
		return;
	double step = W / (double)count, gap = step > 6 ? 2 : 0.5;
	fprintf(f, "<svg class=\"plot\" viewBox=\"0 0 %g 130\" role=\"img\"><title>kills over time</title>", W);
	fprintf(f, "<line class=\"grid\" x1=\"0\" x2=\"%g\" y1=\"108\" y2=\"108\"/>", W);
	for (size_t i = 0; i < count; i++) {
		double h = (double)value[i] / (double)max * 90;
		if (value[i] == 0)
			continue;
		fprintf(f,
			"<rect class=\"c0\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
			"rx=\"2\"><title>%llu</title></rect>",
			(double)i * step + gap / 2, 108 - h, step - gap, h, (unsigned long long)value[i]);
		if (count <= 24)
			fprintf(f, "<text class=\"axis\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%llu</text>",
				((double)i + 0.5) * step, 104 - h, (unsigned long long)value[i]);
	}
	fprintf(f, "<text class=\"axis\" x=\"0\" y=\"124\">%s</text>", first);
	fprintf(f, "<text class=\"axis\" x=\"%g\" y=\"124\" text-anchor=\"end\">%s</text></svg>\n", W, last);
}
