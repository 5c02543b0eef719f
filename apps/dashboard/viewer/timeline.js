// Two lanes of events and a curve below, with one cursor.
const GUTTER = 64;
const LANE = 50;
const STRIDES = 22;
const CURVE = 120;
const AXIS = 20;
const SIDES = ["left", "right"];
const CONTACT = "initial_contact";

function draw(parent, tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.appendChild(made);
  return made;
}

const keyOf = (event) => `${event.kind} ${event.side} ${event.time_s.toFixed(6)}`;

class Timeline {
  constructor(svg, host) {
    Object.assign(this, { svg, host, width: 0, from: 0, to: 1, seconds: null });
    this.height = 2 * (LANE + STRIDES) + CURVE + AXIS + 14;
    this.marks = draw(svg, "g");
    this.cursor = draw(svg, "line", { class: "cursor", y1: 0, y2: this.height - AXIS });
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(svg.parentElement);
    this.pointers();
  }

  fit() {
    const width = this.svg.parentElement.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.style.height = `${this.height}px`;
    this.redraw();
  }

  x(time) {
    return GUTTER + ((time - this.from) / (this.to - this.from)) * (this.width - GUTTER - 12);
  }

  time(x) {
    return this.from + ((x - GUTTER) / (this.width - GUTTER - 12)) * (this.to - this.from);
  }

  // Show so many seconds around the cursor; 0 for all of the walk.
  show(seconds) {
    this.seconds = seconds;
    this.place(true);
  }

  // Keep the cursor in the window; true where the window had to move.
  place(force) {
    const { times, now } = this.host.clock;
    const [first, last] = [times[0], times[times.length - 1]];
    const whole = Math.max(last - first, 0.1);
    const wide = this.seconds && this.seconds < whole ? this.seconds : whole;
    let from = this.from;
    if (wide === whole) from = first;
    else if (force || now < from + 0.05 * wide || now > from + 0.95 * wide) {
      from = Math.min(last - wide, Math.max(first, now - (this.host.clock.running ? 0.1 : 0.5) * wide));
    }
    const moved = force || from !== this.from || from + wide !== this.to;
    this.from = from;
    this.to = from + wide;
    if (moved) this.redraw();
    return moved;
  }

  redraw() {
    if (!this.width || !this.host.data) return;
    const held = this.svg.getRootNode().activeElement;
    const focused = held && held.dataset ? held.dataset.key : null;
    this.marks.replaceChildren();
    const { words } = this.host.data;
    SIDES.forEach((side, row) => {
      const y = row * (LANE + STRIDES);
      draw(this.marks, "rect", {
        class: "lane", x: GUTTER, y: y + 1, width: this.width - GUTTER - 12, height: LANE - 2,
      });
      draw(this.marks, "text", { class: "name", x: 6, y: y + LANE / 2 + 4 }, words[side]);
      this.stances(side, y);
      this.strides(side, y + LANE);
    });
    this.spans();
    this.curve(2 * (LANE + STRIDES) + 8);
    this.axis();
    SIDES.forEach((side, row) => this.events(side, row * (LANE + STRIDES)));
    this.tick();
    if (focused) this.focus(focused);
  }

  focus(key) {
    for (const one of this.marks.querySelectorAll("[data-key]")) {
      if (one.dataset.key === key) one.focus({ preventScroll: true });
    }
  }

  inside(from, to = from) {
    return to >= this.from - 1e-6 && from <= this.to + 1e-6;
  }

  bar(attributes, from, to) {
    const [start, end] = [Math.max(from, this.from), Math.min(to, this.to)];
    if (end <= start) return;
    draw(this.marks, "rect", {
      ...attributes, x: this.x(start), width: this.x(end) - this.x(start),
    });
  }

  stances(side, y) {
    const mine = this.host.events.filter((event) => event.side === side);
    mine.forEach((event, number) => {
      const next = mine[number + 1];
      const bout = next && this.host.data.bouts.find(([from, to]) => from <= next.time_s && event.time_s <= to);
      const one = bout && bout[0] <= event.time_s + 0.1 && next.time_s <= bout[1] + 0.1;
      if (event.kind === CONTACT && one && next.kind !== CONTACT) {
        this.bar({ class: `stance ${side}`, y: y + 8, height: LANE - 16 }, event.time_s, next.time_s);
      }
    });
  }

  strides(side, y) {
    const { words } = this.host.data;
    for (const stride of this.host.data.strides) {
      if (stride.side !== side || !this.inside(stride.start_s, stride.end_s)) continue;
      const [left, right] = [
        Math.max(this.x(stride.start_s), GUTTER), Math.min(this.x(stride.end_s), this.width - 12),
      ];
      const name = `${words.stride} ${stride.number}, ${words[side]}${stride.used ? "" : `, ${words.not_used}`}`;
      const group = draw(this.marks, "g", {
        class: `stride${stride.used ? "" : " out"}`, tabindex: 0, role: "button",
        "aria-label": name, "data-key": `stride ${stride.number}`,
      });
      draw(group, "title", {}, `${name}. ${stride.note || ""}`);
      draw(group, "rect", {
        x: left + 1, y: y + 2, width: Math.max(right - left - 2, 1), height: STRIDES - 5, rx: 3,
      });
      if (right - left > 16) {
        draw(group, "text", { x: (left + right) / 2, y: y + STRIDES - 7 }, stride.number);
      }
      group.addEventListener("click", () => this.host.loopStride(stride));
    }
  }

  spans() {
    const high = this.height - AXIS;
    const { loop } = this.host.clock;
    const { from, to } = this.host.marked;
    if (loop) this.bar({ class: "loop", y: 0, height: high }, loop.from, loop.to);
    if (from !== null) {
      const end = to === null ? from + this.host.clock.frameTime() : to;
      this.bar({ class: "swap", y: 0, height: 2 * (LANE + STRIDES) }, Math.min(from, end), Math.max(from, end));
    }
  }

  events(side, y) {
    for (const event of this.host.events) {
      if (event.side !== side || !this.inside(event.time_s)) continue;
      const at = this.x(event.time_s);
      const contact = event.kind === CONTACT;
      const group = draw(this.marks, "g", {
        class: `event ${side} ${event.kind}${this.host.chosen === event ? " chosen" : ""}`,
        tabindex: 0, role: "button", "data-key": keyOf(event),
        "aria-label": this.host.nameOf(event), transform: `translate(${at} ${y})`,
      });
      draw(group, "title", {}, this.host.tellOf(event));
      draw(group, "rect", { class: "hit", x: -12, y: 0, width: 24, height: LANE });
      draw(group, "line", { class: "stem", x1: 0, x2: 0, y1: 4, y2: LANE - 4 });
      const half = this.x(event.time_s + event.uncertainty_s) - at;
      if (half > 9) draw(group, "line", { class: "doubt", x1: -half, x2: half, y1: LANE / 2, y2: LANE / 2 });
      draw(group, "circle", { class: "ring", cx: 0, cy: LANE / 2, r: 15 });
      draw(group, "path", {
        class: "shape", d: contact ? "M-8 -6H8L0 8Z" : "M-8 6H8L0 -8Z",
        transform: `translate(0 ${LANE / 2})`,
      });
      if (event.manual) draw(group, "circle", { class: "pin", cx: 0, cy: 5, r: 3.5 });
      this.grab(group, event);
    }
  }

  curve(top) {
    const { data, curve } = this.host;
    const found = data.curves.find((one) => one.name === curve);
    if (!found) return;
    const values = SIDES.flatMap((side) => found[side].map((pair) => pair[1])).filter((v) => v !== null);
    if (!values.length) return;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const y = (value) => top + CURVE - 6 - ((value - low) / (high - low || 1)) * (CURVE - 14);
    for (const value of [low, high]) {
      draw(this.marks, "line", { class: "rule", x1: GUTTER, x2: this.width - 12, y1: y(value), y2: y(value) });
      draw(this.marks, "text", { x: GUTTER - 6, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(found.decimals));
    }
    draw(this.marks, "text", { x: 6, y: top + CURVE / 2 + 2 }, found.unit);
    for (const side of SIDES) {
      let path = "";
      let pen = "M";
      for (const [time, value] of found[side]) {
        if (value === null || !this.inside(time)) pen = "M";
        else {
          path += `${pen}${this.x(time).toFixed(1)} ${y(value).toFixed(1)}`;
          pen = "L";
        }
      }
      if (path) draw(this.marks, "path", { class: `curve ${side}`, d: path });
    }
  }

  axis() {
    const wide = this.to - this.from;
    const fits = (this.width - GUTTER) / 70;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120].find((one) => wide / one <= fits) || 300;
    const base = this.height - 4;
    for (let at = Math.ceil(this.from / step - 1e-9) * step; at <= this.to + 1e-9; at += step) {
      draw(this.marks, "line", { class: "rule", x1: this.x(at), x2: this.x(at), y1: base - 18, y2: base - 13 });
      draw(this.marks, "text", { x: this.x(at), y: base, "text-anchor": "middle" }, `${at.toFixed(step < 1 ? 1 : 0)} s`);
    }
  }

  tick() {
    if (!this.width) return;
    const at = this.x(Math.min(this.to, Math.max(this.from, this.host.clock.now)));
    this.cursor.setAttribute("x1", at);
    this.cursor.setAttribute("x2", at);
    const { clock } = this.host;
    this.svg.setAttribute("aria-valuemin", clock.times[0].toFixed(2));
    this.svg.setAttribute("aria-valuemax", clock.times[clock.times.length - 1].toFixed(2));
    this.svg.setAttribute("aria-valuenow", clock.now.toFixed(2));
    this.svg.setAttribute("aria-valuetext", `${clock.now.toFixed(2)} s`);
  }

  within(pointer) {
    const box = this.svg.getBoundingClientRect();
    return this.time(((pointer.clientX - box.left) / box.width) * this.width);
  }

  // Drag over the empty lanes: the cursor follows.
  pointers() {
    const { svg } = this;
    let scrubbing = false;
    svg.addEventListener("pointerdown", (pointer) => {
      if (pointer.target.closest(".event, .stride") || pointer.button) return;
      scrubbing = true;
      svg.setPointerCapture(pointer.pointerId);
      this.host.clock.stop();
      this.host.clock.seek(this.within(pointer));
    });
    svg.addEventListener("pointermove", (pointer) => scrubbing && this.host.clock.seek(this.within(pointer)));
    for (const end of ["pointerup", "pointercancel"]) {
      svg.addEventListener(end, () => {
        scrubbing = false;
      });
    }
  }

  // A press on an event shows it; in edit mode a drag moves it, frame by frame.
  grab(group, event) {
    group.addEventListener("pointerdown", (pointer) => {
      if (pointer.button) return;
      pointer.preventDefault();
      this.host.choose(event);
      if (!this.host.editing) return;
      const [began, old] = [pointer.clientX, event.time_s];
      let dragged = false;
      const move = (next) => {
        if (!dragged && Math.abs(next.clientX - began) < 4) return;
        dragged = true;
        const { clock } = this.host;
        event.time_s = clock.times[clock.index(this.within(next))];
        clock.seek(event.time_s);
        this.redraw();
      };
      const end = (next) => {
        for (const [name, done] of [["pointermove", move], ["pointerup", end], ["pointercancel", end]]) {
          window.removeEventListener(name, done);
        }
        const to = event.time_s;
        event.time_s = old;
        if (dragged && next.type === "pointerup") this.host.move(event, to);
        else this.redraw();
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", end);
      window.addEventListener("pointercancel", end);
    });
  }
}
