/**
 * Going back to a step: asked, done by the server, and then the notebook opened where the step left it.
 */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { WorkspacePaths } from '../model/workspacePaths';
import { baseName } from '../rest/names';
import type { Resumed, Snapshot, Status } from '../rest/values';
import type { IRokModel } from '../tokens';

/** Loads what the server has put beside the notebook, and runs the notebook's first cells. */
const LOAD = '%rok resume';

/** What resuming works with. */
export interface IResumeContext {
  readonly model: IRokModel;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

/** Ask, resume, and open the notebook; throws what the server says. */
export async function resumeStep(context: IResumeContext, id: string): Promise<void> {
  const { model } = context;
  const snapshot = await model.api.snapshot(id);
  if (!(await agreed(context, snapshot))) {
    return;
  }
  let resumed = await run(context, id, false);
  if (resumed.untrusted && (await trusted(context, resumed))) {
    resumed = await run(context, id, true);
  }
  await model.status.refresh();
  const path = contentsPath(resumed, model.status.value);
  if (path === undefined) {
    tell(context, resumed);
    return;
  }
  const panel = (await context.commands.execute('docmanager:open', { path })) as NotebookPanel | undefined;
  await goOn(context, resumed, panel);
}

async function agreed({ trans }: IResumeContext, { origin }: Snapshot): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Resume at step “%1”?', origin.step ?? ''),
    body: trans.__(
      'Its files come back in a new folder of the workspace; nothing is replaced. The notebook is opened there, its first cells are run, and the step’s variables are loaded.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Resume') })
    ]
  });
  return button.accept;
}

async function trusted({ trans }: IResumeContext, { untrusted }: Resumed): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Load the variables of another user?'),
    body: trans.__(
      'The snapshot is of %1. Its variables are pickles: loading them runs code of that user’s. Without them, the files are back all the same.',
      untrusted
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Leave them out') }),
      Dialog.warnButton({ label: trans.__('Load them') })
    ]
  });
  return button.accept;
}

async function run({ model }: IResumeContext, id: string, trust: boolean): Promise<Resumed> {
  const task = await model.tasks.finish(model.api.resume(id, { trust }));
  return task.result as unknown as Resumed;
}

/** The notebook's path in JupyterLab; undefined where there is none, or the file browser doesn't reach it. */
function contentsPath({ notebook }: Resumed, status: Status | undefined): string | undefined {
  const workspace = status?.volumes.find(volume => volume.role === 'workspace');
  const above = `${workspace?.path.replace(/\/+$/, '') ?? ''}/`;
  if (!status || !workspace || !notebook.startsWith(above)) {
    return undefined;
  }
  const at = { volume: workspace.name, path: notebook.slice(above.length) };
  return new WorkspacePaths(status, PageConfig.getOption('serverRoot')).toContents(at);
}

/** Load the variables in the notebook's kernel, and show the cell that comes next. */
async function goOn(
  context: IResumeContext,
  resumed: Resumed,
  panel: NotebookPanel | undefined
): Promise<void> {
  if (!panel?.sessionContext || resumed.variables.length === 0) {
    show(resumed, panel);
    tell(context, resumed);
    return;
  }
  await Promise.all([panel.context.ready, panel.sessionContext.ready]);
  const reply = await panel.sessionContext.session?.kernel?.requestExecute({
    code: LOAD,
    store_history: false
  }).done;
  show(resumed, panel);
  if (reply?.content.status === 'ok') {
    tell(context, resumed, resumed.variables);
  } else {
    tellFailed(context, reply);
  }
}

function show({ next_cell: next }: Resumed, panel: NotebookPanel | undefined): void {
  if (panel?.content && next !== null) {
    panel.content.activeCellIndex = next - 1;
    void panel.content.scrollToItem(next - 1, 'center');
  }
}

function tell({ trans }: IResumeContext, resumed: Resumed, loaded: readonly string[] = []): void {
  const { step, directory, next_cell: next } = resumed;
  const parts = [trans.__('Back at step “%1”, in %2.', step, baseName(directory))];
  if (loaded.length > 0) {
    parts.push(trans.__('Loaded: %1.', loaded.join(', ')));
  }
  if (next !== null) {
    parts.push(trans.__('Next comes cell %1.', next));
  }
  Notification.success(parts.join(' '), { autoClose: false });
}

function tellFailed({ trans }: IResumeContext, reply: KernelMessage.IExecuteReplyMsg | undefined): void {
  const content = reply?.content;
  const why =
    content?.status === 'error' ? `${content.ename}: ${content.evalue}` : trans.__('There is no kernel.');
  Notification.error(
    trans.__('The files are back, but not the variables. %1 Run %2 in the notebook to try again.', why, LOAD),
    { autoClose: false }
  );
}
