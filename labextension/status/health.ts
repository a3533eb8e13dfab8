/**
 * How things stand, in one line: when the last snapshot was, whether one runs, whether they fail.
 *
 * Owns what the status item shows, and asks the server as little as that needs: once in the beginning, and where stored snapshots
 * changed by something that this window didn't hear of. Doesn't own how it looks.
 */
import { Throttler } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';

import { takesSnapshot } from '../model/taskList';
import type { Status, Task } from '../rest/values';
import { hasEnded } from '../rest/values';
import type { IRokModel } from '../tokens';

/** For how long a change of the stored snapshots is explained by a snapshot that just ended, in milliseconds. */
const EXPLAINED = 6000;
/** How seldom the server is asked at least, in milliseconds. */
const PAUSE = 1000;

/** What the status item is about. */
export class Health {
  constructor(private readonly _model: IRokModel) {
    _model.status.changed.connect(this._onStatus, this);
    _model.tasks.changed.connect(this._onTasks, this);
    _model.events.snapshotsChanged.connect(this._onSnapshots, this);
    document.addEventListener('visibilitychange', this._onVisible);
  }

  /** When the last snapshot was taken, undefined while nobody knows or there is none. */
  get lastSnapshot(): string | undefined {
    return this._last;
  }

  /** Whether the server was heard of at all. */
  get isKnown(): boolean {
    return this._model.status.value !== undefined || this._last !== undefined;
  }

  /** The snapshot that is being taken. */
  get running(): Task | undefined {
    return this._model.tasks.running.find(takesSnapshot);
  }

  /** Why snapshots fail, "" while they don't. */
  get problem(): string {
    return problemOf(this._model.status.value, this._model.tasks.items, this._last);
  }

  /** Anything above changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Ask the server, unless somebody did. */
  start(): void {
    if (this._model.status.value === undefined && !this._model.status.loading) {
      void this._ask();
    }
  }

  dispose(): void {
    this._throttler.dispose();
    document.removeEventListener('visibilitychange', this._onVisible);
    Signal.clearData(this);
  }

  private _onStatus(): void {
    const created = this._model.status.value?.last_snapshot?.created;
    if (!this._model.status.loading && this._model.status.value) {
      this._last = created;
    }
    this._emit();
  }

  private _onTasks(): void {
    this._look();
    this._emit();
  }

  private _onSnapshots(): void {
    this._isChanged = true;
    this._look();
  }

  /** Stored snapshots changed. Where a snapshot runs or just ended that is why, and there is nothing to ask. */
  private _look(): void {
    if (!this._isChanged || this.running) {
      return;
    }
    this._isChanged = false;
    const now = Date.now();
    const taken = this._model.tasks.items.find(
      task => takesSnapshot(task) && task.status === 'succeeded' && now - ended(task) < EXPLAINED
    );
    if (taken?.finished && taken.id !== this._explained) {
      this._explained = taken.id; // one snapshot explains one change
      this._last = taken.finished;
      this._emit();
    } else {
      void this._ask();
    }
  }

  private async _ask(): Promise<void> {
    if (document.hidden) {
      this._isStale = true;
      return;
    }
    this._isStale = false;
    await this._throttler.invoke();
  }

  private readonly _onVisible = (): void => {
    if (this._isStale) {
      void this._ask();
    }
  };

  private _emit(): void {
    this._changed.emit();
  }

  private _last: string | undefined;
  private _explained = '';
  private _isChanged = false;
  private _isStale = false;
  private readonly _throttler = new Throttler(() => this._model.status.refresh(), {
    limit: PAUSE,
    edge: 'trailing'
  });
  private readonly _changed = new Signal<this, void>(this);
}

/**
 * Say why snapshots fail: the schedule's error, or the last snapshot's task where none was taken since.
 *
 * `tasks` are newest first, `last` is when the last snapshot was taken.
 */
export function problemOf(
  status: Status | undefined,
  tasks: readonly Task[],
  last: string | undefined
): string {
  if (status?.schedule_error) {
    return status.schedule_error;
  }
  const task = tasks.find(each => takesSnapshot(each) && hasEnded(each) && each.status !== 'cancelled');
  if (!task || task.status === 'succeeded') {
    return '';
  }
  const isOver = last !== undefined && Date.parse(last) > ended(task);
  return isOver ? '' : (task.error?.message ?? task.status);
}

/** When a task ended, in milliseconds. */
function ended(task: Task): number {
  return Date.parse(task.finished ?? task.created);
}
