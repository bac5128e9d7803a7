/** The two runs that an address compares: `?compare=<run>,<run>`; null where it names no two different ones. */
export function comparedRuns(query: unknown): readonly [first: string, second: string] | null {
  const [first = '', second = '', ...more] = typeof query === 'string' ? query.split(',') : [];
  return first === '' || second === '' || first === second || more.length > 0 ? null : [first, second];
}
