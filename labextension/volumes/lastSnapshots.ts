/**
 * Each volume's newest snapshot.
 *
 * Owns which is known. Mostly the status says it (the newest of all holds the volume); only for other volumes the list is asked,
 * and only when the newest of all is another one.
 */
import { type ISignal, Signal } from '@lumino/signaling';

import type { RokApi } from '../rest/api';
import type { Snapshot, Status } from '../rest/values';

/** By volume; null where a volume is in none, undefined where that isn't known yet. */
export class LastSnapshots {
  constructor(private readonly _api: Pick<RokApi, 'snapshots'>) {}

  /** Something was learned. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  of(volume: string): Snapshot | null | undefined {
    return this._known.get(volume);
  }

  /** Take what a new status tells, and ask for what it doesn't; never rejects. */
  async follow(status: Status): Promise<void> {
    const newest = status.last_snapshot;
    const names = status.volumes.map(volume => volume.name);
    const mark = JSON.stringify([newest?.id, status.repository.snapshots, names]);
    if (mark === this._mark) {
      return;
    }
    this._mark = mark;
    await Promise.all(names.map(name => this._learn(name, newest)));
    this._changed.emit();
  }

  private async _learn(volume: string, newest: Snapshot | null): Promise<void> {
    if (newest === null || newest.members.some(member => member.volume === volume)) {
      this._known.set(volume, newest);
      return;
    }
    try {
      const page = await this._api.snapshots({ volume }, { limit: 1 });
      this._known.set(volume, page.items[0] ?? null);
    } catch {
      this._mark = ''; // The status says why the server fails; the next one asks again.
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _known = new Map<string, Snapshot | null>();
  private _mark = '';
}
