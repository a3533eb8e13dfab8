/**
 * What can be done with an entry that differs.
 */
import { formatVolumePath } from '../rest/names';
import type { EntryDifference } from '../rest/values';
import { CommandIDs } from '../tokens';
import type { IMenuEntry } from '../ui/rowMenu';
import type { Comparison } from './comparison';

/** The commands for an entry: what was before can be had again, of both snapshots what they hold can be opened. */
export function changeMenu({ before, after }: Comparison, item: EntryDifference): readonly IMenuEntry[] {
  const { volume, path } = item;
  const address = formatVolumePath(item);
  const holder = item.before ? before.id : after === 'live' ? undefined : after.id;
  const type = (item.before ?? item.after)?.type;
  const history = { command: CommandIDs.showFileHistory, args: { path: address } };
  if (holder === undefined) {
    return [history];
  }
  return [
    ...(type === 'file' ? [{ command: CommandIDs.openFile, args: { snapshot: holder, volume, path } }] : []),
    { command: CommandIDs.copyBack, args: { snapshot: holder, paths: [address] } },
    { command: CommandIDs.restoreSnapshot, args: { snapshot: holder, paths: [address] } },
    history
  ];
}
