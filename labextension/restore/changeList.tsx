/**
 * The changes of a plan, by kind; only the rows that are in sight are drawn.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useMemo, useRef, useState } from 'react';

import { decodeName } from '../rest/names';
import type { PlannedChange, RestorePlan } from '../rest/values';
import { Button } from '../ui/button';
import { formatBytes } from '../ui/format';
import { countPlan, describeCount, type Kind, kindOf, KINDS } from './counts';
import { useVirtualizer } from '../ui/windowed';

const ROW = 22;
/** How many rows are in sight at once, at most. */
const SHOWN = 8;

/** Buttons with the counts, which narrow the list, and the list. */
export function ChangeList(props: { plan: RestorePlan; trans: TranslationBundle }): JSX.Element {
  const { plan, trans } = props;
  const [kind, setKind] = useState<Kind>();
  const counts = useMemo(() => countPlan(plan), [plan]);
  const shown = kind && counts[kind] > 0 ? kind : undefined;
  const changes = useMemo(
    () => plan.changes.filter(change => shown === undefined || kindOf(change) === shown),
    [plan, shown]
  );
  return (
    <>
      <div className="jp-RokRestore-counts" role="group" aria-label={trans.__('What would change')}>
        {KINDS.map(each => (
          <Button
            key={each}
            label={describeCount(each, counts[each], trans)}
            pressed={counts[each] > 0 ? shown === each : undefined}
            reason={counts[each] === 0 ? trans.__('There are none.') : undefined}
            onClick={() => setKind(shown === each ? undefined : each)}
          />
        ))}
        <span className="jp-RokRestore-unchanged">
          {trans._n('%1 unchanged', '%1 unchanged', counts.unchanged)}
        </span>
      </div>
      {changes.length > 0 && <Rows changes={changes} several={severalVolumes(plan)} trans={trans} />}
    </>
  );
}

function severalVolumes(plan: RestorePlan): boolean {
  return Object.keys(plan.targets).length > 1;
}

function Rows(props: {
  changes: readonly PlannedChange[];
  several: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { changes, several, trans } = props;
  const host = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: changes.length,
    getScrollElement: () => host.current,
    estimateSize: () => ROW,
    overscan: 10
  });
  return (
    <div
      ref={host}
      className="jp-RokRestore-list"
      tabIndex={0}
      role="list"
      aria-label={trans.__('Changes')}
      style={{ height: Math.min(SHOWN, changes.length) * ROW }}
    >
      <div style={{ height: rows.getTotalSize(), position: 'relative' }} role="presentation">
        {rows.getVirtualItems().map(row => (
          <ChangeRow
            key={row.key}
            change={changes[row.index]}
            several={several}
            top={row.start}
            place={row.index + 1}
            of={changes.length}
            trans={trans}
          />
        ))}
      </div>
    </div>
  );
}

function ChangeRow(props: {
  change: PlannedChange;
  several: boolean;
  top: number;
  place: number;
  of: number;
  trans: TranslationBundle;
}): JSX.Element {
  const { change, several, trans } = props;
  const kind = kindOf(change);
  const path = decodeName(change.path) || trans.__('(the folder itself)');
  const name = several ? `${change.volume}: ${path}` : path;
  return (
    <div
      className={`jp-RokRestore-row jp-mod-${kind}`}
      role="listitem"
      aria-posinset={props.place}
      aria-setsize={props.of}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <span className="jp-RokRestore-kind">{kindName(kind, trans)}</span>
      <span className="jp-RokRestore-path" title={name}>
        {name}
        {change.type === 'directory' ? '/' : ''}
      </span>
      <span className="jp-RokRestore-size">{change.size > 0 ? formatBytes(change.size) : ''}</span>
    </div>
  );
}

function kindName(kind: Kind, trans: TranslationBundle): string {
  switch (kind) {
    case 'created':
      return trans.__('new');
    case 'changed':
      return trans.__('changed');
    case 'deleted':
      return trans.__('deleted');
    case 'attributes':
      return trans.__('attributes');
  }
}
