const digitsOrText = /\d+|\D+/g;

/**
 * Orders names as people number them: `class 2` before `class 10`, `a` beside `A`. The same on every machine:
 * letters compare by their lower-case UTF-16 code units, not by the language; equal otherwise, by code units.
 *
 * @returns negative, 0 (identical strings only) or positive, for `sort`.
 */
export function compareNatural(a: string, b: string): number {
  const left = a.match(digitsOrText) ?? [];
  const right = b.match(digitsOrText) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareChunks(left[index]!, right[index]!);
    if (order !== 0) return order;
  }
  return left.length - right.length || compareCodeUnits(a, b);
}

/**
 * A text whose order by UTF-16 code units is that of `compareNatural` but for case: for sorting many names, where taking
 * each apart once pays. Names with control characters may come elsewhere.
 */
export function naturalKey(name: string): string {
  return name.toLowerCase().replace(/\d+/g, (digits, at: number) => {
    const number = digits.replace(/^0+/, '');
    // Behind a text, a number comes before any longer text; at the start it stands where digits stand.
    return `${at === 0 ? '0' : '\u0001'}${String.fromCharCode(number.length + 2)}${number}\u0000`;
  });
}

function compareChunks(a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) {
    const left = a.replace(/^0+/, '');
    const right = b.replace(/^0+/, '');
    return left.length - right.length || compareCodeUnits(left, right);
  }
  return compareCodeUnits(a.toLowerCase(), b.toLowerCase());
}

function isNumber(chunk: string): boolean {
  return chunk >= '0' && chunk < ':';
}

/** Compares by UTF-16 code units, whatever the machine's language. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
