/**
 * The plugin that restores, and undoes: its commands, and what the panel says about them above its sections.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { historyIcon, undoIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { createElement } from 'react';

import type { InterruptedRestore } from '../rest/values';
import { CommandIDs, IRokDocuments, IRokModel, IRokPanel } from '../tokens';
import { showError } from '../ui/errorDialog';
import { WatchingView } from '../ui/section';
import { Banner } from './banner';
import { EVERYTHING, type IChoice } from './choice';
import { RestoreHistory } from './history';
import { Kernels } from './kernels';
import { Surroundings } from './surroundings';

/** Adds `rok:restore-snapshot`, `rok:resume-in-place` and `rok:undo`. */
export const restorePlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:restore',
  description: 'Restores snapshots, and undoes that.',
  autoStart: true,
  requires: [IRokModel, IRokPanel, IRokDocuments],
  optional: [ITranslator, ICommandPalette, IFileBrowserFactory],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    panel: IRokPanel,
    documents: IRokDocuments,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    browsers: IFileBrowserFactory | null
  ) => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const kernels = new Kernels(app.serviceManager);
    const around = new Surroundings(model, documents, app.serviceManager.contents, kernels, browsers);
    const door: IDoor = { model, around, trans };
    addCommands(app.commands, door);
    const history = new RestoreHistory(model);
    history.ended.connect(() => around.refreshBrowsers());
    panel.addBanner(
      new WatchingView(model, () =>
        createElement(Banner, {
          model,
          history,
          around,
          trans,
          onUndo: () => void app.commands.execute(CommandIDs.undo),
          onFinish: restore => void finish(door, restore)
        })
      )
    );
    palette?.addItem({ command: CommandIDs.undo, category: trans.__('Snapshots') });
  }
};

/** What the commands work with. */
interface IDoor {
  readonly model: IRokModel;
  readonly around: Surroundings;
  readonly trans: TranslationBundle;
}

function addCommands(commands: CommandRegistry, door: IDoor): void {
  const { model, around, trans } = door;
  commands.addCommand(CommandIDs.restoreSnapshot, {
    label: trans.__('Restore…'),
    caption: trans.__('See what restoring this snapshot would change, and restore it'),
    icon: historyIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          snapshot: { type: 'string', description: 'The snapshot’s id' },
          paths: {
            type: 'array',
            items: { type: 'string' },
            description: 'VOLUME:PATH of what is restored; none means everything'
          }
        },
        required: ['snapshot']
      }
    },
    execute: args =>
      restore(door, String(args.snapshot), {
        ...EVERYTHING,
        paths: (args.paths as string[] | undefined) ?? []
      })
  });
  addResume(commands, door);
  commands.addCommand(CommandIDs.undo, {
    label: trans.__('Undo the Last Restore or Delete…'),
    caption: trans.__(
      'See what undoing the last restore, or the last delete of snapshots, would do, and undo it'
    ),
    icon: undoIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: async () => {
      const { undoLast } = await import('./undoDialog');
      await undoLast(model, around, trans);
    }
  });
}

function addResume(commands: CommandRegistry, { model, around, trans }: IDoor): void {
  commands.addCommand(CommandIDs.resumeInPlace, {
    label: trans.__('Resume in Place…'),
    caption: trans.__('See what bringing this step back in place would change, and do it'),
    icon: historyIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          snapshot: { type: 'string', description: 'The id of a step’s snapshot' },
          trust: { type: 'boolean', description: 'Take another user’s variables: loading them runs code' }
        },
        required: ['snapshot']
      }
    },
    execute: async args => {
      const [snapshot, { resumeInPlace }] = await Promise.all([
        model.api.snapshot(String(args.snapshot)),
        import('./resumeDialog'),
        model.status.refresh()
      ]);
      return resumeInPlace(model, around, snapshot, args.trust === true, trans);
    }
  });
}

async function restore({ model, around, trans }: IDoor, id: string, choice: IChoice): Promise<void> {
  try {
    const [snapshot, { restoreSnapshot }] = await Promise.all([
      model.api.snapshot(id),
      // Loaded once somebody restores.
      import('./restoreDialog'),
      model.status.refresh()
    ]);
    await restoreSnapshot(model, around, snapshot, choice, trans);
  } catch (error) {
    await showError(trans.__('The snapshot can’t be restored'), error, trans);
  }
}

/** Show what is left of a restore that was cut short; it is the same restore, so the server goes on with it. */
async function finish(door: IDoor, interrupted: InterruptedRestore): Promise<void> {
  const { request } = interrupted;
  if (request) {
    await restore(door, request.snapshot, {
      ...EVERYTHING,
      paths: request.paths,
      delete: request.delete,
      owners: request.owners,
      identityFiles: request.identity_files,
      volumes: request.volumes
    });
  }
}
