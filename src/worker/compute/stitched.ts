import type { InputTiles } from '../../contract/tiles.ts';
import { createStitching } from '../../core/tiles.ts';

/**
 * What is said of pictures, from what is said of what a network sees of them.
 *
 * @param said answers to pictures, or with tiles to the tiles of one picture after another, any number at a time
 * @param tiles null: pictures are seen whole, and their answers come out as they are
 * @param values numbers a pixel
 * @yields the same, of pictures, line after line; some lines at a time, so that a large picture is never held
 */
export async function* stitchedAnswers(
  said: AsyncIterable<Float32Array>,
  tiles: InputTiles | null,
  values: number,
): AsyncGenerator<Float32Array> {
  if (tiles === null) {
    yield* said;
    return;
  }
  const { add } = createStitching(tiles, values);
  const length = tiles.edge ** 2 * values;
  for await (const some of said) {
    for (let start = 0; start < some.length; start += length) {
      const lines = add(some.subarray(start, start + length));
      if (lines !== null) yield lines;
    }
  }
}
