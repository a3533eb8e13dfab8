/**
 * Which version of a file an open document came from, and whether the disk has another one.
 */
import type { Contents } from '@jupyterlab/services';

import type { Context } from './openDocuments';

/** What tells two versions of a file apart. */
export type Version = Pick<Contents.IModel, 'last_modified' | 'hash'>;

/** Times of less difference are one: some file systems round them. In milliseconds. */
const MARGIN = 500;

/**
 * Whether a file is another version than the one that was loaded: by their hashes where both have one, else by time.
 *
 * A restore brings old times back, so an earlier time is another version as well as a later one.
 */
export function differs(loaded: Version, disk: Version): boolean {
  if (loaded.hash && disk.hash) {
    return loaded.hash !== disk.hash;
  }
  return Math.abs(Date.parse(loaded.last_modified) - Date.parse(disk.last_modified)) > MARGIN;
}

/** What the disk has of a document's file, without its content; null where the file is gone. */
export async function onDisk(context: Context, contents: Contents.IManager): Promise<Contents.IModel | null> {
  try {
    return await contents.get(context.path, { content: false, hash: true });
  } catch (error) {
    if ((error as { response?: Response }).response?.status === 404) {
      return null;
    }
    throw error;
  }
}

/** Whether the file of a document was changed by somebody else since it was loaded or saved here. */
export async function changedOnDisk(context: Context, contents: Contents.IManager): Promise<boolean> {
  const loaded = context.contentsModel;
  const disk = await onDisk(context, contents);
  return loaded !== null && disk !== null && differs(loaded, disk);
}
