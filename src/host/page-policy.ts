/** What the page of the screens may load, the same in every host: nothing inline, no other host. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** For everything that is not a page: were it ever opened as one, it could do nothing. */
export const inertPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";
