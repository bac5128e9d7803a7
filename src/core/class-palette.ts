import type { LabelClass } from '../contract/project.ts';

/**
 * Class colours, in the order in which they are given: the seven colours of Okabe and Ito (Color Universal Design,
 * 2008; their black would not show on a dark screen), then five found to lie farthest from all before under normal
 * sight, protanopia, deuteranopia and tritanopia (Machado et al. 2009) with a contrast of 3 on the dark background.
 * Beyond twelve they repeat: a class is always told by its key and name as well.
 */
export const classPalette = [
  '#56b4e9',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#f0e442',
  '#d55e00',
  '#0072b2',
  '#8800ff',
  '#bbee99',
  '#00ffdd',
  '#dd0044',
  '#bb55ff',
] as const;

/** Keys that can label: as the digits lie on a keyboard, then letters but for j, k and z, which move and undo. */
export const classKeys = '1 2 3 4 5 6 7 8 9 0 q w e r t y u i o p a s d f g h l x c v b n m'.split(' ');

/** Those that no command has as keys usually are, in the order in which classes get them. */
export const usualClassKeys = '1 2 3 4 5 6 7 8 9 0 q e t y d b'.split(' ');

/** The colour of the class at a position, from 0. */
export function paletteColor(position: number): string {
  return classPalette[position % classPalette.length]!;
}

/** The first colour of the palette that is given least often. */
export function nextColor(classes: readonly Pick<LabelClass, 'color'>[]): string {
  const uses = (color: string): number =>
    classes.filter((entry) => entry.color.toLowerCase() === color).length;
  return classPalette.reduce<string>(
    (best, color) => (uses(color) < uses(best) ? color : best),
    classPalette[0],
  );
}

/** The first usual key that no class has; null when all are taken. */
export function nextKey(classes: readonly Pick<LabelClass, 'key'>[]): string | null {
  const taken = new Set(classes.map(({ key }) => key));
  return usualClassKeys.find((key) => !taken.has(key)) ?? null;
}
