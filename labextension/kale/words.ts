/**
 * What a plan says, in words.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { HookPlan, StepPlan } from '../rest/values';

/** When a step's snapshots are taken. */
export function momentsText(step: StepPlan, trans: TranslationBundle): string {
  const words = { before: trans.__('before'), after: trans.__('after'), failed: trans.__('when it fails') };
  return step.moments.length > 0
    ? step.moments.map(moment => words[moment]).join(', ')
    : trans.__('no snapshot');
}

/** How, and what becomes of a snapshot that can't be taken. */
export function policyText(plan: HookPlan, trans: TranslationBundle): string {
  const { settings } = plan;
  const where =
    settings.tasks === 'visible'
      ? trans.__('Taken by visible tasks of their own in the run’s graph.')
      : trans.__('Taken inside the steps, where their data is.');
  const then =
    settings.on_error === 'fail'
      ? trans.__('A step whose snapshot can’t be taken fails.')
      : trans.__('Where one can’t be taken, the step’s log says why and the step goes on.');
  return `${where} ${then}`;
}
