import { darkColours, lightColours } from './charts/palette.ts';

const properties = (colours: Record<string, string>): string =>
  Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');

/** Steps of the confusion matrix' shading, from 0 to this. */
export const heatSteps = 10;

const heat = Array.from(
  { length: heatSteps + 1 },
  (_, step) => `.h${step}{background:color-mix(in srgb,var(--series-1) ${step * 5.5}%,var(--surface))}`,
).join('\n');

/** The report's only style sheet; light on paper, dark where the reader's system asks for it. */
export const styleSheet = `:root{${properties(lightColours)};color-scheme:light}
@media screen and (prefers-color-scheme:dark){:root{${properties(darkColours)};color-scheme:dark}}
*{box-sizing:border-box}
html{background:var(--surface);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
body{max-width:1060px;margin:0 auto;padding:40px 32px 64px}
h1{font-size:27px;line-height:1.25;font-weight:650;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:18px;font-weight:650;margin:48px 0 12px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:15px;font-weight:650;margin:24px 0 8px}
p{margin:0 0 10px;max-width:84ch}
header p{max-width:none}
.muted,small{color:var(--muted)}
small{font-size:13px}
.mono{font:12.5px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
.badges{display:flex;flex-wrap:wrap;gap:8px;margin:14px 0 0;padding:0;list-style:none}
.badges li{border:1px solid var(--line);border-radius:4px;padding:2px 9px;font-size:12px;font-weight:650;letter-spacing:.04em;color:var(--muted)}
.badges .warn{border-color:var(--warn);color:var(--warn);background:var(--warnPanel)}
.notes{margin:20px 0 0;padding:12px 16px;list-style:none;border-left:3px solid var(--warn);background:var(--warnPanel);border-radius:0 6px 6px 0}
.notes li+li{margin-top:4px}
nav{margin:22px 0 0;font-size:13px;display:flex;flex-wrap:wrap;gap:4px 16px}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:14px;margin:24px 0 0}
.tile{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:14px 18px}
.tile b{display:block;font-size:32px;line-height:1.2;font-weight:600;margin:2px 0}
.tile .unit{font-size:17px;font-weight:500}
.tile small{display:block;font-size:12px}.tile .interval-text{font-size:14px}
.tile .interval-text small{display:inline}
.use{margin:16px 0 0}
.alone{margin-top:20px}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(420px,100%),1fr));gap:24px 32px;align-items:start}
figure{margin:0;break-inside:avoid}
figure>svg{display:block;width:100%;max-width:580px;height:auto}
figure.flow>svg{max-width:720px}
figcaption{font-weight:600;margin-bottom:6px}figcaption small{font-weight:400;display:block}
table{border-collapse:collapse;font-size:14px}
.scroll+p{margin-top:10px}
table.full{width:100%}table.full td:last-child{width:45%}
th,td{padding:6px 14px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid)}
thead th{color:var(--muted);font-weight:500;font-size:13px;border-bottom-color:var(--line);white-space:nowrap}
tbody th{font-weight:500;overflow-wrap:anywhere}
td.n,th.n{text-align:right;white-space:nowrap}
table.classes thead th{white-space:normal;vertical-align:bottom}table.classes tbody th{min-width:11ch}
.scroll{overflow-x:auto;max-width:100%}
.interval{display:block;margin-top:4px}
.matrix th,.matrix td{padding:6px 10px;text-align:center;border:1px solid var(--line)}
.matrix tbody th{text-align:right;max-width:22ch}
.matrix thead th{max-width:14ch;overflow-wrap:anywhere;white-space:normal;color:var(--ink)}
.matrix .corner{border:0;color:var(--muted);font-size:12px;font-weight:400;text-align:right}
.matrix td small{display:block;font-size:11.5px;color:var(--ink);opacity:.75}
.matrix .right{outline:2px solid var(--faint);outline-offset:-3px}
.matrix.dense td,.matrix.dense th{padding:4px 6px;font-size:12.5px;min-width:46px}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:18px 16px}
.gallery figure{font-size:13px;line-height:1.35}
.gallery .picture{aspect-ratio:1;background:#000;border-radius:6px;display:flex;align-items:center;justify-content:center;overflow:hidden;margin-bottom:6px}
.gallery img{width:100%;height:100%;object-fit:contain;display:block}
.gallery svg{width:100%;height:100%;display:block}
.gallery .none{color:#9aa3ad;font-size:12px}
.gallery .name{color:var(--muted);font-size:12px;overflow:hidden;display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow-wrap:anywhere}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));gap:8px 48px;align-items:start}
.pairs{width:100%}
.pairs th{width:28%;color:var(--muted);font-weight:400}
.recipe .pairs th{width:66%;white-space:nowrap}
.recipe th,.recipe td{padding-top:3px;padding-bottom:3px}
.status{white-space:nowrap}.status.author{color:var(--warn)}.status.no{color:var(--muted)}
footer{margin-top:48px;padding-top:14px;border-top:1px solid var(--line);color:var(--muted);font-size:13px}
${heat}
@page{margin:16mm 14mm}
@media print{html{font-size:11pt}body{max-width:none;padding:0}nav{display:none}h2,h3{break-after:avoid}h2{margin-top:28px}tr,.tile{break-inside:avoid}.gallery{grid-template-columns:repeat(5,1fr)}.charts{grid-template-columns:1fr 1fr}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}`;
