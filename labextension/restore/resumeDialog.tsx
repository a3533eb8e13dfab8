/**
 * The dialog of a pipeline's step that comes back in place: what that would change, and doing it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RestorePlan, Resumed, Snapshot } from '../rest/values';
import type { IRokModel } from '../tokens';
import { concerns, EVERYTHING } from './choice';
import { showChange } from './dialog';
import { Frame } from './frame';
import { Preview } from './preview';
import type { Surroundings } from './surroundings';

/** Show what a step's files would change, and bring it back; undefined where the user left. */
export async function resumeInPlace(
  model: IRokModel,
  surroundings: Surroundings,
  snapshot: Snapshot,
  trust: boolean,
  trans: TranslationBundle
): Promise<Resumed | undefined> {
  const preview = new Preview<RestorePlan>(model, {
    plan: () => model.api.planRestore(snapshot.id, {}),
    // As with a restore: a notebook that prints all the time is saved once, or no plan would ever hold.
    make: async (plan, again) => {
      const task = await model.api.resume(snapshot.id, {
        in_place: true,
        trust,
        fingerprint: plan.fingerprint,
        save_documents: !again
      });
      surroundings.touched.remember(task, plan);
      return task;
    }
  });
  await showChange(trans.__('Resume at step “%1” in place', snapshot.origin.step ?? ''), close => (
    <Frame
      preview={preview}
      changesOf={plan => plan}
      surroundings={surroundings}
      concerns={at => concerns(EVERYTHING, snapshot, at)}
      words={{ action: trans.__('Resume'), doing: trans.__('Restoring…') }}
      trans={trans}
      onClose={close}
      mayBeEmpty={true}
      choices={
        <p className="jp-RokRestore-hint">
          {trans.__(
            'A safety snapshot is taken first, and Undo goes back to it. Files that came later stay.'
          )}
        </p>
      }
    />
  ));
  const done = preview.phase === 'done' ? preview.task : undefined;
  preview.dispose();
  return done?.result as unknown as Resumed | undefined;
}
