/**
 * Snapshots that match a filter, newest first, fetched page by page as a view scrolls.
 *
 * Owns what is loaded and in which order. Doesn't own how it looks, nor when to look again (`model`).
 */
import { type ISignal, Signal } from '@lumino/signaling';

import type { RokApi } from '../rest/api';
import { asRokError, type RokError } from '../rest/error';
import type { ISnapshotFilter, Snapshot } from '../rest/values';

/** How many snapshots are asked for at once. */
export const PAGE = 200;

/** A list that grows by `loadMore`, and is brought up to date by `refresh`. */
export class SnapshotList {
  constructor(
    private readonly _api: RokApi,
    filter: ISnapshotFilter = {}
  ) {
    this._filter = filter;
  }

  get items(): readonly Snapshot[] {
    return this._items;
  }

  /** Whether there may be more than is loaded. */
  get hasMore(): boolean {
    return this._cursor !== null;
  }

  get loading(): boolean {
    return this._loading;
  }

  /** Whether a first page was loaded for this filter. */
  get loaded(): boolean {
    return this._cursor !== undefined;
  }

  get error(): RokError | undefined {
    return this._error;
  }

  get filter(): ISnapshotFilter {
    return this._filter;
  }

  /** Anything above changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Show other snapshots; loads their first page. Until it is there the old ones stay, but `loaded` says that they are old. */
  async setFilter(filter: ISnapshotFilter): Promise<void> {
    if (JSON.stringify(filter) === JSON.stringify(this._filter)) {
      return;
    }
    this._filter = filter;
    this._cursor = undefined;
    await this.refresh();
  }

  /** Fetch again as much as is loaded (a page at least); never rejects. */
  async refresh(): Promise<void> {
    await this._load(async signal => {
      const wanted = this.loaded ? Math.max(this._items.length, PAGE) : PAGE;
      const items: Snapshot[] = [];
      let cursor: string | null | undefined;
      do {
        const limit = Math.min(PAGE, wanted - items.length);
        const page = await this._api.snapshots(this._filter, { cursor, limit, signal });
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null && items.length < wanted);
      return { items, cursor };
    });
  }

  /** Fetch the first page; the rest is fetched again only where this one shows that something changed. Never rejects. */
  async refreshTop(): Promise<void> {
    if (!this.loaded) {
      return this.refresh();
    }
    const before = this._items.slice(0, PAGE);
    let isChanged = false;
    await this._load(async signal => {
      const page = await this._api.snapshots(this._filter, { limit: PAGE, signal });
      isChanged = !isSame(before, page.items);
      return { items: this._items, cursor: this._cursor as string | null };
    });
    if (isChanged) {
      await this.refresh();
    }
  }

  /** Fetch the next page; never rejects. */
  async loadMore(): Promise<void> {
    if (this._loading || !this.loaded || this._cursor === null) {
      return;
    }
    await this._load(async signal => {
      const page = await this._api.snapshots(this._filter, { cursor: this._cursor, limit: PAGE, signal });
      return { items: [...this._items, ...page.items], cursor: page.next_cursor };
    });
  }

  /** Replace a snapshot that was edited, before the server is asked again. */
  replace(snapshot: Snapshot): void {
    this._items = this._items.map(each => (each.id === snapshot.id ? snapshot : each));
    this._changed.emit();
  }

  dispose(): void {
    this._abort?.abort();
    Signal.clearData(this);
  }

  private async _load(
    fetch: (signal: AbortSignal) => Promise<{ items: readonly Snapshot[]; cursor: string | null }>
  ): Promise<void> {
    this._abort?.abort();
    const abort = (this._abort = new AbortController());
    this._loading = true;
    this._changed.emit();
    try {
      const { items, cursor } = await fetch(abort.signal);
      if (abort.signal.aborted) {
        return;
      }
      this._items = this._keepKnown(items);
      this._cursor = cursor;
      this._error = undefined;
    } catch (error) {
      if (abort.signal.aborted) {
        return;
      }
      this._error = asRokError(error);
      this._items = this.loaded ? this._items : [];
    }
    this._loading = false;
    this._changed.emit();
  }

  /** The same objects for what didn't change, so that rows needn't be drawn again. */
  private _keepKnown(items: readonly Snapshot[]): readonly Snapshot[] {
    if (items === this._items || isSame(items, this._items)) {
      return this._items;
    }
    if (items[0] === this._items[0] && items.length > this._items.length) {
      return items; // the next page: the objects before it are the known ones
    }
    const known = new Map(this._items.map(item => [item.storage_id, item]));
    return items.map(item => known.get(item.storage_id) ?? item);
  }

  private _filter: ISnapshotFilter;
  private _items: readonly Snapshot[] = [];
  private _cursor: string | null | undefined;
  private _loading = false;
  private _error: RokError | undefined;
  private _abort: AbortController | undefined;
  private readonly _changed = new Signal<this, void>(this);
}

/** Whether two lists are of the same stored documents; an edit gives a new one. */
function isSame(one: readonly Snapshot[], other: readonly Snapshot[]): boolean {
  return (
    one.length === other.length && one.every((item, index) => item.storage_id === other[index]?.storage_id)
  );
}
