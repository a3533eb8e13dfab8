/**
 * The plugin that puts the panel into the side bar.
 */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CommandIDs, IRokModel, IRokPanel } from '../tokens';
import { rokIcon } from '../ui/icons';
import { PANEL_ID, RokPanel } from './panel';
import { makeVersionNotice } from './versionNotice';

/** Where in the side bar; third-party extensions have 501 to 899. */
const RANK = 520;

/** Provides `IRokPanel`. */
export const panelPlugin: JupyterFrontEndPlugin<IRokPanel> = {
  id: 'rok-jupyter:panel',
  description: 'The side bar panel.',
  autoStart: true,
  provides: IRokPanel,
  requires: [IRokModel],
  optional: [ITranslator, ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    model: IRokModel,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): IRokPanel => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const panel = new RokPanel(trans.__('Snapshots'), () => app.shell.activateById(PANEL_ID));
    panel.addBanner(makeVersionNotice(model, trans));
    app.shell.add(panel, 'left', { rank: RANK, type: 'Snapshots' });
    restorer?.add(panel, PANEL_ID);
    app.commands.addCommand(CommandIDs.showPanel, {
      label: trans.__('Show Snapshots'),
      caption: trans.__('Show the workspace’s snapshots in the side bar'),
      icon: rokIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: { section: { type: 'string', description: 'A section to open' } }
        }
      },
      execute: args => panel.open(args.section as string | undefined)
    });
    palette?.addItem({ command: CommandIDs.showPanel, category: trans.__('Snapshots') });
    return panel;
  }
};
