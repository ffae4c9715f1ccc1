// Scales, axes, level lines and paths on a canvas.

const PAPER = {
  light: { paper: "#ffffff", ink: "#22272e", soft: "#59636e", rule: "#d0d7de", line: "#8fa1b3", low: [255, 255, 255], high: [211, 221, 230], accent: "#0a5dab" },
  dark: { paper: "#14181e", ink: "#e6e9ec", soft: "#a9b4bf", rule: "#39424d", line: "#5d6b7a", low: [58, 70, 83], high: [24, 29, 36], accent: "#7cc0ff" },
};

// The scheme of the page around: the book's theme, JupyterLab, VS Code, Colab, else the system's.
function isDark() {
  const { documentElement: root, body } = document;
  const said =
    root.dataset.theme ?? { true: "light", false: "dark" }[body.dataset.jpThemeLight] ?? body.dataset.vscodeThemeKind ?? root.getAttribute("theme");
  return said ? said.includes("dark") : matchMedia("(prefers-color-scheme: dark)").matches;
}

const roundTo = (x, unit) => Number((Math.round(x / unit) * unit).toPrecision(9));

// The smallest of 1, 2, 5 times a power of ten that is at least x.
function niceStep(x) {
  const unit = 10 ** Math.floor(Math.log10(x));
  return Number(([1, 2, 5, 10].find((m) => m * unit >= x * 0.999) * unit).toPrecision(1));
}

const linear = (low, high) => ({
  low, high,
  share: (x) => (x - low) / (high - low),
  at: (share) => low + share * (high - low),
  ticks(count) {
    const step = niceStep((high - low) / count);
    const first = Math.ceil(low / step - 1e-9);
    const places = Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => roundTo((first + i) * step, step));
    return places.length < 2 ? this.ticks(2 * count) : places;
  },
  text: number,
});

const SUPERSCRIPT = Object.fromEntries([..."0123456789-"].map((c, i) => [c, "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"[i]]));

// Ticks at powers of ten, or at 1, 2 and 5 times them where those are few and there is room for so many.
const logarithmic = (low, high) => {
  const [a, b] = [Math.log10(low), Math.log10(high)];
  const short = b - a < 3;
  return {
    low, high,
    share: (x) => (Math.log10(x) - a) / (b - a),
    at: (share) => 10 ** (a + share * (b - a)),
    ticks(count, most) {
      const step = niceStep(Math.max(1, (b - a) / count));
      const first = (short ? Math.floor : Math.ceil)(a / step - 1e-9) * step;
      const powers = Array.from({ length: Math.floor((b - first) / step + 1e-9) + 1 }, (_, i) => 10 ** Math.round(first + i * step));
      return short && 3 * (b - a) <= most ? powers.flatMap((x) => [x, 2 * x, 5 * x]).filter((x) => x >= low * 0.999 && x <= high * 1.001) : powers.filter((x) => x >= low * 0.999);
    },
    text: (x) => (short ? number(x) : "10" + [...`${Math.round(Math.log10(x))}`].map((c) => SUPERSCRIPT[c]).join("")),
  };
};

// One pair of axes on a canvas that is as sharp as the screen.
class Panel {
  static FONT = "12px system-ui, sans-serif";

  constructor(parent, label, ratio) {
    this.box = parent.appendChild(document.createElement("div"));
    this.box.className = "panel";
    this.canvas = this.box.appendChild(document.createElement("canvas"));
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", label);
    this.ratio = ratio; // height of the inner part by its width
    this.margin = { left: 58, right: 16, top: 8, bottom: 40 };
  }

  // Takes the width that the page gives, and a height if one is wanted; false where there is no room yet.
  fit(height) {
    this.room ??= Math.round(this.box.clientWidth); // reading it makes the browser lay the page out
    const width = this.room;
    if (!width) return false;
    const { left, right, top, bottom } = this.margin;
    this.width = Math.max(60, width - left - right);
    this.height = height ?? Math.round(this.width * this.ratio);
    const [w, h, dpr] = [this.width + left + right, this.height + top + bottom, devicePixelRatio || 1];
    const { canvas } = this;
    if (!this.pen || canvas.width !== Math.round(w * dpr) || canvas.height !== Math.round(h * dpr)) {
      [canvas.width, canvas.height] = [Math.round(w * dpr), Math.round(h * dpr)];
      canvas.style.height = `${h}px`;
      this.dpr = dpr;
      this.pen = this.penOf(canvas);
    }
    return true;
  }

  penOf(canvas) {
    const pen = canvas.getContext("2d", { alpha: false });
    pen.font = Panel.FONT;
    pen.setTransform(this.dpr, 0, 0, this.dpr, this.margin.left * this.dpr, this.margin.top * this.dpr);
    return pen;
  }

  // Lays down what rarely changes; it is painted again only when the key or the size does.
  backdrop(key, paint) {
    const { canvas, dpr, margin, pen } = this;
    const wanted = [key, canvas.width, canvas.height, dpr].join();
    if (wanted !== this.painted) {
      this.back = new OffscreenCanvas(canvas.width, canvas.height);
      this.pen = this.penOf(this.back);
      paint();
      [this.pen, this.painted] = [pen, wanted];
    }
    pen.drawImage(this.back, -margin.left, -margin.top, canvas.width / dpr, canvas.height / dpr);
  }

  // After the page has changed its size.
  forget() {
    this.room = undefined;
  }

  X = (x) => this.x.share(x) * this.width;
  Y = (y) => (1 - this.y.share(y)) * this.height;

  clear(colors) {
    const { left, right, top, bottom } = this.margin;
    this.pen.fillStyle = colors.paper;
    this.pen.fillRect(-left, -top, this.width + left + right, this.height + top + bottom);
  }

  axes(colors, xLabel, yLabel) {
    const { pen, width, height } = this;
    pen.lineWidth = 1;
    pen.strokeStyle = colors.soft;
    pen.fillStyle = colors.ink;
    pen.beginPath();
    pen.rect(0, 0, width, height);
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const tick of this.x.ticks(Math.max(3, width / 50), width / 40)) {
      const x = this.X(tick);
      pen.moveTo(x, height);
      pen.lineTo(x, height + 4);
      pen.fillText(this.x.text(tick), x, height + 7);
    }
    pen.fillText(xLabel, width / 2, height + 24);
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const tick of this.y.ticks(Math.max(3, height / 38), height / 15)) {
      const y = this.Y(tick);
      pen.moveTo(0, y);
      pen.lineTo(-4, y);
      pen.fillText(this.y.text(tick), -7, y);
    }
    pen.stroke();
    pen.save();
    pen.translate(6 - this.margin.left, height / 2);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "center";
    pen.textBaseline = "top";
    pen.fillText(yLabel, 0, 0);
    pen.restore();
  }

  // A line through points; only what lies inside the panel is drawn.
  curve(points, style) {
    const { pen, width, height } = this;
    pen.beginPath();
    let [px, py] = points[0] ?? [];
    let open = false;
    for (let i = 1; i < points.length; i++) {
      const [x, y] = points[i];
      const cut = clip(px, py, x, y, width, height);
      if (cut) {
        if (!open || cut[0] !== px || cut[1] !== py) pen.moveTo(cut[0], cut[1]);
        pen.lineTo(cut[2], cut[3]);
      }
      open = cut && cut[2] === x && cut[3] === y;
      [px, py] = [x, y];
    }
    this.ink(style);
  }

  // A dashed line with a halo, or a pale one without.
  ink({ color, dash, paper, pale }) {
    const { pen } = this;
    pen.lineJoin = "round";
    pen.setLineDash([]);
    pen.lineWidth = 4;
    pen.globalAlpha = 0.6;
    pen.strokeStyle = paper;
    if (!pale) pen.stroke();
    pen.globalAlpha = pale ? 0.55 : 1;
    pen.lineWidth = pale ? 1.25 : 2;
    pen.setLineDash(dash);
    pen.strokeStyle = color;
    pen.stroke();
    pen.globalAlpha = 1;
    pen.setLineDash([]);
  }

  // A line with a head that ends so many pixels before its goal.
  arrow([x0, y0], [x1, y1], style, gap) {
    const length = Math.hypot(x1 - x0, y1 - y0) - gap;
    if (!(length > 0)) return;
    const size = Math.min(9, length);
    const { pen } = this;
    pen.save();
    pen.translate(x0, y0);
    pen.rotate(Math.atan2(y1 - y0, x1 - x0));
    pen.beginPath();
    pen.moveTo(0, 0);
    pen.lineTo(length - 0.8 * size, 0);
    this.ink(style);
    pen.fillStyle = style.color;
    pen.fill(new Path2D(`M${length} 0l${-size} ${size / 2}v${-size}z`));
    pen.restore();
  }

  cross(x, y, color) {
    const { pen } = this;
    const [px, py] = [this.X(x), this.Y(y)];
    pen.strokeStyle = color;
    pen.lineWidth = 2;
    pen.stroke(new Path2D(`M${px - 6} ${py}h12M${px} ${py - 6}v12`));
  }

  marker(x, y, { marker, color }, paper) {
    if (!(x >= -1 && x <= this.width + 1 && y >= -1 && y <= this.height + 1)) return;
    const { pen } = this;
    pen.fillStyle = color;
    pen.strokeStyle = paper;
    pen.lineWidth = 1.5;
    pen.save();
    pen.translate(x, y);
    const path = new Path2D(MARKERS[marker]);
    pen.fill(path);
    pen.stroke(path);
    pen.restore();
  }
}

// The part of a segment inside the rectangle (0, 0, width, height), or null.
function clip(x0, y0, x1, y1, width, height) {
  let [from, to] = [0, 1];
  const [dx, dy] = [x1 - x0, y1 - y0];
  for (const [p, q] of [[-dx, x0], [dx, width - x0], [-dy, y0], [dy, height - y0]]) {
    if (p === 0 ? q < 0 : Number.isNaN(q / p)) return null;
    if (p < 0) from = Math.max(from, q / p);
    if (p > 0) to = Math.min(to, q / p);
  }
  if (!(from <= to)) return null;
  return [from ? x0 + from * dx : x0, from ? y0 + from * dy : y0, to < 1 ? x0 + to * dx : x1, to < 1 ? y0 + to * dy : y1];
}

// End markers as SVG paths, for the canvas and for the legend.
const MARKERS = {
  circle: "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0Z",
  square: "M-4.5 -4.5H4.5V4.5H-4.5Z",
  triangle: "M0 -6L5.5 4.5H-5.5Z",
  diamond: "M0 -6L6 0L0 6L-6 0Z",
  flag: "M0 6L-5.5 -4.5H5.5Z",
};

// Levels a factor of the square root of ten apart, and finer ones just above every other local minimum; with many minima, even ones.
function levelsOf(lowest, highest, floors) {
  const range = highest - lowest;
  const shares = [...new Set(floors.map((level) => Math.round(((level - lowest) / range) * 1e6) / 1e6))].filter((share) => share > 0);
  if (!floors.length || shares.length > 3) return Array.from({ length: 8 }, (_, i) => Math.sqrt((range * (i + 0.5)) / 8));
  const top = Math.floor(2 * Math.log10(range));
  const main = Array.from({ length: 12 }, (_, i) => 10 ** ((top - i) / 2));
  const fine = shares.flatMap((share) => [1, 1.5, 2, 2.5].map((j) => range * (share + 10 ** -j)));
  return [...main, ...fine].sort((a, b) => a - b).map(Math.sqrt);
}

// Level lines and shading of a surface, from its values on a grid of so many pixels; if so many lines are wanted, evenly spread ones.
function landscape(panel, value, minima, colors, pixels, lines) {
  const { pen, width, height } = panel;
  const [columns, rows] = [Math.ceil(width / pixels), Math.ceil(height / pixels)];
  const floors = minima.map((m) => value(...m));
  const grid = new Float64Array((columns + 1) * (rows + 1));
  for (let j = 0, n = 0; j <= rows; j++) {
    for (let i = 0; i <= columns; i++) grid[n++] = value(panel.x.at(i / columns), panel.y.at(1 - j / rows));
  }
  let [least, highest] = [Infinity, -Infinity];
  for (const z of grid) {
    if (z < least) least = z;
    if (z > highest) highest = z;
  }
  const lowest = Math.min(least, ...floors);
  // between two grid points the square root is nearer to a straight line than the loss
  const heights = grid.map((z) => Math.sqrt(z - lowest));
  const [bottom, top] = [least, highest].map((z) => Math.sqrt(z - lowest));
  const roots = lines
    ? Array.from({ length: lines }, (_, i) => bottom + ((i + 0.5) / lines) * (top - bottom))
    : levelsOf(lowest, highest, floors);

  const from = Math.log(roots[0]);
  const shade = (h) => mix(colors.low, colors.high, Math.min(1, Math.max(0, (Math.log(h) - from) / (Math.log(top) - from))));
  shading(pen, heights, columns + 1, rows + 1, [0, 0, width, height], shade, 0.5);
  pen.lineWidth = 1;
  pen.strokeStyle = colors.line;
  isolines(pen, heights, columns, rows, roots, width / columns, height / rows, 1);
}

const mix = (a, b, s) => a.map((x, c) => x + s * (b[c] - x));

// One for all grids: to make a canvas takes long.
const shades = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

// Colors of values on a grid, without so much of its edge; nothing where there is no color.
function shading(pen, values, columns, rows, place, color, edge = 0) {
  const { canvas } = shades;
  if (canvas.width < columns) canvas.width = columns;
  if (canvas.height < rows) canvas.height = rows;
  const image = new ImageData(columns, rows);
  const colors = new Uint32Array(image.data.buffer);
  values.forEach((v, n) => {
    const found = color(v);
    if (found) colors[n] = (255 << 24) | (found[2] << 16) | (found[1] << 8) | found[0];
  });
  shades.putImageData(image, 0, 0);
  pen.drawImage(canvas, edge, edge, columns - 2 * edge, rows - 2 * edge, ...place);
}

// Lines through values on a grid at rising levels, none where a value is missing; steep cells get none of the levels below so many times what they span.
function isolines(pen, values, columns, rows, levels, cw, ch, steep) {
  pen.beginPath();
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const n = j * (columns + 1) + i;
      const [a, b, c, d] = [values[n], values[n + 1], values[n + columns + 2], values[n + columns + 1]];
      const [low, high] = [Math.min(a, b, c, d), Math.max(a, b, c, d)];
      const least = Math.max(low, steep * (high - low)); // lower levels are finer than the grid can show
      for (const level of levels) {
        if (level >= high) break;
        if (level >= least) cell(pen, level, [a, b, c, d], i, j, cw, ch);
      }
    }
  }
  pen.stroke();
}

// The line of one level through one cell of the grid; corners in the order of the clock from the top left.
function cell(pen, level, corners, i, j, cw, ch) {
  const points = [];
  for (let side = 0; side < 4; side++) {
    const [a, b] = [corners[side], corners[(side + 1) % 4]];
    if (a < level === b < level) continue;
    const s = (level - a) / (b - a);
    points.push([[i + s, j], [i + 1, j + s], [i + 1 - s, j + 1], [i, j + 1 - s]][side]);
  }
  for (let k = 0; k + 1 < points.length; k += 2) {
    pen.moveTo(points[k][0] * cw, points[k][1] * ch);
    pen.lineTo(points[k + 1][0] * cw, points[k + 1][1] * ch);
  }
}
