package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"
)

// pageText is the page as a template.
//
//go:embed page.html
var pageText string

// pageTemplate is the page that reports are put into.
var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template is filled with.
type page struct {
	*Report

	Made    time.Time
	Font    template.URL
	Period  string
	Numbers []number
	Figures []figure
	Tables  []titled
}

// number is a number with what it is.
type number struct {
	Name, Value string
}

// titled is a table with what it is.
type titled struct {
	Title string
	*Table
}

// WritePage writes the report as a page that needs nothing else to be shown.
func (r *Report) WritePage(out io.Writer, made time.Time) error {
	figures, err := r.figures()
	if err != nil {
		return err
	}

	return pageTemplate.Execute(out, &page{
		Report: r, Made: made.UTC(), Font: fontURL(),
		Period: r.period(), Numbers: r.numbers(), Figures: figures,
		Tables: []titled{
			{"Outcomes", r.Table("reason")},
			{"Amounts", r.Table("amount")},
			{"Hops where attempts failed", r.Table("hop")},
			{"Channels where attempts failed", r.Table("channel")},
		},
	})
}

// period says which payments the report is about.
func (r *Report) period() string {
	text := "All payments"
	if r.Since != nil || r.Until != nil {
		text = "Payments created"
	}
	if r.Since != nil {
		text += " from " + r.Since.Format(time.DateTime)
	}
	if r.Until != nil {
		text += " until " + r.Until.Format(time.DateTime)
	}

	return text
}

// numbers returns what is to be seen first.
func (r *Report) numbers() []number {
	total := r.all.Succeeded + r.all.Failed

	return []number{
		{"payments", fmt.Sprint(total)},
		{"succeeded", orNothing(percent(r.all.Succeeded, total), " %")},
		{"paid", fmt.Sprintf("%d sat", r.all.Value/msat)},
		{"fees", fmt.Sprintf("%d sat", r.all.Fees/msat)},
		{"fees, median", fmt.Sprintf("%.0f ppm", quantile(r.rates, .5))},
		{"settled after, median", seconds(quantile(r.settled, .5))},
		{"95 % settled within", seconds(quantile(r.settled, .95))},
	}
}

// orNothing returns a number with its unit, or a dash if there is none.
func orNothing(number, unit string) string {
	if number == "" {
		return "–"
	}

	return number + unit
}

// figure is a drawing with what it shows.
type figure struct {
	Caption string
	Drawing template.HTML
}

// figures returns all drawings there is something to draw in.
func (r *Report) figures() ([]figure, error) {
	if err := installFont(); err != nil {
		return nil, err
	}
	parts, length := r.buckets()
	var figures []figure
	for _, f := range []struct {
		caption string
		there   bool
		draw    func() (template.HTML, error)
	}{
		{"Outcomes by the time of creation", len(parts) > 0,
			func() (template.HTML, error) {
				return drawOutcomes(parts, length)
			}},
		{"Share that succeeded, in percent", len(parts) > 0,
			func() (template.HTML, error) {
				return drawShare(parts, length)
			}},
		{"Why payments failed", r.all.Failed > 0,
			func() (template.HTML, error) {
				return drawRows(r.reasonBars())
			}},
		{"Time to settlement, less than", len(r.settled) > 0,
			func() (template.HTML, error) {
				return drawColumns(r.settleBars())
			}},
		{"Fees in ppm, less than", len(r.rates) > 0,
			func() (template.HTML, error) {
				return drawColumns(r.rateBars())
			}},
		{"Where most attempts failed", len(r.Hops) > 0,
			func() (template.HTML, error) {
				return drawRows(r.hopBars())
			}},
	} {
		if !f.there {
			continue
		}
		drawing, err := f.draw()
		if err != nil {
			return nil, fmt.Errorf("unable to draw %q: %w",
				f.caption, err)
		}
		figures = append(figures, figure{f.caption, drawing})
	}

	return figures, nil
}
