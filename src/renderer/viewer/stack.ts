/** Where a picture stands in the series that it is one of. */
export interface PictureStack {
  /** What its pictures have in common, and those of another series do not: camera and window stay within it. */
  readonly series: string;
  /** From 0. */
  readonly index: number;
  readonly total: number;
  /** Address of the picture whose window the others start with, where their files name none. */
  readonly reference: string;
}

/**
 * Which pictures of a series are fetched ahead, most likely first: two onwards for each one back, as far as `reach`
 * onwards. `direction`: the sign of the last step, 0 before any.
 */
export function slicesAround(index: number, total: number, direction: number, reach = 40): number[] {
  const step = direction < 0 ? -1 : 1;
  const order: number[] = [];
  for (let way = 1; way <= reach; way++) {
    order.push(index + way * step);
    if (direction === 0) order.push(index - way * step);
    else if (way % 2 === 0) order.push(index - (way / 2) * step);
  }
  return order.filter((slice) => slice >= 0 && slice < total);
}
