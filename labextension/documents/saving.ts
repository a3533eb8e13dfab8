/**
 * Saving of all open documents of this window, when the server or a restore asks for it.
 *
 * Owns which can be saved, and that nothing waits for a user: where saving would ask ("File changed"), the document counts as
 * failed at once. Doesn't own the answer to the server (`saveAnswers`).
 */
import type { Contents } from '@jupyterlab/services';

import type { SaveLines } from './saveLines';
import type { Context, OpenDocuments } from './openDocuments';
import { changedOnDisk } from './version';

/** How many documents were saved, and how many still hold changes that are not on the disk. */
export interface ISaved {
  readonly saved: number;
  readonly failed: number;
}

/** Saves documents. */
export class Saving {
  constructor(
    private readonly _documents: OpenDocuments,
    private readonly _lines: SaveLines
  ) {}

  get unsaved(): readonly Context[] {
    return this._documents.unsaved;
  }

  /** Save these documents within so many seconds; never rejects. What takes longer counts as failed. */
  async save(contexts: readonly Context[], seconds: number): Promise<ISaved> {
    const limit = new Deadline(seconds * 1000);
    const outcomes = await Promise.all(
      contexts.map(context => Promise.race([this._saveOne(context), limit.reached]).catch(() => false))
    );
    limit.dispose();
    const saved = outcomes.filter(outcome => outcome).length;
    return { saved, failed: outcomes.length - saved };
  }

  private async _saveOne(context: Context): Promise<boolean> {
    if (context.model.collaborative) {
      return savedByServer(context);
    }
    if (!context.contentsModel?.writable || (await this._wouldAsk(context))) {
      return false;
    }
    await this._lines.saveNow(context);
    return true;
  }

  private _wouldAsk(context: Context): Promise<boolean> {
    const contents: Contents.IManager = this._documents.contents;
    return changedOnDisk(context, contents);
  }
}

/** Wait until the server has saved a document of real time collaboration, which it does by itself after each change. */
function savedByServer(context: Context): Promise<boolean> {
  return new Promise(resolve => {
    const look = (): void => {
      if (context.isDisposed || !context.model.dirty) {
        context.model.stateChanged.disconnect(look);
        resolve(true);
      }
    };
    context.model.stateChanged.connect(look);
    look();
  });
}

/** A promise that resolves to false after some milliseconds. */
class Deadline {
  constructor(milliseconds: number) {
    this.reached = new Promise(resolve => {
      this._timer = setTimeout(() => resolve(false), milliseconds);
    });
  }

  readonly reached: Promise<false>;

  dispose(): void {
    clearTimeout(this._timer);
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
}
