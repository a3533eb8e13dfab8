/**
 * Tasks of the server, as far as this window knows them.
 *
 * Owns which are running and which ended, and waiting for one. Events bring changes; where the event stream is silent while a
 * task runs, the task is asked for by itself, so that no bar stands still for ever.
 */
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import type { RokApi } from '../rest/api';
import { asRokError, RokError } from '../rest/error';
import type { RokEvents } from '../rest/events';
import { hasEnded, type Task } from '../rest/values';

/** How long a running task may be silent before it is asked for, in milliseconds. */
const SILENCE = 2000;
/** How many tasks the server remembers. */
const KEPT = 200;

/** Verbs of tasks whose purpose is a snapshot. */
const SNAPSHOT_VERBS: readonly string[] = ['snapshot', 'scheduled-snapshot'];

/** Whether a task takes a snapshot for its own sake, by whomever it was begun. */
export function takesSnapshot(task: Task): boolean {
  return SNAPSHOT_VERBS.includes(task.verb);
}

/** Tasks, newest first. */
export class TaskList {
  constructor(
    private readonly _api: RokApi,
    events: RokEvents
  ) {
    events.taskChanged.connect((_, task) => this._put(task), this);
    this._poll = new Poll({
      name: 'rok-jupyter:tasks',
      auto: false,
      factory: () => this._askSilent(),
      frequency: { interval: SILENCE, backoff: true, max: 30_000 },
      standby: () => (this.running.length > 0 ? 'when-hidden' : true)
    });
  }

  get items(): readonly Task[] {
    return [...this._tasks.values()].sort((a, b) => b.created.localeCompare(a.created));
  }

  /** Tasks that haven't ended, newest first. */
  get running(): readonly Task[] {
    return this.items.filter(task => !hasEnded(task));
  }

  /** Why the list could not be fetched. */
  get error(): RokError | undefined {
    return this._error;
  }

  get loaded(): boolean {
    return this._loaded;
  }

  /** A task came, went on or ended. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A task ended, whoever started it. */
  get ended(): ISignal<this, Task> {
    return this._ended;
  }

  get(id: string): Task | undefined {
    return this._tasks.get(id);
  }

  /** Fetch the newest tasks; never rejects. */
  async refresh(): Promise<void> {
    try {
      const page = await this._api.tasks({ limit: KEPT });
      this._error = undefined;
      this._loaded = true;
      page.items.forEach(task => this._put(task));
    } catch (error) {
      this._error = asRokError(error);
    }
    this._changed.emit();
  }

  /**
   * Wait for a task and return it with its result; throws a RokError where it failed or was cancelled.
   *
   * `onProgress` hears each change of the task.
   */
  async finish(started: Promise<Task> | Task, onProgress?: (task: Task) => void): Promise<Task> {
    const task = await started;
    this._put(task);
    onProgress?.(task);
    const last = hasEnded(task) ? task : await this._end(task.id, onProgress);
    if (last.status === 'succeeded') {
      return last.result === null ? this._api.task(last.id) : last;
    }
    throw last.error
      ? new RokError(last.error.kind, last.error.message, last.error.hint)
      : new RokError(last.status, `${last.verb}: ${last.status}`);
  }

  async cancel(id: string): Promise<void> {
    this._put(await this._api.cancel(id));
  }

  dispose(): void {
    this._poll.dispose();
    Signal.clearData(this);
  }

  private _end(id: string, onProgress?: (task: Task) => void): Promise<Task> {
    return new Promise(resolve => {
      const look = (): void => {
        const task = this._tasks.get(id);
        if (task === undefined) {
          return;
        }
        onProgress?.(task);
        if (hasEnded(task)) {
          this._changed.disconnect(look);
          resolve(task);
        }
      };
      this._changed.connect(look);
      look();
    });
  }

  private _put(task: Task): void {
    const known = this._tasks.get(task.id);
    if (known && hasEnded(known) && !hasEnded(task)) {
      return;
    }
    // Events leave out results, and on the way how to retry; what was known of them stays.
    this._tasks.set(task.id, {
      ...task,
      result: task.result ?? known?.result ?? null,
      retry: task.retry ?? known?.retry ?? null
    });
    this._heard.set(task.id, Date.now());
    if (!hasEnded(task)) {
      void this._poll.start();
    }
    this._changed.emit();
    if (hasEnded(task) && known && !hasEnded(known)) {
      this._ended.emit(task);
    }
  }

  private async _askSilent(): Promise<void> {
    const now = Date.now();
    const silent = this.running.filter(task => now - (this._heard.get(task.id) ?? 0) >= SILENCE);
    for (const task of silent) {
      try {
        this._put(await this._api.task(task.id));
      } catch (error) {
        const reason = asRokError(error);
        if (reason.kind !== 'not_found') {
          throw reason;
        }
        this._put({ ...task, status: 'interrupted' });
      }
    }
  }

  private _error: RokError | undefined;
  private _loaded = false;
  private readonly _poll: Poll;
  private readonly _tasks = new Map<string, Task>();
  private readonly _heard = new Map<string, number>();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, Task>(this);
}
