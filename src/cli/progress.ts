import { count, duration } from '../core/words.ts';
import { plain, rate } from './format.ts';
import type { Terminal } from './host.ts';

/** Progress on stderr: a bar on a terminal, else a line at most once a second. */
export interface Progress {
  /** What is being done, and what is counted where its rate is to be shown, e.g. `Predicting`, `image`. */
  start(what: string, noun?: string): void;
  update(progress: { done: number; total: number | null; note: string }): void;
  /** A share done (null: unknown) and the words beside it, where the caller knows better than `update`. */
  show(share: number | null, text: string): void;
  /** A line of its own, e.g. an epoch's figures. */
  line(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

const barIntervalMs = 100;
const lineIntervalMs = 1000;
const barWidth = 24;

export function createProgress(terminal: Terminal): Progress {
  const { errIsTerminal: isTerminal } = terminal;
  const intervalMs = isTerminal ? barIntervalMs : lineIntervalMs;
  let what = '';
  let noun = '';
  let begunAt = 0;
  let firstDone: number | null = null;
  let shownAt = -Infinity;
  let barShown = false;

  const clearBar = (): void => {
    if (barShown) terminal.err('\r\x1b[K');
    barShown = false;
  };

  const describe = (done: number, total: number | null, note: string): string => {
    const seconds = (terminal.now() - begunAt) / 1000;
    const perSecond = seconds > 0.5 ? (done - (firstDone ?? 0)) / seconds : 0;
    const parts = [total === null ? count(done) : `${count(done)} of ${count(total)}`];
    const isMeasured = perSecond > 0 && noun !== '';
    if (isMeasured) parts.push(rate(perSecond, `${noun}s`));
    if (isMeasured && total !== null && done < total)
      parts.push(`${duration((total - done) / perSecond)} left`);
    if (note !== '') parts.push(plain(note));
    return parts.join(' · ');
  };

  const bar = (share: number | null): string => {
    if (share === null) return '';
    const filled = Math.round(barWidth * Math.min(1, Math.max(0, share)));
    return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} `;
  };

  const isDue = (share: number | null): boolean => {
    const waitedMs = terminal.now() - shownAt;
    return waitedMs >= intervalMs || (share === 1 && isTerminal);
  };

  const show = (share: number | null, text: string): void => {
    shownAt = terminal.now();
    if (!isTerminal) {
      terminal.err(`${what}: ${text}\n`);
      return;
    }
    const whole = `${what} ${bar(share)}${text}`;
    terminal.err(`\r${whole.slice(0, Math.max(20, terminal.errColumns - 1))}\x1b[K`);
    barShown = true;
  };

  return {
    start(newWhat, newNoun = '') {
      clearBar();
      [what, noun, begunAt, firstDone, shownAt] = [newWhat, newNoun, terminal.now(), null, -Infinity];
    },
    update({ done, total, note }) {
      firstDone ??= done;
      const share = total === null || total <= 0 ? null : done / total;
      if (isDue(share)) show(share, describe(done, total, note));
    },
    show(share, text) {
      if (isDue(share)) show(share, text);
    },
    line(text) {
      clearBar();
      terminal.err(`${text}\n`);
    },
    end: clearBar,
  };
}
