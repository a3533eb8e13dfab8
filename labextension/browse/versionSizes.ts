/**
 * How large a file was in its versions; asked for as a list shows them, each once.
 */
import type { RokApi } from '../rest/api';
import type { IVolumePath } from '../rest/names';

/** Sizes of one file by snapshot. */
export class VersionSizes {
  constructor(
    private readonly _api: RokApi,
    private readonly _at: IVolumePath
  ) {}

  /** The size in a snapshot, in bytes; undefined where it can't be told (a folder has none). */
  of(snapshot: string): Promise<number | undefined> {
    const known = this._sizes.get(snapshot);
    if (known) {
      return known;
    }
    const size = this._api.contentSize(snapshot, this._at).catch(() => undefined);
    this._sizes.set(snapshot, size);
    return size;
  }

  private readonly _sizes = new Map<string, Promise<number | undefined>>();
}
