/**
 * The dialog of an undo: what was done last, what undoing it would do, and doing it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IVolumePath } from '../rest/names';
import type { UndoPlan } from '../rest/values';
import type { IRokModel } from '../tokens';
import { formatDateTime, shortId } from '../ui/format';
import { showChange } from './dialog';
import { Frame } from './frame';
import type { ChangedPlaces } from './places';
import { Preview } from './preview';
import type { Surroundings } from './surroundings';

/** Show what an undo would do, and do it. */
export async function undoLast(
  model: IRokModel,
  surroundings: Surroundings,
  trans: TranslationBundle
): Promise<void> {
  const preview = new Preview<UndoPlan>(model, {
    plan: () => model.api.planUndo(),
    // As with a restore: a notebook that prints all the time is saved once, or no plan would ever hold.
    make: async (plan, again) => {
      const task = await model.api.undo({
        action: plan.action,
        fingerprint: plan.restore?.fingerprint ?? null,
        save_documents: !again
      });
      surroundings.touched.remember(task, plan.restore);
      return task;
    }
  });
  await showChange(trans.__('Undo'), close => (
    <Frame
      preview={preview}
      changesOf={plan => plan.restore}
      surroundings={surroundings}
      concerns={isChanged}
      words={{ action: trans.__('Undo'), doing: trans.__('Undoing…') }}
      trans={trans}
      onClose={close}
      mayBeEmpty={true}
      describe={plan => <p>{describe(plan, trans)}</p>}
    />
  ));
  preview.dispose();
}

function isChanged(at: IVolumePath, places: ChangedPlaces): boolean {
  return places.has(at);
}

function describe(plan: UndoPlan, trans: TranslationBundle): string {
  const when = formatDateTime(plan.created);
  const ids = plan.snapshots.map(shortId).join(', ');
  if (plan.verb === 'delete') {
    return trans._n(
      'This brings back the snapshot that was deleted on %2: %3.',
      'This brings back the %1 snapshots that were deleted on %2: %3.',
      plan.snapshots.length,
      when,
      ids
    );
  }
  return trans.__(
    'This undoes the restore of the snapshot %1 that was begun on %2: what it changed becomes as it was before.',
    ids,
    when
  );
}
