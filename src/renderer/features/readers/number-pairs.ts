import type { ViewRow } from '../../../contract/dataset.ts';
import { engine } from '../../api/engine.ts';
import type { NumberPair } from './difference-chart.ts';

const pageSize = 500;

/** The images that both readers of a closed round gave a number. */
export async function numberPairs(
  project: string,
  round: string,
  [first, second]: readonly [string, string],
): Promise<NumberPair[]> {
  const of = async (reader: string): Promise<Map<string, number>> => {
    const rows = await worklistRows(project, round, reader);
    return new Map(
      rows.flatMap(({ image, mine }) => (mine?.number == null ? [] : [[image, mine.number] as const])),
    );
  };
  const [a, b] = [await of(first), await of(second)];
  return [...a].flatMap(([image, number]) => {
    const other = b.get(image);
    return other === undefined ? [] : [{ image, first: number, second: other }];
  });
}

async function worklistRows(project: string, round: string, reader: string): Promise<ViewRow[]> {
  const client = await engine();
  const { view, total } = await client.round.worklist({ project, round, reader });
  const rows: ViewRow[] = [];
  while (rows.length < total) {
    const page = { project, view, offset: rows.length, limit: pageSize, reader, round };
    const found = await client.dataset.viewRows(page);
    if (found.rows.length === 0) break;
    rows.push(...found.rows);
  }
  return rows;
}
