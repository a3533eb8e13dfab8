/**
 * What all views of rok-jupyter in this window share.
 *
 * Owns the state (status, snapshots, tasks) and when it is fetched: only while somebody looks, at what the server's events
 * tell, and as a safety net every half minute. Doesn't own any view.
 */
import { DisposableDelegate, type IDisposable } from '@lumino/disposable';
import { Poll, Throttler } from '@lumino/polling';

import type { RokApi } from '../rest/api';
import type { RokEvents } from '../rest/events';
import type { Status, Task } from '../rest/values';
import type { IRokModel } from '../tokens';
import { Fetched } from './fetched';
import { SnapshotList } from './snapshotList';
import { TaskList } from './taskList';

/** How often everything is looked at anew while a view is visible, in milliseconds; events are much faster. */
const SAFETY_NET = 30_000;
/** How often while the server doesn't answer as it should, so that the panel goes on by itself soon after it does. */
const AFTER_FAILURE = 3000;
/** How seldom at least: changes in a row are one. */
const PAUSE = 300;

function pace(interval: number): { interval: number; backoff: boolean; max: number } {
  return { interval, backoff: false, max: interval };
}

/** The model behind `IRokModel`. */
export class RokModel implements IRokModel {
  constructor(
    readonly api: RokApi,
    readonly events: RokEvents
  ) {
    this.status = new Fetched<Status>(() => api.status());
    this.snapshots = new SnapshotList(api);
    this.tasks = new TaskList(api, events);
    events.snapshotsChanged.connect(this._changed, this);
    this.tasks.ended.connect(this._changed, this);
    this._poll = new Poll({
      name: 'rok-jupyter:status',
      auto: false,
      factory: () => (this._stale ? this.refresh() : this._glance()),
      frequency: pace(SAFETY_NET),
      standby: () => (this._watchers > 0 ? 'when-hidden' : true)
    });
  }

  readonly status: Fetched<Status>;
  readonly snapshots: SnapshotList;
  readonly tasks: TaskList;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** A view is visible until what is returned is disposed. The first one makes the model fetch what it missed. */
  watch(): IDisposable {
    this._watchers += 1;
    if (this._watchers === 1) {
      // A poll that starts looks at once.
      void this._poll.start();
    }
    return new DisposableDelegate(() => {
      this._watchers -= 1;
      if (this._watchers === 0) {
        void this._poll.stop();
      }
    });
  }

  /** Fetch everything anew; never rejects. */
  async refresh(): Promise<void> {
    this._stale = false;
    await this._fetch(() => this.snapshots.refresh());
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._poll.dispose();
    this._throttler.dispose();
    this.tasks.dispose();
    this.snapshots.dispose();
    this.events.dispose();
  }

  private _changed(_: unknown, _what: string | Task): void {
    this._stale = true;
    if (this._watchers > 0) {
      void this._throttler.invoke();
    }
  }

  /** The safety net: nothing is known to have changed, so a long list isn't fetched whole. */
  private async _glance(): Promise<void> {
    await this._fetch(() => this.snapshots.refreshTop());
  }

  private async _fetch(snapshots: () => Promise<void>): Promise<void> {
    const others = [this.status.refresh(), this.tasks.refresh()];
    if (this.status.value?.repository.exists === false) {
      // Without a repository there is nothing to list, and the server would say so in its log each time.
      await Promise.all(others);
    }
    if (this.status.value?.repository.exists !== false) {
      await Promise.all([...others, snapshots()]);
    }
    this._setPace();
  }

  private _setPace(): void {
    this._poll.frequency = pace(this.status.error === undefined ? SAFETY_NET : AFTER_FAILURE);
  }

  /** Look because something changed; where that fails, the poll looks again sooner than it would have. */
  private async _look(): Promise<void> {
    await this.refresh();
    if (this.status.error !== undefined && this._watchers > 0) {
      await this._poll.schedule({ interval: AFTER_FAILURE, phase: 'rejected' });
    }
  }

  private _isDisposed = false;
  private _stale = true;
  private _watchers = 0;
  private readonly _poll: Poll;
  private readonly _throttler = new Throttler(() => this._look(), { limit: PAUSE, edge: 'trailing' });
}
