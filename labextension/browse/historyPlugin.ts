/**
 * The plugin of a file's history: its versions in the panel, from the context menus of file browser, notebooks and editors.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser, IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import { WorkspacePaths } from '../model/workspacePaths';
import { RokError } from '../rest/error';
import { type IVolumePath, parseVolumePath } from '../rest/names';
import { CommandIDs, IRokModel, IRokPanel } from '../tokens';
import { showError } from '../ui/errorDialog';
import { rokIcon } from '../ui/icons';
import { parseContentsPath } from './address';
import type { HistorySection } from './historySection';

const ARGUMENTS = {
  type: 'object',
  properties: {
    path: { type: 'string', description: 'A file or folder, as VOLUME:PATH' },
    from: {
      type: 'string',
      enum: ['file-browser', 'document'],
      description: 'Without a path: whose file, the one selected in the file browser or the open document'
    }
  }
} as const;

/** Lists the versions of a file. */
export const fileHistoryPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:file-history',
  description: 'Lists the versions of a file in the panel.',
  autoStart: true,
  requires: [IRokModel, IRokPanel, IDocumentManager],
  optional: [ITranslator, IFileBrowserFactory, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    panel: IRokPanel,
    documents: IDocumentManager,
    translator: ITranslator | null,
    browsers: IFileBrowserFactory | null,
    defaultBrowser: IDefaultFileBrowser | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const { commands, shell } = app;
    let section: HistorySection | undefined;

    /** The contents path of the file that is meant where none is given. */
    const chosen = ({ from }: ReadonlyPartialJSONObject): string | undefined => {
      if (from === 'file-browser') {
        const browser = browsers?.tracker.currentWidget ?? defaultBrowser;
        return browser?.selectedItems().next().value?.path;
      }
      const { currentWidget } = shell;
      return (currentWidget && documents.contextForWidget(currentWidget)?.path) || undefined;
    };
    const locate = async (args: ReadonlyPartialJSONObject): Promise<IVolumePath> => {
      const given = typeof args.path === 'string' ? parseVolumePath(args.path) : undefined;
      const path = given ? undefined : chosen(args);
      const found =
        given ??
        (path &&
          (parseContentsPath(path) ?? (await toVolume(model, app.serviceManager.contents.localPath(path)))));
      if (!found) {
        throw new RokError(
          'invalid_argument',
          trans.__('No volume holds this file, so no snapshot has versions of it.'),
          trans.__('The section Volumes shows which folders are kept.')
        );
      }
      return found;
    };
    commands.addCommand(CommandIDs.showFileHistory, {
      label: trans.__('History of This File'),
      caption: trans.__('List the versions of this file that snapshots hold'),
      icon: rokIcon,
      describedBy: { args: ARGUMENTS },
      isEnabled: args => typeof args.path === 'string' || chosen(args) !== undefined,
      execute: async args => {
        try {
          const at = await locate(args);
          const { HistorySection } = await import('./historySection');
          section ??= new HistorySection({ model, panel, commands, trans });
          await section.show(at);
        } catch (error) {
          await showError(trans.__('No history'), error, trans);
        }
      }
    });
  }
};

/** The volume's file that a contents path (without its drive) names. */
async function toVolume(model: IRokModel, path: string): Promise<IVolumePath | undefined> {
  if (model.status.value === undefined) {
    await model.status.refresh();
  }
  const { value, error } = model.status;
  if (value === undefined) {
    throw error;
  }
  return new WorkspacePaths(value, PageConfig.getOption('serverRoot')).toVolume(path);
}
