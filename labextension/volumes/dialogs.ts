/**
 * Attaching, detaching and cloning as conversations: a form, the task, what came of it; the form again where the server refuses.
 */
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { asRokError, type RokError } from '../rest/error';
import { decodeName } from '../rest/names';
import type { Snapshot, Status, Task, Volume } from '../rest/values';
import type { IRokModel } from '../tokens';
import { askForm, type IForm } from '../ui/formDialog';
import { attachForm, attachRequest, type IAttachDraft } from './attachForm';
import { cloneForm, type ICloneDraft, suggestName } from './cloneForm';

/** What the conversations need. */
export interface IVolumeDialogs {
  readonly model: IRokModel;
  readonly trans: TranslationBundle;
  /** Show the tasks. */
  readonly showActivity: () => void;
  /** Begin to attach a volume. */
  readonly attach: (volume: string) => void;
}

/** Ask which snapshot's volume is cloned under which name, do it, and tell where it is. */
export async function cloneVolume(
  dialogs: IVolumeDialogs,
  snapshotId: string,
  chosen: string | undefined
): Promise<void> {
  const { model, trans } = dialogs;
  const snapshot: Snapshot = await model.api.snapshot(snapshotId);
  const taken = (await freshStatus(model)).volumes.map(volume => volume.name);
  const volume = chosen ?? snapshot.members[0].volume;
  const made = await converse<ICloneDraft>(
    dialogs,
    { volume, name: suggestName(volume, snapshot, taken) },
    (draft, error) => cloneForm(snapshot, draft, taken, trans, error),
    draft => model.api.clone(snapshot.id, draft.volume, draft.name.trim())
  );
  if (made === undefined) {
    return;
  }
  const attachLabel = trans.__('Attach…');
  Notification.success(trans.__('The volume %1 is at %2.', made.name, decodeName(made.path)), {
    autoClose: false,
    actions: [{ label: attachLabel, callback: () => dialogs.attach(made.name) }]
  });
}

/** Ask what is attached where, and do it. */
export async function attachVolume(dialogs: IVolumeDialogs, chosen: string | undefined): Promise<void> {
  const { model, trans } = dialogs;
  const { volumes } = await freshStatus(model);
  const known = chosen ?? volumes.find(volume => volume.capabilities.attach.available)?.name ?? '';
  const initial: IAttachDraft = { known, name: '', directory: '', at: '', readOnly: false };
  await converse<IAttachDraft>(
    dialogs,
    initial,
    (draft, error) => attachForm(volumes, draft, trans, error),
    draft => {
      const { volume, body } = attachRequest(draft);
      return model.api.attach(volume, body);
    }
  );
}

/** Ask whether a volume is to leave the workspace, and do it. */
export async function detachVolume(dialogs: IVolumeDialogs, name: string): Promise<void> {
  const { model, trans } = dialogs;
  const volume = (await freshStatus(model)).volumes.find(each => each.name === name);
  const answer = await showDialog({
    title: trans.__('Detach %1?', name),
    body: trans.__(
      'The link %1 leaves the workspace. The data stays at %2.',
      decodeName(volume?.attached_at ?? name),
      decodeName(volume?.path ?? '')
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Detach') })
    ]
  });
  if (answer.button.accept) {
    await model.tasks.finish(model.api.detach(name));
    await model.status.refresh();
  }
}

/** Ask by a form until the server takes it or the user leaves; returns the volume that came of it. */
async function converse<T>(
  dialogs: IVolumeDialogs,
  initial: T,
  form: (draft: T, error?: RokError) => IForm<T>,
  start: (draft: T) => Promise<Task>
): Promise<Volume | undefined> {
  const { model, trans } = dialogs;
  let draft = initial;
  let error: RokError | undefined;
  for (;;) {
    const filled = await askForm(form(draft, error), trans);
    if (filled === undefined) {
      return undefined;
    }
    try {
      const task = await start(filled);
      dialogs.showActivity();
      const ended = await model.tasks.finish(task);
      await model.status.refresh();
      return ended.result as Volume;
    } catch (reason) {
      error = asRokError(reason);
      if (error.kind === 'cancelled') {
        return undefined;
      }
      draft = filled;
    }
  }
}

async function freshStatus(model: IRokModel): Promise<Status> {
  await model.status.refresh();
  if (model.status.error !== undefined || model.status.value === undefined) {
    throw model.status.error;
  }
  return model.status.value;
}
