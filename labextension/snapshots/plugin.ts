/**
 * The plugin of the panel's Snapshots section: taking, finding, changing and deleting snapshots.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CommandToolbarButton } from '@jupyterlab/ui-components';
import { createElement } from 'react';

import { CommandIDs, IRokModel, IRokPanel } from '../tokens';
import { makeSection, WatchingView } from '../ui/section';
import { addChangeCommands, addTakeCommands } from './commands';
import { type ISnapshotsContext, SECTION_ID } from './context';
import { NoticeBoard } from './noticeBoard';
import { SnapshotsView } from './snapshotsView';

/** Where among the panel's sections. */
const RANK = 10;

/** The Snapshots section and its commands. Its id is that of the settings, menus and shortcuts (`schema/plugin.json`). */
export const snapshotsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:plugin',
  description: 'Takes, lists, edits and deletes snapshots.',
  autoStart: true,
  requires: [IRokModel, IRokPanel],
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    panel: IRokPanel,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const { commands } = app;
    const board = new NoticeBoard();
    const context: ISnapshotsContext = {
      model,
      panel,
      commands,
      board,
      trans,
      isVisible: () => view.isVisible
    };
    const view = new WatchingView(model, () => createElement(SnapshotsView, { context }));
    view.addClass('jp-RokSnapshots');
    addTakeCommands(context);
    addChangeCommands(context);
    const section = makeSection({ id: SECTION_ID, title: trans.__('Snapshots'), view });
    section.toolbar.addItem(
      'take',
      new CommandToolbarButton({
        commands,
        id: CommandIDs.takeSnapshot,
        args: { ask: true },
        label: trans.__('Take')
      })
    );
    section.toolbar.addItem(
      'policy',
      new CommandToolbarButton({ commands, id: CommandIDs.editPolicy, label: '' })
    );
    panel.addSection({ id: SECTION_ID, rank: RANK, content: section });
    palette?.addItem({
      command: CommandIDs.takeSnapshot,
      args: { ask: true },
      category: trans.__('Snapshots')
    });
  }
};
