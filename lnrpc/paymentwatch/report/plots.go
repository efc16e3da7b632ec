package report

import (
	"encoding/base64"
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-analyze/charts"
	"golang.org/x/image/font/gofont/goregular"
)

const (
	// width and height are the size of a plot, about that of a phone's
	// screen. There as on a wide one, where three are side by side, text is
	// as large as it is here.
	width  = 360
	height = 220

	// fontSize is that of text in points, of which an inch has 72 and the
	// library's pixels have 92: these are 10 of those.
	fontSize = 10 * 72. / 92

	// fontName is what the library calls the font, as it calls itself.
	fontName = "Go"

	// padding is left around a plot.
	padding = 8

	// marks is about how many times, and numbers, an axis has.
	marks = 4
)

// Colors are drawn as those of a style sheet, which knows what is read in the
// dark: each stands for a variable.
var (
	ink    = charts.ColorRGB(1, 0, 0)
	faint  = charts.ColorRGB(2, 0, 0)
	good   = charts.ColorRGB(3, 0, 0)
	bad    = charts.ColorRGB(4, 0, 0)
	accent = charts.ColorRGB(5, 0, 0)
	grid   = charts.ColorRGB(6, 0, 0)

	variables = strings.NewReplacer(
		ink.String(), "var(--ink)", faint.String(), "var(--faint)",
		good.String(), "var(--good)", bad.String(), "var(--bad)",
		accent.String(), "var(--accent)", grid.String(), "var(--page)",
	)
)

// installFont gives the library the font that its text is measured in.
var installFont = sync.OnceValue(func() error {
	return charts.InstallFont(fontName, goregular.TTF)
})

// fontURL returns that font for the page, which has to have it: text in another
// one would not fit.
func fontURL() template.URL {
	return template.URL("data:font/ttf;base64," +
		base64.StdEncoding.EncodeToString(goregular.TTF))
}

// newPainter returns what plots are drawn with.
func newPainter() *charts.Painter {
	return charts.NewPainter(charts.PainterOptions{
		OutputFormat: charts.ChartOutputSVG, Width: width, Height: height,
	})
}

// theme returns in which colors a plot is drawn, and its series.
func theme(series ...charts.Color) charts.ColorPalette {
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: faint, AxisSplitLineColor: grid, TextColor: ink,
		BackgroundColor: charts.ColorTransparent, SeriesColors: series,
	})
}

// render returns what was drawn as a part of a page.
func render(p *charts.Painter, err error) (template.HTML, error) {
	if err != nil {
		return "", err
	}
	svg, err := p.Bytes()
	if err != nil {
		return "", err
	}

	// The only text in it that is not of the library comes from names.
	return template.HTML(variables.Replace(string(svg))), nil
}

// text returns how text is written.
func text() charts.FontStyle {
	return charts.FontStyle{
		Font: charts.GetFont(fontName), FontSize: fontSize, FontColor: ink,
	}
}

// numbers returns an axis of whole numbers from zero on.
func numbers() []charts.YAxisOption {
	return []charts.YAxisOption{{
		Min: charts.Ptr(0.), LabelFontStyle: text(), ValueFormatter: whole,
		PreferNiceIntervals: charts.Ptr(true), Unit: 1,
		SpineLineShow: charts.Ptr(true),
	}}
}

// names returns an axis with names, which the library would not escape.
func names(list []string) charts.XAxisOption {
	escaped := make([]string, 0, len(list))
	for _, name := range list {
		escaped = append(escaped, html.EscapeString(name))
	}

	return charts.XAxisOption{
		Labels: escaped, LabelFontStyle: text(),
		LabelCount: len(list), BoundaryGap: charts.Ptr(true),
	}
}

// times returns an axis with the beginnings of some parts of a period.
func times(parts []bucket, length time.Duration) charts.XAxisOption {
	layout := "2 Jan"
	switch {
	case length < day:
		layout = "2 Jan 15:04"

	case length > week:
		layout = "Jan 2006"
	}
	var list []string
	for _, part := range parts {
		list = append(list, part.begin.Format(layout))
	}
	axis := names(list)
	axis.LabelCount = min(marks, len(parts))

	return axis
}

// drawOutcomes draws how many payments succeeded and failed over time.
func drawOutcomes(parts []bucket, length time.Duration) (template.HTML, error) {
	counts := make([][]float64, 2)
	for _, part := range parts {
		counts[0] = append(counts[0], float64(part.Succeeded))
		counts[1] = append(counts[1], float64(part.Failed))
	}
	o := charts.NewBarChartOptionWithData(counts)
	o.StackSeries = charts.Ptr(true)
	o.XAxis, o.YAxis = times(parts, length), numbers()
	o.Legend = charts.LegendOption{
		SeriesNames: []string{"succeeded", "failed"}, FontStyle: text(),
		Offset: charts.OffsetRight,
	}
	o.Theme = theme(good, bad)
	o.Padding = charts.NewBoxEqual(padding)
	p := newPainter()

	return render(p, p.BarChart(o))
}

// drawShare draws which share of the payments succeeded over time.
func drawShare(parts []bucket, length time.Duration) (template.HTML, error) {
	var share []float64
	for _, part := range parts {
		value := charts.GetNullValue()
		if n := part.Succeeded + part.Failed; n > 0 {
			value = float64(part.Succeeded) * 100 / float64(n)
		}
		share = append(share, value)
	}
	o := charts.NewLineChartOptionWithData([][]float64{share})
	o.XAxis, o.YAxis = times(parts, length), numbers()
	o.YAxis[0].Max = charts.Ptr(100.)
	o.Symbol = charts.SymbolDot
	o.Theme = theme(accent)
	o.Padding = charts.NewBoxEqual(padding)
	p := newPainter()

	return render(p, p.LineChart(o))
}

// drawColumns draws numbers as bars that stand side by side.
func drawColumns(bars []bar) (template.HTML, error) {
	list, counts := parted(bars)
	o := charts.NewBarChartOptionWithData([][]float64{counts})
	o.XAxis, o.YAxis = names(list), numbers()
	o.Theme = theme(accent)
	o.Padding = charts.NewBoxEqual(padding)
	p := newPainter()

	return render(p, p.BarChart(o))
}

// drawRows draws numbers as bars that lie upon each other, the first on top.
func drawRows(bars []bar) (template.HTML, error) {
	bars = slices.Clone(bars)
	slices.Reverse(bars)
	list, counts := parted(bars)

	// The axis would begin at the least number that there is.
	zeros := make([]float64, len(counts))
	o := charts.NewHorizontalBarChartOptionWithData([][]float64{counts, zeros})
	o.StackSeries = charts.Ptr(true)
	o.YAxis = charts.YAxisOption{
		Labels: names(list).Labels, LabelFontStyle: text(),
	}
	o.XAxis = charts.XAxisOption{
		LabelFontStyle: text(), LabelCount: marks + 1,
		ValueFormatter: whole,
	}
	o.Theme = theme(bad)
	o.Padding = charts.NewBoxEqual(padding)
	p := newPainter()

	return render(p, p.HorizontalBarChart(o))
}

// parted returns names and numbers.
func parted(bars []bar) ([]string, []float64) {
	var (
		list   []string
		counts []float64
	)
	for _, b := range bars {
		list, counts = append(list, b.name), append(counts, b.count)
	}

	return list, counts
}

// whole returns a number as a text, if it is a whole one.
func whole(value float64) string {
	if value != math.Trunc(value) {
		return ""
	}

	return strconv.FormatFloat(value, 'f', -1, 64)
}
