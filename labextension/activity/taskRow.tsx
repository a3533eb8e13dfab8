/**
 * One task: what, when, how it goes or went, and what can be done about it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  circleEmptyIcon,
  checkIcon,
  errorIcon,
  type LabIcon,
  refreshIcon,
  stopIcon
} from '@jupyterlab/ui-components';

import { hasEnded, type Task } from '../rest/values';
import { Button } from '../ui/button';
import { formatDateTime, formatTime } from '../ui/format';
import { TaskBar } from '../ui/progress';
import { type IProblem, problems } from './problems';
import { duration, stateWord, subject, verbNoun } from './words';

const ICONS: Readonly<Record<Task['status'], LabIcon>> = {
  queued: circleEmptyIcon,
  running: refreshIcon,
  succeeded: checkIcon,
  failed: errorIcon,
  cancelled: stopIcon,
  interrupted: errorIcon
};

export interface ITaskRowProps {
  readonly task: Task;
  readonly trans: TranslationBundle;
  readonly onCancel: (task: Task) => void;
  readonly onRetry: (task: Task) => void;
}

/** Why a task can't be started again; "" where it can. */
export function retryRefusal(task: Task, trans: TranslationBundle): string {
  if (task.retry !== null) {
    return '';
  }
  return task.verb === 'scheduled-snapshot'
    ? trans.__('The schedule tries again by itself.')
    : trans.__('It was started outside of JupyterLab: start it again there.');
}

/** A task with its bar while it runs, and with its errors in full afterwards. */
export function TaskRow(props: ITaskRowProps): JSX.Element {
  const { task, trans } = props;
  const ended = hasEnded(task);
  const noun = verbNoun(task.verb, trans);
  const about = subject(task, trans);
  const again = ended && task.status !== 'succeeded';
  const Icon = ICONS[task.status];
  return (
    <article className={`jp-RokTask jp-mod-${task.status}`} aria-label={about ? `${noun}: ${about}` : noun}>
      <div className="jp-RokTask-head">
        <Icon.react tag="span" className="jp-RokTask-icon" />
        <span className="jp-RokTask-verb">{noun}</span>
        <span className="jp-RokTask-state">{stateWord(task, trans)}</span>
      </div>
      {about && (
        <div className="jp-RokTask-subject" title={about}>
          {about}
        </div>
      )}
      <TaskTimes task={task} trans={trans} />
      {!ended && (
        <>
          <TaskBar task={task} label={noun} trans={trans} />
          <Button
            label={trans.__('Cancel')}
            reason={task.report.cancel_requested ? trans.__('It stops at its next safe point.') : ''}
            onClick={() => props.onCancel(task)}
          />
        </>
      )}
      {task.error && (
        <div className="jp-RokTask-error">
          <p>{task.error.message}</p>
          {task.error.hint && <p className="jp-RokTask-hint">{task.error.hint}</p>}
        </div>
      )}
      <ProblemList problems={problems(task)} trans={trans} />
      {again && (
        <Button
          label={trans.__('Try again')}
          reason={retryRefusal(task, trans)}
          onClick={() => props.onRetry(task)}
        />
      )}
    </article>
  );
}

function TaskTimes(props: { task: Task; trans: TranslationBundle }): JSX.Element {
  const { task, trans } = props;
  const begun = task.started ?? task.created;
  const today = new Date(begun).toDateString() === new Date().toDateString();
  const took = duration(task, trans);
  return (
    <div className="jp-RokTask-times">
      <time dateTime={begun} title={formatDateTime(begun)}>
        {today ? formatTime(begun) : formatDateTime(begun)}
      </time>
      {took && <span>{hasEnded(task) ? trans.__('took %1', took) : took}</span>}
    </div>
  );
}

/** Errors of single entries: closed at first, scrolling where there are many. */
function ProblemList(props: { problems: readonly IProblem[]; trans: TranslationBundle }): JSX.Element | null {
  const { trans } = props;
  if (props.problems.length === 0) {
    return null;
  }
  return (
    <details className="jp-RokTask-problems">
      <summary>{trans._n('%1 entry had an error', '%1 entries had errors', props.problems.length)}</summary>
      <ul tabIndex={0} aria-label={trans.__('Errors of single entries')}>
        {props.problems.map((problem, index) => (
          <li key={index}>
            <span className="jp-RokTask-place">{problem.place}</span> {problem.message}
          </li>
        ))}
      </ul>
    </details>
  );
}
