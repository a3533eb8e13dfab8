/**
 * Saves that wait while a restore is at work, and until a user has said what becomes of an unsaved document.
 *
 * JupyterLab compares with the disk before it saves, but not in one step: what it saves in the midst of a restore could take
 * the place of a file that was restored just then, and would bring back one that was deleted. It has no way to pause saving
 * (its switch for autosave is the user's setting, and is written down), so this owns the `save` of the open documents
 * for that time: whoever calls it waits, and goes on afterwards with the comparison.
 */
import { PromiseDelegate } from '@lumino/coreutils';

import type { Context } from './openDocuments';

/** A document's own `save`, and the end of the wait for it. */
interface IHeld {
  readonly save: () => Promise<void>;
  readonly over: PromiseDelegate<void>;
}

/** The saves of this window's documents. */
export class HeldSaves {
  /** Let saves of these documents wait; those that wait already go on waiting. */
  hold(contexts: readonly Context[]): void {
    for (const context of contexts.filter(each => !this._held.has(each))) {
      const held = { save: context.save.bind(context), over: new PromiseDelegate<void>() };
      this._held.set(context, held);
      context.save = () => held.over.promise.then(held.save);
    }
  }

  /** Let saves go on, those of these documents excepted. */
  release(but: ReadonlySet<Context> = new Set()): void {
    for (const [context, held] of [...this._held].filter(([each]) => !but.has(each))) {
      this._held.delete(context);
      // What is left is the class's own.
      delete (context as Partial<Context>).save;
      held.over.resolve();
    }
  }

  /** Save now, even where other saves wait. */
  saveNow(context: Context): Promise<void> {
    const held = this._held.get(context);
    return held ? held.save() : context.save();
  }

  private readonly _held = new Map<Context, IHeld>();
}
