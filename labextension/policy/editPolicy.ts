/**
 * Editing schedule and retention as a conversation: the form, a question where snapshots would go, the form again where it fails.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { asRokError, type RokError } from '../rest/error';
import type { Policy } from '../rest/values';
import type { IRokModel } from '../tokens';
import { askForm } from '../ui/formDialog';
import { draftOf, type IPolicyDraft, policyOf } from './draft';
import { type IPolicyFormOptions, policyForm } from './policyForm';
import type { IAutomaticSettings } from './settings';

/** Ask for schedule and retention, and store them. Nothing is stored where the user leaves. */
export async function editPolicy(
  model: IRokModel,
  settings: IAutomaticSettings | undefined,
  trans: TranslationBundle
): Promise<void> {
  const policy = await model.api.policy();
  await model.status.refresh();
  const options: IPolicyFormOptions = {
    trans,
    volumes: (model.status.value?.volumes ?? [])
      .filter(volume => volume.capabilities.snapshot.available)
      .map(volume => volume.name),
    ask: each => model.api.previewPolicy(each),
    hasSettings: settings !== undefined
  };
  let draft: IPolicyDraft = draftOf(policy, settings?.beforeRunAll ?? false);
  let error: RokError | undefined;
  for (;;) {
    const filled = await askForm(policyForm(options, draft, error), trans);
    if (filled === undefined) {
      return;
    }
    draft = filled;
    try {
      if (await mayForget(model, policyOf(filled), trans)) {
        await model.api.setPolicy(policyOf(filled));
        await settings?.setBeforeRunAll(filled.beforeRunAll);
        await model.status.refresh();
        return;
      }
      error = undefined;
    } catch (reason) {
      error = asRokError(reason);
    }
  }
}

/** Whether the user is fine with what the next scheduled run would forget; true where that is nothing. */
async function mayForget(model: IRokModel, policy: Policy, trans: TranslationBundle): Promise<boolean> {
  if (policy.schedule.every_minutes === 0) {
    return true; // Only a schedule forgets by itself.
  }
  const { existing_kept: stay, existing_forgotten: go } = await model.api.previewPolicy(policy);
  if (go === 0) {
    return true;
  }
  const answer = await showDialog({
    title: trans.__('Forget snapshots?'),
    body: trans._n(
      'The next scheduled snapshot would forget one of the %2 snapshots that there are. Pin what you want to keep for ever.',
      'The next scheduled snapshot would forget %1 of the %2 snapshots that there are. Pin what you want to keep for ever.',
      go,
      stay + go
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Back') }),
      Dialog.warnButton({ label: trans.__('Save and forget them') })
    ]
  });
  return answer.button.accept;
}
