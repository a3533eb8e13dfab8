/**
 * The commands of the Snapshots section.
 */
import { deleteIcon, editIcon } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

import { CommandIDs } from '../tokens';
import { rokIcon } from '../ui/icons';
import { edit, pin, remove } from './change';
import type { ISnapshotsContext } from './context';
import { createRepository } from './create';
import { cameraIcon, pinIcon } from './icons';
import { takeSnapshot } from './take';

const SNAPSHOT = { type: 'string', description: 'Id of a snapshot' } as const;

function schema(properties: ReadonlyJSONObject, required: readonly string[] = []) {
  return { args: { type: 'object', properties, required: [...required] } };
}

/** Add the commands that take snapshots and make the repository. */
export function addTakeCommands(context: ISnapshotsContext): void {
  const { commands, trans } = context;
  commands.addCommand(CommandIDs.takeSnapshot, {
    label: args => (args.ask ? trans.__('Take Snapshot…') : trans.__('Take Snapshot')),
    caption: trans.__('Save open documents and take a snapshot of the workspace'),
    icon: cameraIcon,
    describedBy: schema({
      message: { type: 'string', description: 'What is worth coming back to' },
      volumes: { type: 'array', items: { type: 'string' }, description: 'Names of volumes; none means all' },
      ask: { type: 'boolean', description: 'Whether a dialog asks for message and volumes' }
    }),
    execute: args =>
      takeSnapshot(
        context,
        {
          message: (args.message as string | undefined) ?? '',
          volumes: (args.volumes as string[] | undefined) ?? []
        },
        args.ask === true
      )
  });
  commands.addCommand(CommandIDs.createRepository, {
    label: trans.__('Make the Snapshot Repository'),
    caption: trans.__('Make the place where snapshots are kept'),
    icon: rokIcon,
    isEnabled: () => context.model.status.value?.repository.exists !== true,
    describedBy: schema({}),
    execute: () => createRepository(context)
  });
}

/** Add the commands that change snapshots. */
export function addChangeCommands(context: ISnapshotsContext): void {
  const { commands, trans } = context;
  commands.addCommand(CommandIDs.editSnapshot, {
    label: trans.__('Edit Snapshot…'),
    caption: trans.__('Change message, tags and pin'),
    icon: editIcon,
    isEnabled: args => args.snapshot !== undefined,
    describedBy: schema({ snapshot: SNAPSHOT }, ['snapshot']),
    execute: args => edit(context, args.snapshot as string)
  });
  commands.addCommand(CommandIDs.pinSnapshot, {
    label: args => (args.pinned === false ? trans.__('Unpin Snapshot') : trans.__('Pin Snapshot')),
    caption: trans.__('Pinned snapshots are kept for ever'),
    icon: pinIcon,
    isEnabled: args => args.snapshot !== undefined,
    describedBy: schema({ snapshot: SNAPSHOT, pinned: { type: 'boolean' } }, ['snapshot', 'pinned']),
    execute: args => pin(context, args.snapshot as string, args.pinned as boolean)
  });
  commands.addCommand(CommandIDs.deleteSnapshots, {
    label: trans.__('Delete Snapshots…'),
    caption: trans.__('Delete snapshots, which Undo brings back'),
    icon: deleteIcon,
    isEnabled: args => Array.isArray(args.snapshots) && args.snapshots.length > 0,
    describedBy: schema({ snapshots: { type: 'array', items: SNAPSHOT } }, ['snapshots']),
    execute: args => remove(context, args.snapshots as string[])
  });
}
