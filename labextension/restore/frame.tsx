/**
 * The dialog of a change that is shown before it is made: its plan, who is in the way, progress, and the buttons.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ReactNode, useEffect } from 'react';

import type { IVolumePath } from '../rest/names';
import type { RestorePlan } from '../rest/values';
import { Button } from '../ui/button';
import { ErrorNotice, WarningNotice } from '../ui/notice';
import { TaskBar } from '../ui/progress';
import { useSignals } from '../ui/useSignal';
import { RunningKernels, UnsavedDocuments } from './inTheWay';
import type { ChangedPlaces } from './places';
import { PlanView, Problems } from './planView';
import type { Preview } from './preview';
import type { Surroundings } from './surroundings';
import { useBystanders } from './useBystanders';

/** What differs between a restore and an undo. */
export interface IWords {
  /** The button that does it. */
  readonly action: string;
  /** What goes on while it is done. */
  readonly doing: string;
}

export function Frame<P>(props: {
  preview: Preview<P>;
  /** The changes of files that a plan holds; null where it changes none. */
  changesOf: (plan: P) => RestorePlan | null;
  surroundings: Surroundings;
  /** Which unsaved documents are in the way. */
  concerns: (at: IVolumePath, places: ChangedPlaces) => boolean;
  words: IWords;
  trans: TranslationBundle;
  onClose: () => void;
  /** The choices, which can't be changed while it runs. */
  choices?: ReactNode;
  /** What a plan without changes of files says. */
  describe?: (plan: P) => ReactNode;
  /** Why the choices can't be done. */
  reason?: string;
  /** Whether it makes sense where no file would change. */
  mayBeEmpty?: boolean;
}): JSX.Element {
  const { preview, surroundings, words, trans, onClose } = props;
  useSignals(preview.changed);
  const { phase, plan } = preview;
  const changes = plan === undefined ? null : props.changesOf(plan);
  const around = useBystanders(changes, surroundings, props.concerns);
  const isRunning = phase === 'running';
  useEffect(() => {
    if (phase === 'done') {
      onClose();
    }
  }, [phase, onClose]);
  return (
    <div className="jp-RokRestore">
      <div className="jp-RokRestore-scroll">
        {!isRunning && props.choices}
        {plan !== undefined && props.describe?.(plan)}
        {changes && phase !== 'failed' && <PlanView plan={changes} trans={trans} />}
      </div>
      <div className="jp-RokRestore-notices">
        {preview.outdated && (
          <WarningNotice>{`${preview.outdated.message} ${trans.__('This is the new plan.')}`}</WarningNotice>
        )}
        {changes && !isRunning && (
          <>
            <Problems plan={changes} />
            <UnsavedDocuments
              paths={around.unsaved}
              save={() => around.save().finally(() => void preview.replan())}
              trans={trans}
            />
            <RunningKernels kernels={around.kernels} trans={trans} />
          </>
        )}
        {preview.error && (
          <ErrorNotice error={preview.error} trans={trans} onRetry={() => void preview.replan()} />
        )}
      </div>
      <Running preview={preview} words={words} trans={trans} />
      <footer className="jp-RokRestore-footer">
        <Left preview={preview} words={words} trans={trans} onClose={onClose} />
        {!isRunning && (
          <Button
            label={words.action}
            kind="warn"
            reason={
              props.reason ??
              reasonAgainst(preview, changes, around.unsaved.length, props.mayBeEmpty === true, trans)
            }
            onClick={() => void preview.make()}
          />
        )}
      </footer>
    </div>
  );
}

/** The button beside: closes the dialog, or cancels what runs. */
function Left<P>(props: {
  preview: Preview<P>;
  words: IWords;
  trans: TranslationBundle;
  onClose: () => void;
}): JSX.Element {
  const { preview, trans, onClose } = props;
  if (preview.phase !== 'running') {
    return <Button label={trans.__('Cancel')} onClick={onClose} />;
  }
  return (
    <>
      <Button
        label={trans.__('Go on in the background')}
        caption={trans.__('Close this; the panel shows how far it is')}
        onClick={onClose}
      />
      <Button
        label={trans.__('Cancel')}
        kind="warn"
        reason={preview.isCancelled ? trans.__('It is being cancelled.') : undefined}
        onClick={() => void preview.cancel()}
      />
    </>
  );
}

/** The bar of the plan in the making, or of the change. */
function Running<P>(props: { preview: Preview<P>; words: IWords; trans: TranslationBundle }): JSX.Element {
  const { preview, words, trans } = props;
  const { phase, task } = preview;
  const label = phase === 'planning' ? trans.__('Looking at what would change…') : words.doing;
  const runs = phase === 'planning' || phase === 'running';
  return (
    <div className="jp-RokRestore-running" role="status" aria-live="polite">
      {runs && <p>{label}</p>}
      {runs && task && <TaskBar task={task} label={label} trans={trans} />}
    </div>
  );
}

/** Why the change can't be made now; undefined where it can. */
function reasonAgainst<P>(
  preview: Preview<P>,
  changes: RestorePlan | null,
  unsaved: number,
  mayBeEmpty: boolean,
  trans: TranslationBundle
): string | undefined {
  if (preview.phase === 'planning') {
    return trans.__('What would change isn’t known yet.');
  }
  if (preview.phase === 'failed') {
    return preview.error?.message;
  }
  if (unsaved > 0) {
    return trans.__('Save the open documents first.');
  }
  if (changes && changes.problems.length > 0) {
    return changes.problems.join(' ');
  }
  return !mayBeEmpty && changes && changes.changes.length === 0
    ? trans.__('There is nothing to change.')
    : undefined;
}
