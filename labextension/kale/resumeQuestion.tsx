/**
 * What is asked before a step is resumed: whether that is meant, and where.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Snapshot } from '../rest/values';
import { CheckField, type IForm } from '../ui/formDialog';

/** Where a step comes back. */
export interface IResumeDraft {
  readonly inPlace: boolean;
}

/** The question about a step's snapshot. */
export function question({ origin }: Snapshot, trans: TranslationBundle): IForm<IResumeDraft> {
  return {
    title: trans.__('Resume at step “%1”?', origin.step ?? ''),
    accept: trans.__('Resume'),
    initial: { inPlace: false },
    problem: () => undefined,
    draw: ({ inPlace }, change) => (
      <>
        <p>{inPlace ? replaced(trans) : beside(trans)}</p>
        <CheckField
          label={trans.__('In place, not in a new folder')}
          checked={inPlace}
          onChange={chosen => change({ inPlace: chosen })}
        />
      </>
    )
  };
}

function beside(trans: TranslationBundle): string {
  return trans.__(
    'Its files come back in a new folder of the workspace; nothing is replaced. The notebook is opened there, its first cells are run, and the step’s variables are loaded.'
  );
}

function replaced(trans: TranslationBundle): string {
  return trans.__(
    'Your files become what they were at that step; you see which, before any is replaced. Then the notebook is opened, its first cells are run, and the step’s variables are loaded.'
  );
}
