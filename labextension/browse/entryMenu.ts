/**
 * What can be done with an entry of a snapshot.
 */
import { formatVolumePath } from '../rest/names';
import { CommandIDs } from '../tokens';
import type { IMenuEntry } from '../ui/rowMenu';
import type { ILine } from './folder';

/** The commands for an entry; those that make no sense for it are left out. */
export function entryMenu({ at, type }: ILine): readonly IMenuEntry[] {
  const { snapshot, volume, path } = at;
  const address = formatVolumePath(at);
  const file = { snapshot, volume, path };
  const isFile = type === 'file';
  const isRoot = path === '';
  return [
    ...(isFile ? [{ command: CommandIDs.openFile, args: file }] : []),
    ...(isFile ? [{ command: CommandIDs.downloadFile, args: file }] : []),
    ...(isRoot ? [] : [{ command: CommandIDs.copyBack, args: { snapshot, paths: [address] } }]),
    { command: CommandIDs.restoreSnapshot, args: { snapshot, paths: [address] } },
    { command: CommandIDs.compareSnapshots, args: { before: snapshot, after: 'live', path: address } },
    ...(isRoot ? [] : [{ command: CommandIDs.showFileHistory, args: { path: address } }])
  ];
}
