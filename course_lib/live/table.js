// Curves that were computed beforehand, a set of them at each point of a grid.

kinds.table = (figure, spec) => {
  const { grid, x, log, along, names } = spec;
  const { values: steps, label: step, places = steps, name = step } = grid[along];
  const codes = new Uint16Array(Uint8Array.from(atob(spec.table), (c) => c.charCodeAt(0)).buffer);
  const value = (code) => (code === 65535 ? NaN : log ? 10 ** (spec.low + (code * (spec.high - spec.low)) / 65534) : spec.low + (code * (spec.high - spec.low)) / 65534);
  const points = grid.reduce((n, { values }) => n * values.length, 1);
  const at = [...spec.at];
  const place = (where) => grid.reduce((n, { values }, k) => n * values.length + where[k], 0);
  const curves = spec.curves.map((curve, i) => ({
    ...curve,
    values: (where) => Array.from(codes.subarray((i * points + place(where)) * x.length, (i * points + place(where) + 1) * x.length), value),
    total: (where) => curve.totals[place(where)] ?? NaN,
  }));

  const panels = figure.row("panels");
  const chart = new Panel(panels, `${names.y} against ${names.x}; the text below says how each curve ends.`, 0.62);
  const side = new Panel(panels, `${names.total} against ${name}; the text below says it for each curve.`, 0.62);
  const scale = (axis) => (axis.log ? logarithmic : linear)(axis.low, axis.high);
  const across = scale(grid[along]);
  const falling = { ...across, share: (v) => 1 - across.share(v), at: (share) => across.at(1 - share) };
  [chart.x, chart.y, side.x, side.y] = [linear(x[0], x[x.length - 1]), scale(spec.limits), places === steps ? across : falling, scale(spec.totalLimits)];
  chart.margin.left = side.margin.left = 66;
  figure.note(spec.note);
  const table = figure.row("runs plain");
  for (const curve of curves) figure.legend(table, curve);
  const shared = figure.row("controls shared");
  const text = (k, i) => (typeof grid[k].values[i] === "number" ? number(grid[k].values[i]) : grid[k].values[i]);
  grid.forEach(({ label, values }, k) => {
    figure.slider(shared, { label, values: values.map((_, i) => i), value: spec.at[k], text: (i) => text(k, i), set: (i) => (at[k] = i) });
  });
  figure.resetButton(shared, () => {});

  const paint = (colors, dark) => {
    for (const curve of curves) {
      curve.now = curve.values(at);
      curve.style = styleOf(curve, colors, dark);
      const lost = curve.now.findIndex(Number.isNaN);
      const end = lost < 0 ? `${names.y} ${number(curve.now[x.length - 1])} at ${names.x} ${number(x[x.length - 1])}` : `${spec.lost} at ${names.x} ${number(x[lost])}`;
      const total = curve.total(at);
      curve.text = `${end}, ${names.total} ${Number.isNaN(total) ? "none" : number(total)}`;
    }
    if (chart.fit()) {
      chart.backdrop([colors.paper], () => {
        chart.clear(colors);
        chart.axes(colors, names.x, names.y);
      });
      for (const { now, style } of curves) {
        const good = now.findIndex(Number.isNaN);
        const line = (good < 0 ? now : now.slice(0, good)).map((v, i) => [chart.X(x[i]), chart.Y(v)]);
        chart.curve(line, style);
        if (good < 0) chart.marker(...line[line.length - 1], style, colors.paper);
      }
    }
    if (side.fit(figure.beside ? chart.height : undefined)) {
      side.backdrop([colors.paper], () => {
        side.clear(colors);
        side.axes(colors, name, names.total);
      });
      const here = side.X(places[at[along]]);
      side.pen.fillStyle = colors.accent;
      side.pen.fillRect(here - 0.5, 0, 1, side.height);
      for (const curve of curves) {
        const line = places.map((v, i) => [side.X(v), side.Y(curve.total(at.with(along, i)))]);
        side.curve(line.filter(([, y]) => !Number.isNaN(y)), curve.style);
        side.marker(...line[at[along]], curve.style, colors.paper);
      }
    }
    figure.tell(curves);
    const setting = grid.map(({ label }, k) => `${label} ${text(k, at[k])}`);
    figure.say(`At ${setting.join(", ")}: ${curves.map(({ label, text }) => `${label}, ${text}`).join("; ")}.`);
  };
  return { panels: [chart, side], paint };
};
