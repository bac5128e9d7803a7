/** The pages of the guide in docs/guide, in order: their file names, and the screens that they are about. */
export const guidePages = [
  { id: 'first-steps', title: 'First steps' },
  { id: 'home', title: 'Home' },
  { id: 'templates', title: 'Templates' },
  { id: 'images', title: 'Images' },
  { id: 'read', title: 'Read' },
  { id: 'drawing', title: 'Drawing' },
  { id: 'import', title: 'Import' },
  { id: 'data', title: 'Data' },
  { id: 'readers', title: 'Readers' },
  { id: 'train', title: 'Train' },
  { id: 'results', title: 'Results' },
  { id: 'opinion', title: 'Second opinion' },
  { id: 'deploy', title: 'Deploy' },
  { id: 'settings', title: 'Settings' },
  { id: 'alexnet', title: 'What AlexNet is' },
] as const;

/** The page about a screen. */
export function guidePageOf(screen: unknown): string {
  return guidePages.find(({ id }) => id === screen)?.id ?? guidePages[0].id;
}
