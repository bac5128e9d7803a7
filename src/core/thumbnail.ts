/** Longer edge of a stored thumbnail, pixels. */
export const thumbnailEdge = 256;

/** Where a thumbnail stands below its folder, by the hash of the picture's pixels: equal pictures share it. */
export function thumbnailFile(key: string): string {
  return `${key.slice(0, 2)}/${key}.webp`;
}
