/**
 * Saves that wait while a restore is at work.
 *
 * JupyterLab compares with the disk before it saves, but not in one step: what it saves in the midst of a restore could take
 * the place of a file that was restored just then, and would bring back one that was deleted. It has no way to pause saving
 * (its switch for autosave is the user's setting, and is written down), so this owns the `save` of the open documents
 * for that time: whoever calls it waits, and goes on afterwards with the comparison.
 */
import { PromiseDelegate } from '@lumino/coreutils';
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';

import type { Context } from './openDocuments';

/** The saves of this window's documents. */
export class HeldSaves {
  /** Let saves of these documents wait until what is returned is disposed. */
  hold(contexts: readonly Context[]): IDisposable {
    const over = new PromiseDelegate<void>();
    const held = contexts.filter(context => !this._saves.has(context));
    for (const context of held) {
      const save = context.save.bind(context);
      this._saves.set(context, save);
      context.save = () => over.promise.then(save);
    }
    return new DisposableDelegate(() => {
      held.forEach(context => this._release(context));
      over.resolve();
    });
  }

  /** Save now, even where other saves wait. */
  saveNow(context: Context): Promise<void> {
    const save = this._saves.get(context);
    return save ? save() : context.save();
  }

  private _release(context: Context): void {
    this._saves.delete(context);
    // What is left is the class's own.
    delete (context as Partial<Context>).save;
  }

  private readonly _saves = new Map<Context, () => Promise<void>>();
}
