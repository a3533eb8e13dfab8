/**
 * The plugin of automatic snapshots: schedule and retention, and snapshots before all cells run.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { settingsIcon } from '@jupyterlab/ui-components';

import { CommandIDs, IRokModel, IRokPanel } from '../tokens';
import { showError } from '../ui/errorDialog';
import { BeforeRun } from './beforeRun';
import { RunAllHook } from './runAllHook';
import { AutomaticSettings, type IAutomaticSettings } from './settings';

/** The plugin whose settings hold the switches. */
const SETTINGS = 'rok-jupyter:plugin';

/** Adds the command `rok:edit-policy` and the snapshots before a run. */
export const policyPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:policy',
  description: 'Schedule, retention, and snapshots before all cells run.',
  autoStart: true,
  requires: [IRokModel, IRokPanel],
  optional: [ITranslator, ICommandPalette, ISettingRegistry, ISessionContextDialogs],
  activate: async (
    app: JupyterFrontEnd,
    model: IRokModel,
    panel: IRokPanel,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    dialogs: ISessionContextDialogs | null
  ) => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const settings = registry ? loadSettings(registry, model, trans) : Promise.resolve(undefined);
    app.commands.addCommand(CommandIDs.editPolicy, {
      label: trans.__('Schedule and Retention…'),
      caption: trans.__('Say when snapshots are taken by themselves, and which are kept'),
      icon: settingsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        try {
          const { editPolicy } = await import('./editPolicy');
          await editPolicy(model, await settings, trans);
        } catch (error) {
          await showError(trans.__('Schedule and retention can’t be edited now'), error, trans);
        }
      }
    });
    palette?.addItem({ command: CommandIDs.editPolicy, category: trans.__('Snapshots') });
    if (dialogs) {
      const before = new BeforeRun(model, trans, () => panel.open('rok-activity'));
      new RunAllHook(app.commands, dialogs, async context => {
        if ((await settings)?.beforeRunAll) {
          await before.take(app.serviceManager.contents.localPath(context.path));
        }
      });
    }
  }
};

/** Load the switches; undefined where there are none to be had. */
async function loadSettings(
  registry: ISettingRegistry,
  model: IRokModel,
  trans: TranslationBundle
): Promise<IAutomaticSettings | undefined> {
  try {
    const settings = await registry.load(SETTINGS);
    return new AutomaticSettings(
      settings,
      model,
      error => void showError(trans.__('The schedule was not changed'), error, trans)
    );
  } catch {
    return undefined;
  }
}
