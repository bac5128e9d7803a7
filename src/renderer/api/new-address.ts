const tokenAlone = /^[\w-]{20,200}$/;

/**
 * Where to go for what somebody pasted from Readroom's output: an address with a token, or the token alone. On this
 * page's own server the place stays. Null for anything else.
 *
 * @param here the page's address
 */
export function newAddress(pasted: string, here: { origin: string; pathname: string }): string | null {
  const text = pasted.trim();
  const at = (token: string): string => `${here.origin}${here.pathname}?token=${token}`;
  if (tokenAlone.test(text)) return at(text);
  const address = URL.parse(/^https?:\/\//i.test(text) ? text : `http://${text}`);
  const token = address?.searchParams.get('token') ?? '';
  if (address === null || !tokenAlone.test(token)) return null;
  return address.origin === here.origin ? at(token) : address.href;
}
