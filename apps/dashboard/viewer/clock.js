// What time it is in the walk: the film's time while there is a film, else a clock of its own.
class Clock {
  constructor(video, changed, failed) {
    Object.assign(this, { video, changed, now: 0, rate: 1, running: false, loop: null });
    this.times = [0];
    this.film = "";
    this.start = 0;
    this.closed = false;
    video.addEventListener("error", () => {
      if (!this.film) return;
      this.film = "";
      video.hidden = true;
      failed();
    });
    video.addEventListener("pause", () => this.film && !video.ended && this.stop());
    this.watch();
    this.last = 0;
    const beat = (at) => {
      if (this.closed) return;
      this.beat(Math.min(0.25, (at - this.last) / 1000));
      this.last = at;
      this.frame = requestAnimationFrame(beat);
    };
    this.frame = requestAnimationFrame(beat);
  }

  // Take a film (or none) whose time 0 is `start` in the walk, the times of the walk's frames, and
  // where a look at it begins.
  load(url, start, times, begin) {
    this.times = times;
    this.start = start;
    if (url !== this.wanted) {
      this.wanted = url;
      this.film = url;
      this.video.hidden = !url;
      if (url) this.video.src = url;
      else this.video.removeAttribute("src");
      this.now = begin;
      this.seek(begin);
    }
  }

  // The film tells which of its frames is on the screen, playing or not.
  watch() {
    if (!("requestVideoFrameCallback" in this.video)) return;
    const shown = (_, frame) => {
      if (this.closed) return;
      if (this.film && !this.video.seeking) this.set(frame.mediaTime + this.start);
      this.video.requestVideoFrameCallback(shown);
    };
    this.video.requestVideoFrameCallback(shown);
  }

  beat(seconds) {
    if (!this.running) return;
    const [first, last] = [this.times[0], this.times[this.times.length - 1]];
    if (!this.film) this.set(this.now + seconds * this.rate);
    else if (!("requestVideoFrameCallback" in this.video)) {
      this.set(this.video.currentTime + this.start);
    }
    const end = this.loop ? this.loop.to : last;
    if (this.now < end && !(this.film && this.video.ended)) return;
    if (this.loop) this.seek(this.loop.from);
    else {
      this.stop();
      if (this.now > last) this.set(last);
    }
    if (this.loop && this.film && this.video.paused) this.video.play().catch(() => this.stop());
    if (this.now < first) this.set(first);
  }

  set(time) {
    this.now = time;
    this.changed();
  }

  index(time = this.now) {
    const times = this.times;
    let [low, high] = [0, times.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low > 0 && time - times[low - 1] < times[low] - time ? low - 1 : low;
  }

  frameTime() {
    const { times } = this;
    return times.length > 1 ? (times[times.length - 1] - times[0]) / (times.length - 1) : 0.04;
  }

  seek(time) {
    const last = this.times[this.times.length - 1];
    const wanted = Math.min(last, Math.max(this.times[0], time));
    // A little into the frame: at its very border the film may show the one before.
    if (this.film) {
      this.video.currentTime = Math.max(0, wanted - this.start + 0.3 * this.frameTime());
    }
    this.set(wanted);
  }

  step(frames) {
    this.stop();
    const at = Math.min(this.times.length - 1, Math.max(0, this.index() + frames));
    this.seek(this.times[at]);
  }

  play() {
    const end = this.loop ? this.loop.to : this.times[this.times.length - 1];
    const begin = this.loop ? this.loop.from : this.times[0];
    if (this.now >= end - this.frameTime() / 2 || this.now < begin) this.seek(begin);
    this.running = true;
    if (this.film) {
      this.video.playbackRate = this.rate;
      this.video.play().catch(() => this.stop());
    }
    this.changed();
  }

  stop() {
    if (!this.running) return;
    this.running = false;
    if (this.film) this.video.pause();
    this.changed();
  }

  toggle() {
    if (this.running) this.stop();
    else this.play();
  }

  speed(rate) {
    this.rate = rate;
    if (this.film) this.video.playbackRate = rate;
  }

  close() {
    this.closed = true;
    cancelAnimationFrame(this.frame);
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}
