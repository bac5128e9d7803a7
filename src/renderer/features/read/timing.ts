/** How long a reader waits for the next image after a label: read by the benchmark from the page's timeline. */
export const labelToNext = 'readroom:label-to-next';
export const labelToPreview = 'readroom:label-to-preview';

export interface LabelTiming {
  /** A label was given at `start` (ms of the page's clock) and the image of `src` comes next. */
  begin(start: number, src: string, prefetched: boolean): void;
  /** The viewer has drawn something of `src`. */
  drawn(src: string, kind: 'preview' | 'picture'): void;
}

/** Measures from the key to the frame in which the next image is painted. */
export function createLabelTiming(): LabelTiming {
  let waiting: { start: number; src: string; prefetched: boolean } | null = null;
  return {
    begin(start, src, prefetched) {
      waiting = { start, src, prefetched };
    },
    drawn(src, kind) {
      if (waiting?.src !== src) return;
      const { start, prefetched } = waiting;
      if (kind === 'picture') waiting = null;
      const name = kind === 'picture' ? labelToNext : labelToPreview;
      afterPaint(() => performance.measure(name, { start, end: performance.now(), detail: { prefetched } }));
    },
  };
}

/** Runs right after the next frame was painted. */
function afterPaint(run: () => void): void {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      run();
    };
    channel.port2.postMessage(null);
  });
}
