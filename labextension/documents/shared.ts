/**
 * Documents of real time collaboration after a restore.
 *
 * The server holds such a document in memory for all its windows, and takes a file for changed only where it became younger. A
 * restore brings old times back: the document would stay as it was, and be written over the restored file at the next key. So a
 * window saves the file as it was restored once more, which makes it younger, and the server brings the document up to date in all
 * windows. Putting the content into the document from here would meet the server's own doing, and have it there twice.
 */
import type { Contents } from '@jupyterlab/services';

import { readable, type Written, written } from './content';
import type { Context } from './openDocuments';

/** How long each window leaves to the one before it, in milliseconds. */
const TURN = 2000;

/** What of a shared document tells its windows apart. */
interface IAwareness {
  readonly clientID: number;
  getStates(): ReadonlyMap<number, unknown>;
}

/** Have the server read a shared document's file anew where it differs; what was in it and not saved yet goes to `keep` first. */
export async function shareRestored(
  context: Context,
  contents: Contents.IManager,
  keep: (content: Written) => Promise<void>
): Promise<void> {
  if (await wasBroughtUpToDate(context, await onDisk(context, contents))) {
    return; // what differs by now was typed since
  }
  const restored = await onDisk(context, contents);
  const now = written(context);
  if (context.isDisposed || same(now, restored)) {
    return;
  }
  if (context.model.dirty) {
    await keep(now);
  }
  await contents.save(context.path, restored);
}

/** A file as it is; without its own content provider, the document comes from the disk. */
async function onDisk({ path }: Context, contents: Contents.IManager): Promise<Written> {
  const { type, format, content } = await contents.get(path, { content: true });
  return { type, format, content };
}

/** Wait for this window's turn, and return whether the document was as restored meanwhile, or is closed. */
async function wasBroughtUpToDate(context: Context, restored: Written): Promise<boolean> {
  let isDone = false;
  const look = (): void => {
    isDone ||= context.isDisposed || same(written(context), restored);
  };
  look();
  context.model.contentChanged.connect(look);
  await new Promise(resolve => setTimeout(resolve, isDone ? 0 : turnOf(context) * TURN));
  context.model.contentChanged.disconnect(look);
  return isDone || context.isDisposed;
}

/** Whether both are the same to a reader; how a notebook is spelled on the disk is nobody's matter. */
function same(one: Written, other: Written): boolean {
  return readable(one) === readable(other) && outputs(one) === outputs(other);
}

function outputs({ format, content }: Written): string {
  const cells: { outputs?: unknown; cell_type?: string }[] = format === 'json' ? (content?.cells ?? []) : [];
  return JSON.stringify(cells.map(cell => [cell.cell_type, cell.outputs ?? []]));
}

/** This window's place among those that show the document, 0 for the first. */
function turnOf(context: Context): number {
  const { awareness } = context.model.sharedModel as unknown as { awareness?: IAwareness };
  const windows = awareness ? [...awareness.getStates().keys()].sort((a, b) => a - b) : [];
  return Math.max(0, awareness ? windows.indexOf(awareness.clientID) : 0);
}
