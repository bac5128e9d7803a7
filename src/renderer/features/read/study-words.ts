import type { SeriesHeader } from '../../../contract/dataset.ts';

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** `12 Mar 2024 · CT · Chest without contrast`. */
export function studyWords({
  date,
  modality,
  description,
}: Pick<SeriesHeader, 'date' | 'modality' | 'description'>): string {
  const day = date === null ? 'date not known' : dayFormat.format(new Date(`${date}T00:00:00`));
  return [day, modality, description].filter((part) => part !== null && part !== '').join(' · ');
}

/** `Series 4 · T2 sagittal`; by its place among others, from 0, where its file has no number. */
export function seriesWords(header: SeriesHeader | undefined, index: number): string {
  const name = `Series ${header?.seriesNumber ?? index + 1}`;
  return header?.seriesDescription ? `${name} · ${header.seriesDescription}` : name;
}
