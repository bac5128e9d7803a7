/** What we read of vitest's JSON report. */
export interface TestReport {
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

export interface TestCounts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Counts tests. A file that fails outside of its tests, a run that fails in no test at all and a
 * missing report each count as one failure, so that the closing line never looks better than the run.
 */
export function countTests(report: TestReport | null, ok: boolean): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of report?.testResults ?? []) {
    for (const test of assertionResults) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped += 1;
    }
    if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) counts.failed += 1;
  }
  if (!ok && counts.failed === 0) counts.failed = 1;
  return counts;
}

export const closingLine = ({ passed, failed, skipped }: TestCounts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
