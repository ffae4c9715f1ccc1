// <live-fig spec="…">: shows the picture inside it until this script draws something better.

const element = (tag, text = "", className = "") => Object.assign(document.createElement(tag), { textContent: text, className });
const compile = (source) => Function(`"use strict"; return ${source}`)();
const compileSchedule = ({ schedule, constants }) => ((f) => (step) => f(step, constants))(compile(schedule));

const pointWords = (p) => p.map((x) => number(x)).join(", ");

// How a line looks, or a mark alone.
function swatch({ dash, marker }) {
  const box = element("span", "", "swatch");
  const half = dash ? 22 : 8;
  const line = dash ? `<path d="M-22 0H22" stroke="currentColor" stroke-width="2" stroke-dasharray="${dash}"/>` : "";
  box.innerHTML = `<svg width="${2 * half}" height="14" viewBox="${-half} -7 ${2 * half} 14" aria-hidden="true">${line}<path d="${MARKERS[marker]}" fill="currentColor"/></svg>`;
  return box;
}

const STYLE = `
:host { display: block; width: 56rem; max-width: 100%; margin: 0.5rem 0 1rem; }
.card { container-type: inline-size; box-sizing: border-box; padding: 0.75rem; border: 1px solid var(--rule); border-radius: 0.4rem;
  background: var(--paper); color: var(--ink); font: 0.875rem/1.4 system-ui, sans-serif; text-align: left; }
.panels { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; }
.panel { position: relative; flex: 1 1 17rem; min-width: 0; }
.panel:first-child { flex-grow: 1.4; }
.column { flex: 1 1 17rem; min-width: 0; }
canvas { display: block; width: 100%; }
.panels > .panel:first-child canvas { cursor: crosshair; }
.handle { position: absolute; width: 44px; height: 44px; margin: -22px; border-radius: 50%; cursor: grab; touch-action: none; }
.handle::after { content: ""; position: absolute; inset: 14px; border: 3px solid var(--ink); border-radius: 50%; background: var(--paper); }
.probe::after { background: var(--accent); }
.hollow::after { background: none; border-color: #fff; box-shadow: 0 0 0 2px #000, inset 0 0 0 2px #000; }
.handle:active { cursor: grabbing; }
.handle:focus-visible { outline: 3px solid var(--accent); outline-offset: -8px; }
.note { margin: 0.25rem 0 0.5rem; color: var(--soft); font-size: 0.8125rem; }
.run { display: grid; grid-template-columns: 3rem 1.4fr 1fr; gap: 0 0.75rem; align-items: center;
  padding: 0.3rem 0; border-top: 1px solid var(--rule); }
.swatch { line-height: 0; }
.run .controls { grid-row: span 2; }
.status { grid-column: 2; font-variant-numeric: tabular-nums; }
.plain .run { grid-template-columns: 3rem 11rem 1fr; }
.plain .controls { display: none; }
.plain .status { grid-column: 3; }
.shared { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem; padding-top: 0.3rem; border-top: 1px solid var(--rule); }
.slider { display: flex; align-items: center; gap: 0 0.5rem; }
.slider span { white-space: nowrap; }
.shared .slider { flex: 1 1 14rem; }
.slider input { flex: 1 1 6rem; min-width: 4rem; height: 1.75rem; margin: 0; accent-color: var(--accent); }
.slider span:last-child { min-width: 3.5em; font-variant-numeric: tabular-nums; }
input:focus-visible, button:focus-visible { outline: 3px solid var(--accent); }
button { font: inherit; min-height: 1.9rem; padding: 0.1rem 0.9rem; border: 1px solid var(--soft); border-radius: 0.3rem; color: inherit; background: none; cursor: pointer; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@container (max-width: 36rem) {
  .run, .plain .run { grid-template-columns: 3rem 1fr; }
  .run .controls, .run .status, .plain .status { grid-column: 1 / -1; grid-row: auto; }
  .slider input { height: 2.25rem; }
}`;

class LiveFig extends HTMLElement {
  static kinds = kinds;
  static home = document.currentScript?.src;

  // A kind has come: the figures that wait for it can be drawn.
  static arrived() {
    for (const figure of document.querySelectorAll("live-fig")) if (figure.kind === undefined) figure.connectedCallback();
  }

  // Fetches a kind that lies beside this script; in a notebook it comes with the figure.
  static fetchKind(kind) {
    if (!LiveFig.home || LiveFig.asked.has(kind)) return;
    LiveFig.asked.add(kind);
    document.head.append(Object.assign(document.createElement("script"), { src: LiveFig.home.replace(/\.js/, `-${kind}.js`) }));
  }
  static asked = new Set();

  connectedCallback() {
    if (this.kind === undefined) this.build();
    if (!this.kind) return;
    this.setAttribute("data-lm-suppress-shortcuts", "true"); // else JupyterLab takes the arrow keys
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(this.card);
    this.schemes = new MutationObserver(() => this.redraw());
    for (const place of [document.documentElement, document.body]) this.schemes.observe(place, { attributes: true });
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.system.onchange = () => this.redraw();
  }

  disconnectedCallback() {
    this.sizes?.disconnect();
    this.schemes?.disconnect();
    if (this.system) this.system.onchange = null;
  }

  build() {
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.innerHTML = "<slot></slot>"; // the picture
    try {
      const spec = JSON.parse(this.getAttribute("spec"));
      if (!kinds[spec.kind]) return LiveFig.fetchKind(spec.kind);
      this.card = element("div", "", "card");
      this.card.setAttribute("role", "group");
      this.card.setAttribute("aria-label", "Live figure");
      this.resets = [];
      const kind = kinds[spec.kind](this, spec);
      this.live = this.card.appendChild(element("p", "", "hidden"));
      this.live.setAttribute("role", "status");
      this.live.textContent = spec.alt;
      root.replaceChildren(element("style", STYLE), this.card);
      this.kind = kind;
      this.resized();
    } catch (error) {
      this.kind = null;
      root.innerHTML = "<slot></slot>";
      console.error("live-fig:", error);
    }
  }

  resized() {
    const { panels } = this.kind;
    for (const panel of panels) panel.forget();
    this.beside = panels[0].box.offsetTop === panels[1].box.offsetTop;
    this.redraw();
  }

  redraw() {
    const began = performance.now();
    const dark = isDark();
    const colors = PAPER[dark ? "dark" : "light"];
    if (this.dark !== dark) {
      this.dark = dark;
      this.card.style.colorScheme = dark ? "dark" : "light";
      for (const name of ["paper", "ink", "soft", "rule", "accent"]) this.card.style.setProperty(`--${name}`, colors[name]);
    }
    this.kind.paint(colors, dark);
    this.lastRedrawMs = performance.now() - began;
  }

  // Says a sentence to a screen reader, once things have come to rest.
  say(words) {
    if (words === this.words) return;
    clearTimeout(this.pause);
    if (this.words !== undefined) this.pause = setTimeout(() => (this.live.textContent = words), 600);
    this.words = words;
  }

  row(className) {
    return this.card.appendChild(element("div", "", className));
  }

  note(text) {
    this.card.append(element("p", text, "note"));
  }

  // A slider over a list of round values.
  slider(parent, { label, name = label, values, value, text, set }) {
    const apart = (digits) => new Set(values.map((x) => number(x, digits))).size === values.length;
    const digits = [3, 4, 5].find(apart) ?? 3;
    text ??= (x) => number(x, digits);
    const box = parent.appendChild(element("label", "", "slider"));
    const input = element("input");
    const shown = element("span");
    Object.assign(input, { type: "range", min: 0, max: values.length - 1, step: 1 });
    input.setAttribute("aria-label", name);
    box.append(element("span", label), input, shown);
    const show = () => {
      const x = values[input.valueAsNumber];
      input.setAttribute("aria-valuetext", (shown.textContent = text(x)));
      set(x);
    };
    const reset = () => {
      input.value = values.indexOf(value);
      show();
    };
    input.addEventListener("input", () => {
      show();
      this.redraw();
    });
    this.resets.push(reset);
    reset();
  }

  // One line of the legend: what it looks like, what it is called, how it went.
  legend(table, run) {
    const row = table.appendChild(element("div", "", "run"));
    run.swatch = row.appendChild(swatch(run));
    row.append(element("b", run.label));
    run.controls = row.appendChild(element("div", "", "controls"));
    run.status = row.appendChild(element("span", "", "status"));
  }

  // Brings the legend up to date.
  tell(runs) {
    for (const run of runs) {
      if (run.status.textContent !== run.text) run.status.textContent = run.text;
      if (run.drawn !== run.style.color) run.drawn = run.swatch.style.color = run.style.color;
    }
  }

  button(parent, text, click) {
    const button = parent.appendChild(element("button", text));
    button.type = "button";
    button.addEventListener("click", () => {
      click();
      this.redraw();
    });
    return button;
  }

  resetButton(parent, reset) {
    this.resets.push(reset);
    this.button(parent, "Reset", () => this.resets.forEach((back) => back()));
  }

  // A point on a panel that mouse, finger and arrow keys move, by so much at a key.
  handle(panel, moved, { label = "Start point", axes = [panel.x, panel.y], by = axes.map(({ low, high }) => niceStep((high - low) / 100)), fine = 10, alone = false, text = pointWords, className = "", hover } = {}) {
    const knob = panel.box.appendChild(element("div", "", `handle ${className}`));
    let now;
    knob.tabIndex = 0;
    for (const [name, text] of Object.entries({ role: "slider", "aria-roledescription": "2D slider", "aria-label": label, "aria-valuemin": axes[0].low, "aria-valuemax": axes[0].high })) knob.setAttribute(name, text);
    const move = (point, part = fine) => {
      moved(point.map((v, i) => roundTo(Math.min(axes[i].high, Math.max(axes[i].low, v)), by[i] / part)));
      this.redraw();
    };
    const under = (event) => {
      const { left, top } = panel.canvas.getBoundingClientRect();
      const [x, y] = [event.clientX - left - panel.margin.left, event.clientY - top - panel.margin.top];
      return [axes[0].at(x / panel.width), axes[1].at(1 - y / panel.height)];
    };
    const follow = (event) => move(under(event));
    knob.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!way) return;
      event.preventDefault();
      const far = event.shiftKey ? 5 : 1;
      move(now.map((v, i) => v + far * way[i] * by[i]));
    });
    const grab = (event) => {
      event.preventDefault();
      knob.focus({ preventScroll: true, focusVisible: false });
      knob.setPointerCapture(event.pointerId);
    };
    knob.addEventListener("pointerdown", (event) => {
      grab(event);
      if (hover) follow(event); // the knob is under the mouse, not yet the point that it keeps
    });
    knob.addEventListener("pointermove", (event) => knob.hasPointerCapture(event.pointerId) && follow(event));
    // a mouse may take hold anywhere; a finger on the picture scrolls the page, and only a tap moves the point
    let finger = false;
    if (!alone) {
      panel.canvas.addEventListener("pointerdown", (event) => {
        finger = event.pointerType === "touch";
        if (finger || event.button) return;
        grab(event);
        follow(event);
      });
      panel.canvas.addEventListener("click", (event) => finger && follow(event));
    }
    if (hover) {
      const glance = (event, point) => {
        if (event.pointerType === "touch") return;
        hover(point);
        this.redraw();
      };
      panel.box.addEventListener("pointermove", (event) => glance(event, under(event)));
      panel.box.addEventListener("pointerleave", (event) => glance(event));
    }
    return {
      place(point) {
        now = point;
        knob.style.left = `${panel.margin.left + axes[0].share(point[0]) * panel.width}px`;
        knob.style.top = `${panel.margin.top + (1 - axes[1].share(point[1])) * panel.height}px`;
        knob.setAttribute("aria-valuenow", point[0]);
        knob.setAttribute("aria-valuetext", text(point));
      },
    };
  }
}
