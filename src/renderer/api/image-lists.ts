/**
 * Lists of images that something on screen opened: a confusion cell, a group of duplicates, a bar of a chart.
 * An address names one by a short key; the list itself stays in this window's session storage, so that a reload
 * and the back button find it again.
 */
export interface ImageList {
  /** What the images have in common: "PNEUMONIA read as NORMAL". */
  readonly title: string;
  readonly images: string[];
}

const prefix = 'readroom.images.';
const orderKey = 'readroom.imageLists';
const mostLists = 20;

const byKey = new Map<string, ImageList>();
const keyOfList = new WeakMap<readonly string[], string>();

/** Keeps a list and gives its key: equal lists have the same one. */
export function keepImageList(images: readonly string[], title = ''): string {
  const known = keyOfList.get(images);
  if (known !== undefined && title === '') return known;
  const key = known ?? fingerprint(images);
  const list: ImageList = { title: title || (readImageList(key)?.title ?? ''), images: [...images] };
  byKey.set(key, list);
  keyOfList.set(images, key);
  keyOfList.set(list.images, key);
  store(key, list);
  return key;
}

/** The list of a key, or null when this window does not know it (any more). */
export function readImageList(key: string): ImageList | null {
  const known = byKey.get(key);
  if (known !== undefined) return known;
  try {
    const text = sessionStorage.getItem(prefix + key);
    if (text === null) return null;
    const list = JSON.parse(text) as ImageList;
    byKey.set(key, list);
    keyOfList.set(list.images, key);
    return list;
  } catch {
    return null;
  }
}

/** Newest last; the oldest make room. */
function store(key: string, list: ImageList): void {
  const order = (sessionStorage.getItem(orderKey) ?? '')
    .split(' ')
    .filter((other) => other !== '' && other !== key);
  order.push(key);
  while (order.length > mostLists) sessionStorage.removeItem(prefix + order.shift()!);
  for (;;) {
    try {
      sessionStorage.setItem(prefix + key, JSON.stringify(list));
      sessionStorage.setItem(orderKey, order.join(' '));
      return;
    } catch {
      // The storage is full. Without older lists to drop, this one lives until the next reload.
      const oldest = order.length > 1 ? order.shift() : undefined;
      if (oldest === undefined) return;
      sessionStorage.removeItem(prefix + oldest);
    }
  }
}

/** FNV-1a over the ids, with how many there are. */
function fingerprint(images: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const image of images) {
    for (let index = 0; index < image.length; index++) {
      hash = Math.imul(hash ^ image.charCodeAt(index), 0x01000193);
    }
    hash = Math.imul(hash ^ 0x2c, 0x01000193);
  }
  return `${images.length.toString(36)}-${(hash >>> 0).toString(36)}`;
}
