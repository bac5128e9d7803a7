// Runs in the page before the application does: measures what a person would see.
{
  /** The page's own globals, which this project's Node types do not know. */
  const page = /** @type {any} */ (globalThis);
  /** @type {{ start: number, duration: number }[]} */
  const longTasks = [];
  new page.PerformanceObserver((/** @type {any} */ list) => {
    for (const { startTime, duration } of list.getEntries()) longTasks.push({ start: startTime, duration });
  }).observe({ type: 'longtask', buffered: true });

  const frame = () => new Promise((resolve) => page.requestAnimationFrame(resolve));
  /** Right after the next frame was painted. */
  const painted = async () => {
    await frame();
    await new Promise((resolve) => {
      const channel = new page.MessageChannel();
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(null);
    });
    return page.performance.now();
  };

  /** Cells in the window, those without a picture, and those of which not even the row is known. */
  function look() {
    const grid = page.document.querySelector('[role=grid]');
    if (!grid || grid.offsetParent === null) return { cells: 0, blank: 0, unknown: 0, first: '' };
    const box = grid.getBoundingClientRect();
    const result = { cells: 0, blank: 0, unknown: 0, first: '' };
    let top = Infinity;
    for (const cell of grid.querySelectorAll('[role=gridcell]')) {
      const { bottom, top: start, left } = cell.getBoundingClientRect();
      if (bottom <= box.top || start >= box.bottom) continue;
      result.cells += 1;
      const picture = cell.querySelector('img');
      if (!picture || !picture.complete || picture.naturalWidth === 0) result.blank += 1;
      if (!cell.title) result.unknown += 1;
      if (start + left / 1e5 < top) {
        top = start + left / 1e5;
        result.first = cell.title;
      }
    }
    return result;
  }

  /** Waits until all cells in the window show their picture, and the first one is another than `before`. */
  async function untilShown(before = '', limitMs = 30_000) {
    const until = page.performance.now() + limitMs;
    for (;;) {
      const { cells, blank, first } = look();
      if (cells > 0 && blank === 0 && first !== before && first !== '') return painted();
      if (page.performance.now() > until)
        throw new Error(`After ${limitMs} ms ${blank} of ${cells} cells are blank.`);
      await frame();
    }
  }

  page.probe = {
    look,
    untilShown,
    /** Milliseconds from a click on `element` to the new first rows. */
    async clickToShown(/** @type {any} */ element) {
      const { first } = look();
      const start = page.performance.now();
      element.click();
      return (await untilShown(first)) - start;
    },
    /**
     * Scrolls the grid from a share of its length for so many seconds, and records every frame. Without a speed it
     * goes to the other end.
     */
    async scroll(
      /** @type {{ from: number, speed: number | null, seconds: number }} */ { from, speed, seconds },
    ) {
      const grid = page.document.querySelector('[role=grid]');
      const length = grid.scrollHeight - grid.clientHeight;
      const to = speed === null ? 1 - from : Math.min(1, Math.max(0, from + (speed * seconds) / length));
      grid.scrollTop = from * length;
      // The grid hears of it in the next frame, and waits with pictures until the jump has ended.
      await new Promise((resolve) => page.setTimeout(resolve, 500));
      await untilShown();
      const start = await painted();
      /** @type {number[]} */
      const frames = [];
      let [seen, blank, unknown, blankFrames] = [0, 0, 0, 0];
      for (let last = start; ;) {
        const now = await frame();
        frames.push(now - last);
        last = now;
        const state = look();
        seen += state.cells;
        blank += state.blank;
        unknown += state.unknown;
        if (state.blank > 0) blankFrames += 1;
        const share = Math.min(1, (now - start) / 1000 / seconds);
        grid.scrollTop = (from + (to - from) * share) * length;
        if (share === 1) break;
      }
      const end = page.performance.now();
      const settled = (await untilShown()) - end;
      const tasks = longTasks
        .filter(({ start: at }) => at >= start && at <= end)
        .map(({ duration }) => duration);
      const pixels = Math.round(Math.abs(to - from) * length);
      return { frames, seen, blank, unknown, blankFrames, settled, tasks, pixels };
    },
    /** Waits for the times from so many labels to their next pictures, as the screen measures them. */
    async untilLabelled(/** @type {number} */ n, limitMs = 10_000) {
      const until = page.performance.now() + limitMs;
      for (;;) {
        const found = page.performance.getEntriesByName('readroom:label-to-next');
        if (found.length >= n)
          return found.map((/** @type {any} */ { duration, detail }) => ({
            duration,
            prefetched: detail.prefetched,
          }));
        if (page.performance.now() > until)
          throw new Error(`After ${limitMs} ms only ${found.length} of ${n} labels led to a picture.`);
        await frame();
      }
    },
  };
}
