// Runs on a surface: what the kinds share that show some.

const ruleOf = ({ step, where, state }) => ({ step: compile(step), where: where && compile(where), state });

function surfaceOf(spec) {
  const [value, gradient] = [spec.value, spec.gradient].map(compile);
  const parameters = { ...spec.parameters };
  const [[left, right], [bottom, top]] = spec.box;
  return {
    ...spec,
    parameters,
    ratio: Math.min(1, Math.max(0.5, (top - bottom) / (right - left))),
    value: (x, y) => value(x, y, parameters),
    gradient: (p) => gradient(p[0], p[1], parameters),
    place() {
      const settings = Object.entries(parameters).map(([name, x]) => `${name.replaceAll("_", " ")} ${number(x)}`);
      return spec.label + (settings.length ? ` with ${settings.join(", ")}` : "");
    },
  };
}

const runOf = (optimizer) => ({
  ...optimizer,
  rule: ruleOf(optimizer.rule),
  hyper: Object.fromEntries(Object.entries(optimizer.hyper).map(([name, v]) => [name, v.schedule ? compileSchedule(v) : v])),
});

const styleOf = (run, colors, dark) => ({ dash: run.dash, marker: run.marker, color: run.colors[Number(dark)], paper: colors.paper });

function follow(run, surface, start, steps, visit) {
  const path = descend(run.rule, surface.gradient, start, steps, run.hyper, visit);
  run.outcome = judge(path, surface.value, surface.minima, surface.box);
  run.text = outcomeText(run.outcome, surface.minima.length > 1);
}

// A panel that shows a surface.
function surfacePanel(parent, surface, label) {
  const map = new Panel(parent, label, surface.ratio);
  [map.x, map.y] = surface.box.map(([low, high]) => linear(low, high));
  return map;
}

function drawPaths(map, surface, runs, colors, pixels = 2.5) {
  map.backdrop([colors.paper, ...Object.values(surface.parameters)], () => {
    map.clear(colors);
    landscape(map, surface.value, surface.minima, colors, pixels);
    for (const [x, y] of surface.minima) map.cross(x, y, colors.ink);
    map.axes(colors, ...surface.axes);
  });
  for (const run of runs) map.curve(run.outcome.path.map(([x, y]) => [map.X(x), map.Y(y)]), run.style);
  for (const { outcome, style } of runs) {
    const end = outcome.path[outcome.path.length - 1];
    if (outcome.word !== "diverged") map.marker(map.X(end[0]), map.Y(end[1]), style, colors.paper);
  }
}

function drawLosses(chart, surface, runs, steps, colors) {
  const floor = Math.min(0, ...surface.minima.map((m) => surface.value(...m))); // a logarithm needs losses above zero
  const gaps = runs.map((run) => run.outcome.losses.map((loss) => loss - floor));
  const high = Math.ceil(Math.log10(Math.max(1e-300, ...gaps.map((gap) => gap[0] ?? 0))) + 0.5); // powers of ten
  const least = gaps.flat().reduce((a, gap) => (gap > 0 && gap < a ? gap : a), 10 ** high);
  const low = Math.max(high - 16, Math.min(high - 4, Math.floor(Math.log10(least))));
  [chart.x, chart.y] = [linear(0, steps), logarithmic(10 ** low, 10 ** high)];
  chart.backdrop([colors.paper, chart.y.low, chart.y.high], () => {
    chart.clear(colors);
    chart.axes(colors, "step", floor ? "loss above the minimum" : "loss");
  });
  runs.forEach((run, i) => {
    const points = gaps[i].map((gap, k) => [chart.X(k), chart.Y(Math.max(gap, chart.y.low / 10))]);
    chart.curve(points, run.style);
    if (run.outcome.word !== "diverged") chart.marker(...points[points.length - 1], run.style, colors.paper);
  });
}
