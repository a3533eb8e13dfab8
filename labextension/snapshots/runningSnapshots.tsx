/**
 * The live bars of snapshots that are being taken, whoever began them.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';

import { takesSnapshot } from '../model/taskList';
import { asRokError } from '../rest/error';
import type { Task } from '../rest/values';
import { Button } from '../ui/button';
import { TaskBar } from '../ui/progress';
import { useSignals } from '../ui/useSignal';
import type { ISnapshotsContext } from './context';

export function RunningSnapshots(props: { context: ISnapshotsContext }): JSX.Element | null {
  const { model, board, trans } = props.context;
  useSignals(model.tasks.changed, board.changed);
  const running = model.tasks.running.filter(takesSnapshot);
  if (running.length === 0 && !board.pending) {
    return null;
  }
  const cancel = (task: Task): void => {
    model.tasks.cancel(task.id).catch(error => {
      board.failure = { error: asRokError(error) };
    });
  };
  return (
    <div className="jp-RokRunning">
      {board.pending && running.length === 0 && (
        <div className="jp-RokRunning-title jp-mod-pending">{board.pending}</div>
      )}
      {running.map(task => (
        <div key={task.id} className="jp-RokRunning-task">
          <div className="jp-RokRunning-line">
            <span className="jp-RokRunning-title">{runningTitle(task, trans)}</span>
            <Button
              kind="icon"
              icon={closeIcon}
              label={trans.__('Cancel the snapshot')}
              reason={task.report.cancel_requested ? trans.__('It is being cancelled.') : ''}
              onClick={() => cancel(task)}
            />
          </div>
          <TaskBar task={task} label={runningTitle(task, trans)} trans={trans} />
        </div>
      ))}
    </div>
  );
}

function runningTitle(task: Task, trans: TranslationBundle): string {
  if (task.report.cancel_requested) {
    return trans.__('Cancelling the snapshot');
  }
  return task.status === 'queued' ? trans.__('Waiting to take a snapshot') : trans.__('Taking a snapshot');
}
