/**
 * One folder of a snapshot, as a user walks through it.
 *
 * Owns where the user is, what of the folder is loaded, and the filter. Doesn't own how it looks (browseView).
 */
import { type ISignal, Signal } from '@lumino/signaling';

import type { RokApi } from '../rest/api';
import { asRokError, type RokError } from '../rest/error';
import { baseName, parentPath } from '../rest/names';
import type { Entry, Snapshot } from '../rest/values';
import type { IStoredPath } from './address';

/** How many entries are asked for: few at first, so that a folder opens at once. */
export const FIRST = 300;
export const MORE = 1000;

/** A line of the list: an entry of a folder, or a volume where a snapshot has several. */
export interface ILine {
  readonly name: string;
  readonly isFolder: boolean;
  readonly at: IStoredPath;
  readonly size?: number;
  readonly modified?: number;
  readonly type: Entry['type'] | 'volume';
  readonly target?: string | null;
}

/** A folder of one snapshot; `at` is undefined above the volumes. */
export class Folder {
  constructor(
    private readonly _api: RokApi,
    private _snapshot: Snapshot
  ) {}

  get snapshot(): Snapshot {
    return this._snapshot;
  }

  /** Where it is; undefined for the list of the snapshot's volumes. */
  get at(): IStoredPath | undefined {
    return this._at;
  }

  /** The lines that match the filter. */
  get lines(): readonly ILine[] {
    return this._shown;
  }

  /** How many entries are loaded, whether they match or not. */
  get count(): number {
    return this._lines.length;
  }

  get hasMore(): boolean {
    return this._cursor !== null;
  }

  get loading(): boolean {
    return this._loading;
  }

  /** Whether a first page was loaded. */
  get loaded(): boolean {
    return this._cursor !== undefined;
  }

  get error(): RokError | undefined {
    return this._error;
  }

  get filter(): string {
    return this._filter;
  }

  /** The line that was left to come here, by its name: where the focus belongs. */
  get cameFrom(): string | undefined {
    return this._cameFrom;
  }

  /** Whether there is a folder, or a list of volumes, above. */
  get hasUp(): boolean {
    return this._at !== undefined && (this._at.path !== '' || this._snapshot.members.length > 1);
  }

  /** Counts the folders that were opened: a new one is to be shown from its top. */
  get visit(): number {
    return this._visit;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Go to a folder of a snapshot; without `volume`, to its only one or to the list of them. Never rejects. */
  async open(snapshot: Snapshot, volume?: string, path = '', cameFrom?: string): Promise<void> {
    const [first, ...others] = snapshot.members;
    const chosen = volume ?? (others.length === 0 ? first?.volume : undefined);
    this._snapshot = snapshot;
    this._at = chosen === undefined ? undefined : { snapshot: snapshot.id, volume: chosen, path };
    this._cameFrom = cameFrom;
    this._filter = '';
    this._visit += 1;
    await this.refresh();
  }

  /** Go to the folder above, or to the list of volumes. */
  async up(): Promise<void> {
    if (this._at === undefined || !this.hasUp) {
      return;
    }
    const { volume, path } = this._at;
    if (path === '') {
      await this._openVolumes(volume);
    } else {
      await this.open(this._snapshot, volume, parentPath(path), baseName(path));
    }
  }

  /** Load the folder anew. */
  async refresh(): Promise<void> {
    this._abort?.abort();
    this._lines = [];
    this._shown = [];
    this._cursor = undefined;
    if (this._at === undefined) {
      this._put(this._snapshot.members.map(volumeLine(this._snapshot.id)), null);
      return;
    }
    await this._load(FIRST);
  }

  /** Load the next page; never rejects. */
  async loadMore(): Promise<void> {
    if (!this._loading && this._cursor) {
      await this._load(MORE);
    }
  }

  /** Show only names that hold `text`; what isn't loaded yet is loaded as far as it takes to fill a view. */
  async setFilter(text: string): Promise<void> {
    this._filter = text;
    this._filterLines();
    this._changed.emit();
    const enough = (): boolean => this._shown.length >= FIRST || this._filter !== text || text === '';
    while (!enough() && this._cursor && !this._error) {
      await this._load(MORE);
    }
  }

  dispose(): void {
    this._abort?.abort();
    Signal.clearData(this);
  }

  private async _openVolumes(cameFrom: string): Promise<void> {
    this._at = undefined;
    this._cameFrom = cameFrom;
    this._filter = '';
    this._visit += 1;
    await this.refresh();
  }

  private async _load(limit: number): Promise<void> {
    const at = this._at;
    if (at === undefined) {
      return;
    }
    this._abort?.abort();
    const { signal } = (this._abort = new AbortController());
    this._loading = true;
    this._error = undefined;
    this._changed.emit();
    try {
      const { snapshot, volume, path } = at;
      const page = await this._api.tree(snapshot, { volume, path }, { cursor: this._cursor, limit, signal });
      if (!signal.aborted) {
        const lines = page.items.map(entryLine(at));
        const whole = this._cursor === undefined && page.next_cursor === null;
        this._put(whole ? foldersFirst(lines) : [...this._lines, ...lines], page.next_cursor);
      }
    } catch (error) {
      if (!signal.aborted) {
        this._error = asRokError(error);
        this._loading = false;
        this._changed.emit();
      }
    }
  }

  private _put(lines: readonly ILine[], cursor: string | null): void {
    this._lines = lines;
    this._cursor = cursor;
    this._loading = false;
    this._error = undefined;
    this._filterLines();
    this._changed.emit();
  }

  private _filterLines(): void {
    const wanted = this._filter.toLocaleLowerCase();
    this._shown = wanted
      ? this._lines.filter(line => line.name.toLocaleLowerCase().includes(wanted))
      : this._lines;
  }

  private _at: IStoredPath | undefined;
  private _lines: readonly ILine[] = [];
  private _shown: readonly ILine[] = [];
  private _cursor: string | null | undefined;
  private _loading = false;
  private _error: RokError | undefined;
  private _filter = '';
  private _cameFrom: string | undefined;
  private _visit = 0;
  private _abort: AbortController | undefined;
  private readonly _changed = new Signal<this, void>(this);
}

function entryLine(folder: IStoredPath): (entry: Entry) => ILine {
  return entry => ({
    name: baseName(entry.path),
    isFolder: entry.type === 'directory',
    at: { ...folder, path: entry.path },
    size: entry.type === 'file' ? entry.size : undefined,
    modified: entry.mtime_ns / 1e6,
    type: entry.type,
    target: entry.target
  });
}

function volumeLine(snapshot: string): (member: Snapshot['members'][number]) => ILine {
  return member => ({
    name: member.volume,
    isFolder: true,
    at: { snapshot, volume: member.volume, path: '' },
    size: member.size ?? undefined,
    type: 'volume'
  });
}

/** Folders before files; a folder that comes page by page keeps the server's order, so that nothing jumps. */
function foldersFirst(lines: readonly ILine[]): readonly ILine[] {
  return [...lines.filter(line => line.isFolder), ...lines.filter(line => !line.isFolder)];
}
