/**
 * The report's colours as custom properties with a light value to fall back on, so that a chart stands alone
 * too. Series: Okabe and Ito 2008, safe for colour-blind readers, darkened for white paper.
 */
export const lightColours = {
  ink: '#1b1f24',
  muted: '#5b6470',
  faint: '#8a939e',
  line: '#d5d9de',
  grid: '#e9ecef',
  surface: '#ffffff',
  panel: '#f6f7f8',
  accent: '#0b63a5',
  warn: '#9a4a00',
  warnPanel: '#fff5e9',
  'series-1': '#0069a8',
  'series-2': '#c25100',
  'series-3': '#00805d',
  'series-4': '#a8497a',
  'series-5': '#a87400',
  'series-6': '#2f8fc4',
  'series-7': '#6a6400',
  'series-8': '#4b4f56',
} as const;

export const darkColours: Record<keyof typeof lightColours, string> = {
  ink: '#e6e8eb',
  muted: '#a3abb5',
  faint: '#7d8691',
  line: '#343a41',
  grid: '#262b30',
  surface: '#101214',
  panel: '#181b1e',
  accent: '#6bb3ec',
  warn: '#f0b072',
  warnPanel: '#2a2016',
  'series-1': '#56a9e8',
  'series-2': '#f08a4b',
  'series-3': '#35c29a',
  'series-4': '#e08ab8',
  'series-5': '#e3b341',
  'series-6': '#8fd0f5',
  'series-7': '#c9c34d',
  'series-8': '#b6bcc4',
};

export type ColourName = keyof typeof lightColours;

/** A colour as a presentation attribute takes it. */
export function colour(name: ColourName): string {
  return `var(--${name}, ${lightColours[name]})`;
}

const dashes = ['', '7 3', '2 3', '9 3 2 3'];
const seriesNames = Object.keys(lightColours).filter((name): name is ColourName =>
  name.startsWith('series-'),
);

/** Colour and dash of the nth series: after eight colours the dash changes, so that no two look alike up to 32. */
export function seriesStyle(index: number): { stroke: string; dash: string } {
  const name = seriesNames[index % seriesNames.length]!;
  return { stroke: colour(name), dash: dashes[Math.floor(index / seriesNames.length) % dashes.length]! };
}
