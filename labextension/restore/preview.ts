/**
 * A change that is shown before it is made: a restore, or the undoing of one.
 *
 *     planning -> planned -> running -> done
 *         ^          |          |
 *         +----------+----------+  other choices, or the files changed since the plan was made
 *
 * Owns that order and what is known at each step. Doesn't own which change it is (`IChange`), nor how it looks.
 */
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { asRokError, type RokError } from '../rest/error';
import { hasEnded, type Task } from '../rest/values';
import type { IRokModel } from '../tokens';

/** How a change is planned and made; both are tasks of the server. */
export interface IChange<P> {
  plan(): Promise<Task>;
  /** Make the change as planned; fails with the kind "aborted" where the world isn't any more what the plan was made from. */
  make(plan: P, again: boolean): Promise<Task>;
}

export type Phase = 'planning' | 'planned' | 'failed' | 'running' | 'done';

/** One change, from its first plan to its end. Disposing cancels a plan in the making, never a change. */
export class Preview<P> implements IDisposable {
  constructor(
    private readonly _model: IRokModel,
    private _change: IChange<P>
  ) {
    void this.replan();
  }

  get phase(): Phase {
    return this._phase;
  }

  /** The newest plan; it stays while another is made. */
  get plan(): P | undefined {
    return this._plan;
  }

  /** The task that makes the plan or the change; once that is done, with its result. */
  get task(): Task | undefined {
    return this._task;
  }

  /** Why there is no plan, or why the change failed. */
  get error(): RokError | undefined {
    return this._error;
  }

  /** Whether the change is being cancelled, be it that the server hasn't answered yet that it began. */
  get isCancelled(): boolean {
    return this._isCancelled || this._task?.report.cancel_requested === true;
  }

  /** Why the plan was made anew after the user had agreed to one: the files had changed since. */
  get outdated(): RokError | undefined {
    return this._outdated;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Plan something else, after a pause in which the user may go on typing (in milliseconds). */
  choose(change: IChange<P>, pause = 0): void {
    this._change = change;
    this._outdated = undefined;
    this._cancelPlan();
    this._turn += 1;
    this._set({ phase: 'planning' });
    clearTimeout(this._pause);
    this._pause = setTimeout(() => void this.replan(), pause);
  }

  /** Make the plan anew; never rejects. */
  async replan(): Promise<void> {
    this._cancelPlan();
    const turn = (this._turn += 1);
    this._set({ phase: 'planning' });
    try {
      const started = this._change.plan().then(task => this._unlessStale(turn, task));
      const task = await this._model.tasks.finish(started, each => this._follow(turn, each));
      if (turn === this._turn) {
        this._plan = task.result as P;
        this._set({ phase: 'planned' });
      }
    } catch (error) {
      if (turn === this._turn) {
        this._plan = undefined;
        this._set({ phase: 'failed', error: asRokError(error) });
      }
    }
  }

  /** Make the change; where the files have changed since the plan was shown, plan anew instead. Never rejects. */
  async make(): Promise<void> {
    const plan = this._plan;
    if (plan === undefined || this._phase !== 'planned') {
      return;
    }
    const turn = (this._turn += 1);
    this._isCancelled = false;
    this._set({ phase: 'running' });
    try {
      const started = this._change
        .make(plan, this._outdated !== undefined)
        .then(task => this._unlessCancelled(task));
      this._task = await this._model.tasks.finish(started, each => this._follow(turn, each));
      this._set({ phase: 'done' });
    } catch (error) {
      await this._afterFailure(asRokError(error));
    }
  }

  /** Cancel what runs. A change that is cancelled half-way says how to go on. */
  async cancel(): Promise<void> {
    if (this._task && !hasEnded(this._task)) {
      await this._model.tasks.cancel(this._task.id).catch(() => undefined);
    } else if (this._phase === 'running') {
      this._isCancelled = true;
      this._changed.emit();
    }
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      clearTimeout(this._pause);
      this._cancelPlan();
      this._turn += 1;
      Signal.clearData(this);
    }
  }

  private async _afterFailure(error: RokError): Promise<void> {
    if (error.kind === 'aborted' && !this._isDisposed) {
      this._outdated = error;
      await this.replan();
    } else {
      this._set({ phase: 'failed', error });
    }
  }

  private _cancelPlan(): void {
    if (this._phase === 'planning') {
      void this.cancel();
    }
  }

  private _follow(turn: number, task: Task): void {
    if (turn === this._turn) {
      this._task = task;
      this._changed.emit();
    }
  }

  /** Cancel a plan that nobody waits for any more by the time it begins. */
  private _unlessStale(turn: number, task: Task): Task {
    if (turn !== this._turn) {
      void this._model.tasks.cancel(task.id).catch(() => undefined);
    }
    return task;
  }

  /** Cancel a change that was cancelled before the server had answered: it saves open documents first. */
  private _unlessCancelled(task: Task): Task {
    if (this._isCancelled) {
      void this._model.tasks.cancel(task.id).catch(() => undefined);
    }
    return task;
  }

  private _set(state: { phase: Phase; error?: RokError }): void {
    this._phase = state.phase;
    this._error = state.error;
    this._task = state.phase === 'planning' || state.phase === 'running' ? undefined : this._task;
    this._changed.emit();
  }

  private _phase: Phase = 'planned';
  private _plan: P | undefined;
  private _task: Task | undefined;
  private _error: RokError | undefined;
  private _outdated: RokError | undefined;
  private _turn = 0;
  private _pause: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
  private _isCancelled = false;
  private readonly _changed = new Signal<this, void>(this);
}
