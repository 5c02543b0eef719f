// The viewer: film or skeleton, lanes, curve and the editing of events, in step.
const viewers = new WeakMap();
const NUDGE_MS = 800;
const LONG_S = 12;

class Viewer {
  constructor(host) {
    this.root = host.querySelector(".viewer");
    this.marked = { from: null, to: null };
    this.events = [];
    this.chosen = null;
    this.editing = false;
    this.serial = 0;
    this.sent = [];
    this.clock = new Clock(this.find("video"), () => this.tick(), () => this.noFilm());
    this.stage = new Stage(this.root);
    this.timeline = new Timeline(this.find(".timeline"), this);
    this.controls();
    this.watcher = new ResizeObserver(() => this.tick());
    this.watcher.observe(this.find(".stage"));
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  // ------------------------------------------------------------------ what comes from the page

  update(data, tell) {
    this.tell = tell;
    this.darken();
    if (data === this.data) return;
    const first = !this.data;
    const language = first || this.data.words.language !== data.words.language;
    this.data = data;
    if (language) this.word(data.words);
    this.stage.load(data);
    if (data.serial >= this.serial) this.take(data);
    this.clock.load(data.film, data.film_start_s, data.time_s, data.begin_s);
    this.choices(data);
    this.find(".edit").hidden = !data.editable;
    if (!data.editable) this.edit(false);
    const mark = this.find(".mark");
    mark.hidden = !data.mark;
    mark.textContent = data.mark || "";
    if (!data.film) this.note(data.words.no_film);
    else if (!this.clock.film) this.noFilm();
    else this.note("");
    this.timeline.fit();
    this.timeline.place(true);
    if (data.go && data.go.serial !== this.gone) {
      this.gone = data.go.serial;
      this.loopStride({ start_s: data.go.from_s, end_s: data.go.to_s });
      this.root.scrollIntoView({ block: "nearest" });
    }
    this.buttons();
    this.tick();
  }

  // The page has the last word on events and edits.
  take(data) {
    this.serial = data.serial;
    this.sent = data.edits.map((one) => ({ ...one }));
    this.events = data.events.map((one) => ({ ...one }));
    const key = this.chosen && keyOf(this.chosen);
    this.chosen = this.events.find((one) => keyOf(one) === key) || null;
    this.say(data.refused || "", Boolean(data.refused));
  }

  darken() {
    const probe = getComputedStyle(this.root).getPropertyValue("--paper").trim();
    const pen = document.createElement("canvas").getContext("2d");
    pen.fillStyle = probe || "#fff";
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue] = pen.getImageData(0, 0, 1, 1).data;
    this.root.classList.toggle("dark", 0.3 * red + 0.59 * green + 0.11 * blue < 110);
  }

  word(words) {
    this.root.lang = words.language;
    this.root.setAttribute("aria-label", words.viewer);
    for (const one of this.root.querySelectorAll("[data-word]")) {
      one.textContent = words[one.dataset.word];
    }
    for (const [name, word] of [["play", "play"], ["back", "frame_back"], ["on", "frame_on"]]) {
      const button = this.find(`[data-do="${name}"]`);
      button.setAttribute("aria-label", words[word]);
      button.title = words[word];
    }
    this.timeline.svg.setAttribute("aria-label", words.timeline);
    const keys = this.find(".keys dl");
    keys.replaceChildren();
    for (const [key, what] of words.key_list) {
      keys.appendChild(document.createElement("dt")).textContent = key;
      keys.appendChild(document.createElement("dd")).textContent = what;
    }
    const options = (name, pairs) => this.options(name, pairs);
    options("close", Object.keys(CLOSE_UPS).map((one) => [one, words[`close_${one}`]]));
    options("side", SIDES.map((one) => [one, words[one]]));
    options("kind", [CONTACT, "foot_off"].map((one) => [one, words[one]]));
  }

  options(name, pairs) {
    const select = this.find(`[data-pick="${name}"]`);
    const kept = select.value;
    select.replaceChildren();
    for (const [value, text] of pairs) {
      const option = select.appendChild(document.createElement("option"));
      option.value = value;
      option.textContent = text;
    }
    if (pairs.some(([value]) => value === kept)) select.value = kept;
  }

  choices(data) {
    this.options("curve", data.curves.map((one) => [one.name, one.title]));
    this.curve = this.find('[data-pick="curve"]').value;
    const whole = data.time_s[data.time_s.length - 1] - data.time_s[0];
    const seconds = [8, 4, 2, 1].filter((one) => one < whole);
    this.options("window", [[0, data.words.all], ...seconds.map((one) => [one, `${one} s`])]);
    // On a long walk the events of all of it would lie on each other.
    if (this.timeline.seconds === null) this.timeline.seconds = whole > LONG_S ? seconds[0] : 0;
    this.find('[data-pick="window"]').value = String(this.timeline.seconds);
  }

  note(text) {
    const wait = this.find(".wait");
    wait.hidden = !text;
    wait.textContent = text || "";
    this.data.alone = Boolean(text);
  }

  noFilm() {
    if (this.data) this.note(this.data.words.not_played);
    this.tick();
  }

  say(text, bad) {
    const status = this.find(".status");
    status.textContent = text;
    status.classList.toggle("bad", Boolean(bad));
  }

  // ------------------------------------------------------------------ time

  tick() {
    if (!this.data) return;
    const { clock } = this;
    const index = clock.index();
    const near = Math.abs(clock.times[index] - clock.now) <= clock.frameTime();
    this.stage.draw(index, near);
    if (!this.timeline.place(false)) this.timeline.tick();
    this.root.classList.toggle("plays", clock.running);
    const button = this.find('[data-do="play"]');
    const word = clock.running ? this.data.words.pause : this.data.words.play;
    if (button.title !== word) {
      button.title = word;
      button.setAttribute("aria-label", word);
    }
    this.find(".clock").textContent =
      `${clock.now.toFixed(3)} s · ${this.data.words.frame} ${index + 1} / ${clock.times.length}`;
  }

  loopStride(stride) {
    this.clock.loop = { from: stride.start_s, to: stride.end_s };
    this.clock.seek(stride.start_s);
    if (this.timeline.seconds && this.timeline.seconds < stride.end_s - stride.start_s) {
      this.timeline.seconds = 0;
    }
    this.timeline.place(true);
    this.clock.play();
    this.buttons();
  }

  toggleLoop() {
    if (this.clock.loop) this.clock.loop = null;
    else {
      const { now } = this.clock;
      const around = this.data.strides.find((one) => one.start_s <= now && now <= one.end_s);
      if (around) {
        this.loopStride(around);
        return;
      }
      const { times } = this.clock;
      this.clock.loop = { from: times[0], to: times[times.length - 1] };
    }
    this.timeline.redraw();
    this.buttons();
  }

  toEvent(direction) {
    const half = this.clock.frameTime() / 2;
    const all = [...this.events].sort((a, b) => a.time_s - b.time_s);
    const next = direction > 0
      ? all.find((one) => one.time_s > this.clock.now + half)
      : all.reverse().find((one) => one.time_s < this.clock.now - half);
    if (!next) return;
    this.choose(next);
    this.say(this.nameOf(next));
  }

  // ------------------------------------------------------------------ events

  nameOf(event) {
    const { words } = this.data;
    return `${words[event.side]}, ${words[event.kind]}, ${event.time_s.toFixed(3)} s`;
  }

  tellOf(event) {
    const { words } = this.data;
    const by = event.manual ? words.by_hand : `± ${(1000 * event.uncertainty_s).toFixed(0)} ms`;
    return `${this.nameOf(event)} (${by})`;
  }

  choose(event) {
    this.chosen = event;
    this.clock.stop();
    this.clock.seek(event.time_s);
    this.timeline.redraw();
    this.timeline.focus(keyOf(event));
    this.buttons();
  }

  edit(on) {
    this.editing = on;
    this.find('[data-pick="edit"]').checked = on;
    this.find(".tools").hidden = !on;
    this.root.classList.toggle("editing", on);
    this.buttons();
  }

  // All edits go to the page, which recomputes and answers with events, edits, or why not.
  send(edits) {
    this.sent = edits;
    this.serial += 1;
    this.say(this.data.words.recomputing);
    this.tell({ serial: this.serial, edits });
    this.timeline.redraw();
    this.buttons();
  }

  move(event, to) {
    const moved = { action: "move_event", kind: event.kind, side: event.side, time_s: event.time_s, to_s: to };
    if (Math.abs(to - event.time_s) < 1e-9) {
      this.timeline.redraw();
      return;
    }
    const last = this.sent[this.sent.length - 1];
    const same = last && last.action === "move_event" && last.kind === event.kind
      && last.side === event.side && Math.abs(last.to_s - event.time_s) < 1e-6;
    const kept = same ? this.sent.slice(0, -1) : this.sent;
    if (same) moved.time_s = last.time_s;
    event.time_s = to;
    event.manual = true;
    this.sortEvents();
    this.clock.seek(to);
    this.send(Math.abs(moved.to_s - moved.time_s) < 1e-9 ? kept : [...kept, moved]);
    this.timeline.focus(keyOf(event));
  }

  // Steps of the keyboard are one move, sent once the keys rest.
  nudge(frames) {
    const event = this.chosen;
    if (!event || !this.editing) return;
    this.began = this.began ?? event.time_s;
    const { clock } = this;
    const to = clock.times[Math.min(clock.times.length - 1, Math.max(0, clock.index(event.time_s) + frames))];
    event.time_s = to;
    clock.seek(to);
    this.timeline.redraw();
    this.timeline.focus(keyOf(event));
    this.buttons();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.settle(), NUDGE_MS);
  }

  settle() {
    clearTimeout(this.resting);
    if (this.began === undefined || !this.chosen) return;
    const [event, to] = [this.chosen, this.chosen.time_s];
    event.time_s = this.began;
    this.began = undefined;
    this.move(event, to);
  }

  add() {
    const [side, kind] = ["side", "kind"].map((name) => this.find(`[data-pick="${name}"]`).value);
    const time_s = this.clock.times[this.clock.index()];
    const made = { kind, side, time_s, uncertainty_s: 0, manual: true };
    this.events.push(made);
    this.sortEvents();
    this.chosen = made;
    this.send([...this.sent, { action: "add_event", kind, side, time_s }]);
  }

  remove() {
    const event = this.chosen;
    if (!event) return;
    this.settle();
    this.events = this.events.filter((one) => one !== event);
    this.chosen = null;
    this.send([...this.sent, {
      action: "delete_event", kind: event.kind, side: event.side, time_s: event.time_s,
    }]);
  }

  sortEvents() {
    this.events.sort((a, b) => a.time_s - b.time_s);
  }

  mark(end) {
    this.marked[end] = this.clock.times[this.clock.index()];
    this.timeline.redraw();
    this.buttons();
  }

  swap() {
    const [from_s, to_s] = [this.marked.from, this.marked.to].sort((a, b) => a - b);
    this.marked = { from: null, to: null };
    this.send([...this.sent, { action: "swap_legs", from_s, to_s }]);
  }

  undo() {
    clearTimeout(this.resting);
    if (this.began !== undefined) {
      this.chosen.time_s = this.began;
      this.began = undefined;
      this.timeline.redraw();
      return;
    }
    if (this.sent.length) this.send(this.sent.slice(0, -1));
  }

  // ------------------------------------------------------------------ buttons and keys

  buttons() {
    if (!this.data) return;
    const { words } = this.data;
    const { from, to } = this.marked;
    const able = { undo: this.sent.length, swap: from !== null && to !== null && from !== to };
    for (const name of ["earlier", "later", "here", "delete"]) able[name] = this.chosen;
    for (const [name, can] of Object.entries(able)) {
      this.find(`[data-do="${name}"]`).disabled = !can;
    }
    this.find('[data-do="loop"]').setAttribute("aria-pressed", String(Boolean(this.clock.loop)));
    this.find(".chosen").textContent = this.chosen ? this.nameOf(this.chosen) : words.choose_event;
    this.find(".span").textContent = from === null && to === null ? ""
      : `${from === null ? "…" : `${from.toFixed(2)} s`} – ${to === null ? "…" : `${to.toFixed(2)} s`}`;
  }

  controls() {
    const doing = {
      play: () => this.clock.toggle(),
      back: () => this.clock.step(-1),
      on: () => this.clock.step(1),
      loop: () => this.toggleLoop(),
      undo: () => this.undo(),
      earlier: () => this.nudge(-1),
      later: () => this.nudge(1),
      here: () => this.move(this.chosen, this.clock.times[this.clock.index()]),
      delete: () => this.remove(),
      add: () => this.add(),
      from: () => this.mark("from"),
      to: () => this.mark("to"),
      swap: () => this.swap(),
    };
    for (const [name, run] of Object.entries(doing)) {
      this.find(`[data-do="${name}"]`).addEventListener("click", run);
    }
    const picked = {
      speed: (box) => this.clock.speed(Number(box.value)),
      close: (box) => {
        this.stage.close = box.value;
        this.tick();
      },
      skeleton: (box) => {
        this.stage.skeleton = box.checked;
        this.tick();
      },
      curve: (box) => {
        this.curve = box.value;
        this.timeline.redraw();
      },
      window: (box) => this.timeline.show(Number(box.value)),
      edit: (box) => this.edit(box.checked),
    };
    for (const [name, run] of Object.entries(picked)) {
      const box = this.find(`[data-pick="${name}"]`);
      box.addEventListener("change", () => run(box));
    }
    this.find(".stage").addEventListener("click", () => this.clock.toggle());
    this.root.addEventListener("keydown", (key) => this.key(key));
  }

  key(key) {
    const target = key.target;
    const typing = target.matches("select, summary, input");
    const onButton = target.matches("button");
    const onMark = target.closest(".event, .stride");
    const command = key.ctrlKey || key.metaKey;
    let run = null;
    if (command && key.key.toLowerCase() === "z") run = () => this.undo();
    else if (command || key.altKey || typing) return;
    else if (key.key === "," || key.key === ".") run = () => this.clock.step(key.key === "," ? -1 : 1);
    else if (key.key === "l") run = () => this.toggleLoop();
    else if (key.key === "Home" || key.key === "End") {
      const { times } = this.clock;
      run = () => this.clock.seek(key.key === "Home" ? times[0] : times[times.length - 1]);
    } else if (key.key === "Escape") run = () => this.find(".timeline").focus();
    else if (key.key.startsWith("Arrow")) run = this.arrow(key.key, onMark);
    else if ((key.key === "Delete" || key.key === "Backspace") && this.editing) run = () => this.remove();
    else if ((key.key === " " || key.key === "Enter") && onMark) run = () => this.press(onMark);
    else if (key.key === " " && !onButton) run = () => this.clock.toggle();
    if (!run) return;
    key.preventDefault();
    key.stopPropagation();
    run();
  }

  press(mark) {
    const event = this.events.find((one) => keyOf(one) === mark.dataset.key);
    if (event) this.choose(event);
    else mark.dispatchEvent(new MouseEvent("click"));
  }

  arrow(key, onMark) {
    const way = key === "ArrowLeft" ? -1 : key === "ArrowRight" ? 1 : 0;
    if (!way) return null;
    const event = onMark && this.events.find((one) => keyOf(one) === onMark.dataset.key);
    if (this.editing && event) {
      return () => {
        if (this.chosen !== event) this.settle();
        this.chosen = event;
        this.nudge(way);
      };
    }
    return () => this.toEvent(way);
  }

  close() {
    this.settle();
    this.clock.close();
    this.watcher.disconnect();
    this.timeline.watcher.disconnect();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  let viewer = viewers.get(parentElement);
  if (!viewer || viewer.root !== parentElement.querySelector(".viewer")) {
    viewer = new Viewer(parentElement);
    viewers.set(parentElement, viewer);
  }
  viewer.update(data, (said) => setTriggerValue("edited", said));
  return () => {
    viewer.close();
    viewers.delete(parentElement);
  };
}
