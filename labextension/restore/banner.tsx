/**
 * What the panel says above its sections about restores: what runs, what was done, what was cut short.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import { useState } from 'react';

import { asRokError, RokError } from '../rest/error';
import type { InterruptedRestore, Task } from '../rest/values';
import type { IRokModel } from '../tokens';
import { Button } from '../ui/button';
import { formatDateTime, shortId } from '../ui/format';
import { ErrorNotice, WarningNotice } from '../ui/notice';
import { TaskBar } from '../ui/progress';
import { useSignals } from '../ui/useSignal';
import { countResult, describeCounts } from './counts';
import { filesOf, type RestoreHistory } from './history';
import type { IKernel } from './kernels';
import type { Surroundings } from './surroundings';

export interface IBannerProps {
  readonly model: IRokModel;
  readonly history: RestoreHistory;
  readonly around: Surroundings;
  readonly trans: TranslationBundle;
  readonly onUndo: () => void;
  readonly onFinish: (restore: InterruptedRestore) => void;
}

/** Draws nothing while there is nothing to say. */
export function Banner(props: IBannerProps): JSX.Element {
  const { model, history, trans, onUndo, onFinish } = props;
  useSignals(model.status.changed, history.changed);
  const { running, last } = history;
  const interrupted = running.length > 0 ? [] : (model.status.value?.interrupted_restores ?? []);
  return (
    <div className="jp-RokRestores" role="status" aria-live="polite">
      {interrupted.map(restore => (
        <Interrupted
          key={restore.safety}
          restore={restore}
          trans={trans}
          onUndo={onUndo}
          onFinish={() => onFinish(restore)}
        />
      ))}
      {running.map(task => (
        <Running key={task.id} task={task} model={model} trans={trans} />
      ))}
      {last && running.length === 0 && <Ended key={last.id} {...props} task={last} />}
    </div>
  );
}

function Interrupted(props: {
  restore: InterruptedRestore;
  trans: TranslationBundle;
  onUndo: () => void;
  onFinish: () => void;
}): JSX.Element {
  const { restore, trans, onUndo, onFinish } = props;
  const id = shortId(restore.snapshot);
  const when = formatDateTime(restore.started);
  return (
    <WarningNotice>
      <p>
        {restore.request
          ? trans.__('A restore of the snapshot %1, begun on %2, was cut short.', id, when)
          : trans.__('The undo of a restore of the snapshot %1 was cut short.', id)}
      </p>
      <p className="jp-RokNotice-hint">
        {trans.__('Each file is as it was before, or as it is restored; none is half of each.')}
      </p>
      <div className="jp-RokRestores-buttons">
        <Button
          label={restore.request ? trans.__('Finish it') : trans.__('Finish the undo')}
          kind="accept"
          onClick={restore.request ? onFinish : onUndo}
        />
        {restore.request && <Button label={trans.__('Undo it')} onClick={onUndo} />}
      </div>
    </WarningNotice>
  );
}

function Running(props: { task: Task; model: IRokModel; trans: TranslationBundle }): JSX.Element {
  const { task, model, trans } = props;
  const label = task.verb === 'undo' ? trans.__('Undoing…') : trans.__('Restoring…');
  return (
    <div className="jp-RokRestores-running">
      <p>{label}</p>
      <TaskBar task={task} label={label} trans={trans} />
      <Button
        label={trans.__('Cancel')}
        reason={task.report.cancel_requested ? trans.__('It is being cancelled.') : undefined}
        onClick={() => void model.tasks.cancel(task.id).catch(() => undefined)}
      />
    </div>
  );
}

/** What the last restore or undo did; stays until it is closed. */
function Ended(props: IBannerProps & { task: Task }): JSX.Element {
  const { task, history, around, trans, onUndo } = props;
  const result = filesOf(task);
  const failed = task.status !== 'succeeded';
  return (
    <div className={`jp-RokNotice jp-RokRestores-ended${failed ? ' jp-mod-error' : ''}`}>
      <div className="jp-RokRestores-title">
        <p className="jp-RokNotice-message">{title(task, trans)}</p>
        <Button
          label={trans.__('Close this message')}
          kind="icon"
          icon={closeIcon}
          onClick={() => history.close(task)}
        />
      </div>
      {failed && task.error && <ErrorNotice error={errorOf(task)} trans={trans} />}
      {result && <p>{`${describeCounts(countResult(result), trans)}.`}</p>}
      {result && result.errors.length > 0 && (
        <details>
          <summary>
            {trans._n(
              '%1 entry could not be restored',
              '%1 entries could not be restored',
              result.errors.length
            )}
          </summary>
          <ul>
            {result.errors.slice(0, 100).map(error => (
              <li key={`${error.volume}:${error.path}`}>{`${error.path}: ${error.message}`}</li>
            ))}
          </ul>
        </details>
      )}
      {result?.undo && task.verb === 'restore' && (
        <div className="jp-RokRestores-buttons">
          <Button label={trans.__('Undo')} kind="accept" onClick={onUndo} />
        </div>
      )}
      {result && <Restart task={task} around={around} trans={trans} />}
    </div>
  );
}

function title(task: Task, trans: TranslationBundle): string {
  const undo = task.verb === 'undo';
  switch (task.status) {
    case 'succeeded':
      return undo ? trans.__('Undone.') : trans.__('Restored.');
    case 'cancelled':
      return undo ? trans.__('The undo was cancelled.') : trans.__('The restore was cancelled.');
    case 'interrupted':
      return undo ? trans.__('The undo was cut short.') : trans.__('The restore was cut short.');
    default:
      return undo ? trans.__('The undo failed.') : trans.__('The restore failed.');
  }
}

function errorOf(task: Task): RokError {
  const { kind, message, hint } = task.error!;
  return new RokError(kind, message, hint);
}

/** Offers to restart the kernels that run where files changed, and still hold what they had loaded before. */
function Restart(props: { task: Task; around: Surroundings; trans: TranslationBundle }): JSX.Element | null {
  const { task, around, trans } = props;
  const [before] = useState<readonly IKernel[]>(() => around.kernelsAfter(task));
  const [state, setState] = useState<'offered' | 'running' | 'done'>('offered');
  const [error, setError] = useState<RokError>();
  const restart = async (): Promise<void> => {
    setState('running');
    setError(undefined);
    try {
      await around.kernels.restart(before);
      setState('done');
    } catch (reason) {
      setError(asRokError(reason));
      setState('offered');
    }
  };
  if (before.length === 0 || state === 'done') {
    return null;
  }
  const names = before.map(kernel => kernel.name).join(', ');
  return (
    <div className="jp-RokRestores-kernels">
      <p>
        {trans._n(
          'A kernel goes on with what it had loaded: %2.',
          '%1 kernels go on with what they had loaded: %2.',
          before.length,
          names
        )}
      </p>
      {error && <ErrorNotice error={error} trans={trans} />}
      <Button
        label={trans._n('Restart it', 'Restart them', before.length)}
        reason={state === 'running' ? trans.__('Restarting…') : undefined}
        onClick={() => void restart()}
      />
    </div>
  );
}
