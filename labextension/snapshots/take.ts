/**
 * Taking a snapshot, from the wish to the row in the list.
 */
import { Notification } from '@jupyterlab/apputils';
import { UUID } from '@lumino/coreutils';

import { takeIn } from '../model/otherDisks';
import { asRokError, RokError } from '../rest/error';
import type { Snapshot } from '../rest/values';
import type { ISnapshotsContext } from './context';
import { SECTION_ID } from './context';
import { isBig } from './estimates';
import type { ITakeChoice } from './takeDialog';
import { warnings } from './words';

/** Take a snapshot; with `ask` the user says how. Returns its id, undefined where none was taken. */
export async function takeSnapshot(
  context: ISnapshotsContext,
  choice: ITakeChoice,
  ask: boolean
): Promise<string | undefined> {
  const { model, panel, board, trans } = context;
  board.failure = undefined;
  if (await wantsFirstLook(context)) {
    // Where it is and how large it gets is said before the first one starts.
    panel.open(SECTION_ID);
    return undefined;
  }
  const known = model.status.value;
  if (!ask || known === undefined) {
    return run(context, choice);
  }
  // A volume or a disk may have come since the last look.
  const [{ askBeforeTake }] = await Promise.all([import('./takeDialog'), model.status.refresh()]);
  const wanted = await askBeforeTake(model.status.value ?? known, choice, model.api, trans);
  return wanted && run(context, wanted);
}

/** Take the snapshot that was agreed on. */
export async function run(context: ISnapshotsContext, choice: ITakeChoice): Promise<string | undefined> {
  const { model, board, trans } = context;
  board.failure = undefined;
  board.flawed = undefined;
  try {
    const volumes = await withDisks(context, choice);
    board.pending = trans.__('Saving open documents …');
    const body = { message: choice.message, volumes, save_documents: true };
    const started = model.api.take(body, UUID.uuid4());
    const task = await model.tasks.finish(started, () => (board.pending = ''));
    const snapshot = task.result as Snapshot;
    tellTaken(context, snapshot);
    return snapshot.id;
  } catch (error) {
    tellFailed(context, asRokError(error), () => void run(context, choice));
    return undefined;
  } finally {
    board.pending = '';
  }
}

/** Take other disks in, and return the volumes that the snapshot is of; none means all. */
async function withDisks(context: ISnapshotsContext, choice: ITakeChoice): Promise<string[]> {
  const { model, board, trans } = context;
  const added: string[] = [];
  for (const path of choice.disks ?? []) {
    board.pending = trans.__('Taking in another disk …');
    added.push(await takeIn(model, { path }));
  }
  return choice.volumes.length > 0 ? [...choice.volumes, ...added] : [];
}

/** Whether the panel should be looked at first: no repository yet, or a large first snapshot. */
async function wantsFirstLook({ model }: ISnapshotsContext): Promise<boolean> {
  if (model.status.value === undefined || model.status.value.last_snapshot === null) {
    await model.status.refresh();
  }
  const status = model.status.value;
  if (status === undefined || model.status.error) {
    return true;
  }
  if (!status.repository.exists) {
    return true;
  }
  if (status.last_snapshot !== null) {
    return false;
  }
  try {
    const able = status.volumes.filter(volume => volume.capabilities.snapshot.available);
    const estimates = await Promise.all(able.map(volume => model.api.estimate(volume.name)));
    return estimates.some(isBig);
  } catch {
    return true;
  }
}

function tellTaken(context: ISnapshotsContext, snapshot: Snapshot): void {
  const { board, panel, trans } = context;
  const problems = warnings(snapshot, trans);
  if (problems.length === 0) {
    return;
  }
  board.flawed = snapshot;
  if (!context.isVisible()) {
    Notification.warning(problems.map(problem => problem.sentence).join(' '), {
      autoClose: false,
      actions: [{ label: trans.__('Show'), callback: () => panel.open(SECTION_ID) }]
    });
  }
}

/** Tell a failure where it is seen: in the section and, while that is hidden, in a pop-up that stays. */
export function tellFailed(context: ISnapshotsContext, error: RokError, retry?: () => void): void {
  const { board, panel, trans } = context;
  if (error.kind === 'cancelled') {
    return;
  }
  const told =
    error.kind === 'interrupted'
      ? new RokError(
          error.kind,
          trans.__('The snapshot was interrupted, because the server stopped.'),
          trans.__('Take it again: what was stored already is not read twice.')
        )
      : error;
  board.failure = { error: told, retry };
  if (!context.isVisible()) {
    Notification.error(`${told.message} ${told.hint}`, {
      autoClose: false,
      actions: [{ label: trans.__('Show'), callback: () => panel.open(SECTION_ID) }]
    });
  }
}
