/**
 * A notebook out of a snapshot.
 *
 * Jupyter Server says with a signature which outputs a user has trusted; a notebook that comes past it could claim so itself. So
 * whatever it claims is dropped here: scripts in the outputs of a snapshot's notebook don't run.
 */
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { TranslationBundle } from '@jupyterlab/translation';

import { RokError } from '../rest/error';

/** The notebook that `bytes` hold, trusting nothing in it; throws RokError where they hold none of version 4. */
export function parseNotebook(bytes: ArrayBuffer, name: string, trans: TranslationBundle): INotebookContent {
  const notebook = parse(bytes);
  if (notebook === undefined) {
    throw new RokError(
      'invalid_argument',
      trans.__('“%1” is no notebook that can be shown: it is damaged, or older than format 4.', name),
      trans.__('Download it, or copy it back and open the copy, which Jupyter may be able to convert.')
    );
  }
  for (const cell of notebook.cells) {
    delete cell.metadata?.trusted;
  }
  return notebook;
}

function parse(bytes: ArrayBuffer): INotebookContent | undefined {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const known = value?.nbformat === 4 && Array.isArray(value.cells);
    return known && value.cells.every((cell: unknown) => typeof cell === 'object' && cell)
      ? value
      : undefined;
  } catch {
    return undefined;
  }
}
