/** A file is read whole into memory, once: hashed and decoded from the same bytes. */
export const maximumFileBytes = 1_000_000_000;
/** Pictures above either limit are refused from their header, before anything is allocated. */
export const maximumPixels = 100_000_000;
export const maximumDecodedBytes = 512 * 1024 * 1024;
