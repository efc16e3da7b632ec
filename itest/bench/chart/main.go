// Command chart draws how long a subscription takes by the number of stored
// payments, from the results of a run. It is a program of its own so that the
// tool does not have to carry a plotting library.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"image/color"
	"log"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"lnd-once/internal/results"
	"lnd-once/itest/bench"
)

// main draws the results of one file into another.
func main() {
	log.SetFlags(0)
	log.SetPrefix("chart: ")

	from := flag.String("results", "", "file with the results")
	to := flag.String("out", "", "SVG file to draw to")
	flag.Parse()

	r, err := bench.Load(*from)
	if err != nil {
		log.Fatal(err)
	}
	if err := drawTo(*to, r); err != nil {
		log.Fatal(err)
	}
}

// drawTo draws the chart into a file, as a whole or not at all. It creates the
// folder of the file if there is none.
func drawTo(file string, r *bench.Results) error {
	p := plot.New()
	p.Title.Text = "TrackPayments: time until the first update, " + r.Base
	p.X.Label.Text = "stored payments"
	p.Y.Label.Text = "time"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = decades(bench.FormatCount)
	p.Y.Tick.Marker = decades(func(value float64) string {
		return bench.FormatValue(value, "sec")
	})
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())

	sides := []struct {
		name  string
		side  bench.Side
		color color.Color
		shape draw.GlyphDrawer
	}{
		{"stock", r.Stock, color.RGBA{R: 200, G: 60, B: 40, A: 255},
			draw.CircleGlyph{}},
		{"lnd-once", r.Patched, color.RGBA{
			R: 30, G: 90, B: 180, A: 255,
		}, draw.SquareGlyph{}},
	}
	for _, s := range sides {
		var series plotter.XYs
		for _, point := range s.side.Subscriptions() {
			series = append(series, plotter.XY{
				X: point.Payments, Y: point.Seconds,
			})
		}
		if len(series) == 0 {
			return fmt.Errorf("no subscription of %s was measured",
				s.name)
		}
		line, points, err := plotter.NewLinePoints(series)
		if err != nil {
			return err
		}
		line.Color, points.Color = s.color, s.color
		line.Width = vg.Points(2)
		points.Shape, points.Radius = s.shape, vg.Points(4)

		p.Add(line, points)
		p.Legend.Add(s.name, line, points)
	}

	// Whole decades, so that each side's change can be read off.
	p.Y.Min, p.Y.Max = 1e-6, 10

	drawing, err := p.WriterTo(7*vg.Inch, 4.5*vg.Inch, "svg")
	if err != nil {
		return err
	}
	var svg bytes.Buffer
	if _, err := drawing.WriteTo(&svg); err != nil {
		return err
	}

	return results.Replace(file, svg.Bytes())
}

// decades marks the powers of ten on an axis, formatted by the function.
type decades func(value float64) string

// Ticks returns the marks between two values.
func (d decades) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for _, tick := range (plot.LogTicks{Prec: -1}).Ticks(low, high) {
		if tick.Label != "" {
			tick.Label = d(tick.Value)
		}
		ticks = append(ticks, tick)
	}

	return ticks
}
