/**
 * Where a file of a snapshot lies among JupyterLab's contents: "rok-snapshot:ID/VOLUME/PATH".
 *
 * Names are spelled as REST spells them, so that a name of any bytes has a path.
 */
import type { IVolumePath } from '../rest/names';

/** The name of the drive that snapshots are read by. */
export const DRIVE = 'rok-snapshot';

/** A file or directory of a snapshot. */
export interface IStoredPath extends IVolumePath {
  readonly snapshot: string;
}

/** The contents path by which JupyterLab opens a file of a snapshot. */
export function toContentsPath(at: IStoredPath): string {
  return `${DRIVE}:${[at.snapshot, encodeURIComponent(at.volume), at.path].filter(part => part).join('/')}`;
}

/** What a path below the drive means; undefined where it names no volume of a snapshot. */
export function parseDrivePath(localPath: string): IStoredPath | undefined {
  const [snapshot, volume, ...names] = localPath.split('/').filter(part => part);
  if (!snapshot || !volume) {
    return undefined;
  }
  try {
    return { snapshot, volume: decodeURIComponent(volume), path: names.join('/') };
  } catch {
    return undefined;
  }
}

/** What a contents path means; undefined where it isn't in a snapshot. */
export function parseContentsPath(path: string): IStoredPath | undefined {
  return path.startsWith(`${DRIVE}:`) ? parseDrivePath(path.slice(DRIVE.length + 1)) : undefined;
}
