/**
 * Changing snapshots: their message, tags and pin, and deleting them.
 */
import { Notification } from '@jupyterlab/apputils';

import { asRokError, RokError } from '../rest/error';
import type { EditBody, Snapshot } from '../rest/values';
import { CommandIDs } from '../tokens';
import type { ISnapshotsContext } from './context';
import { tellFailed } from './take';

/** Let the user edit message, tags and pin. */
export async function edit(context: ISnapshotsContext, id: string): Promise<void> {
  await told(context, async () => {
    const [snapshot, { editSnapshot }] = await Promise.all([find(context, id), import('./editDialog')]);
    await editSnapshot(
      snapshot,
      async body => {
        try {
          await save(context, id, body);
          return undefined;
        } catch (error) {
          return asRokError(error);
        }
      },
      context.trans
    );
  });
}

/** Pin a snapshot, or let it go. */
export async function pin(context: ISnapshotsContext, id: string, pinned: boolean): Promise<void> {
  const { board, trans } = context;
  await told(context, async () => {
    await save(context, id, { pinned });
    board.announcement = pinned ? trans.__('The snapshot is pinned.') : trans.__('The snapshot is unpinned.');
  });
}

/** Delete snapshots after a question; an Undo is offered afterwards. */
export async function remove(context: ISnapshotsContext, ids: readonly string[]): Promise<void> {
  const { model, board, trans } = context;
  await told(context, async () => {
    // Many are taken from the list: a request for each would take long, and the server refuses what isn't so any more.
    const known = new Map(ids.length > 1 ? model.snapshots.items.map(each => [each.id, each]) : []);
    const snapshots = await Promise.all(ids.map(id => known.get(id) ?? find(context, id)));
    const { askBeforeDelete } = await import('./deleteDialog');
    const agreed = await askBeforeDelete(snapshots, trans);
    if (agreed.length === 0) {
      return;
    }
    const deleted = agreed.map(snapshot => snapshot.id);
    await model.tasks.finish(model.api.delete(deleted));
    await model.snapshots.refresh();
    board.deleted = deleted;
    offerUndo(context, deleted.length);
  });
}

function offerUndo(context: ISnapshotsContext, count: number): void {
  const { commands, trans } = context;
  if (context.isVisible() || !commands.hasCommand(CommandIDs.undo)) {
    return;
  }
  Notification.success(trans._n('%1 snapshot deleted.', '%1 snapshots deleted.', count), {
    autoClose: 20_000,
    actions: [
      {
        label: trans.__('Undo'),
        callback: () => void commands.execute(CommandIDs.undo, {})
      }
    ]
  });
}

async function save(context: ISnapshotsContext, id: string, body: EditBody): Promise<void> {
  const { model } = context;
  model.snapshots.replace(await model.api.edit(id, body));
}

/** The snapshot as it is on the server now, not as this window last saw it. */
async function find({ model, trans }: ISnapshotsContext, id: string): Promise<Snapshot> {
  try {
    return await model.api.snapshot(id);
  } catch (error) {
    const reason = asRokError(error);
    if (reason.kind !== 'not_found') {
      throw reason;
    }
    void model.snapshots.refresh();
    throw new RokError(
      'not_found',
      trans.__('This snapshot does not exist any more: it was deleted, here or elsewhere.'),
      trans.__('The list is up to date again. Undo brings back what was deleted last.')
    );
  }
}

async function told(context: ISnapshotsContext, work: () => Promise<void>): Promise<void> {
  context.board.failure = undefined;
  try {
    await work();
  } catch (error) {
    tellFailed(context, asRokError(error));
  }
}
