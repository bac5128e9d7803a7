import type { Router } from 'vue-router';

import type { ImageQueryInput } from '../../contract/image.ts';
import { keepImageList } from './image-lists.ts';
import { encodeQuery } from './query-string.ts';

/**
 * Shows the images of a query on the Images screen. With `query.images`, `title` says there what they have in
 * common; `sort: { by: 'given' }` keeps their order.
 */
export async function openImages(
  router: Router,
  project: string,
  query: ImageQueryInput,
  title = '',
): Promise<void> {
  if (query.images) keepImageList(query.images, title);
  await router.push({ name: 'images', params: { project }, query: encodeQuery(query) });
}
