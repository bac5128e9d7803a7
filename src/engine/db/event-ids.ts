import { randomBytes } from 'node:crypto';

import { v7 as uuid } from 'uuid';

const bytesOfId = 16;

/** New ids of events, ascending; for many drawing the random bytes of each takes twice as long as the rest. */
export function newEventIds(count: number): string[] {
  const random = randomBytes(bytesOfId * count);
  const msecs = Date.now();
  // Half of the range is left for counting on.
  const start = count === 0 ? 0 : random.readUInt32BE(0) >>> 1;
  return Array.from({ length: count }, (_, index) =>
    uuid({
      msecs,
      seq: start + index,
      random: random.subarray(bytesOfId * index, bytesOfId * (index + 1)),
    }),
  );
}
