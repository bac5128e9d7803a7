/**
 * Wraps a reading so that many wishes in a row cause one reading at a time, and one after the last.
 *
 * @param read must not reject
 */
export function oneReading(read: () => Promise<void>): () => Promise<void> {
  let reading: Promise<void> | null = null;
  let again = false;
  return () => {
    again = true;
    reading ??= (async () => {
      while (again) {
        again = false;
        await read();
      }
      reading = null;
    })();
    return reading;
  };
}
