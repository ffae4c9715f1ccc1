// One step of classical and of Nesterov's momentum from the same place, each in its two halves, under a glass.

// The halves of a step: to the look-ahead point and on, or where the gradient alone leads (a step from rest) and on.
function halves(run, gradient, { theta, state, t }) {
  const { point, g, moved } = advance(run.rule, gradient, theta, state, t, run.hyper);
  const turn = run.rule.where ? point : theta.map((x, i) => run.rule.step(x, g[i], ...run.rule.state, t, run.hyper)[0]);
  return [theta, turn, moved.map((m) => m[0])];
}

kinds.look_ahead = (figure, spec) => {
  const surface = surfaceOf(spec.surface);
  const runs = spec.optimizers.map(runOf);
  const [classical, nesterov] = runs;
  const { names } = spec;
  let { start, step } = spec;

  const panels = figure.row("panels");
  const map = surfacePanel(panels, surface, `Level lines of ${surface.label} with both paths; a square marks the step.`);
  const glass = new Panel(panels, "The step, magnified: two arrows for each method.", surface.ratio);
  const handle = figure.handle(map, (point) => (start = point));
  figure.note("left: both paths · right: the step in the square, from where classical momentum is · dashed: gradient half-step · solid: momentum half-step · Nesterov takes its gradient at the circle");
  const table = figure.row("runs plain");
  for (const run of runs) figure.legend(table, run);
  const ends = table.appendChild(element("p", "", "note"));
  const shared = figure.row("controls shared");
  const steps = Array.from({ length: spec.steps }, (_, i) => i + 1);
  figure.slider(shared, { label: "step", values: steps, value: step, set: (k) => (step = k) });
  for (const slider of spec.sliders) {
    figure.slider(shared, { ...slider, name: slider.label, set: (x) => runs.forEach(({ hyper }) => (hyper[slider.name] = x)) });
  }
  figure.resetButton(shared, () => (start = spec.start));

  const drawGlass = (colors) => {
    const [x, y] = (runs[0].halves ?? [[0, 0]])[0];
    const points = runs.flatMap((run) => run.halves ?? []).map((p) => [p[0] - x, p[1] - y]);
    const sides = [0, 1].map((i) => points.map((p) => p[i])).map((side) => [Math.min(...side), Math.max(...side)]);
    const [cx, cy] = sides.map(([low, high]) => (low + high) / 2);
    const unit = 1.25 * Math.max((sides[0][1] - sides[0][0]) / glass.width, (sides[1][1] - sides[1][0]) / glass.height, 1e-12);
    const [dx, dy] = [(unit * glass.width) / 2, (unit * glass.height) / 2];
    [glass.x, glass.y] = [linear(cx - dx, cx + dx), linear(cy - dy, cy + dy)];
    glass.clear(colors);
    if (!points.length) return;
    const value = (u, v) => surface.value(x + u, y + v);
    landscape(glass, value, [], colors, 18, 8);
    glass.axes(colors, `${surface.axes[0]} from here`, `${surface.axes[1]} from here`);
    const [left, right, top, bottom] = [map.X(x + cx - dx), map.X(x + cx + dx), map.Y(y + cy + dy), map.Y(y + cy - dy)];
    const [w, h] = [Math.max(10, right - left), Math.max(10, bottom - top)];
    map.pen.strokeStyle = colors.ink;
    map.pen.lineWidth = 1.5;
    map.pen.strokeRect((left + right - w) / 2, (top + bottom - h) / 2, w, h);
    for (const { halves, rule, style } of runs) {
      const [from, turn, end] = halves.map((p) => [glass.X(p[0] - x), glass.Y(p[1] - y)]);
      const gradient = { ...style, dash: [5, 3] };
      const momentum = { ...style, dash: [] };
      glass.arrow(from, turn, rule.where ? momentum : gradient, rule.where ? 5 : 0);
      glass.arrow(turn, end, rule.where ? gradient : momentum, 5);
      glass.marker(...end, style, colors.paper);
      if (rule.where) glass.marker(...turn, { marker: "circle", color: colors.paper }, style.color);
    }
  };

  const paint = (colors, dark) => {
    let here = null;
    const visit = (t, theta, state) => t === step && (here = { theta, state, t });
    follow(classical, surface, start, spec.steps, visit);
    follow(nesterov, surface, start, spec.steps);
    if (step > classical.outcome.path.length) here = null; // it has diverged by then
    const length = (a, b) => number(Math.hypot(b[0] - a[0], b[1] - a[1]));
    runs.forEach((run, i) => {
      run.style = { ...styleOf(run, colors, dark), pale: true };
      run.halves = here && halves(run, surface.gradient, here);
      const [from, turn, end] = run.halves ?? [];
      run.words = here && `${names[i][0]} ${length(from, turn)}, then ${names[i][1]} ${length(turn, end)}, to loss ${number(surface.value(...end))}`;
      run.words ??= "no step to show, classical momentum has diverged";
    });
    if (map.fit()) drawPaths(map, surface, runs, colors);
    for (const run of runs) run.style.pale = false;
    handle.place(start);
    if (glass.fit(figure.beside ? map.height : undefined)) drawGlass(colors);
    const apart = here ? `The two end ${length(classical.halves[2], nesterov.halves[2])} apart. ` : "";
    const whole = `On their own paths: ${runs.map(({ label, text }) => `${label}, ${text}`).join("; ")}.`;
    ends.textContent = apart + whole;
    const { learning_rate: rate, momentum } = classical.hyper;
    const setting = `Step ${step} from ${here ? pointText(here.theta) : "nowhere"} on ${surface.place()}, learning rate ${number(rate)}, momentum ${number(momentum)}`;
    figure.say(withMeaning(`${setting}: ${runs.map(({ label, words }) => `${label}, ${words}`).join("; ")}. ${ends.textContent}`, runs.map((run) => run.outcome)));
    figure.tell(runs.map((run) => ({ ...run, text: run.words })));
  };
  return { panels: [map, glass], paint };
};
