// Paths of several optimizers on a surface, beside their loss against the step.

kinds.descent = (figure, spec) => {
  const surface = surfaceOf(spec.surface);
  const runs = spec.optimizers.map(runOf);
  let start = spec.start;

  const panels = figure.row("panels");
  const map = surfacePanel(panels, surface, `Level lines of ${surface.label} with the path of each optimizer; the text below says how each ends.`);
  const chart = new Panel(panels, "Loss against step for each optimizer, on a logarithmic scale.", surface.ratio);
  const handle = figure.handle(map, (point) => (start = point));
  const spacing = surface.minima.length > 1 ? "" : " · from line to line the loss changes by a factor of √10";
  figure.note(`✛ minimum · drag the start ○, or move it with the arrow keys (Shift: further)${spacing}`);

  const table = figure.row("runs");
  for (const run of runs) figure.legend(table, run);
  const shared = figure.row("controls shared");
  for (const slider of spec.sliders) {
    const alone = slider.targets.length === 1 ? runs[slider.targets[0]] : null;
    const targets = slider.targets.map((i) => (i < 0 ? surface.parameters : runs[i].hyper));
    figure.slider(alone ? alone.controls : shared, {
      ...slider,
      name: alone ? `${slider.label} of ${alone.label}` : slider.label,
      set: (x) => targets.forEach((target) => (target[slider.name] = x)),
    });
  }
  const turned = spec.sliders.some(({ targets }) => targets.includes(-1)); // then the surface is drawn at every event
  figure.resetButton(shared, () => (start = spec.start));
  figure.note(MEANING);

  const paint = (colors, dark) => {
    for (const run of runs) {
      follow(run, surface, start, spec.steps);
      run.style = styleOf(run, colors, dark);
    }
    if (map.fit()) drawPaths(map, surface, runs, colors, turned ? 5 : 2.5);
    handle.place(start);
    if (chart.fit(figure.beside ? map.height : undefined)) drawLosses(chart, surface, runs, spec.steps, colors);
    figure.tell(runs);
    const rate = ({ hyper }) => (typeof hyper.learning_rate === "number" ? ` at learning rate ${number(hyper.learning_rate)}` : "");
    const clauses = runs.map((run) => `${run.label}${rate(run)}, ${run.text}`);
    figure.say(withMeaning(`From ${pointText(start)} on ${surface.place()}: ${clauses.join("; ")}.`, runs.map((run) => run.outcome)));
  };
  return { panels: [map, chart], paint };
};
