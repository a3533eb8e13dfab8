/**
 * The dialog of a restore: what, where and how, what that would do, and doing it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useCallback, useState } from 'react';

import type { RokApi } from '../rest/api';
import type { IVolumePath } from '../rest/names';
import type { RestorePlan, Snapshot } from '../rest/values';
import type { IRokModel } from '../tokens';
import { formatDateTime } from '../ui/format';
import { concerns, type IChoice, toBody } from './choice';
import { showChange } from './dialog';
import { Frame } from './frame';
import { type IChange, Preview } from './preview';
import { ScopeChoice } from './scopeChoice';
import type { Surroundings } from './surroundings';
import { describeFolder, TargetChoice } from './targetChoice';

/** How long a name may be typed before it is planned, in milliseconds. */
const PAUSE = 400;

/** Ask what of a snapshot goes where, show what that would do, and do it. */
export async function restoreSnapshot(
  model: IRokModel,
  surroundings: Surroundings,
  snapshot: Snapshot,
  choice: IChoice,
  trans: TranslationBundle
): Promise<void> {
  const restore = (chosen: IChoice): IChange<RestorePlan> =>
    asChange(model.api, snapshot.id, toBody(chosen, surroundings.workspace), surroundings);
  const preview = new Preview(model, restore(choice));
  const title = trans.__('Restore “%1”', snapshot.message || formatDateTime(snapshot.created));
  await showChange(title, close => (
    <RestoreView
      preview={preview}
      restore={restore}
      model={model}
      surroundings={surroundings}
      snapshot={snapshot}
      choice={choice}
      trans={trans}
      onClose={close}
    />
  ));
  preview.dispose();
}

/** A restore as the server is asked for it. */
function asChange(
  api: RokApi,
  snapshot: string,
  body: ReturnType<typeof toBody>,
  { touched }: Surroundings
): IChange<RestorePlan> {
  return {
    plan: () => api.planRestore(snapshot, body),
    // A notebook that prints all the time is never as it was planned: after one more plan it isn't saved again.
    make: async (plan, again) => {
      const asked = { ...body, fingerprint: plan.fingerprint, save_documents: !again };
      const task = await api.restore(snapshot, asked);
      // What goes into a new folder is around nobody.
      touched.remember(task, body.directory ? null : plan);
      return task;
    }
  };
}

function RestoreView(props: {
  preview: Preview<RestorePlan>;
  restore: (choice: IChoice) => IChange<RestorePlan>;
  model: IRokModel;
  surroundings: Surroundings;
  snapshot: Snapshot;
  choice: IChoice;
  trans: TranslationBundle;
  onClose: () => void;
}): JSX.Element {
  const { preview, restore, model, surroundings, snapshot, trans, onClose } = props;
  const [choice, setChoice] = useState(props.choice);
  const choose = useCallback(
    (change: Partial<IChoice>) => {
      const next = { ...choice, ...change };
      setChoice(next);
      if (!describeFolder(next.folder, trans)) {
        preview.choose(restore(next), typeof change.folder === 'string' ? PAUSE : 0);
      }
    },
    [choice, preview, restore, trans]
  );
  const isMeant = useCallback((at: IVolumePath) => concerns(choice, snapshot, at), [choice, snapshot]);
  return (
    <Frame
      preview={preview}
      changesOf={plan => plan}
      surroundings={surroundings}
      concerns={isMeant}
      words={{ action: trans.__('Restore'), doing: trans.__('Restoring…') }}
      trans={trans}
      onClose={onClose}
      reason={describeFolder(choice.folder, trans)}
      choices={
        <>
          <ScopeChoice
            snapshot={snapshot}
            choice={choice}
            api={model.api}
            trans={trans}
            onChoose={paths => choose({ paths })}
          />
          <TargetChoice
            snapshot={snapshot}
            choice={choice}
            volumes={model.status.value?.volumes ?? []}
            trans={trans}
            onChoose={choose}
          />
          {choice.folder === null && (
            <p className="jp-RokRestore-hint">
              {trans.__('A safety snapshot is taken first, so that you can undo this.')}
            </p>
          )}
        </>
      }
    />
  );
}
