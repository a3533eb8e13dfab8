/**
 * What can be done with one snapshot or with several: the buttons of the details and the entries of the context menu.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, deleteIcon, editIcon, folderIcon, type LabIcon, runIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject } from '@lumino/coreutils';

import type { Capability, Snapshot, Status, Volume } from '../rest/values';
import { CommandIDs } from '../tokens';
import { compareIcon, pinIcon, restoreIcon } from './icons';

/** A command with its arguments, and why it can't be used now ("" where it can). */
export interface IAction {
  readonly id: string;
  readonly label: string;
  /** How its button in the details begins to say it, where there is little room. */
  readonly short?: string;
  readonly icon: LabIcon;
  readonly command: string;
  readonly args: ReadonlyJSONObject;
  readonly reason: string;
  /** Whether it stands with its label in the details, or as an icon. */
  readonly isMain: boolean;
}

type Draft = Omit<IAction, 'reason' | 'isMain'> & { readonly reason?: string; readonly isMain?: boolean };

/** The actions of one snapshot. `status` says what its volumes can do, where it is known. */
export function snapshotActions(
  snapshot: Snapshot,
  status: Status | undefined,
  commands: CommandRegistry,
  trans: TranslationBundle
): readonly IAction[] {
  const missing = missingCapability(snapshot, status);
  const steps = snapshot.origin.kind === 'step' ? [resumeDraft(snapshot, missing, trans)] : [];
  return [...steps, ...mainDrafts(snapshot, missing, trans), ...otherDrafts(snapshot, missing, trans)].map(
    draft => finished(draft, commands, trans)
  );
}

type Missing = (name: keyof Volume['capabilities']) => string;

function resumeDraft(snapshot: Snapshot, missing: Missing, trans: TranslationBundle): Draft {
  return {
    id: 'resume',
    label: trans.__('Resume at this step…'),
    short: trans.__('Resume'),
    icon: runIcon,
    command: CommandIDs.resumeStep,
    args: { snapshot: snapshot.id },
    reason: missing('restore_to_directory'),
    isMain: true
  };
}

function mainDrafts({ id }: Snapshot, missing: Missing, trans: TranslationBundle): readonly Draft[] {
  return [
    {
      id: 'browse',
      label: trans.__('Browse'),
      icon: folderIcon,
      command: CommandIDs.browseSnapshot,
      args: { snapshot: id },
      reason: missing('browse'),
      isMain: true
    },
    {
      id: 'compare',
      label: trans.__('Compare with now'),
      short: trans.__('Compare'),
      icon: compareIcon,
      command: CommandIDs.compareSnapshots,
      args: { before: id, after: 'live' },
      reason: missing('browse'),
      isMain: true
    },
    {
      id: 'restore',
      label: trans.__('Restore…'),
      icon: restoreIcon,
      command: CommandIDs.restoreSnapshot,
      args: { snapshot: id },
      reason: missing('restore_in_place') && missing('restore_to_directory'),
      isMain: true
    }
  ];
}

function otherDrafts(snapshot: Snapshot, missing: Missing, trans: TranslationBundle): readonly Draft[] {
  const { id, pinned } = snapshot;
  return [
    {
      id: 'edit',
      label: trans.__('Edit message and tags…'),
      icon: editIcon,
      command: CommandIDs.editSnapshot,
      args: { snapshot: id }
    },
    {
      id: 'pin',
      label: pinned ? trans.__('Unpin') : trans.__('Pin: keep for ever'),
      icon: pinIcon,
      command: CommandIDs.pinSnapshot,
      args: { snapshot: id, pinned: !pinned }
    },
    {
      id: 'clone',
      label: trans.__('Clone into a new volume…'),
      icon: copyIcon,
      command: CommandIDs.cloneVolume,
      args: { snapshot: id },
      reason: missing('clone')
    },
    {
      id: 'delete',
      label: trans.__('Delete…'),
      icon: deleteIcon,
      command: CommandIDs.deleteSnapshots,
      args: { snapshots: [id] },
      reason: pinned ? trans.__('It is pinned. Unpin it first.') : ''
    }
  ];
}

/** The actions of several snapshots, newest first. */
export function selectionActions(
  snapshots: readonly Snapshot[],
  commands: CommandRegistry,
  trans: TranslationBundle
): readonly IAction[] {
  const ids = snapshots.map(snapshot => snapshot.id);
  const [after, before] = ids;
  const drafts: Draft[] = [
    {
      id: 'compare-selected',
      label: trans.__('Compare these two'),
      icon: compareIcon,
      command: CommandIDs.compareSnapshots,
      args: { before: before ?? '', after: after ?? '' },
      reason: ids.length === 2 ? '' : trans.__('Select two snapshots to compare them.'),
      isMain: true
    },
    {
      id: 'delete-selected',
      label: trans._n('Delete %1…', 'Delete %1…', ids.length),
      icon: deleteIcon,
      command: CommandIDs.deleteSnapshots,
      args: { snapshots: ids },
      reason: snapshots.every(each => each.pinned)
        ? trans.__('All of them are pinned. Unpin them first.')
        : '',
      isMain: true
    }
  ];
  return drafts.map(draft => finished(draft, commands, trans));
}

function finished(draft: Draft, commands: CommandRegistry, trans: TranslationBundle): IAction {
  const absent = commands.hasCommand(draft.command) ? '' : trans.__('This application does not offer it.');
  return { isMain: false, ...draft, reason: absent || draft.reason || '' };
}

/** Why none of the snapshot's volumes has a capability; "" where one has, or nobody knows. */
function missingCapability(snapshot: Snapshot, status: Status | undefined): Missing {
  const names = new Set(snapshot.members.map(member => member.volume));
  const volumes = status?.volumes.filter(volume => names.has(volume.name)) ?? [];
  return name => {
    const found: Capability[] = volumes.map(volume => volume.capabilities[name]);
    return found.some(each => each.available) ? '' : (found[0]?.reason ?? '');
  };
}
