// The machine: follows a rule from a start and says in words how it went.
// Rules, surfaces and averages are written by Python (course_lib/translator.py), so are the constants (course_lib/live/outcome.py).

// One step: where the gradient is taken, the gradient, and the new position and state of each coordinate.
function advance(rule, gradient, theta, state, t, now) {
  const point = rule.where ? theta.map((x, i) => rule.where(x, ...state[i], now)) : theta;
  const g = gradient(point);
  return { point, g, moved: theta.map((x, i) => rule.step(x, g[i], ...state[i], t, now)) };
}

// rule: {step, where, state}; gradient: point -> vector; hyper: numbers, or functions of the step from 0;
// visit, if given, sees the position and the state before each step
function descend(rule, gradient, start, steps, hyper, visit) {
  const now = { ...hyper };
  const schedules = Object.entries(hyper).filter(([, value]) => typeof value === "function");
  let theta = [...start];
  let state = theta.map(() => rule.state);
  const path = [theta];
  for (let t = 1; t <= steps && theta.every(Number.isFinite); t++) {
    for (const [name, value] of schedules) now[name] = value(t - 1);
    visit?.(t, theta, state);
    const { moved } = advance(rule, gradient, theta, state, t, now);
    theta = moved.map((m) => m[0]);
    state = moved.map((m) => m.slice(1));
    path.push(theta);
  }
  return path;
}

// The same judgement as course_lib/live/outcome.py: {path, losses, word, step, minimum}
function judge(path, value, minima, box) {
  const gone = (p, k) =>
    !Number.isFinite(losses[k]) ||
    p.some((x, i) => !(Math.abs(x - (box[i][0] + box[i][1]) / 2) <= FAR * (box[i][1] - box[i][0])));
  const losses = path.map((p) => value(...p));
  const diverged = path.findIndex(gone);
  if (diverged >= 0) {
    return { path: path.slice(0, diverged), losses: losses.slice(0, diverged), word: "diverged", step: diverged };
  }
  const last = path.length - 1;
  const distance = (m) => Math.hypot(...m.map((x, i) => x - path[last][i]));
  const minimum = [...minima].sort((a, b) => distance(a) - distance(b))[0];
  if (minimum) {
    const floor = Math.min(...minima.map((m) => value(...m)));
    const level = value(...minimum);
    const outside = losses.findLastIndex((loss) => !(Math.abs(loss - level) <= CLOSE * (losses[0] - floor)));
    if (outside + 1 <= last - STAY) return { path, losses, word: "converged", step: outside + 1, minimum };
  }
  return { path, losses, word: losses[last] > losses[0] ? "climbed" : "underway", step: last };
}

// 0.0152, -9, 1.2e-7: three digits that read well, the same as outcome.number in Python
function number(x, digits = 3) {
  const size = Math.abs(x);
  const text = size && (size < 1e-3 || size >= 1e5) ? x.toExponential(1).replace("e+", "e") : `${Number(x.toPrecision(digits))}`;
  return text.replaceAll("-", "−");
}

const pointText = (p) => `(${p.map((x) => number(x)).join(", ")})`;

function outcomeText({ losses, word, step, minimum }, several) {
  const loss = number(losses[losses.length - 1]);
  return {
    diverged: `diverged at step ${step}`,
    converged: `converged${several ? ` to ${pointText(minimum ?? [])}` : ""} after ${step} steps, final loss ${loss}`,
    climbed: `loss ${loss} after ${step} steps, above the start`,
    underway: `loss ${loss} after ${step} steps`,
  }[word];
}

const withMeaning = (sentence, outcomes) => sentence + (outcomes.some(({ word }) => word === "converged") ? ` ${MEANING}` : "");

