/**
 * A plan in full: counts, changes, what is left alone and why, and what stands in the way.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import { decodeName } from '../rest/names';
import type { RestorePlan } from '../rest/values';
import { formatBytes } from '../ui/format';
import { WarningNotice } from '../ui/notice';
import { ChangeList } from './changeList';

/** How many entries that are left alone are named; the plan has them all. */
const NAMED = 200;

/** Shown above the button that does it. */
export function PlanView(props: { plan: RestorePlan; trans: TranslationBundle }): JSX.Element {
  const { plan, trans } = props;
  return (
    <div className="jp-RokRestore-plan">
      {plan.changes.length === 0 && (
        <p>{trans.__('Nothing would change: everything is as it was in the snapshot.')}</p>
      )}
      <ChangeList plan={plan} trans={trans} />
      {plan.changes.length > 0 && <p className="jp-RokRestore-bytes">{bytes(plan, trans)}</p>}
      {plan.skipped.length > 0 && <Skipped plan={plan} trans={trans} />}
    </div>
  );
}

/** Why the plan can't be done as it stands. */
export function Problems(props: { plan: RestorePlan }): JSX.Element {
  return (
    <>
      {props.plan.problems.map(problem => (
        <WarningNotice key={problem}>{problem}</WarningNotice>
      ))}
    </>
  );
}

function bytes(plan: RestorePlan, trans: TranslationBundle): string {
  const written = formatBytes(plan.bytes_to_write);
  return plan.bytes_available === null
    ? trans.__('%1 to write.', written)
    : trans.__('%1 to write, %2 free.', written, formatBytes(plan.bytes_available));
}

function Skipped(props: { plan: RestorePlan; trans: TranslationBundle }): JSX.Element {
  const { plan, trans } = props;
  const { skipped } = plan;
  const more = skipped.length - NAMED;
  return (
    <details className="jp-RokRestore-skipped">
      <summary>{trans._n('%1 entry is left alone', '%1 entries are left alone', skipped.length)}</summary>
      <ul>
        {skipped.slice(0, NAMED).map(entry => (
          <li key={`${entry.volume}:${entry.path}`}>
            <code>{decodeName(entry.path)}</code>: {entry.reason}
          </li>
        ))}
        {more > 0 && <li>{trans._n('and %1 more', 'and %1 more', more)}</li>}
      </ul>
    </details>
  );
}
