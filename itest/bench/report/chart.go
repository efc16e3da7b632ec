package main

import (
	"image/color"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawChart writes the chart of subscription time against stored payments.
func (r *report) drawChart(file string) error {
	p := plot.New()
	p.Title.Text = "TrackPayments: time until the first update, " + r.base
	p.X.Label.Text = "stored payments"
	p.Y.Label.Text = "time"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker = decades(formatCount)
	p.Y.Tick.Marker = decades(func(value float64) string {
		return formatValue(value, "sec/op")
	})
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())

	sides := []struct {
		name    string
		results results
		color   color.Color
		shape   draw.GlyphDrawer
	}{
		{"stock", r.stock, color.RGBA{R: 200, G: 60, B: 40, A: 255},
			draw.CircleGlyph{}},
		{"lnd-once", r.patched, color.RGBA{R: 30, G: 90, B: 180, A: 255},
			draw.SquareGlyph{}},
	}
	for _, side := range sides {
		line, points, err := plotter.NewLinePoints(r.series(
			side.results,
		))
		if err != nil {
			return err
		}
		line.Color, points.Color = side.color, side.color
		line.Width = vg.Points(2)
		points.Shape, points.Radius = side.shape, vg.Points(4)

		p.Add(line, points)
		p.Legend.Add(side.name, line, points)
	}

	// Whole decades, so that each side's change can be read off.
	p.Y.Min, p.Y.Max = 1e-6, 10

	return p.Save(7*vg.Inch, 4.5*vg.Inch, file)
}

// series returns the median times of subscriptions by stored payments.
func (r *report) series(side results) plotter.XYs {
	var points plotter.XYs
	for _, bench := range r.benches("Subscription", "sec/op") {
		parts := fields(bench)
		values := side[key{bench, "sec/op"}]
		if len(values) == 0 || parts[1][1] != "subscribe" {
			continue
		}

		payments, err := strconv.ParseFloat(parts[0][1], 64)
		if err != nil {
			continue
		}
		points = append(points, plotter.XY{
			X: payments, Y: spreadOf(values).median,
		})
	}

	return points
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

// formatCount formats a number of payments.
func formatCount(value float64) string {
	return grouped(int(value + 0.5))
}
