import { count, counted } from '../../../core/words.ts';
import { type Markup, markup } from '../markup.ts';
import { fontSize, place } from './frame.ts';
import { colour } from './palette.ts';

export interface DataFlow {
  /** Images that the project holds. */
  readonly imported: number;
  readonly importedPatients: number;
  /** Why images or files were left out, with how many; an unknown count is null. */
  readonly excluded: readonly { readonly reason: string; readonly images: number | null }[];
  readonly parts: readonly { readonly name: string; readonly images: number; readonly patients: number }[];
  /** `patient`, or `group` where the patient is not known. */
  readonly groupNoun: string;
}

const boxWidth = 200;
const boxHeight = 54;
const gap = 28;

/** Who went in, who was left out and why, and where the rest went. */
export function dataFlowChart({ imported, importedPatients, excluded, parts, groupNoun }: DataFlow): string {
  const width = parts.length * boxWidth + (parts.length - 1) * gap;
  const middle = width / 2;
  const excludedHeight = Math.max(0, excluded.length * (fontSize + 6));
  const partsTop = boxHeight + Math.max(gap * 2, excludedHeight + gap);
  const bend = partsTop - gap / 2;
  const used = parts.reduce((sum, part) => sum + part.images, 0);
  const size = (images: number, patients: number): string =>
    `${counted(images, 'image')}, ${counted(patients, groupNoun)}`;
  const description = `${imported} images, ${used} used: ${parts.map((part) => `${part.name} ${part.images}`).join(', ')}`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 ${width + 2} ${partsTop + boxHeight + 2}" role="img" font-family="inherit" font-size="${fontSize}">
<title>Data flow</title><desc>${description}</desc>
<path d="M${middle} ${boxHeight}V${bend}" stroke="${colour('faint')}" fill="none"/>
${parts.map((_, i) => markup`<path d="M${middle} ${bend}H${centre(i)}V${partsTop}" stroke="${colour('faint')}" fill="none"/>`)}
${excluded.map(
  ({ reason, images }, i) =>
    markup`<text x="${middle + 16}" y="${place(boxHeight + gap * 0.6 + i * (fontSize + 6) + 4)}" fill="${colour('muted')}">− ${images === null ? 'unknown' : count(images)} ${reason}</text>`,
)}
${box(middle - boxWidth / 2, 0, 'in the project', size(imported, importedPatients))}
${parts.map((part, i) => box(i * (boxWidth + gap), partsTop, part.name, size(part.images, part.patients)))}
</svg>`.text;
}

function centre(part: number): number {
  return part * (boxWidth + gap) + boxWidth / 2;
}

function box(x: number, y: number, heading: string, text: string): Markup {
  return markup`<rect x="${x}" y="${place(y)}" width="${boxWidth}" height="${boxHeight}" rx="6" fill="${colour('panel')}" stroke="${colour('line')}"/><text x="${x + boxWidth / 2}" y="${place(y + 22)}" text-anchor="middle" font-weight="600" fill="${colour('ink')}">${heading}</text><text x="${x + boxWidth / 2}" y="${place(y + 41)}" text-anchor="middle" fill="${colour('muted')}">${text}</text>`;
}
