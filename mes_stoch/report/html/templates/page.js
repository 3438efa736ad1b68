"use strict";
// Draws every figure from the data in the page, one after the other, so that the page can be read meanwhile.
// Says on the root element how many are drawn: data-figures-drawn, of data-figures-total.
(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const plots = Array.from(document.querySelectorAll("[data-figure]"));
  const root = document.documentElement;
  const NARROW_PX = 600, LEGEND_ROW_PX = 20, AXIS_TITLE_PX = 46;
  root.dataset.figuresTotal = String(plots.length);
  root.dataset.figuresDrawn = "0";

  // room for the legend below: rows by the length of its names, which plotly sets into columns of equal width
  function legendRoom(spec, width) {
    if (spec.layout.showlegend === false) return 0;
    const names = spec.data.filter((trace) => trace.showlegend !== false).map((trace) => String(trace.name || ""));
    if (names.length < 2) return 0;
    const longest = Math.max(...names.map((name) => name.length));
    const columns = Math.max(1, Math.floor((width - 80) / (46 + 7 * longest)));
    return Math.ceil(names.length / columns) * LEGEND_ROW_PX + 12;
  }

  function fitted(spec, plot) {
    const width = plot.clientWidth;
    const layout = JSON.parse(JSON.stringify(spec.layout));
    const room = legendRoom(spec, width);
    const inner = Number(plot.dataset.height) - AXIS_TITLE_PX - layout.margin.t;
    layout.width = width;
    layout.height = Number(plot.dataset.height) + room;
    layout.margin.b = AXIS_TITLE_PX + room;
    layout.legend = Object.assign({}, layout.legend, { y: -(AXIS_TITLE_PX + 4) / inner });
    if (width < NARROW_PX) {
      layout.margin.l = 46;
      layout.margin.r = 12;
      layout.font.size = 10;
      for (const key of Object.keys(layout)) {
        if (/^[xy]axis/.test(key) && layout[key].title) {
          layout[key].title.font.size = 10;
          if (key.startsWith("x")) layout[key].nticks = 4;
        }
      }
    }
    return layout;
  }

  const config = {
    displaylogo: false,
    plotlyServerURL: "",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg" },
  };

  async function draw() {
    for (const plot of plots) {
      const spec = figures[plot.dataset.figure];
      await Plotly.newPlot(plot, spec.data, fitted(spec, plot), config);
      root.dataset.figuresDrawn = String(Number(root.dataset.figuresDrawn) + 1);
      // lets the page be scrolled between two figures
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      for (const plot of plots) {
        if (plot.classList.contains("js-plotly-plot") && plot.clientWidth !== plot._fullLayout.width) {
          Plotly.react(plot, figures[plot.dataset.figure].data, fitted(figures[plot.dataset.figure], plot), config);
        }
      }
    }, 200);
  });
  draw();
})();
