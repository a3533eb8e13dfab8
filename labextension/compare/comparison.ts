/**
 * What differs between two states of the workspace, as a user looks through it.
 *
 * Owns which two states, what of the difference is loaded, and the filter. Doesn't own how it looks (compareView), nor the
 * difference inside of one file (detail).
 */
import { type ISignal, Signal } from '@lumino/signaling';

import type { RokApi } from '../rest/api';
import { asRokError, type RokError } from '../rest/error';
import { decodeName, formatVolumePath } from '../rest/names';
import type { Change, Difference, EntryDifference, EntryError, Snapshot } from '../rest/values';

/** How many changes are asked for at once. */
export const PAGE = 1000;

/** A later state: a snapshot, or the workspace as it is now. */
export type Later = Snapshot | 'live';

/** Which changes are shown: all kinds, or one, and those whose path holds a text. */
export interface IChangeFilter {
  readonly change?: Change;
  readonly text: string;
}

/** The difference of two states. */
export class Comparison {
  /** `paths` ("VOLUME:PATH") narrow it; none means everything. */
  constructor(
    private readonly _api: RokApi,
    private _before: Snapshot,
    private _after: Later,
    readonly paths: readonly string[] = []
  ) {}

  get before(): Snapshot {
    return this._before;
  }

  get after(): Later {
    return this._after;
  }

  /** What REST calls the later state. */
  get against(): string {
    return this._after === 'live' ? 'live' : this._after.id;
  }

  get counts(): Difference['counts'] | undefined {
    return this._counts;
  }

  /** What could not be compared. */
  get errors(): readonly EntryError[] {
    return this._errors;
  }

  /** The loaded changes that match the filter. */
  get items(): readonly EntryDifference[] {
    return this._shown;
  }

  /** How many changes are loaded, whether they match or not. */
  get count(): number {
    return this._items.length;
  }

  get hasMore(): boolean {
    return this._cursor !== null && this._cursor !== undefined;
  }

  get loading(): boolean {
    return this._loading;
  }

  get loaded(): boolean {
    return this._counts !== undefined;
  }

  get error(): RokError | undefined {
    return this._error;
  }

  get filter(): IChangeFilter {
    return this._filter;
  }

  /** Whether a file ("VOLUME:PATH") is among what is compared. */
  isAbout(path: string): boolean {
    const isIn = (folder: string): boolean =>
      path === folder || path.startsWith(folder.endsWith(':') ? folder : `${folder}/`);
    return this.paths.length === 0 || this.paths.some(isIn);
  }

  /** Counts the answers: a new one may differ in everything. */
  get edition(): number {
    return this._edition;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Compare anew; never rejects. */
  async refresh(): Promise<void> {
    this._items = this._shown = [];
    this._counts = undefined;
    this._cursor = undefined;
    this._edition += 1;
    await this._load();
  }

  /** Load the next page; never rejects. */
  async loadMore(): Promise<void> {
    if (!this._loading && this.hasMore) {
      await this._load();
    }
  }

  /** Why the two can't change places; "" where they can. */
  get unswappable(): boolean {
    return this._after === 'live';
  }

  /** Let the two change places. */
  async swap(): Promise<void> {
    if (this._after !== 'live') {
      [this._before, this._after] = [this._after, this._before];
      await this.refresh();
    }
  }

  /** Show only some changes; what isn't loaded yet is loaded as far as it takes to fill a view. */
  async setFilter(filter: IChangeFilter): Promise<void> {
    this._filter = filter;
    this._filterItems();
    this._changed.emit();
    while (this._filter === filter && this._shown.length < PAGE / 4 && this.hasMore && !this._error) {
      await this._load();
    }
  }

  dispose(): void {
    this._abort?.abort();
    Signal.clearData(this);
  }

  private async _load(): Promise<void> {
    this._abort?.abort();
    const { signal } = (this._abort = new AbortController());
    this._loading = true;
    this._error = undefined;
    this._changed.emit();
    try {
      const place = { cursor: this._cursor, limit: PAGE, signal };
      const page = await this._api.diff(this._before.id, this.against, this.paths, place);
      if (signal.aborted) {
        return;
      }
      if (this._cursor === undefined) {
        this._errors = page.errors;
      }
      this._counts = page.counts;
      this._items = [...this._items, ...page.entries];
      this._cursor = page.next_cursor ?? null;
      this._filterItems();
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this._error = asRokError(error);
    }
    this._loading = false;
    this._changed.emit();
  }

  private _filterItems(): void {
    const { change, text } = this._filter;
    const wanted = text.toLocaleLowerCase();
    this._shown = this._items.filter(
      item =>
        (change === undefined || item.change === change) &&
        (!wanted || decodeName(formatVolumePath(item)).toLocaleLowerCase().includes(wanted))
    );
  }

  private _items: readonly EntryDifference[] = [];
  private _shown: readonly EntryDifference[] = [];
  private _errors: readonly EntryError[] = [];
  private _counts: Difference['counts'] | undefined;
  private _cursor: string | null | undefined;
  private _loading = false;
  private _error: RokError | undefined;
  private _filter: IChangeFilter = { text: '' };
  private _edition = 0;
  private _abort: AbortController | undefined;
  private readonly _changed = new Signal<this, void>(this);
}
