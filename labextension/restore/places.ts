/**
 * Which files a plan changes, and whether a document or kernel of JupyterLab is among or around them.
 */
import { formatVolumePath, type IVolumePath, parentPath } from '../rest/names';
import type { RestorePlan } from '../rest/values';

/** The files and folders that a plan changes. */
export class ChangedPlaces {
  constructor(plan: RestorePlan) {
    for (const { volume, path } of plan.changes) {
      this._changed.add(formatVolumePath({ volume, path }));
      this._addFolders({ volume, path });
    }
  }

  /** Whether the file itself changes. */
  has(at: IVolumePath): boolean {
    return this._changed.has(formatVolumePath(at));
  }

  /** Whether something in a file's folder, or below it, changes. */
  isAround(at: IVolumePath): boolean {
    return this._folders.has(formatVolumePath({ ...at, path: parentPath(at.path) }));
  }

  private _addFolders({ volume, path }: IVolumePath): void {
    let folder = path;
    while (folder !== '') {
      folder = parentPath(folder);
      const address = formatVolumePath({ volume, path: folder });
      if (this._folders.has(address)) {
        return;
      }
      this._folders.add(address);
    }
  }

  private readonly _changed = new Set<string>();
  private readonly _folders = new Set<string>();
}
