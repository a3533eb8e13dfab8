/**
 * All tasks of the server, newest first, whoever started them. Long lists are windowed.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useRef, useState } from 'react';

import type { Task } from '../rest/values';
import type { IRokModel } from '../tokens';
import { Button } from '../ui/button';
import { EmptyNotice, ErrorNotice } from '../ui/notice';
import { useSignals } from '../ui/useSignal';
import { type ITaskRowProps, TaskRow } from './taskRow';
import { useVirtualizer } from '../ui/windowed';

/** About how high a row is, in pixels, before it is measured. */
const ROW = 72;

export interface IActivityProps extends Omit<ITaskRowProps, 'task'> {
  readonly model: IRokModel;
}

/** Whether a task ended in another way than it was meant to. */
export function wentWrong(task: Task): boolean {
  return task.status === 'failed' || task.status === 'interrupted' || task.report.errors > 0;
}

export function ActivityView(props: IActivityProps): JSX.Element {
  const { model, trans } = props;
  const [onlyWrong, setOnlyWrong] = useState(false);
  useSignals(model.tasks.changed);
  const all = model.tasks.items;
  const wrong = all.filter(wentWrong);
  const shown = onlyWrong ? wrong : all;
  return (
    <div className="jp-RokActivity">
      {model.tasks.error && (
        <ErrorNotice error={model.tasks.error} trans={trans} onRetry={() => void model.refresh()} />
      )}
      {(wrong.length > 0 || onlyWrong) && (
        <div className="jp-RokActivity-filter" role="group" aria-label={trans.__('Which tasks are shown')}>
          <Button label={trans.__('All')} pressed={!onlyWrong} onClick={() => setOnlyWrong(false)} />
          <Button
            label={trans._n('%1 with errors', '%1 with errors', wrong.length)}
            pressed={onlyWrong}
            onClick={() => setOnlyWrong(true)}
          />
        </div>
      )}
      {shown.length > 0 ? <TaskRows {...props} tasks={shown} /> : <NoTasks model={model} trans={trans} />}
    </div>
  );
}

function NoTasks(props: { model: IRokModel; trans: TranslationBundle }): JSX.Element | null {
  const { model, trans } = props;
  if (model.tasks.error) {
    return null;
  }
  if (!model.tasks.loaded) {
    return <EmptyNotice title={trans.__('Asking the server…')} />;
  }
  return (
    <EmptyNotice title={trans.__('Nothing has run yet.')}>
      <p>{trans.__('Snapshots, restores and other long tasks show up here, wherever they are started.')}</p>
    </EmptyNotice>
  );
}

function TaskRows(props: IActivityProps & { tasks: readonly Task[] }): JSX.Element {
  const { tasks, model: _, ...row } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW,
    getItemKey: index => tasks[index].id,
    overscan: 5
  });
  return (
    // In the tab order, so that a list of tasks without any button can be scrolled by keyboard, too.
    <div
      className="jp-RokActivity-scroll"
      ref={scroll}
      tabIndex={0}
      role="group"
      aria-label={props.trans.__('Tasks')}
    >
      <ul
        className="jp-RokActivity-list"
        aria-label={props.trans.__('Tasks')}
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map(item => (
          <li
            key={item.key}
            ref={rows.measureElement}
            data-index={item.index}
            aria-setsize={tasks.length}
            aria-posinset={item.index + 1}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <TaskRow {...row} task={tasks[item.index]} />
          </li>
        ))}
      </ul>
    </div>
  );
}
