/**
 * The menu of a row, by mouse or by the menu key.
 */
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';

import type { Snapshot } from '../rest/values';
import { type IAction, selectionActions, snapshotActions } from './actions';
import type { ISnapshotsContext } from './context';

/** Open the menu of one snapshot, or of several that are selected, at a place of the window. */
export function openContextMenu(
  context: ISnapshotsContext,
  snapshots: readonly Snapshot[],
  place: { readonly x: number; readonly y: number }
): void {
  const { commands, model, trans } = context;
  const [first] = snapshots;
  if (first === undefined) {
    return;
  }
  const actions =
    snapshots.length === 1
      ? snapshotActions(first, model.status.value, commands, trans)
      : selectionActions(snapshots, commands, trans);
  // A registry of its own: entries say here what they do to this snapshot, and why they can't.
  const entries = new CommandRegistry();
  const menu = new Menu({ commands: entries });
  menu.addClass('jp-RokSnapshots-menu');
  actions.forEach(action => addEntry(menu, entries, action, commands));
  menu.aboutToClose.connect(() => {
    // The chosen entry runs after the menu has closed.
    window.setTimeout(() => menu.dispose(), 0);
  });
  menu.open(place.x, place.y);
}

function addEntry(menu: Menu, entries: CommandRegistry, action: IAction, commands: CommandRegistry): void {
  entries.addCommand(action.id, {
    label: action.reason ? `${action.label} (${action.reason})` : action.label,
    icon: action.icon,
    isEnabled: () => !action.reason,
    execute: () => commands.execute(action.command, action.args)
  });
  if (action.id === 'edit' || action.id === 'delete') {
    menu.addItem({ type: 'separator' });
  }
  menu.addItem({ command: action.id });
}
