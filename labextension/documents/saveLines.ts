/**
 * The saves of the open documents: one after the other, and where need be, later.
 *
 * JupyterLab compares with the disk, writes, and calls the document saved, in that order and not in one step. So
 *
 * - a second save at the same time takes the first one's file for somebody else's, and asks: here it waits for the first;
 * - what is typed in between is called saved and isn't: here it is unsaved;
 * - a save in the midst of a restore could take the place of what was restored just then: here it waits for the restore's
 *   end, and for the user's answer where there is a question.
 *
 * JupyterLab has no way to pause saving (its switch for autosave is the user's setting, and is written down), so this owns the
 * `save` of each open document.
 */
import type { IDocumentManager, IDocumentWidgetOpener } from '@jupyterlab/docmanager';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { PromiseDelegate } from '@lumino/coreutils';

import type { Context } from './openDocuments';

/** What of a document's context a line works with. */
export type Saved = Pick<Context, 'model' | 'save' | 'saveState'>;

/** The lines of all documents of this window. */
export class SaveLines {
  constructor(manager: IDocumentManager, opener: IDocumentWidgetOpener) {
    opener.opened.connect((_, widget) => {
      const context = manager.contextForWidget(widget);
      if (context) {
        this._of(context);
      }
    });
  }

  /** Let saves of these documents wait; those that wait already go on waiting. */
  hold(contexts: readonly Context[]): void {
    for (const context of contexts) {
      this._of(context).hold();
      this._held.add(context);
    }
  }

  /** Let saves go on, those of these documents excepted. */
  release(but: ReadonlySet<Context> = new Set()): void {
    for (const context of [...this._held].filter(each => !but.has(each))) {
      this._of(context).release();
      this._held.delete(context);
    }
  }

  /** Save now, even where other saves are held. */
  saveNow(context: Context): Promise<void> {
    return this._of(context).saveNow();
  }

  private _of(context: Context): SaveLine {
    let line = this._lines.get(context);
    if (!line) {
      line = new SaveLine(context);
      this._lines.set(context, line);
    }
    return line;
  }

  private readonly _lines = new WeakMap<Context, SaveLine>();
  private readonly _held = new Set<Context>();
}

/** The saves of one document. */
export class SaveLine {
  constructor(context: Saved) {
    this._save = context.save.bind(context);
    context.save = () => this._saveWhenFree();
    watchTyping(context);
  }

  hold(): void {
    this._gate ??= new PromiseDelegate();
  }

  release(): void {
    this._gate?.resolve();
    this._gate = undefined;
  }

  saveNow(): Promise<void> {
    const next = this._last.then(this._save);
    this._last = next.catch(() => undefined);
    return next;
  }

  private async _saveWhenFree(): Promise<void> {
    while (this._gate) {
      await this._gate.promise;
    }
    return this.saveNow();
  }

  private readonly _save: () => Promise<void>;
  private _gate: PromiseDelegate<void> | undefined;
  private _last: Promise<void> = Promise.resolve();
}

/** Call a document unsaved where it changed between the beginning and the end of a save. */
function watchTyping({ model, saveState }: Saved): void {
  let changes = 0;
  let taken = 0;
  model.contentChanged.connect(() => {
    changes += 1;
  });
  saveState.connect((_: unknown, state: DocumentRegistry.SaveState) => {
    if (state === 'started') {
      taken = changes;
    } else if (state === 'completed' && taken !== changes && !model.collaborative) {
      model.dirty = true;
    }
  });
}
