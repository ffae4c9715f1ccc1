// A list of gradients, and what each rule makes of it: its steps, and its effective rate.

kinds.gradients = (figure, spec) => {
  const runs = spec.optimizers.map(runOf);
  const { sequences, steps } = spec;
  let { sequence, scale } = spec;
  const numbers = Array.from({ length: steps }, (_, i) => i + 1);

  const panels = figure.row("panels");
  const chart = new Panel(panels, "Step of each rule at each gradient, in learning rates; the text below says how long they are.", 0.62);
  const rates = new Panel(panels, "Effective rate of each rule, step by gradient, on a logarithmic scale.", 0.62);
  rates.margin.left = 76;
  figure.note("left: the steps against the gradient, in learning rates · gray bars: the gradients, by their scale · right: effective rate, the length of a step by the size of its gradient");
  const table = figure.row("runs plain");
  for (const run of runs) figure.legend(table, run);
  const shared = figure.row("controls shared");
  figure.slider(shared, { label: "gradients", values: sequences.map((_, i) => i), value: sequence, text: (i) => sequences[i].label, set: (i) => (sequence = i) });
  figure.slider(shared, { label: "scale of the gradients", values: spec.scales, value: scale, set: (x) => (scale = x) });
  const settings = {};
  for (const slider of spec.sliders) {
    const targets = slider.targets.map((i) => runs[i].hyper);
    figure.slider(shared, {
      ...slider,
      name: slider.label,
      set: (x) => {
        settings[slider.label] = x;
        targets.forEach((hyper) => (hyper[slider.name] = x));
      },
    });
  }
  figure.resetButton(shared, () => {});

  const feed = (run, gradients) => {
    let [theta, state] = [0, run.rule.state];
    return gradients.map((g, i) => {
      const before = theta;
      [theta, ...state] = run.rule.step(theta, g, ...state, i + 1, run.hyper);
      return (before - theta) / run.hyper.learning_rate;
    });
  };

  const draw = (shown, colors) => {
    const all = runs.flatMap((run) => run.steps);
    const far = niceStep(1.05 * Math.max(1, ...all.map(Math.abs)));
    const low = Math.min(0, ...all, ...shown);
    [chart.x, chart.y] = [linear(0, steps), linear(low < 0 ? -far : 0, far)];
    chart.backdrop([colors.paper, low < 0, far, sequence], () => {
      chart.clear(colors);
      chart.pen.fillStyle = colors.rule;
      shown.forEach((g, i) => chart.pen.fillRect(chart.X(i + 1) - 1, chart.Y(Math.max(g, 0)), 2, Math.abs(chart.Y(g) - chart.Y(0))));
      chart.axes(colors, "step", "step in learning rates");
    });
    for (const { steps: lengths, style } of runs) chart.curve(lengths.map((x, i) => [chart.X(i + 1), chart.Y(x)]), style);
  };

  const drawRates = (colors) => {
    const all = runs.flatMap((run) => run.rates.map(([, rate]) => rate)).filter((rate) => rate > 0);
    const ends = [Math.floor(Math.log10(Math.min(...all)) - 0.05), Math.ceil(Math.log10(Math.max(...all)) + 0.05)];
    [rates.x, rates.y] = [linear(0, steps), logarithmic(...ends.map((e) => 10 ** e))];
    rates.backdrop([colors.paper, ...ends], () => {
      rates.clear(colors);
      rates.axes(colors, "step", "effective rate");
    });
    for (const run of runs) rates.curve(run.rates.map(([n, rate]) => [rates.X(n), rates.Y(rate)]), run.style);
  };

  const paint = (colors, dark) => {
    const shown = sequences[sequence].values;
    const gradients = shown.map((g) => scale * g);
    for (const run of runs) {
      run.steps = feed(run, gradients);
      run.rates = numbers.filter((n) => gradients[n - 1]).map((n) => [n, (Math.abs(run.steps[n - 1]) * run.hyper.learning_rate) / Math.abs(gradients[n - 1])]);
      run.style = styleOf(run, colors, dark);
      const sizes = run.steps.map(Math.abs);
      const longest = Math.max(...sizes);
      const at = sizes.findIndex((x) => x >= 0.999 * longest) + 1;
      run.text = `first step ${number(sizes[0])}, longest ${number(longest)} (step ${at}), last ${number(sizes[steps - 1])} · effective rate ${number(run.rates[0][1])}, at last ${number(run.rates.at(-1)[1])}`;
    }
    if (chart.fit()) draw(shown, colors);
    if (rates.fit(figure.beside ? chart.height : undefined)) drawRates(colors);
    figure.tell(runs);
    const setting = Object.entries(settings).map(([label, x]) => `, ${label} ${number(x)}`);
    const clauses = runs.map(({ label, text }) => `${label}, ${text.replace(" · ", ", ")}`);
    figure.say(`${sequences[sequence].label} gradients of scale ${number(scale)}${setting.join("")}; steps in learning rates: ${clauses.join("; ")}.`);
  };
  return { panels: [chart, rates], paint };
};
