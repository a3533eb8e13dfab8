/**
 * The plugins of browsing: the files of a snapshot in the panel, and its documents in tabs.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { folderIcon } from '@jupyterlab/ui-components';

import { CommandIDs, IRokModel, IRokPanel } from '../tokens';
import { showError } from '../ui/errorDialog';
import type { BrowseSection } from './browseSection';
import { dressAll } from './document';
import { SnapshotDrive } from './drive';
import { addFileCommands } from './fileCommands';

/** Opens documents out of snapshots. */
export const storedDocumentsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:stored-documents',
  description: 'Opens files of snapshots read-only, downloads them and copies them back.',
  autoStart: true,
  requires: [IRokModel, IDocumentManager],
  optional: [ITranslator, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    documents: IDocumentManager,
    translator: ITranslator | null,
    fileBrowser: IDefaultFileBrowser | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const { commands, docRegistry, serviceManager } = app;
    const drive = new SnapshotDrive(model.api, trans);
    serviceManager.contents.addDrive(drive);
    dressAll(docRegistry, { drive, commands, trans });
    addFileCommands(commands, documents, { model, commands, fileBrowser, trans });
  }
};

/** Shows the files of a snapshot in the panel. */
export const browsePlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:browse',
  description: 'Browses the files of a snapshot in the panel.',
  autoStart: true,
  requires: [IRokModel, IRokPanel],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    panel: IRokPanel,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const { commands, docRegistry: fileTypes } = app;
    let section: Promise<BrowseSection> | undefined;
    const load = async (): Promise<BrowseSection> => {
      const { BrowseSection } = await import('./browseSection');
      return new BrowseSection({ model, panel, commands, fileTypes, trans });
    };
    commands.addCommand(CommandIDs.browseSnapshot, {
      label: trans.__('Browse Files'),
      caption: trans.__('Show the files of a snapshot'),
      icon: folderIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            snapshot: { type: 'string', description: 'The id of a snapshot' },
            volume: { type: 'string', description: 'A volume of the snapshot' },
            path: { type: 'string', description: 'A folder of the volume' }
          },
          required: ['snapshot']
        }
      },
      isEnabled: args => typeof args.snapshot === 'string',
      execute: async args => {
        try {
          const [shown, snapshot] = await Promise.all([
            (section ??= load()),
            model.api.snapshot(String(args.snapshot))
          ]);
          await shown.show(snapshot, args.volume as string | undefined, args.path as string | undefined);
        } catch (error) {
          await showError(trans.__('The snapshot can’t be browsed'), error, trans);
        }
      }
    });
  }
};
