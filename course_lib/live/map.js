// How well a rule does, measured over learning rate and one more hyperparameter, with the run at the probe.

kinds.map = (figure, spec) => {
  const surface = surfaceOf(spec.surface);
  const run = runOf(spec.run);
  const { rate, vertical, quantity, fast, slow, levels } = spec;
  const lines = spec.contours ? levels : [];
  const names = ["learning rate", vertical.label];
  const colors = spec.colors.map((code) => [1, 3, 5].map((i) => parseInt(code.slice(i, i + 2), 16)));
  // what a decay lacks to 1, by its logarithm
  const nearOne = (low, high) => {
    const rest = logarithmic(1 - high, 1 - low);
    return { low, high, share: (x) => 1 - rest.share(1 - x), at: (s) => 1 - rest.at(1 - s), ticks: (...room) => rest.ticks(...room).map((x) => 1 - x), text: number };
  };
  // an axis through cell centers, and its steps
  const axis = ({ low, high, count, scale }) => {
    const make = { linear, log: logarithmic, "near one": nearOne }[scale];
    const [centers, half] = [make(low, high), 0.5 / (count - 1)];
    return Object.assign(make(centers.at(-half), centers.at(1 + half)), {
      value: (i) => centers.at(i / (count - 1)),
      index: (x) => Math.min(count - 1, Math.max(0, Math.round(centers.share(x) * (count - 1)))),
      steps: linear(-0.5, count - 0.5),
    });
  };
  const axes = [axis(rate), axis(vertical)];
  const codes = new Uint16Array(Uint8Array.from(atob(spec.table), (c) => c.charCodeAt(0)).buffer);
  const digits = Float64Array.from(codes, (code) => (code === 65535 ? NaN : spec.low + (code * (spec.high - spec.low)) / 65534)); // log10 of what was measured
  const shade = (s) => {
    const place = Math.min(1, Math.max(0, (s - fast) / (slow - fast))) * (colors.length - 1);
    const i = Math.min(colors.length - 2, Math.floor(place));
    return Number.isNaN(s) ? null : mix(colors[i], colors[i + 1], place - i);
  };
  let { probe } = spec;
  let glance;

  const panels = figure.row("panels");
  const map = new Panel(panels, `${quantity ?? "Steps to each digit"} over ${names.join(" and ")}; the text below says what is at the probe.`, 0.85);
  const column = panels.appendChild(element("div", "", "column"));
  const ground = surfacePanel(column, surface, `The run at the probe on ${surface.label}.`);
  const chart = new Panel(column, "Loss against step of the run at the probe, on a logarithmic scale.", 0.5);
  [map.x, map.y] = axes;
  map.margin.right = quantity ? 80 : 66;
  const nearest = (point) => point.map((v, i) => Math.min(axes[i].steps.high - 0.5, Math.max(0, Math.round(v))));
  const handle = figure.handle(map, (point) => ([probe, glance] = [nearest(point)]), {
    label: "Probe", axes: axes.map(({ steps }) => steps), by: [1, 1], fine: 1,
    text: (p) => p.map((i, k) => `${names[k]} ${number(axes[k].value(i))}`).join(", "),
    className: "hollow",
    hover: (point) => (glance = point && nearest(point)),
  });
  figure.note(`color: ${quantity ?? "steps until one more digit is right"}, as measured${digits.some(Number.isNaN) ? " · hatched: diverges" : ""} · point at the map to see a run, click or use the arrow keys (Shift: further) to move the probe`);
  const table = figure.row("runs plain");
  figure.legend(table, run);
  const shared = figure.row("controls shared");
  for (const mark of spec.marks) {
    const go = () => (probe = mark.at.map((v, i) => axes[i].index(v)));
    figure.button(shared, mark.label, go).prepend(swatch(mark));
  }
  figure.resetButton(shared, () => ({ probe } = spec));
  figure.note(MEANING);

  const drawMap = (page) => {
    map.backdrop([page.paper], () => {
      const { pen, width, height } = map;
      const [columns, rows] = [rate.count, vertical.count];
      const [cw, ch] = [width / columns, height / rows];
      map.clear(page);
      pen.strokeStyle = page.line;
      pen.lineWidth = 1;
      pen.beginPath();
      for (let x = -height; x < width; x += 7) {
        const from = Math.max(0, -x);
        pen.moveTo(x + from, from);
        pen.lineTo(Math.min(width, x + height), Math.min(height, width - x));
      }
      pen.stroke();
      pen.imageSmoothingEnabled = false;
      shading(pen, digits, columns, rows, [0, 0, width, height], shade);
      pen.save();
      pen.translate(cw / 2, ch / 2);
      for (const [level, color] of lines) {
        pen.strokeStyle = color;
        isolines(pen, digits, columns - 1, rows - 1, [level], cw, ch, 0);
      }
      pen.restore();
      shading(pen, Float64Array.from({ length: 256 }, (_, i) => fast + (i / 255) * (slow - fast)), 1, 256, [width + 10, 0, 12, height], shade);
      map.axes(page, names[0], vertical.symbol);
      pen.textAlign = "left";
      for (const [level] of levels) {
        const y = height * (level - fast) / (slow - fast);
        pen.fillRect(width + 22, y, 4, 1);
        pen.fillText(number(10 ** level), width + 29, y);
      }
      for (const { at, marker } of spec.marks) map.marker(map.X(at[0]), map.Y(at[1]), { marker, color: "#fff" }, "#000");
    });
  };

  const paint = (page, dark) => {
    const [i, j] = glance ?? probe;
    Object.assign(run.hyper, { learning_rate: axes[0].value(i), [vertical.name]: axes[1].value(j) });
    follow(run, surface, spec.start, spec.steps);
    run.style = styleOf(run, page, dark);
    const steps = 10 ** digits[(vertical.count - 1 - j) * rate.count + i]; // the top row comes first
    const setting = `learning rate ${number(run.hyper.learning_rate)}, ${vertical.label} ${number(run.hyper[vertical.name])}`;
    const verdict = !steps ? "diverges" : quantity ? `${quantity} ${number(steps)}` : `converges, factor ${number(10 ** (-1 / steps))} a step: one digit every ${number(steps)} steps`;
    const words = `${setting}: ${verdict}; the run shown, ${run.text}`;
    run.text = words;
    if (ground.fit()) drawPaths(ground, surface, [run], page);
    if (chart.fit()) drawLosses(chart, surface, [run], spec.steps, page);
    if (map.fit(figure.beside ? ground.height + chart.height + 48 : undefined)) drawMap(page);
    handle.place([i, j]);
    figure.tell([run]);
    figure.say(withMeaning(`At ${words}.`, [run.outcome]));
  };
  return { panels: [map, ground, chart], paint };
};
