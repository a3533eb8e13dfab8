/**
 * Disks that are mounted in the workspace and in no snapshot yet: taken in, each is a data volume where it lies.
 */
import { baseName, decodeName } from '../rest/names';
import type { Mount } from '../rest/values';
import type { IRokModel } from '../tokens';

const LONGEST_NAME = 90;

/** Take a disk into the snapshots from now on, and return the name of its volume; throws RokError. */
export async function takeIn(model: IRokModel, mount: Pick<Mount, 'path'>): Promise<string> {
  const status = model.status.value;
  const name = volumeName(mount.path, new Set(status?.volumes.map(volume => volume.name)));
  const at = placeIn(mount.path, status?.workspace ?? '');
  await model.tasks.finish(model.api.attach(name, { at, directory: mount.path }));
  await model.status.refresh();
  return name;
}

/** A disk's place in the workspace, as REST spells it; its whole path where it lies elsewhere. */
export function placeIn(path: string, workspace: string): string {
  const above = `${workspace.replace(/\/+$/, '')}/`;
  return path.startsWith(above) ? path.slice(above.length) : path;
}

/** A name for a new volume that the server takes and that no other volume has. */
export function volumeName(path: string, taken: ReadonlySet<string>): string {
  const plain = decodeName(baseName(path))
    .replace(/[^\w.\- ]+/g, '-')
    .replace(/^\W+|\W+$/g, '')
    .slice(0, LONGEST_NAME)
    .trimEnd();
  const name = plain === '' || plain === 'workspace' ? 'disk' : plain;
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(candidate)) {
      return candidate;
    }
  }
}
