/**
 * The plugin of the panel's section Volumes, and the commands that attach, detach and clone.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { duplicateIcon, linkIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { createElement } from 'react';

import { takeIn } from '../model/otherDisks';
import { CommandIDs, IRokModel, IRokPanel } from '../tokens';
import { showError } from '../ui/errorDialog';
import { makeSection, WatchingView } from '../ui/section';
import { attachVolume, cloneVolume, detachVolume, type IVolumeDialogs } from './dialogs';
import { LastSnapshots } from './lastSnapshots';
import { VolumesView } from './volumesView';

/** Adds the section Volumes (rank 20). */
export const volumesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:volumes',
  description: 'Volumes, the repository, cloning, attaching and detaching.',
  autoStart: true,
  requires: [IRokModel, IRokPanel],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    panel: IRokPanel,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const { commands } = app;
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const dialogs: IVolumeDialogs = {
      model,
      trans,
      showActivity: () => panel.open('rok-activity'),
      attach: volume => void commands.execute(CommandIDs.attachVolume, { volume })
    };
    addCommands(commands, dialogs);
    const section = makeSection({
      id: 'rok-volumes',
      title: trans.__('Volumes'),
      view: makeView(commands, model, trans)
    });
    panel.addSection({ id: section.id, rank: 20, content: section, isCollapsed: true });
    palette?.addItem({ command: CommandIDs.attachVolume, category: trans.__('Snapshots') });
  }
};

function makeView(commands: CommandRegistry, model: IRokModel, trans: TranslationBundle): WatchingView {
  const last = new LastSnapshots(model.api);
  return new WatchingView(model, () =>
    createElement(VolumesView, {
      model,
      last,
      trans,
      onSnapshot: volume =>
        void commands.execute(CommandIDs.takeSnapshot, { volumes: [volume.name], ask: false }),
      onClone: (volume, snapshot) =>
        void commands.execute(CommandIDs.cloneVolume, { snapshot: snapshot.id, volume: volume.name }),
      onAttach: volume => void commands.execute(CommandIDs.attachVolume, { volume: volume.name }),
      onDetach: volume => void commands.execute(CommandIDs.detachVolume, { volume: volume.name }),
      onTakeIn: mount =>
        void saying(trans.__('The disk was not taken in'), trans, async () => {
          await takeIn(model, mount);
        }),
      onEditPolicy: () => void commands.execute(CommandIDs.editPolicy),
      onCreate: commands.hasCommand(CommandIDs.createRepository)
        ? () => void commands.execute(CommandIDs.createRepository)
        : undefined
    })
  );
}

function addCommands(commands: CommandRegistry, dialogs: IVolumeDialogs): void {
  const { trans } = dialogs;
  const text = (description: string) => ({ type: 'string', description }) as const;
  commands.addCommand(CommandIDs.cloneVolume, {
    label: trans.__('Clone Volume…'),
    caption: trans.__('Make a new volume from a snapshot’s volume'),
    icon: duplicateIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          snapshot: text('The id of a snapshot'),
          volume: text('The volume; by default the first of the snapshot')
        },
        required: ['snapshot']
      }
    },
    execute: args =>
      saying(trans.__('The volume was not cloned'), trans, () =>
        cloneVolume(dialogs, String(args.snapshot ?? 'latest'), args.volume as string | undefined)
      )
  });
  commands.addCommand(CommandIDs.attachVolume, {
    label: trans.__('Attach Volume…'),
    caption: trans.__('Show a data volume or a directory at a path of the workspace'),
    icon: linkIcon,
    describedBy: {
      args: { type: 'object', properties: { volume: text('A known volume; asked for where it is missing') } }
    },
    execute: args =>
      saying(trans.__('The volume was not attached'), trans, () =>
        attachVolume(dialogs, args.volume as string | undefined)
      )
  });
  commands.addCommand(CommandIDs.detachVolume, {
    label: trans.__('Detach Volume…'),
    caption: trans.__('Remove a data volume from the workspace; its data stays'),
    describedBy: {
      args: { type: 'object', properties: { volume: text('An attached volume') }, required: ['volume'] }
    },
    execute: args =>
      saying(trans.__('The volume was not detached'), trans, () => detachVolume(dialogs, String(args.volume)))
  });
}

/** Do something, and say in a dialog where it failed. */
async function saying(title: string, trans: TranslationBundle, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    await showError(title, error, trans);
  }
}
