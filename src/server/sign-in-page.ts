import { createHash } from 'node:crypto';

const style = `
:root { color-scheme: dark light; }
body { margin: 0; padding: 12vh 24px 24px; font: 15px/1.5 system-ui, sans-serif; background: #101214; color: #e4e7ea; }
main { max-width: 36em; margin: 0 auto; }
h1 { font-size: 20px; }
code { padding: 2px 6px; border-radius: 4px; background: #22272c; overflow-wrap: anywhere; }
@media (prefers-color-scheme: light) { body { background: #f6f7f8; color: #1a1d20; } code { background: #e8ebee; } }
`;

/** The page may have its one style, and nothing else. */
export const signInPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'sandbox',
].join('; ');

/**
 * What somebody sees who opened an address of ours without its token.
 * @param origin `scheme://host:port`, known to be one of ours
 */
export function signInPage(origin: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Readroom: open the whole address</title>
<style>${style}</style>
<main>
<h1>Readroom is running, but this address does not let you in</h1>
<p>Open the whole address that Readroom printed where it was started. It ends in the token that lets you in:</p>
<p><code>${origin}/?token=…</code></p>
<p>After each start the token is another one: if Readroom was started anew, take the address that it printed last.
If you cannot find it, end Readroom and start it again.</p>
</main>
</html>
`;
}
