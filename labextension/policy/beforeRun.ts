/**
 * The snapshot before all cells of a notebook run: taken with a notice that lets the user go on at once.
 *
 * Owns that nothing of it ever stops a run: a failure is told and the run goes on.
 */
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';

import { asRokError, type RokError } from '../rest/error';
import { baseName, encodeName } from '../rest/names';
import type { Task } from '../rest/values';
import type { IRokModel } from '../tokens';
import { describeReport } from '../ui/progress';

/** A snapshot that is faster needs no notice, in milliseconds. */
const QUICK = 700;
/** How long a notice stays at least: JupyterLab can't take one away that it is still drawing. */
const SHORTEST_NOTICE = 1200;
/** How long a run waits at most. */
const LONGEST = 120_000;

/** Takes snapshots before runs. */
export class BeforeRun {
  constructor(
    private readonly _model: IRokModel,
    private readonly _trans: TranslationBundle,
    private readonly _showActivity: () => void
  ) {}

  /** Take a snapshot before the notebook at this path runs; resolves when the run may go on, and never rejects. */
  async take(path: string): Promise<void> {
    const notice = new Notice(this._trans);
    try {
      const taken = this._take(path, task => notice.tell(task));
      // It may fail after the run went on; Activity shows that.
      taken.catch(() => undefined);
      await Promise.race([taken, notice.skipped, after(LONGEST)]);
    } catch (error) {
      this._warn(asRokError(error));
    } finally {
      notice.close();
    }
  }

  private async _take(path: string, onProgress: (task: Task) => void): Promise<void> {
    const { model, trans } = { model: this._model, trans: this._trans };
    const task = await model.api.take({
      message: trans.__('Before all cells of %1 ran', baseName(path)),
      origin: {
        kind: 'cell',
        pipeline: null,
        run: null,
        step: null,
        moment: null,
        details: { notebook: encodeName(path), command: 'restart-run-all' }
      },
      only_if_changed: true
    });
    await model.tasks.finish(task, onProgress);
  }

  private _warn(error: RokError): void {
    const trans = this._trans;
    if (error.kind === 'cancelled') {
      return;
    }
    Notification.warning(trans.__('The cells run without a snapshot before: %1', error.message), {
      autoClose: false,
      actions: [{ label: trans.__('Show Activity'), callback: this._showActivity }]
    });
  }
}

/** Says that the run waits, and offers not to wait. Shows up only where it takes a moment. */
class Notice {
  constructor(private readonly _trans: TranslationBundle) {
    this._timer = window.setTimeout(() => this._show(), QUICK);
  }

  /** The user doesn't want to wait. */
  get skipped(): Promise<void> {
    return this._skipped.promise;
  }

  tell(task: Task): void {
    this._words = describeReport(task.report, this._trans);
    if (this._id !== undefined && Date.now() - this._shown >= SHORTEST_NOTICE) {
      Notification.update({ id: this._id, message: this._message, type: 'in-progress', autoClose: false });
    }
  }

  close(): void {
    window.clearTimeout(this._timer);
    const id = this._id;
    if (id !== undefined) {
      window.setTimeout(
        () => Notification.dismiss(id),
        Math.max(0, this._shown + SHORTEST_NOTICE - Date.now())
      );
    }
  }

  private _show(): void {
    this._shown = Date.now();
    this._id = Notification.emit(this._message, 'in-progress', {
      autoClose: false,
      actions: [{ label: this._trans.__('Run now'), callback: () => this._skipped.resolve() }]
    });
  }

  private get _message(): string {
    const saying = this._trans.__('The cells run after a snapshot');
    return this._words ? `${saying}: ${this._words}` : saying;
  }

  private readonly _skipped = new PromiseDelegate<void>();
  private readonly _timer: number;
  private _words = '';
  private _id: string | undefined;
  private _shown = 0;
}

function after(milliseconds: number): Promise<void> {
  return new Promise(resolve => window.setTimeout(resolve, milliseconds));
}
