/** HTML or SVG that is safe to write as it stands. */
export interface Markup {
  readonly text: string;
}

type Part = Markup | string | number | null | false | readonly Part[];

/** A template in which every value is escaped unless it is markup itself; null and false write nothing. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0]!;
  parts.forEach((part, i) => {
    text += write(part) + strings[i + 1]!;
  });
  return { text };
}

/** Text as HTML or SVG shows it: no character of it can open a tag, an attribute or an entity. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** Markup that this program itself made, such as a chart. */
export function trusted(text: string): Markup {
  return { text };
}

function write(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  return 'text' in part ? part.text : part.map(write).join('');
}
