// The film with the skeleton on it, or the skeleton alone.
const MISSING = -32768;
const ON_FILM = { left: "#5db4ee", right: "#ffa04d", "": "#f2f5f7" };
// A close-up follows the person's way over so many frames to either side: it must not shake.
const STEADY = 12;
const CLOSE_UPS = { whole: 0, person: 1.25, feet: 0.45 };

class Stage {
  constructor(root) {
    this.box = root.querySelector(".stage");
    this.layer = root.querySelector(".layer");
    this.canvas = root.querySelector("canvas");
    this.close = "whole";
    this.skeleton = true;
    this.index = 0;
  }

  load(data) {
    this.data = data;
    if (data.points !== this.packed) {
      this.packed = data.points;
      const bytes = Uint8Array.from(atob(data.points), (sign) => sign.charCodeAt(0));
      this.points = new Int16Array(bytes.buffer);
      this.tall = this.height();
    }
    const [width, height] = data.size;
    this.box.style.setProperty("--aspect", `${width} / ${height}`);
    this.box.style.setProperty("--ratio", width / height);
  }

  at(index, point) {
    if (index < 0) return null;
    const place = 2 * (index * this.data.n_points + point);
    const [x, y] = [this.points[place], this.points[place + 1]];
    return x === undefined || x === MISSING || y === MISSING ? null : [x / this.data.per_px, y / this.data.per_px];
  }

  // Median height of the figure in px of the picture.
  height() {
    const found = [];
    const frames = Math.floor(this.points.length / 2 / this.data.n_points);
    for (let index = 0; index < frames; index += Math.ceil(frames / 60)) {
      const box = this.around(index, () => true);
      if (box) found.push(box[3] - box[1]);
    }
    found.sort((a, b) => a - b);
    return found[found.length >> 1] || this.data.size[1] / 2;
  }

  around(index, wanted) {
    let box = null;
    for (let point = 0; point < this.data.n_points; point += 1) {
      const at = wanted(point) && this.at(index, point);
      if (!at) continue;
      box = box || [at[0], at[1], at[0], at[1]];
      box = [
        Math.min(box[0], at[0]), Math.min(box[1], at[1]),
        Math.max(box[2], at[0]), Math.max(box[3], at[1]),
      ];
    }
    return box;
  }

  draw(index, seen) {
    if (!this.data) return;
    this.index = index;
    const ratio = Math.min(3, (window.devicePixelRatio || 1) * (this.close === "whole" ? 1 : 2));
    const [wide, high] = [this.box.clientWidth, this.box.clientHeight];
    if (!wide || !high) return;
    const [width, height] = [Math.round(wide * ratio), Math.round(high * ratio)];
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const pen = this.canvas.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.frame();
    if (!seen || !(this.skeleton || this.data.alone)) return;
    const scale = width / this.data.size[0];
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    if (this.data.ground_px) this.ground(pen, index);
    this.figure(pen, index, (1.6 * ratio) / scale);
  }

  // Move film and canvas so that the chosen part fills the stage.
  frame() {
    const part = this.close;
    const feet = new Set(this.data.feet);
    if (part === "whole") {
      this.layer.style.transform = "";
      return;
    }
    const boxes = [];
    for (let index = this.index - STEADY; index <= this.index + STEADY; index += 3) {
      const box = this.around(index, part === "feet" ? (point) => feet.has(point) : () => true);
      if (box) boxes.push(box);
    }
    if (!boxes.length) return;
    const [width, height] = this.data.size;
    const wanted = CLOSE_UPS[part] * this.tall;
    const zoom = Math.max(1, Math.min(8, height / wanted));
    const mean = (low, high) => boxes.reduce((sum, box) => sum + box[low] + box[high], 0) / boxes.length / 2;
    const middle = [mean(0, 2) / width, mean(1, 3) / height];
    const shift = middle.map((m) => Math.min(0, Math.max(1 - zoom, 0.5 - zoom * m)) * 100);
    this.layer.style.transform = `translate(${shift[0]}%, ${shift[1]}%) scale(${zoom})`;
  }

  // What moves past under a figure that is kept in the middle.
  ground(pen, index) {
    const [width] = this.data.size;
    const { ground_px: level, ground_step_px: step, ground_at_px: at } = this.data;
    pen.strokeStyle = "#7d8a94";
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(0, level);
    pen.lineTo(width, level);
    for (let x = -(((at[index] % step) + step) % step); x < width + step; x += step) {
      pen.moveTo(x, level);
      pen.lineTo(x - 8, level + 12);
    }
    pen.stroke();
  }

  head(pen, index, line) {
    const [neck, top] = this.data.head.map((point) => this.at(index, point));
    if (!neck || !top) return;
    pen.strokeStyle = ON_FILM[""];
    pen.lineWidth = line * 1.3;
    const radius = 0.055 * this.tall;
    pen.beginPath();
    pen.moveTo(...neck);
    pen.lineTo(...top);
    pen.moveTo(top[0] + radius, top[1] - radius);
    pen.arc(top[0], top[1] - radius, radius, 0, 2 * Math.PI);
    pen.stroke();
  }

  figure(pen, index, line) {
    pen.lineCap = "round";
    for (const halo of [true, false]) {
      for (const [from, to, side] of this.data.limbs) {
        const [a, b] = [this.at(index, from), this.at(index, to)];
        if (!a || !b) continue;
        pen.strokeStyle = halo ? "rgb(0 0 0 / 55%)" : ON_FILM[side];
        pen.lineWidth = line * (halo ? 2.4 : 1.3);
        pen.beginPath();
        pen.moveTo(...a);
        pen.lineTo(...b);
        pen.stroke();
      }
    }
    if (this.data.alone && this.data.head) this.head(pen, index, line);
    this.data.sides.forEach((side, point) => {
      const at = side && this.at(index, point);
      if (!at) return;
      pen.fillStyle = ON_FILM[side];
      pen.strokeStyle = "rgb(0 0 0 / 70%)";
      pen.lineWidth = line * 0.5;
      pen.beginPath();
      if (side === "left") pen.arc(at[0], at[1], 1.6 * line, 0, 2 * Math.PI);
      else pen.rect(at[0] - 1.5 * line, at[1] - 1.5 * line, 3 * line, 3 * line);
      pen.fill();
      pen.stroke();
    });
  }
}
