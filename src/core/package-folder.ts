const longestName = 40;

/**
 * Name of a folder for a run's model package, new at every second: `quick-2-01a208a6-3f2b-20260301120005`. The first
 * two groups of the run's id tell the millisecond at which it was made, and stand for the run on the command line.
 *
 * @param now UTC stands in the name
 */
export function packageFolderName({ run, name }: { run: string; name: string }, now: Date): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longestName)
    .replace(/^-|-$/g, '');
  const stamp = now.toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return [...(plain === '' ? [] : [plain]), run.slice(0, 13), stamp].join('-');
}

/**
 * What `packageFolderName` gives, and nothing else of what lies beside it; packages made before had no name and one
 * group of the id.
 */
export const packageFolderPattern = /(?:[a-z0-9]{1,40}-){0,20}[0-9a-f]{8}-(?:[0-9a-f]{4}-)?[0-9]{14}/;
