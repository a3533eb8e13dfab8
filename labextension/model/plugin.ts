/**
 * The plugin that connects this window to the server extension.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { RokApi } from '../rest/api';
import { Connection } from '../rest/connection';
import { RokEvents } from '../rest/events';
import { IRokModel } from '../tokens';
import { RokModel } from './model';

/** Provides `IRokModel`. Fetches nothing before a view is visible. */
export const modelPlugin: JupyterFrontEndPlugin<IRokModel> = {
  id: 'rok-jupyter:model',
  description: 'Snapshots, volumes and tasks of the server.',
  autoStart: true,
  provides: IRokModel,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null): IRokModel => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    const { serverSettings, events } = app.serviceManager;
    const connection = new Connection(serverSettings, trans);
    return new RokModel(new RokApi(connection), new RokEvents(events));
  }
};
