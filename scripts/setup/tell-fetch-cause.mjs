// Preloaded into an installer that downloads by `fetch` and prints no more of a failure than "fetch failed": what is
// behind it is told in words.

/** @type {Readonly<Record<string, string>>} */
const words = {
  ENOTFOUND: 'its name is not found; is there a network, and a name server?',
  EAI_AGAIN: 'its name is not found now; is there a network, and a name server?',
  ECONNREFUSED: 'it refuses the connection',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'no way leads to it',
  ENETUNREACH: 'there is no network that leads to it',
  ETIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'it does not answer in time',
  UND_ERR_SOCKET: 'the connection was cut',
};

/**
 * Why a `fetch` failed: the host, the reason, its code.
 * @param {string} address what was asked for
 * @param {unknown} error what `fetch` threw; the reason is in its `cause`, of several addresses in the first one's
 * @returns {string}
 */
export function fetchFailure(address, error) {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const first = cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause;
  const code = first instanceof Error && 'code' in first ? String(first.code) : '';
  const detail = first instanceof Error ? first.message : String(first);
  const reason = words[code] ?? detail;
  const host = URL.canParse(address) ? new URL(address).host : address;
  return `${host} cannot be reached: ${reason}${code === '' ? '' : ` (${code})`}`;
}

const plainFetch = globalThis.fetch;
/** @type {typeof fetch} */
const tellingFetch = async (input, init) => {
  try {
    return await plainFetch(input, init);
  } catch (error) {
    const address = input instanceof Request ? input.url : String(input);
    throw new Error(fetchFailure(address, error), { cause: error });
  }
};
Object.assign(globalThis, { fetch: tellingFetch });
