import { createHash } from 'node:crypto';

import { signInPath } from './policy.ts';

const style = `
:root { color-scheme: dark light; }
body { margin: 0; padding: 12vh 24px 24px; font: 15px/1.5 system-ui, sans-serif; background: #101214; color: #e4e7ea; }
main { max-width: 36em; margin: 0 auto; }
h1 { font-size: 20px; }
h2 { font-size: 16px; margin-top: 2em; }
form { display: grid; gap: 12px; max-width: 22em; }
label { display: grid; gap: 4px; }
input, button { padding: 8px 10px; border: 1px solid #5b656e; border-radius: 4px; background: #181c1f; color: inherit; font: inherit; }
button { justify-self: start; padding: 8px 16px; border-color: transparent; background: #1f6fc4; color: #ffffff; font-weight: 600; cursor: pointer; }
button:hover { background: #2472c8; }
output { min-height: 1.5em; color: #ffb4a8; }
code { padding: 2px 6px; border-radius: 4px; background: #22272c; overflow-wrap: anywhere; }
@media (prefers-color-scheme: light) {
  body { background: #f6f7f8; color: #1a1d20; }
  code { background: #e8ebee; }
  input { background: #ffffff; }
  output { color: #a3241a; }
}
`;

const script = `
const form = document.querySelector('form');
const said = document.querySelector('output');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  said.textContent = '';
  const { name, secret } = Object.fromEntries(new FormData(form));
  const answer = await fetch('${signInPath}', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name, secret }),
  }).catch(() => null);
  if (answer !== null && answer.ok) location.reload();
  else said.textContent = answer === null ? 'Readroom does not answer.' : await answer.text();
});
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The page may have its one style and its one script, which may ask this server only. */
export const signInPolicy = [
  "default-src 'none'",
  `style-src ${hashOf(style)}`,
  `script-src ${hashOf(script)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * What somebody sees who opened an address of ours without its token: where to sign in.
 * @param origin `scheme://host:port`, known to be one of ours
 */
export function signInPage(origin: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Readroom: sign in</title>
<style>${style}</style>
<main>
<h1>Sign in to Readroom</h1>
<form>
<label>Name <input name="name" autocomplete="username" maxlength="100" required autofocus></label>
<label>Secret <input name="secret" type="password" autocomplete="current-password" maxlength="100" required></label>
<button>Sign in</button>
<output role="alert"></output>
</form>
<p>Your name and secret come from whoever started Readroom.</p>
<h2>If you started Readroom yourself</h2>
<p>Closing the browser ends what the address let you into. Open the whole address again. It stands in the terminal in
which Readroom was started, in the line above “Readroom is running”, and ends in the token that lets you in:</p>
<p><code>${origin}/?token=…</code></p>
<p>After each start the token is another one: if Readroom was started anew, take the address that it printed last.
If that terminal is gone, start Readroom again: it prints a new address. Labels are saved at once and a training that is
under way can be resumed.</p>
</main>
<script>${script}</script>
</html>
`;
}
