/**
 * Restores and undos of this server: what runs, and what the last one did.
 *
 * Owns which one is told about, and that a message that was closed stays closed in this browser. Doesn't own the tasks (model).
 */
import { type ISignal, Signal } from '@lumino/signaling';

import { hasEnded, type RestoreResult, type Task, type UndoResult } from '../rest/values';
import type { IRokModel } from '../tokens';

const VERBS = ['restore', 'undo'];
/** How long after it began a restore is told about, in milliseconds. */
const TOLD = 24 * 60 * 60 * 1000;
const CLOSED = 'rok-jupyter:closed-restore';

/** The newest restore or undo, until its message is closed. */
export class RestoreHistory {
  constructor(private readonly _model: IRokModel) {
    _model.tasks.changed.connect(this._onTasks, this);
  }

  get running(): readonly Task[] {
    return this._model.tasks.running.filter(task => VERBS.includes(task.verb));
  }

  /** The newest one that has ended and whose message isn't closed; with its result, where it has one. */
  get last(): Task | undefined {
    const task = this._newest();
    return task && task.id !== this._closed() ? (this._whole.get(task.id) ?? task) : undefined;
  }

  /** A restore or undo came, went on or ended, or its message was closed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** One ended just now. */
  get ended(): ISignal<this, Task> {
    return this._ended;
  }

  /** Close the message of a task. */
  close(task: Task): void {
    window.localStorage.setItem(CLOSED, task.id);
    this._changed.emit();
  }

  private _newest(): Task | undefined {
    const task = this._model.tasks.items.find(each => VERBS.includes(each.verb) && hasEnded(each));
    return task && Date.now() - Date.parse(task.created) < TOLD ? task : undefined;
  }

  private _closed(): string | null {
    return window.localStorage.getItem(CLOSED);
  }

  private _onTasks(): void {
    const newest = this._newest();
    if (newest && newest.id !== this._seen) {
      this._seen = newest.id;
      this._ended.emit(newest);
      void this._fetch(newest);
    }
    this._changed.emit();
  }

  /** Get the result of a task, which its events lack. Where that fails, the message does without. */
  private async _fetch(task: Task): Promise<void> {
    if (task.status !== 'succeeded' || task.result !== null || task.id === this._closed()) {
      return;
    }
    const whole = await this._model.api.task(task.id).catch(() => undefined);
    if (whole) {
      this._whole.set(whole.id, whole);
      this._changed.emit();
    }
  }

  private _seen: string | undefined;
  private readonly _whole = new Map<string, Task>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, Task>(this);
}

/** What a task did to files; undefined for one that touched none, failed, or whose result isn't known. */
export function filesOf(task: Task): RestoreResult | undefined {
  if (task.result === null) {
    return undefined;
  }
  return task.verb === 'undo'
    ? ((task.result as UndoResult).restore ?? undefined)
    : (task.result as RestoreResult);
}
