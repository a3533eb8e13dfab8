/**
 * The panel of rok-jupyter for JupyterLab and Notebook 7: the list of its plugins, and what others may import.
 */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { activityPlugin } from './activity/plugin';
import { fileHistoryPlugin } from './browse/historyPlugin';
import { browsePlugin, storedDocumentsPlugin } from './browse/plugin';
import { comparePlugin } from './compare/plugin';
import { documentsPlugin } from './documents/plugin';
import { kalePlugin } from './kale/plugin';
import { resumePlugin } from './kale/resumePlugin';
import { modelPlugin } from './model/plugin';
import { panelPlugin } from './panel/plugin';
import { restorePlugin } from './restore/plugin';
import { snapshotsPlugin } from './snapshots/plugin';
import { statusPlugin } from './status/plugin';
import { policyPlugin } from './policy/plugin';
import { volumesPlugin } from './volumes/plugin';

export * from './tokens';

// prettier-ignore
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  modelPlugin,
  panelPlugin,
  snapshotsPlugin,
  statusPlugin,
  storedDocumentsPlugin,
  browsePlugin,
  comparePlugin,
  fileHistoryPlugin,
  documentsPlugin,
  restorePlugin,
  volumesPlugin,
  activityPlugin,
  policyPlugin,
  kalePlugin,
  resumePlugin
];

export default plugins;
