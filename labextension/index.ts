/**
 * The panel of rok-jupyter for JupyterLab and Notebook 7: the list of its plugins, and what others may import.
 */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { documentsPlugin } from './documents/plugin';
import { modelPlugin } from './model/plugin';
import { panelPlugin } from './panel/plugin';

export * from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [modelPlugin, panelPlugin, documentsPlugin];

export default plugins;
