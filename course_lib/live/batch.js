// A batch of one feature before and after batch norm, and the gradient of one output by every input.

kinds.batch = (figure, spec) => {
  const { base } = spec;
  const m = base.length;
  let { moved, shift, scale, epsilon } = spec;
  let [at, value] = moved;

  const panels = figure.row("panels");
  const chart = new Panel(panels, "Inputs and outputs of batch norm, example by example; the text below has their figures.", 0.62);
  const bars = new Panel(panels, "Gradient of the chosen output by the input of each example.", 0.62);
  [chart.x, chart.y, bars.x] = [linear(0, m + 1), linear(...spec.range), linear(0, m + 1)];
  const inside = (x) => Math.min(m, Math.max(1, Math.round(x)));
  const knob = figure.handle(chart, ([x, y]) => {
    const chosen = inside(x);
    [at, value] = chosen === at ? [at, (y - shift) / scale] : [chosen, base[chosen - 1]]; // another example is taken as it stands
  }, { label: "Example", by: [1, 0.1], fine: 1, text: ([x, y]) => `example ${x}, input ${number(y)}` });
  figure.note("drag the example ○ up and down, or sideways to choose another; arrow keys do the same (Shift: further) · right: what each input does to the output of the chosen example");
  const table = figure.row("runs plain");
  const [before, after] = spec.curves.map((curve) => ({ ...curve }));
  for (const curve of [before, after]) figure.legend(table, curve);
  const shared = figure.row("controls shared");
  const settings = { shift: (x) => (shift = x), scale: (x) => (scale = x), epsilon: (x) => (epsilon = x) };
  for (const slider of spec.sliders) figure.slider(shared, { ...slider, set: settings[slider.label] });
  figure.resetButton(shared, () => ([at, value] = moved));

  const mean = (values) => values.reduce((a, b) => a + b) / m;
  const draw = (colors, z, y) => {
    chart.backdrop([colors.paper], () => {
      chart.clear(colors);
      chart.axes(colors, "example", "value");
      chart.pen.fillStyle = colors.rule;
      chart.pen.fillRect(0, chart.Y(0), chart.width, 1);
    });
    chart.pen.fillStyle = colors.accent;
    chart.pen.fillRect(chart.X(at) - 0.5, 0, 1, chart.height);
    z.forEach((v, i) => chart.marker(chart.X(i + 1), chart.Y(v), before.style, colors.paper));
    y.forEach((v, i) => chart.marker(chart.X(i + 1), chart.Y(v), after.style, colors.paper));
  };
  const drawBars = (colors, slopes) => {
    const most = niceStep(1.05 * Math.max(...slopes.map(Math.abs), 1e-9));
    bars.y = linear(-most, most);
    bars.backdrop([colors.paper, most], () => {
      bars.clear(colors);
      bars.axes(colors, "input of example", "gradient");
      bars.pen.fillStyle = colors.rule;
      bars.pen.fillRect(0, bars.Y(0), bars.width, 1);
    });
    const wide = bars.width / (m + 1) / 2;
    slopes.forEach((v, i) => {
      bars.pen.fillStyle = i + 1 === at ? after.style.color : before.style.color;
      bars.pen.fillRect(bars.X(i + 1) - wide / 2, Math.min(bars.Y(0), bars.Y(v)), wide, Math.max(1, Math.abs(bars.Y(v) - bars.Y(0))));
    });
  };

  const paint = (colors, dark) => {
    const z = base.map((v, i) => shift + scale * (i + 1 === at ? value : v));
    const mu = mean(z);
    const variance = mean(z.map((v) => (v - mu) * (v - mu)));
    const y = z.map((v) => batches.normalized(v, mu, variance, { epsilon }));
    const slopes = y.map((v, i) => batches.slope(i + 1 === at ? 1 : 0, m, y[at - 1], v, variance, { epsilon }));
    const others = slopes.filter((_, i) => i + 1 !== at);
    const left = epsilon / (variance + epsilon);
    for (const curve of [before, after]) curve.style = styleOf(curve, colors, dark);
    before.text = `mean ${number(mu)}, standard deviation ${number(Math.sqrt(variance))}`;
    after.text = `from ${number(Math.min(...y))} to ${number(Math.max(...y))}; output ${at} moves by ${number(slopes[at - 1])} for its own input, by ${number(Math.min(...others))} to ${number(Math.max(...others))} for the others', by ${number(roundTo(slopes.reduce((a, b) => a + b), 1e-9) + 0)} if all shift; a share of ${number(left)} is left if all scale`;
    if (chart.fit()) draw(colors, z, y);
    if (bars.fit(figure.beside ? chart.height : undefined)) drawBars(colors, slopes);
    knob.place([at, roundTo(Math.min(spec.range[1], Math.max(spec.range[0], z[at - 1])), 1e-6)]);
    figure.tell([before, after]);
    figure.say(`Example ${at} at ${number(z[at - 1])}, epsilon ${number(epsilon)}: inputs, ${before.text}; outputs, ${after.text}.`);
  };
  return { panels: [chart, bars], paint };
};
