import type { DoctorReport } from '../../contract/system.ts';
import { counted } from '../../core/words.ts';
import { defineCommand } from '../command.ts';
import { bytes, paragraphs, table } from '../format.ts';

export default defineCommand<[]>({
  configure: () => undefined,
  examples: ['doctor'],
  async run(context) {
    context.progress.start('Looking at this machine');
    const report = await (await context.client()).system.doctor();
    context.progress.end();
    return { document: { ...report }, text: describe(report) };
  },
});

const mark = (ok: boolean): string => (ok ? 'ok' : '–');
const facts = (...parts: (string | null)[]): string =>
  parts.filter((part) => part !== null && part !== '').join('; ');

function describe(report: DoctorReport): string {
  const { electron, browser } = report;
  const rows = [
    ...report.backends.map((backend) => [
      mark(backend.ok),
      `Backend ${backend.id}${backend.id === report.chosenBackend ? ' (chosen)' : ''}`,
      facts(
        backend.device,
        backend.version,
        ...(backend.remedy === '' ? [] : [backend.reason, backend.remedy]),
      ),
    ]),
    [
      mark(electron.ok),
      'Electron',
      facts(electron.version, electron.reason, electron.ok ? null : electron.remedy),
    ],
    [
      mark(browser.ok),
      'Browser for tests',
      facts(browser.version, browser.reason, browser.ok ? null : browser.remedy),
    ],
    ...report.checks.map((check) => [
      mark(check.ok),
      check.name,
      facts(check.detail, check.ok ? null : check.remedy),
    ]),
  ];
  return paragraphs(
    `Readroom ${report.readroom}, Node ${report.node.replace(/^v/, '')}, SQLite ${report.sqlite}, ${report.platform}, ` +
      `${counted(report.cores, 'core')}, ${bytes(report.memoryBytes)} memory.`,
    table([{ title: '' }, { title: 'What' }, { title: 'Detail' }], rows),
    report.ok ? 'Everything that is needed is here.' : '! Something that is needed is missing: see above.',
  );
}
