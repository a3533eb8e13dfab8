/**
 * What a restore or an undo means to the documents that are open here.
 *
 *     while it runs     saves wait
 *     after it          file changed on disk, document clean   -> it is read anew
 *                       file changed on disk, document unsaved -> the user is asked; until then nothing is saved
 *                       file gone                              -> the document stays open, and the user is told
 *                       shared by real time collaboration      -> the server is made to read it anew
 *
 * Owns that order, in each window, whoever started the restore. Doesn't own the question's looks (`conflictDialog`).
 */
import type { IDocumentManager } from '@jupyterlab/docmanager';

import type { Task } from '../rest/values';
import { hasEnded } from '../rest/values';
import type { IRokModel } from '../tokens';
import { fill, type Written, written, writeCopy } from './content';
import type { SaveLines } from './saveLines';
import type { Context, OpenDocuments } from './openDocuments';
import { readAnew } from './reading';
import { shareRestored } from './shared';
import { differs, onDisk } from './version';

/** What a user may do with an unsaved document whose file was restored; "later" leaves both as they are. */
export type Choice = 'mine' | 'restored' | 'later';

/** A question that stands until it is answered or taken back; it never takes the focus from what the user types. */
export interface IQuestion {
  /** Resolves to "later" where it is taken back, or the document is closed. */
  readonly answer: Promise<Choice>;
  takeBack(): void;
}

/** How the user is asked and told. */
export interface IConversation {
  /** Ask what to do about an unsaved document whose file was restored. */
  ask(context: Context): IQuestion;
  /** Say that files of open documents are gone. */
  tellGone(paths: readonly string[]): void;
  /** Say that what was unsaved of a document lies in a copy. */
  tellCopy(path: string, copy: string): void;
  /** Say that a document could not be brought up to date. */
  tellFailed(path: string, error: unknown): void;
}

const VERBS = ['restore', 'undo'];

/** Brings the open documents up to date. */
export class Refreshing {
  constructor(
    private readonly _model: IRokModel,
    private readonly _documents: OpenDocuments,
    private readonly _lines: SaveLines,
    private readonly _manager: IDocumentManager,
    private readonly _conversation: IConversation
  ) {
    _model.tasks.changed.connect(this._onTasks, this);
  }

  dispose(): void {
    this._model.tasks.changed.disconnect(this._onTasks, this);
    this._questions.forEach(question => question.takeBack());
    this._lines.release();
  }

  private _onTasks(): void {
    const tasks = this._model.tasks.items.filter(task => VERBS.includes(task.verb));
    const news = tasks.filter(task => this._isNews(task));
    news.forEach(task => this._handled.add(task.id));
    const wasRunning = this._isRunning;
    this._isRunning = tasks.some(task => !hasEnded(task));
    if (this._isRunning && !wasRunning) {
      this._lines.hold(this._documents.contexts);
    }
    if (news.length > 0 || (wasRunning && !this._isRunning)) {
      void this._refresh();
    }
  }

  /** Whether it ended and wasn't seen to here. What comes by a list, later than its event would, counts too. */
  private _isNews(task: Task): boolean {
    return hasEnded(task) && !this._handled.has(task.id);
  }

  /** Look at all documents, one refresh after the other; at its end saves go on, but for those that are asked about. */
  private _refresh(): Promise<void> {
    this._refreshed = this._refreshed.then(async () => {
      for (const context of await this._readClean()) {
        this._ask(context);
      }
      this._goOn();
    });
    return this._refreshed;
  }

  private _goOn(): void {
    if (!this._isRunning) {
      this._lines.release(new Set(this._questions.keys()));
    }
  }

  private _ask(context: Context): void {
    if (this._questions.has(context)) {
      return;
    }
    const question = this._conversation.ask(context);
    this._questions.set(context, question);
    void question.answer
      .then(choice => this._try(context, () => this._do(context, choice)))
      .then(() => {
        this._questions.delete(context);
        this._goOn();
      });
  }

  /** Read what is clean anew, and return what is unsaved and has another file now. */
  private async _readClean(): Promise<Context[]> {
    const unsaved: Context[] = [];
    const gone: string[] = [];
    const look = async (context: Context): Promise<void> => {
      const disk = await onDisk(context, this._documents.contents);
      if (disk === null) {
        gone.push(context.path);
      } else if (!context.contentsModel || !differs(context.contentsModel, disk)) {
        this._questions.get(context)?.takeBack();
      } else {
        const clean = !context.model.dirty;
        clean ? await this._readOne(context) : unsaved.push(context);
      }
    };
    const { contexts: all } = this._documents;
    all.filter(context => context.model.collaborative).forEach(context => this._share(context));
    const contexts = all.filter(context => !context.model.collaborative);
    await Promise.all(contexts.map(context => this._try(context, () => look(context))));
    const news = gone.filter(path => !this._gone.has(path));
    this._gone = new Set(gone);
    if (news.length > 0) {
      this._conversation.tellGone(news);
    }
    return unsaved;
  }

  private _share(context: Context): void {
    const keep = (content: Written): Promise<void> => this._keepCopy(context, content);
    void this._try(context, () => shareRestored(context, this._documents.contents, keep));
  }

  /** Read a document anew; what it holds then beyond `kept` is kept in a copy. */
  private async _readOne(context: Context, kept?: Written): Promise<void> {
    let typed: Written | undefined;
    await readAnew(context, () => {
      const now = context.model.dirty ? written(context) : undefined;
      typed = JSON.stringify(now) === JSON.stringify(kept) ? undefined : now;
      return true;
    });
    if (typed) {
      await this._keepTyped(context, typed);
    }
  }

  private async _keepTyped(context: Context, typed: Written): Promise<void> {
    try {
      await this._keepCopy(context, typed);
    } catch (error) {
      fill(context, typed);
      throw error;
    }
  }

  private async _do(context: Context, choice: Choice): Promise<void> {
    if (choice === 'mine') {
      await readAnew(context, () => false);
      await this._lines.saveNow(context);
    } else if (choice === 'restored') {
      const kept = written(context);
      await this._keepCopy(context, kept);
      await this._readOne(context, kept);
    }
  }

  private async _keepCopy(context: Context, content: Written): Promise<void> {
    const copy = await writeCopy(this._manager, context.path, content, new Date());
    this._conversation.tellCopy(context.path, copy);
  }

  /** Do something with a document that may be closed at any time; what fails is told. */
  private async _try(context: Context, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!context.isDisposed) {
        this._conversation.tellFailed(context.path, error);
      }
    }
  }

  private _isRunning = false;
  private _refreshed: Promise<void> = Promise.resolve();
  private readonly _questions = new Map<Context, IQuestion>();
  private _gone: ReadonlySet<string> = new Set();
  private readonly _handled = new Set<string>();
}
