// A signal, its averages, and what each value weighs in them.

// The averages of one window, from Python's steps: all values of each, and its weights after n values.
function averagesOf(window) {
  const beta = averages.window_beta(window, {});
  const whole = (v, x, n) => averages.cumulative_step(v, x, n, {});
  const fading = (v, x) => averages.exponential_step(v, x, { beta });
  const corrected = (v, n) => averages.corrected(v, n, { beta });
  const scan = (x, step, v = 0) => x.map((value, i) => (v = step(v, value, i + 1)));
  // what a value weighs: the average of a signal that is 1 there and 0 elsewhere
  const weights = (n, step) => {
    const found = [];
    for (let k = 1; k <= n; k++) {
      for (let i = 0; i < k - 1; i++) found[i] = step(found[i], 0, k);
      found.push(step(0, 1, k));
    }
    return found;
  };
  return {
    beta,
    cumulative: { run: (x) => scan(x, whole), weights: (n) => weights(n, whole) },
    sliding: {
      run: (x) => x.map((_, i) => scan(x.slice(Math.max(0, i + 1 - window), i + 1), whole).pop()),
      weights: (n) => weights(Math.min(n, window), whole),
    },
    exponential: { run: (x) => scan(x, fading), weights: (n) => weights(n, fading) },
    corrected: {
      run: (x) => scan(x, fading).map((v, i) => corrected(v, i + 1)),
      weights: (n) => weights(n, fading).map((w) => corrected(w, n)),
    },
  };
}

kinds.average = (figure, spec) => {
  const { signal, mean, jump } = spec;
  const [low, high] = spec.range;
  const halfway = (mean[jump - 1] + mean[jump]) / 2;
  const side = Math.sign(mean[jump] - mean[jump - 1]);
  let { window, outlier, probe } = spec;

  const panels = figure.row("panels");
  const chart = new Panel(panels, "A signal against time with its averages; the text below says how each follows.", 0.58);
  const bars = new Panel(panels, "Weight of each value in the averages at the probe.", 0.58);
  [chart.x, chart.y] = [linear(0, signal.length), linear(low, high)];
  const inside = (x) => Math.min(signal.length, Math.max(1, Math.round(x)));
  const knob = figure.handle(chart, ([x, y]) => (outlier = [inside(x), y - signal[inside(x) - 1]]), {
    label: "Outlier", by: [1, 0.5], fine: 1, alone: true, text: ([x, y]) => `${number(y)} at value ${x}`,
  });
  const pointer = figure.handle(chart, ([x]) => (probe = inside(x)), {
    label: "Probe", axes: [chart.x, linear(0, 1)], by: [1, 1], fine: 1, text: ([x]) => `value ${x}`, className: "probe",
  });
  figure.note("dots: the signal · gray: its mean · drag the outlier ○ and the probe ●, or move them with the arrow keys (Shift: further)");
  const table = figure.row("runs plain");
  const curves = spec.curves.map((curve) => ({ ...curve }));
  for (const curve of curves) figure.legend(table, curve);
  const shared = figure.row("controls shared");
  const settings = (n) => `${n} (β = ${number(averages.window_beta(n, {}))})`;
  figure.slider(shared, { label: "window N", values: spec.windows, value: spec.window, text: settings, set: (n) => (window = n) });
  figure.resetButton(shared, () => ({ outlier, probe } = spec));

  const drawChart = (colors, x) => {
    const line = (values) => values.map((v, i) => [chart.X(i + 1), chart.Y(v)]);
    chart.backdrop([colors.paper], () => {
      chart.clear(colors);
      chart.axes(colors, "number of the value", "");
      chart.curve(line(mean), { color: colors.rule, dash: [], paper: colors.rule });
    });
    const { pen } = chart;
    pen.fillStyle = colors.soft;
    for (const [px, py] of line(x)) pen.fillRect(px - 1, py - 1, 2, 2);
    pen.fillStyle = colors.accent;
    pen.fillRect(chart.X(probe) - 0.5, 0, 1, chart.height);
    for (const { values, style } of curves) chart.curve(line(values), style);
  };

  const drawBars = (colors) => {
    const most = Math.max(...curves.flatMap(({ weights }) => weights));
    [bars.x, bars.y] = [linear(0, Math.max(10, probe)), linear(0, niceStep(most * 1.05))];
    bars.backdrop([colors.paper, bars.x.high, bars.y.high], () => {
      bars.clear(colors);
      bars.axes(colors, "number of the value", "weight at the probe");
    });
    for (const { weights, style } of curves) {
      const first = probe - weights.length + 1;
      const points = weights.map((w, i) => [bars.X(first + i), bars.Y(w)]);
      bars.curve([[points[0][0], bars.height], ...points, [bars.X(probe), bars.height]], style);
    }
  };

  const paint = (colors, dark) => {
    const now = averagesOf(window);
    const x = [...signal];
    x[outlier[0] - 1] += outlier[1];
    for (const curve of curves) {
      const average = now[curve.name];
      curve.values = average.run(x);
      curve.weights = average.weights(probe);
      curve.style = styleOf(curve, colors, dark);
      const without = average.run(signal);
      const pull = Math.max(...curve.values.map((v, i) => Math.abs(v - without[i])));
      const lag = curve.values.slice(jump).findIndex((v) => side * (v - halfway) >= 0) + 1;
      curve.text = [
        `first value ${number(curve.values[0])}`,
        lag ? `half of the jump after ${lag} value${lag === 1 ? "" : "s"}` : "never half of the jump",
        `pulled by the outlier by ${number(pull)}`,
        `at the probe ${number(curve.values[probe - 1])}, weights add up to ${number(curve.weights.reduce((a, b) => a + b))}`,
      ].join(" · ");
    }
    if (chart.fit()) drawChart(colors, x);
    if (bars.fit(figure.beside ? chart.height : undefined)) drawBars(colors);
    knob.place([outlier[0], x[outlier[0] - 1]]);
    pointer.place([probe, 1]);
    figure.tell(curves);
    const clauses = curves.map(({ label, text }) => `${label}, ${text.replaceAll(" · ", ", ")}`);
    figure.say(
      `Window ${settings(window)}, outlier of ${number(outlier[1])} at value ${outlier[0]}, probe at value ${probe}: ${clauses.join("; ")}.`,
    );
  };
  return { panels: [chart, bars], paint };
};
