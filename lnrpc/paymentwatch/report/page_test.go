package report

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lnd-once/internal/chromium"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// browserTimeout is how long a browser may take for all that it shows.
const browserTimeout = 3 * time.Minute

// look tells how a browser shows a page: how wide it is, its colors, how many
// figures are side by side, how large the smallest text is, and which text
// sticks out of its drawing or lies upon another one or a bar.
const look = `document.fonts.ready.then(() => {
	const texts = [...document.querySelectorAll("svg text")];
	const box = (element) => element.getBoundingClientRect();
	const color = (name) => getComputedStyle(document.documentElement)
		.getPropertyValue(name).trim();
	const tops = [...document.querySelectorAll("figure")].map(
		(figure) => box(figure).top);
	const cut = texts.filter((text) => {
		const inner = box(text), outer = box(text.closest("svg"));
		return inner.left < outer.left - 1 ||
			inner.right > outer.right + 1 ||
			inner.top < outer.top - 4 ||
			inner.bottom > outer.bottom + 4;
	});
	const bars = [...document.querySelectorAll("svg path")].filter(
		(path) => path.style.fill.startsWith("var("));
	const hidden = texts.filter((text, i) =>
		[...texts.slice(i + 1), ...bars].some((other) => {
			const a = box(text), b = box(other);
			return a.right > b.left + 1 && b.right > a.left + 1 &&
				a.bottom > b.top + 4 && b.bottom > a.top + 4;
		}));
	return {
		wide: document.documentElement.scrollWidth,
		figures: tops.length,
		abreast: tops.filter((top) => top == tops[0]).length,
		smallest: Math.min(...texts.map((text) => box(text).height)),
		cut: cut.map((text) => text.textContent),
		hidden: hidden.map((text) => text.textContent),
		bars: bars.length,
		font: document.fonts.check("10px Go") &&
			[...document.fonts].every((f) => f.status == "loaded"),
		page: getComputedStyle(document.body).backgroundColor,
		ink: getComputedStyle(texts[0]).fill,
		colors: ["--card", "--ink", "--faint", "--good", "--bad",
			"--accent"].map(color),
	};
})`

// seen is what a browser tells of a page.
type seen struct {
	Wide, Smallest         float64
	Figures, Abreast, Bars int
	Font                   bool
	Cut, Hidden            []string
	Page, Ink              string
	Colors                 []string
}

// TestPageInABrowser looks at a page on a phone and on a desktop, in light and
// dark. All that is drawn can be read, nothing has to be moved sideways but
// tables, and nothing is asked of any network.
func TestPageInABrowser(t *testing.T) {
	t.Parallel()

	browser, err := chromium.Find()
	if err != nil {
		t.Skip(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	var text bytes.Buffer
	require.NoError(t, read(t, many()...).WritePage(&text, began))
	require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))

	ctx, cancel := context.WithTimeout(t.Context(), browserTimeout)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(
		chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(browserTimeout),
	)...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	requests, complaints := listen(ctx)
	require.NoError(t, chromedp.Run(ctx, network.Enable(), log.Enable()))

	for _, screen := range []struct {
		name          string
		width, height int64
		abreast       int
	}{{"phone", 390, 844, 1}, {"desktop", 1280, 900, 3}} {
		for _, scheme := range []string{"light", "dark"} {
			name := screen.name + ", " + scheme
			var (
				s            seen
				picture, top []byte
			)
			require.NoError(t, chromedp.Run(ctx,
				emulation.SetDeviceMetricsOverride(screen.width,
					screen.height, 1, screen.abreast == 1),
				emulation.SetEmulatedMedia().WithFeatures(
					[]*emulation.MediaFeature{{
						Name:  "prefers-color-scheme",
						Value: scheme,
					}}),
				chromedp.Navigate("file://"+file),
				chromedp.Evaluate(look, &s, await),
				chromedp.FullScreenshot(&picture, 100),
				chromedp.CaptureScreenshot(&top),
			), name)
			keep(t, name, picture)
			keep(t, name+", top", top)

			require.EqualValues(t, screen.width, s.Wide, name)
			require.Equal(t, 6, s.Figures, name)
			require.Equal(t, screen.abreast, s.Abreast, name)
			require.Greater(t, s.Smallest, 8.0, name)
			require.Greater(t, s.Bars, 50, name)
			require.True(t, s.Font, name)
			require.Empty(t, s.Cut, name)
			require.Empty(t, s.Hidden, name)
			requireColors(t, name, scheme == "dark", &s, picture)
		}
	}
	require.Equal(t, []string{"file://" + file}, requests())
	require.Empty(t, complaints())
}

// TestPageOfNothing checks that there is a page also where there is nothing to
// draw, and that what stands in it is no HTML.
func TestPageOfNothing(t *testing.T) {
	t.Parallel()

	var text bytes.Buffer
	r := read(t)
	r.Network = "<script>"
	require.NoError(t, r.WritePage(&text, began))
	require.NotContains(t, text.String(), "<svg")
	require.NotContains(t, text.String(), "<script>")
	require.Contains(t, text.String(), "&lt;script&gt;")
}

// TestPageOfFew checks that everything is drawn also of few payments, and that a
// name is no HTML.
func TestPageOfFew(t *testing.T) {
	t.Parallel()

	var text bytes.Buffer
	r := read(t, few()...)
	r.Hops[0].Name = "<script>"
	require.NoError(t, r.WritePage(&text, began))
	require.Equal(t, 6, strings.Count(text.String(), "<svg"))
	require.NotContains(t, text.String(), "<script>")
	require.Equal(t, 2, strings.Count(text.String(), "&lt;script&gt;"))
}

// await waits for what an expression promises.
func await(p *runtime.EvaluateParams) *runtime.EvaluateParams {
	return p.WithAwaitPromise(true)
}

// listen returns what a browser asks for, and what it complains about.
func listen(ctx context.Context) (func() []string, func() []string) {
	var (
		mu                   sync.Mutex
		requests, complaints []string
	)
	asked := make(map[string]bool)
	chromedp.ListenTarget(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()

		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			// What the page has in itself is asked for as well.
			url := e.Request.URL
			if !asked[url] && !strings.HasPrefix(url, "data:") {
				asked[url] = true
				requests = append(requests, url)
			}

		case *log.EventEntryAdded:
			complaints = append(complaints, e.Entry.Text)
		}
	})
	locked := func(list *[]string) func() []string {
		return func() []string {
			mu.Lock()
			defer mu.Unlock()

			return *list
		}
	}

	return locked(&requests), locked(&complaints)
}

// keep leaves a picture where the environment says, for whoever wants to look.
func keep(t *testing.T, name string, picture []byte) {
	t.Helper()

	dir := os.Getenv("REPORT_PICTURES")
	if dir == "" {
		return
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, strings.ReplaceAll(
		name, ", ", "-",
	)+".png"), picture, 0o600))
}

// requireColors checks that a page is light or dark, that what is drawn on it
// differs enough from what is behind it, and that all of it was drawn.
func requireColors(t *testing.T, name string, dark bool, s *seen,
	picture []byte) {

	t.Helper()

	var page, ink color.RGBA
	scan(t, s.Page, "rgb(%d, %d, %d)", &page)
	scan(t, s.Ink, "rgb(%d, %d, %d)", &ink)
	require.Equal(t, dark, brightness(page) < 0.1, name)
	require.Greater(t, contrast(page, ink), 7.0, name)

	var colors []color.RGBA
	for _, text := range s.Colors {
		var c color.RGBA
		scan(t, text, "#%02x%02x%02x", &c)
		colors = append(colors, c)
	}
	for i, c := range colors[1:] {
		require.Greater(t, contrast(colors[0], c), 2.5, "%s: %s", name,
			s.Colors[i+1])
	}

	img, err := png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	there := drawn(img)
	require.Positive(t, there[page], name)
	for i, c := range colors {
		require.Greater(t, there[c], 20, "%s: nothing is %s", name,
			s.Colors[i])
	}
}

// scan reads a color.
func scan(t *testing.T, text, form string, c *color.RGBA) {
	t.Helper()

	_, err := fmt.Sscanf(text, form, &c.R, &c.G, &c.B)
	require.NoError(t, err, text)
	c.A = 255
}

// drawn returns how many pixels there are of each color.
func drawn(img image.Image) map[color.RGBA]int {
	count := make(map[color.RGBA]int)
	bounds := img.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			count[color.RGBA{
				R: uint8(r >> 8), G: uint8(g >> 8),
				B: uint8(b >> 8), A: 255,
			}]++
		}
	}

	return count
}

// contrast returns how much two colors differ, as WCAG measures it.
func contrast(a, b color.RGBA) float64 {
	brighter := max(brightness(a), brightness(b))
	darker := min(brightness(a), brightness(b))

	return (brighter + 0.05) / (darker + 0.05)
}

// brightness returns the relative luminance of a color.
func brightness(c color.RGBA) float64 {
	linear := func(value uint8) float64 {
		v := float64(value) / 255
		if v <= 0.04045 {
			return v / 12.92
		}

		return math.Pow((v+0.055)/1.055, 2.4)
	}

	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}
