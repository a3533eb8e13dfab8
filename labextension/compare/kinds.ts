/**
 * How a file that differs is shown, as far as its name and size tell.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { EntryDifference } from '../rest/values';
import { formatBytes } from '../ui/format';
import { largerSize, LARGEST_IMAGE, LARGEST_TEXT } from './contents';

const IMAGES: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bmp: 'image/bmp',
  gif: 'image/gif',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp'
};

/** The media type of a picture by its name; undefined where it is none. */
export function imageType(path: string): string | undefined {
  return IMAGES[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
}

/** How it is shown; `facts` is size, time and digest only, with the reason why no more. */
export type Kind =
  { readonly kind: 'notebook' | 'image' | 'text' } | { readonly kind: 'facts'; readonly reason: string };

/** Choose how an entry is shown. */
export function kindOf(item: EntryDifference, trans: TranslationBundle): Kind {
  const types = [item.before?.type, item.after?.type];
  if (!types.includes('file')) {
    return { kind: 'facts', reason: '' };
  }
  if (item.change === 'metadata') {
    return { kind: 'facts', reason: trans.__('The content is the same.') };
  }
  if (item.path.endsWith('.ipynb')) {
    return { kind: 'notebook' };
  }
  const image = imageType(item.path) !== undefined;
  const largest = image ? LARGEST_IMAGE : LARGEST_TEXT;
  if (largerSize(item) > largest) {
    const reason = trans.__(
      'With %1 it is too large to be compared here, where %2 are the most.',
      formatBytes(largerSize(item)),
      formatBytes(largest)
    );
    return { kind: 'facts', reason };
  }
  return { kind: image ? 'image' : 'text' };
}
