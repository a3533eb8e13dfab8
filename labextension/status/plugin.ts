/**
 * The plugin of the status bar's item.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CommandIDs, IRokModel } from '../tokens';
import { Health } from './health';
import { StatusItem } from './statusItem';

/** Left of what changes with the open document. */
const RANK = 20;

/** Shows in the status bar how snapshots stand. Where there is no status bar (Notebook 7) it does nothing. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:status',
  description:
    'Says in the status bar when the last snapshot was, shows one that runs, and warns where they fail.',
  autoStart: true,
  requires: [IRokModel],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    if (!statusBar) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const health = new Health(model);
    const item = new StatusItem(health, trans, () => {
      void app.commands.execute(CommandIDs.showPanel, {});
    });
    statusBar.registerStatusItem('rok-jupyter:status', { item, align: 'left', rank: RANK });
    // After what the user waits for.
    void app.restored.then(() => health.start());
  }
};
