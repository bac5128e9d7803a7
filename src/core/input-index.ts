/** The input cache's index, a file of this name beside the pixels. */
export const inputIndexName = 'index.txt';
/** One line a slot: the picture's pixelSha256, or dashes for a slot that failed. */
export const inputIndexLineBytes = 65;

/** The first row whose picture the index does not name at the row's slot, or null when all stand. */
export function misplacedRow<R extends { readonly slot: number; readonly pixelSha256: string }>(
  index: string,
  rows: readonly R[],
): R | null {
  const misplaced = ({ slot, pixelSha256 }: R): boolean =>
    pixelSha256 === '' || !index.startsWith(`${pixelSha256}\n`, slot * inputIndexLineBytes);
  return rows.find(misplaced) ?? null;
}
