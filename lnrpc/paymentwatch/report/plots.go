package report

import (
	"bytes"
	"html/template"
	"image/color"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// width and height are the size of a plot, about that of a phone's screen. There
// as on a wide one, where three are side by side, text is as large as it is here.
const (
	width    = 360
	height   = 220
	fontSize = 10
)

// Colors are drawn as those of a style sheet, which knows what is read in the
// dark: each stands for a variable.
var (
	ink    = color.RGBA{R: 1, A: 255}
	faint  = color.RGBA{R: 2, A: 255}
	good   = color.RGBA{R: 3, A: 255}
	bad    = color.RGBA{R: 4, A: 255}
	accent = color.RGBA{R: 5, A: 255}

	variables = strings.NewReplacer(
		"#010000", "var(--ink)", "#020000", "var(--faint)",
		"#030000", "var(--good)", "#040000", "var(--bad)",
		"#050000", "var(--accent)",
	)
)

// prelude is what a drawing begins with: inside a page it is no document of its
// own, and as wide as there is room.
var prelude = regexp.MustCompile(`(?s)^.*?<svg width="[^"]*" height="[^"]*"`)

// newPlot returns a plot without anything in it.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color = faint, faint
		write(&axis.Label.TextStyle)
		write(&axis.Tick.Label)
		axis.Min, axis.Max = 0, 1
	}
	write(&p.Legend.TextStyle)
	p.Legend.Top, p.Legend.Padding = true, fontSize/2
	p.Legend.ThumbnailWidth = fontSize

	return p
}

// write makes text look as that of the page around it does.
func write(style *text.Style) {
	style.Color = ink
	style.Font.Variant, style.Font.Size = "Sans", fontSize
}

// render returns a plot as a part of a page. The page has to have the font that
// its text is measured in: text in another one would not fit.
func render(p *plot.Plot, withFont bool) (template.HTML, error) {
	canvas := vgsvg.NewWith(
		vgsvg.UseWH(width, height), vgsvg.EmbedFonts(withFont),
	)
	p.Draw(draw.New(canvas))
	var svg bytes.Buffer
	if _, err := canvas.WriteTo(&svg); err != nil {
		return "", err
	}

	// What the library has written into it is escaped.
	return template.HTML(variables.Replace(
		prelude.ReplaceAllString(svg.String(), "<svg"),
	)), nil
}

// addBars adds bars, above those below them if there are any.
func addBars(p *plot.Plot, counts plotter.Values, c color.Color,
	below *plotter.BarChart, across bool) (*plotter.BarChart, error) {

	room := float64(width)
	if across {
		room = height
	}
	bars, err := plotter.NewBarChart(
		counts, vg.Length(room*0.6/float64(max(len(counts), 3))),
	)
	if err != nil {
		return nil, err
	}
	bars.Color, bars.LineStyle.Width, bars.Horizontal = c, 0, across
	if below != nil {
		bars.StackOn(below)
	}
	p.Add(bars)

	return bars, nil
}

// drawOutcomes draws how many payments succeeded and failed over time.
func drawOutcomes(parts []bucket, length time.Duration) (*plot.Plot, error) {
	var succeeded, failed plotter.Values
	for _, part := range parts {
		succeeded = append(succeeded, float64(part.Succeeded))
		failed = append(failed, float64(part.Failed))
	}

	p := newPlot()
	below, err := addBars(p, succeeded, good, nil, false)
	if err != nil {
		return nil, err
	}
	above, err := addBars(p, failed, bad, below, false)
	if err != nil {
		return nil, err
	}
	p.Legend.Add("succeeded", below)
	p.Legend.Add("failed", above)
	p.Y.Tick.Marker, p.X.Tick.Marker = whole{}, times(parts, length)

	// The legend has a place of its own.
	p.Y.Max *= 1.4

	return p, nil
}

// drawShare draws which share of the payments succeeded over time.
func drawShare(parts []bucket, length time.Duration) (*plot.Plot, error) {
	var share plotter.XYs
	for i, part := range parts {
		if n := part.Succeeded + part.Failed; n > 0 {
			share = append(share, plotter.XY{
				X: float64(i), Y: float64(part.Succeeded) * 100 /
					float64(n),
			})
		}
	}
	line, points, err := plotter.NewLinePoints(share)
	if err != nil {
		return nil, err
	}
	line.Color, points.Color = accent, accent
	line.Width, points.Radius = 2, 2.5
	points.Shape = draw.CircleGlyph{}

	p := newPlot()
	p.Add(line, points)
	p.X.Min, p.X.Max = -0.5, float64(len(parts))-0.5
	p.Y.Min, p.Y.Max = 0, 100
	p.Y.Tick.Marker, p.X.Tick.Marker = whole{}, times(parts, length)

	return p, nil
}

// drawColumns draws numbers as bars that stand side by side.
func drawColumns(bars []bar, label string) (*plot.Plot, error) {
	p := newPlot()
	names, counts := parted(bars)
	if _, err := addBars(p, counts, accent, nil, false); err != nil {
		return nil, err
	}
	p.NominalX(names...)
	p.X.Label.Text, p.Y.Tick.Marker = label, whole{}

	return p, nil
}

// drawRows draws numbers as bars that lie upon each other, the first on top.
func drawRows(bars []bar) (*plot.Plot, error) {
	p := newPlot()
	bars = slices.Clone(bars)
	slices.Reverse(bars)
	names, counts := parted(bars)
	if _, err := addBars(p, counts, bad, nil, true); err != nil {
		return nil, err
	}
	p.NominalY(names...)
	p.X.Tick.Marker = whole{}

	return p, nil
}

// parted returns names and numbers.
func parted(bars []bar) ([]string, plotter.Values) {
	var (
		names  []string
		counts plotter.Values
	)
	for _, b := range bars {
		names, counts = append(names, b.name), append(counts, b.count)
	}

	return names, counts
}

// whole marks whole numbers on an axis.
type whole struct{}

// Ticks returns the marks between two values.
func (whole) Ticks(low, high float64) []plot.Tick {
	return slices.DeleteFunc(
		plot.DefaultTicks{}.Ticks(low, high), func(t plot.Tick) bool {
			return t.Value != math.Trunc(t.Value)
		},
	)
}

// times returns marks for the beginnings of some parts of a period.
func times(parts []bucket, length time.Duration) plot.Ticker {
	const marks = 4

	layout := "2 Jan"
	switch {
	case length < day:
		layout = "2 Jan 15:04"

	case length > week:
		layout = "Jan 2006"
	}
	var ticks plot.ConstantTicks
	for i := 0; i < len(parts); i += len(parts)/marks + 1 {
		ticks = append(ticks, plot.Tick{
			Value: float64(i), Label: parts[i].begin.Format(layout),
		})
	}

	return ticks
}
