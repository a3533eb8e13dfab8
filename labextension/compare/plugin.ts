/**
 * The plugin of comparisons: two snapshots, or one with now, in a tab.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';

import type { RokApi } from '../rest/api';
import { CommandIDs, IRokDocuments, IRokModel } from '../tokens';
import { showError } from '../ui/errorDialog';
import { diffIcon } from '../ui/icons';
import type { ICompared } from './compareTab';

const ARGUMENTS = {
  type: 'object',
  properties: {
    before: { type: 'string', description: 'The id of the earlier snapshot' },
    after: { type: 'string', description: 'The id of the later snapshot, or "live": as it is now' },
    path: { type: 'string', description: 'Only this file or folder, as VOLUME:PATH' }
  },
  required: ['before']
} as const;

/** Compares snapshots. */
export const comparePlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:compare',
  description: 'Compares two snapshots, or one with now.',
  autoStart: true,
  requires: [IRokModel, IRenderMimeRegistry],
  optional: [ITranslator, IEditorServices, IEditorLanguageRegistry, IRokDocuments],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    editorServices: IEditorServices | null,
    languages: IEditorLanguageRegistry | null,
    documents: IRokDocuments | null
  ): void => {
    const { commands, shell } = app;
    const { api, tasks } = model;
    const known = translator ?? nullTranslator;
    const trans = known.load('rok_jupyter');
    commands.addCommand(CommandIDs.compareSnapshots, {
      label: ({ after, path }) =>
        after === 'live' || after === undefined
          ? trans.__('Compare with Now')
          : path
            ? trans.__('Compare with Previous Version')
            : trans.__('Compare Snapshots'),
      caption: trans.__('Show what differs, file by file'),
      icon: diffIcon,
      describedBy: { args: ARGUMENTS },
      isEnabled: args => typeof args.before === 'string' && args.before !== '',
      execute: async args => {
        try {
          const [compared, { makeCompareTab }, { UnsavedDocuments }] = await Promise.all([
            find(api, args),
            import('./compareTab'),
            import('./unsaved')
          ]);
          const { contents } = app.serviceManager;
          const tab = makeCompareTab(compared, {
            ...{ api, tasks, commands, trans, rendermime, editorServices, languages },
            unsaved: documents ? new UnsavedDocuments(documents, model, contents) : undefined,
            translator: known
          });
          const open = [...shell.widgets('main')].find(widget => widget.id === tab.id);
          if (open) {
            tab.dispose();
          } else {
            shell.add(tab, 'main');
          }
          shell.activateById(tab.id);
        } catch (error) {
          await showError(trans.__('Not compared'), error, trans);
        }
      }
    });
  }
};

async function find(api: RokApi, args: ReadonlyPartialJSONObject): Promise<ICompared> {
  const after = args.after === undefined ? 'live' : String(args.after);
  const [before, later] = await Promise.all([
    api.snapshot(String(args.before)),
    after === 'live' ? undefined : api.snapshot(after)
  ]);
  return { before, after: later ?? 'live', path: args.path as string | undefined };
}
