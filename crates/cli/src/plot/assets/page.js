"use strict";
(() => {
  const figure = JSON.parse(document.getElementById("figure").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const ink = dark ? "#ccc" : "#222";
  const grid = { stroke: dark ? "#333" : "#e2e2e2", width: 1 };
  const prefixes = ["a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T"];

  // Without trailing zeros, and without the noise of the last binary digits.
  const plain = (value, digits) => String(Number(value.toPrecision(digits)));

  // With the prefix of a power of a thousand.
  const engineering = (value, digits) => {
    if (value === 0) return "0 ";
    const power = Math.floor(Math.log10(Math.abs(value)) / 3 + 1e-9);
    const index = Math.min(Math.max(power + 6, 0), prefixes.length - 1);
    return plain(value / 10 ** (3 * (index - 6)), digits) + " " + prefixes[index];
  };

  const reading = (axis) => (_, value) => {
    if (value == null) return "–";
    if (axis.log) return engineering(value, 5) + axis.unit;
    return plain(value, 6) + (axis.unit ? " " + axis.unit : "");
  };

  const ticks = (axis) => (_, values) =>
    values.map((value) => {
      if (value == null) return "";
      return axis.log ? engineering(value, 4).replace(" ", "") : plain(value, 8);
    });

  // The horizontal range is that of the data; a margin keeps curves off the upper and lower edge.
  const scale = (axis, margin) => ({
    time: false,
    distr: axis.log ? 3 : 1,
    range: (_, low, high) => {
      if (low == null || high == null) return axis.log ? [1, 10] : [0, 1];
      if (axis.log) {
        const factor = low < high ? (high / low) ** margin : 2;
        return [low / factor, high * factor];
      }
      const room = low < high ? margin * (high - low) : 0.1 * Math.abs(low) || 1;
      return [low - room, high + room];
    },
  });

  // Round numbers, also where the scale begins at an odd one.
  const places = (axis) =>
    axis.log
      ? undefined
      : (_, __, low, high, step) => {
          const found = [];
          for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
          return found;
        };

  // Over many decades the lines between powers of ten would fill the picture.
  const lines = (axis) => ({
    ...grid,
    filter: (u, values) => {
      if (!axis.log || values[values.length - 1] / values[0] < 1e4) return values;
      return values.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-6 ? value : null));
    },
  });

  // Curves that turn back cannot share one ascending scale; each is drawn through its own points.
  const free = (u, index) => {
    const path = new Path2D();
    const [xs, ys] = u.data[index];
    let open = false;
    for (let k = 0; k < xs.length; k++) {
      if (xs[k] == null || ys[k] == null) {
        open = false;
        continue;
      }
      const x = u.valToPos(xs[k], "x", true);
      const y = u.valToPos(ys[k], "y", true);
      open ? path.lineTo(x, y) : path.moveTo(x, y);
      open = true;
    }
    return { stroke: path, fill: null, clip: null, band: null, gaps: null, flags: 1 };
  };

  const draw = (panel, height) => {
    const place = document.createElement("div");
    place.className = "panel";
    document.body.appendChild(place);
    const curves = panel.curves.map((curve) => ({
      label: curve.name,
      stroke: curve.colour,
      width: 1.6,
      dash: curve.dashed ? [6, 4] : undefined,
      value: reading(panel.y),
      spanGaps: curve.spanGaps,
      points: { show: false },
      ...(panel.free && {
        paths: free,
        facets: [
          { scale: "x", auto: true },
          { scale: "y", auto: true },
        ],
      }),
    }));
    const axis = (described) => ({
      stroke: ink,
      grid: lines(described),
      ticks: lines(described),
      font: "13px system-ui, sans-serif",
      labelFont: "14px system-ui, sans-serif",
      label: described.label,
      values: ticks(described),
      splits: places(described),
    });
    return new uPlot(
      {
        mode: panel.free ? 2 : 1,
        width: place.clientWidth,
        height,
        pxAlign: 0,
        scales: { x: scale(figure.x, panel.free ? 0.03 : 0), y: scale(panel.y, 0.05) },
        axes: [
          { ...axis(figure.x), scale: "x" },
          { ...axis(panel.y), scale: "y", size: 70 },
        ],
        series: [panel.free ? {} : { label: figure.x.name, value: reading(figure.x) }, ...curves],
        cursor: panel.free ? { show: false } : { sync: { key: "figure", scales: ["x", null] } },
        legend: { live: !panel.free },
      },
      panel.data,
      place,
    );
  };

  const height = figure.panels.length === 1 ? 480 : 300;
  const charts = figure.panels.map((panel) => draw(panel, height));
  addEventListener("resize", () => {
    for (const chart of charts) chart.setSize({ width: chart.root.parentNode.clientWidth, height });
  });
})();
