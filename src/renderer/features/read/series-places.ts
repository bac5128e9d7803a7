/** Where the slices of a series lie. */
export interface SeriesPlaces {
  /** Of each slice its order within the series; null: not known. At least one. */
  readonly positions: readonly (number | null)[];
  /** Unit vector in the patient's axes along which positions count millimetres; null: they do not. */
  readonly normal: readonly number[] | null;
}

/** The slices of two series on one scale. */
interface CommonScale {
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Series whose slices lie less apart than this are compared by millimetres: twenty degrees. */
const leastAlike = Math.cos(Math.PI / 9);

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, part, axis) => sum + part * b[axis]!, 0);

/** Millimetres along the normal of `from`; null where they are not known or the series lie in unlike directions. */
function inMillimetres(from: SeriesPlaces, to: SeriesPlaces): CommonScale | null {
  if (from.normal === null || to.normal === null) return null;
  const alike = dot(from.normal, to.normal);
  const known = (positions: SeriesPlaces['positions']): positions is readonly number[] =>
    positions.every((position) => position !== null);
  if (Math.abs(alike) < leastAlike || !known(from.positions) || !known(to.positions)) return null;
  return { from: from.positions, to: to.positions.map((position) => position * Math.sign(alike)) };
}

/** As shares of the way through each series, in slices of `to`. */
function inShares(from: SeriesPlaces, to: SeriesPlaces): CommonScale {
  const last = to.positions.length - 1;
  const perSlice = last / Math.max(1, from.positions.length - 1);
  return { from: from.positions.map((_, at) => at * perSlice), to: to.positions.map((_, at) => at) };
}

function nearest(places: readonly number[], wanted: number): number {
  const distances = places.map((place) => Math.abs(place - wanted));
  return distances.indexOf(Math.min(...distances));
}

/** Whether two series show a part of the body in common, as far as one frame of reference can be taken for the other. */
function overlaps({ from, to }: CommonScale): boolean {
  return Math.max(...from) >= Math.min(...to) && Math.max(...to) >= Math.min(...from);
}

/** The slice of `to` at the level of a slice of `from`: the nearest by millimetres, else the same share of the way. */
export function sameLevel(from: SeriesPlaces, slice: number, to: SeriesPlaces): number {
  const scale = inMillimetres(from, to);
  const { from: here, to: there } = scale !== null && overlaps(scale) ? scale : inShares(from, to);
  return nearest(there, here[slice] ?? here[0]!);
}

/** A slice, and by how much it lies beside the place that is wanted, on the scale of both series. */
export interface LinkedSlice {
  readonly slice: number;
  readonly beside: number;
}

/**
 * Goes on in `to` by as much as from one slice of `from` to another: by millimetres, else by the share of the way. What
 * a slice could not follow is made up for by the next steps, at the ends of the series as well.
 */
export function followed(
  from: SeriesPlaces,
  [before, now]: readonly [before: number, now: number],
  to: SeriesPlaces,
  { slice, beside }: LinkedSlice,
): LinkedSlice {
  const { from: here, to: there } = inMillimetres(from, to) ?? inShares(from, to);
  const wanted = there[slice]! + beside + here[now]! - here[before]!;
  const found = nearest(there, wanted);
  return { slice: found, beside: wanted - there[found]! };
}

/** Whether two series lie in like directions, as far as both say how they lie. */
export function liesAlike(a: readonly number[] | null, b: readonly number[] | null): boolean {
  if (a === null || b === null) return false;
  return Math.abs(dot(a, b)) >= leastAlike;
}
