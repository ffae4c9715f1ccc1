// Paths of several optimizers on a surface, beside their loss against the step.

kinds.descent = (figure, spec) => {
  const surface = surfaces[spec.surface.name] ?? compileAll(spec.surface);
  const runs = spec.optimizers.map((optimizer) => ({
    ...optimizer,
    rule: rules[optimizer.rule] ?? compileAll(optimizer.rule),
    hyper: Object.fromEntries(Object.entries(optimizer.hyper).map(([name, v]) => [name, v.schedule ? compileSchedule(v) : v])),
  }));
  const parameters = { ...spec.surface.parameters };
  const value = (x, y) => surface.value(x, y, parameters);
  const place = () => {
    const settings = Object.entries(parameters).map(([name, x]) => `${name.replaceAll("_", " ")} ${number(x)}`);
    return spec.surface.label + (settings.length ? ` with ${settings.join(", ")}` : "");
  };
  const gradient = (p) => surface.gradient(p[0], p[1], parameters);
  const [[left, right], [bottom, top]] = spec.box;
  const ratio = Math.min(1, Math.max(0.5, (top - bottom) / (right - left)));
  let start = [...spec.start];

  const panels = figure.row("panels");
  const map = new Panel(panels, `Level lines of ${spec.surface.label} with the path of each optimizer; the text below says how each ends.`, ratio);
  const chart = new Panel(panels, "Loss against step for each optimizer, on a logarithmic scale.", ratio);
  [map.x, map.y] = [linear(left, right), linear(bottom, top)];

  const handle = figure.handle(map, (point) => {
    start = point;
    figure.redraw();
  });
  const spacing = spec.minima.length > 1 ? "" : " · from line to line the loss changes by a factor of √10";
  figure.note(`✛ minimum · drag the start ○, or move it with the arrow keys (Shift: further)${spacing}`);

  const table = figure.row("runs");
  for (const run of runs) {
    const row = table.appendChild(document.createElement("div"));
    row.className = "run";
    run.swatch = row.appendChild(swatch(run));
    row.append(element("b", run.label));
    run.controls = row.appendChild(element("div", "", "controls"));
    run.status = row.appendChild(element("span", "", "status"));
  }
  const shared = figure.row("controls shared");
  for (const slider of spec.sliders) {
    const alone = slider.targets.length === 1 ? runs[slider.targets[0]] : null;
    const targets = slider.targets.map((i) => (i < 0 ? parameters : runs[i].hyper));
    figure.slider(alone ? alone.controls : shared, {
      ...slider,
      name: alone ? `${slider.label} of ${alone.label}` : slider.label,
      set: (x) => targets.forEach((target) => (target[slider.name] = x)),
    });
  }
  const turned = spec.sliders.some(({ targets }) => targets.includes(-1)); // then the surface is drawn at every event
  figure.resetButton(shared, () => (start = [...spec.start]));

  const drawMap = (colours) => {
    map.backdrop([colours.paper, ...Object.values(parameters)], () => {
      map.clear(colours);
      landscape(map, value, spec.minima, colours, turned ? 5 : 2.5);
      for (const [x, y] of spec.minima) map.cross(x, y, colours.ink);
      map.axes(colours, ...spec.surface.axes);
    });
    for (const run of runs) map.curve(run.outcome.path.map(([x, y]) => [map.X(x), map.Y(y)]), run.style);
    for (const { outcome, style } of runs) {
      const end = outcome.path[outcome.path.length - 1];
      if (outcome.word !== "diverged") map.marker(map.X(end[0]), map.Y(end[1]), style.marker, style.colour, colours.paper);
    }
    handle.place(start);
  };

  const drawChart = (colours, floor) => {
    const gaps = runs.map((run) => run.outcome.losses.map((loss) => loss - floor));
    const high = Math.ceil(Math.log10(Math.max(1e-300, ...gaps.map((gap) => gap[0] ?? 0))) + 0.5); // powers of ten
    const least = gaps.flat().reduce((a, gap) => (gap > 0 && gap < a ? gap : a), 10 ** high);
    const low = Math.max(high - 16, Math.min(high - 4, Math.floor(Math.log10(least))));
    [chart.x, chart.y] = [linear(0, spec.steps), logarithmic(10 ** low, 10 ** high)];
    chart.backdrop([colours.paper, chart.y.low, chart.y.high], () => {
      chart.clear(colours);
      chart.axes(colours, "step", floor ? "loss above the minimum" : "loss");
    });
    runs.forEach((run, i) => {
      const points = gaps[i].map((gap, k) => [chart.X(k), chart.Y(Math.max(gap, chart.y.low / 10))]);
      chart.curve(points, run.style);
      if (run.outcome.word !== "diverged") chart.marker(...points[points.length - 1], run.style.marker, run.style.colour, colours.paper);
    });
  };

  let beside = false;
  const resize = () => {
    map.forget();
    chart.forget();
    beside = map.box.offsetTop === chart.box.offsetTop;
  };

  const paint = (colours, dark) => {
    for (const run of runs) {
      run.outcome = judge(descend(run.rule, gradient, start, spec.steps, run.hyper), value, spec.minima, spec.box);
      run.style = { ...run, colour: run.colours[Number(dark)], paper: colours.paper };
      run.text = outcomeText(run.outcome, spec.minima.length > 1);
    }
    const floor = Math.min(0, ...spec.minima.map((m) => value(...m))); // a logarithm needs losses above zero
    if (map.fit()) drawMap(colours);
    if (chart.fit(beside ? map.height : undefined)) drawChart(colours, floor);
    for (const run of runs) {
      if (run.status.textContent !== run.text) run.status.textContent = run.text;
      if (run.drawn !== run.style.colour) run.drawn = run.swatch.style.color = run.style.colour;
    }
    const rate = ({ hyper }) => (typeof hyper.learning_rate === "number" ? ` at learning rate ${number(hyper.learning_rate)}` : "");
    figure.say(`From ${pointText(start)} on ${place()}: ${runs.map((run) => `${run.label}${rate(run)}, ${run.text}`).join("; ")}.`);
  };
  return { paint, resize };
};
