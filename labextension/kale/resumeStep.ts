/**
 * Going back to a step: asked, done by the server, and then the notebook opened where the step left it.
 *
 * The variables are in the notebook's kernel before its tab is there: Kale's own panel looks at each notebook that comes
 * to the front, and would load them a second time otherwise.
 */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage, ServiceManager } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { WorkspacePaths } from '../model/workspacePaths';
import { baseName } from '../rest/names';
import type { Resumed, Snapshot, Status } from '../rest/values';
import { CommandIDs, type IRokModel } from '../tokens';
import { askForm } from '../ui/formDialog';
import { question } from './resumeQuestion';

/** Loads what the server has put beside the notebook, and runs the notebook's first cells. */
const LOAD = '%rok resume';

/** What resuming works with. */
export interface IResumeContext {
  readonly model: IRokModel;
  readonly commands: CommandRegistry;
  readonly services: ServiceManager.IManager;
  readonly trans: TranslationBundle;
}

interface INotebookFile {
  readonly metadata?: { readonly kernelspec?: { readonly name?: string } };
}

/** Ask, resume, and open the notebook; throws what the server says. */
export async function resumeStep(context: IResumeContext, id: string): Promise<void> {
  const { model, trans } = context;
  const [snapshot] = await Promise.all([model.api.snapshot(id), model.status.refresh()]);
  const asked = await askForm(question(snapshot, trans), trans);
  if (asked === undefined) {
    return;
  }
  const resumed = await (asked.inPlace ? inPlace(context, snapshot) : inFolder(context, snapshot));
  if (resumed === undefined) {
    return;
  }
  await model.status.refresh();
  await goOn(context, resumed, contentsPath(resumed, model.status.value));
}

async function inFolder(context: IResumeContext, { id }: Snapshot): Promise<Resumed> {
  const resumed = await run(context, id, false);
  return resumed.untrusted && (await trusted(context, resumed.untrusted)) ? run(context, id, true) : resumed;
}

/** What would change is shown by the restore's own dialog; undefined where the user leaves it. */
async function inPlace(context: IResumeContext, { id, owner }: Snapshot): Promise<Resumed | undefined> {
  const isOwn = !owner || owner === context.model.status.value?.owner;
  const trust = !isOwn && (await trusted(context, owner));
  return context.commands.execute(CommandIDs.resumeInPlace, { snapshot: id, trust }) as Promise<
    Resumed | undefined
  >;
}

async function trusted({ trans }: IResumeContext, owner: string): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Load the variables of another user?'),
    body: trans.__(
      'The snapshot is of %1. Its variables are pickles: loading them runs code of that user’s. Without them, the files are back all the same.',
      owner
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

/** Load the variables, open the notebook, and show the cell that comes next. */
async function goOn(context: IResumeContext, resumed: Resumed, path: string | undefined): Promise<void> {
  if (path === undefined || resumed.variables.length === 0) {
    await open(context, resumed, path);
    Notification.success(told(context, resumed), { autoClose: false });
    return;
  }
  const loading = context.trans.__('Loading the variables of step “%1”…', resumed.step);
  const id = Notification.emit(loading, 'in-progress', { autoClose: false });
  const why = await load(context, path);
  const panel = await open(context, resumed, path);
  if (why === undefined) {
    await connected(panel);
    const message = told(context, resumed, resumed.variables);
    Notification.update({ id, message, type: 'success', autoClose: false });
  } else {
    Notification.update({ id, message: failed(context, why), type: 'error', autoClose: false });
  }
}

/** Start the notebook's kernel and load the variables in it; return why they aren't there, undefined where they are. */
async function load({ services, trans }: IResumeContext, path: string): Promise<string | undefined> {
  try {
    const { content } = (await services.contents.get(path)) as { content: INotebookFile };
    const name = content.metadata?.kernelspec?.name ?? services.kernelspecs.specs?.default;
    const session = await services.sessions.startNew({
      path,
      name: baseName(path),
      type: 'notebook',
      kernel: { name }
    });
    const done = await session.kernel?.requestExecute({ code: LOAD, store_history: false }).done;
    session.dispose();
    return problem(done, trans);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function problem(
  reply: KernelMessage.IExecuteReplyMsg | undefined,
  trans: TranslationBundle
): string | undefined {
  const content = reply?.content;
  if (content?.status === 'ok') {
    return undefined;
  }
  return content?.status === 'error'
    ? `${content.ename}: ${content.evalue}`
    : trans.__('There is no kernel.');
}

/** Wait for a notebook to have its kernel: JupyterLab starts another one for a cell that is run before. */
async function connected(panel: NotebookPanel | undefined): Promise<void> {
  if (panel !== undefined) {
    const closed = new Promise<void>(resolve => panel.disposed.connect(() => resolve()));
    await Promise.race([panel.sessionContext.ready, closed]);
  }
}

async function open(
  { commands }: IResumeContext,
  { next_cell: next }: Resumed,
  path: string | undefined
): Promise<NotebookPanel | undefined> {
  if (path === undefined) {
    return undefined;
  }
  const panel = (await commands.execute('docmanager:open', { path })) as NotebookPanel | undefined;
  await panel?.context.ready;
  if (panel?.content && next !== null) {
    panel.content.activeCellIndex = next - 1;
    void panel.content.scrollToItem(next - 1, 'center');
  }
  return panel;
}

function told({ trans }: IResumeContext, resumed: Resumed, loaded: readonly string[] = []): string {
  const { step, directory, next_cell: next } = resumed;
  const parts = [trans.__('Back at step “%1”, in %2.', step, baseName(directory))];
  if (loaded.length > 0) {
    parts.push(trans.__('Loaded: %1.', loaded.join(', ')));
  }
  if (next !== null) {
    parts.push(trans.__('Next comes cell %1.', next));
  }
  return parts.join(' ');
}

function failed({ trans }: IResumeContext, why: string): string {
  return trans.__(
    'The files are back, but not the variables. %1 Run %2 in the notebook to try again.',
    why,
    LOAD
  );
}
